"""The critic's ranking of a policy's samples, by samples whose exact severity is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

import pytest
from PIL import Image, ImageDraw

from erm.dataset.pairs import Reference
from erm.policies.ranking import ranking_of_samples
from erm.policies.scoring import Row


def square(side: int) -> bytes:
    image = Image.new("RGB", (40, 40), "white")
    ImageDraw.Draw(image).rectangle((2, 2, 2 + side, 2 + side), fill="black")
    stream = BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()


REFERENCES = [Reference(f"svg/{n}", "svg", "test", square(20), "") for n in range(3)]
Severities = Mapping[str, tuple[float, float | None]]
"""What the critic reports and expects, by sample."""


def ranked(samples: Sequence[str], critic: Severities) -> dict[str, float]:
    """Three samples of each reference; one is the side of its square, which differs from 20 by its
    exact severity."""
    rows: list[Row] = [
        {
            "reference": number // 3,
            "task": "svg",
            "image": square(int(side)) if side != "nothing" else None,
            "exact_failure": None,
            "exact_severity": abs(20 - int(side)) if side != "nothing" else 50,
            "critic_severity": critic[side][0],
            "critic_expected": critic[side][1],
        }
        for number, side in enumerate(samples)
    ]
    return ranking_of_samples(REFERENCES, rows, seed=0)


def test_the_order_of_samples_by_hand() -> None:
    critic = {"20": (0.0, 0.2), "18": (3.0, 1.0), "10": (3.0, 2.0), "nothing": (0.0, 0.0)}
    metrics = ranked(["20", "18", "10", "18", "nothing", "20"], critic)
    # The first reference has three pairs, one of them a tie by the reported severity; of the
    # second one, the sample that draws nothing is left out.
    name = "svg.within_group_ranking"
    assert metrics[f"{name}.reported"] == pytest.approx((2.5 / 3 + 1) / 2)
    assert metrics[f"{name}.reported_low"] == pytest.approx(2.5 / 3)
    assert metrics[f"{name}.expected"] == metrics[f"{name}.mse"] == metrics[f"{name}.ssim"] == 1
    assert metrics["svg.within_group_references"] == 2


def test_what_is_undefined_is_missing() -> None:
    critic: Severities = {"20": (0.0, None), "nothing": (0.0, None)}
    metrics = ranked(["20", "20", "nothing"] * 2, critic)
    assert metrics == {"svg.within_group_references": 0}
