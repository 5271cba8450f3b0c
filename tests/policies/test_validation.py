"""Validation of a policy in reinforcement: what is measured, and that hacking is noticed."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from erm.errors import ErmError
from erm.models.checkpoint import Checkpoint, load_checkpoint
from erm.models.settings import SamplingSettings
from erm.policies.references import Picture
from erm.policies.settings import PolicyValidationSettings
from erm.policies.validation import PolicyScoring
from erm.render import Renderer
from erm.rewards.loading import load_reward
from erm.rewards.settings import PartSettings, RewardSettings

SIDES = (20, 30, 40)
LONG = "<!-- " + "no word " * 20 + "-->"
BY_LENGTH = RewardSettings(parts=(PartSettings(part="length"),), length_free=120, length_most=250)
"""A reward that a policy pleases with short sources, whatever they draw."""


def icon(side: int, colour: str = "red") -> str:
    """A square of that side."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 56 56">'
        f'<path d="M8 8h{side}v{side}h-{side}z" fill="{colour}"/></svg>'
    )


@pytest.fixture(scope="module")
def references(renderer: Renderer) -> list[Picture]:
    drawn = renderer.render_batch([("svg", icon(side)) for side in SIDES])
    return [
        Picture(f"svg/{side}", "svg", one.image or b"", icon(side))
        for side, one in zip(SIDES, drawn, strict=True)
    ]


@pytest.fixture(scope="module")
def policy(tiny_policy: Path) -> Checkpoint:
    return load_checkpoint(tiny_policy, "policy")


Prepare = Callable[..., PolicyScoring]


@pytest.fixture
def prepare(
    references: list[Picture], policy: Checkpoint, renderer: Renderer, tmp_path: Path
) -> Prepare:
    """Makes a scoring of the references by a reward."""

    def scoring(reward: RewardSettings, **chosen: Any) -> PolicyScoring:
        return PolicyScoring(
            PolicyValidationSettings.model_validate(chosen),
            references,
            policy.role,
            load_reward(reward, None, renderer),
            SamplingSettings(temperature=1.0),
            12,
            tmp_path / "work",
        )

    return scoring


def completing(monkeypatch: pytest.MonkeyPatch, write: Callable[[int], str]) -> None:
    """Lets the policy complete each reference, named by its side, with a prepared source."""

    def generate(_: Any, __: Any, prompts: Sequence[Any], **___: Any) -> list[str]:
        sides = [SIDES[place % len(SIDES)] for place in range(len(prompts))]
        return [f"```svg\n{write(side)}\n```" for side in sides]

    monkeypatch.setattr("erm.policies.validation.generate", generate)


def test_an_untrained_policy_draws_nothing_and_is_scored_alike_each_time(
    prepare: Prepare, policy: Checkpoint
) -> None:
    scoring = prepare(RewardSettings(parts=(PartSettings(part="exact"),)), samples=2, batch_size=2)
    first, again = (scoring(policy.model, policy.processor, step) for step in (0, 1))
    assert first == again
    for mode in ("greedy", "sampled"):
        assert first[f"{mode}/exact_severity"] == 50
        assert first[f"{mode}/rendered"] == first[f"{mode}/reward"] == 0
    assert {value for name, value in first.items() if name.startswith("watch/")} == {0}
    chosen = scoring.validation()
    assert (chosen.measure, chosen.minimise, chosen.at_start) == (
        "greedy/exact_severity",
        True,
        True,
    )


def test_a_reward_that_rises_while_the_exact_one_falls_stops_the_training(
    prepare: Prepare,
    policy: Checkpoint,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    scoring = prepare(BY_LENGTH.with_exact(), hacking_limit=2.0)
    completing(monkeypatch, lambda side: icon(side).replace("</svg>", f"{LONG}</svg>"))
    start = scoring(policy.model, policy.processor, 0)
    assert start["greedy/exact_severity"] == 0
    assert scoring.alarm({**start, "step": 0.0}) is None
    completing(monkeypatch, lambda _: icon(9, "blue"))
    with caplog.at_level(logging.WARNING):
        later = scoring(policy.model, policy.processor, 7)
    assert later["watch/reward_gain"] > 0 > later["watch/exact_gain"]
    assert later["watch/gap_low"] <= later["watch/gap"] <= later["watch/gap_high"]
    assert "Step 7: since the start the reward says" in caplog.text
    alarm = scoring.alarm({**later, "step": 7.0})
    assert alarm is not None
    assert alarm.endswith("The limit is 2: the training stops.")
    # What the start earned outlives the process.
    assert prepare(BY_LENGTH.with_exact())(policy.model, policy.processor, 7) == later


def test_drawing_more_often_is_a_gain_also_where_the_pictures_resemble_nothing(
    prepare: Prepare, policy: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = RewardSettings(parts=(PartSettings(part="renders"),)).with_exact()
    scoring = prepare(draws)
    completing(monkeypatch, lambda _: "nothing")
    scoring(policy.model, policy.processor, 0)
    completing(monkeypatch, lambda _: icon(60, "yellow"))
    later = scoring(policy.model, policy.processor, 7)
    assert later["greedy/rendered"] == 1
    assert 50 < later["watch/exact_gain"] <= 100


@pytest.mark.parametrize(
    ("change", "limit"),
    [
        ({"watch/gap_low": 0.9}, 1.0),
        ({"watch/exact_gain": 0.1}, 1.0),
        ({"watch/reward_gain": -0.1}, 1.0),
        ({}, None),
    ],
)
def test_noise_and_honest_gains_do_not_stop_it(
    change: dict[str, float], limit: float | None, prepare: Prepare
) -> None:
    scoring = prepare(BY_LENGTH, hacking_limit=limit)
    row = {"step": 5.0, "watch/reward_gain": 3.0, "watch/exact_gain": -1.0, "watch/gap": 4.0}
    row |= {"watch/gap_low": 2.0, "watch/gap_high": 6.0}
    assert (scoring.alarm(row) is None) == (limit is None)
    assert scoring.alarm(row | change) is None


def test_without_sources_the_reward_chooses(prepare: Prepare, policy: Checkpoint) -> None:
    scoring = prepare(BY_LENGTH)
    chosen = scoring.validation()
    assert (chosen.measure, chosen.minimise) == ("greedy/reward", False)
    metrics = scoring(policy.model, policy.processor, 0)
    assert set(metrics) == {
        f"{mode}/{name}" for mode in ("greedy", "sampled") for name in ("rendered", "reward")
    }
    assert scoring.alarm({**metrics, "step": 0.0}) is None
    assert all(math.isfinite(value) for value in metrics.values())


def test_the_gallery_shows_the_best_and_the_worst_sample(
    prepare: Prepare, policy: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: dict[str, Any] = {}
    monkeypatch.setattr("erm.policies.validation.is_tracked", lambda: True)
    monkeypatch.setattr(
        "erm.policies.validation.log_figure", lambda figure, name: logged.update({name: figure})
    )
    completing(monkeypatch, lambda side: icon(side) if side != 40 else "<svg")
    scoring = prepare(RewardSettings(parts=(PartSettings(part="exact"),)))
    scoring(policy.model, policy.processor, 0)
    titles = [axes.get_title() for axes in logged["validation/step-000000.png"].axes]
    assert len(titles) == 4 * len(SIDES)
    assert titles[0] == "reference (svg)"
    assert titles[1] == "greedy\nseverity 0, reward 2.00"
    assert titles[-1] == "worst sample\nseverity 50, reward 0.00"


def test_a_reference_that_can_not_be_annotated_is_named(
    references: list[Picture],
    policy: Checkpoint,
    renderer: Renderer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = Picture("svg/torn", "svg", references[0].image, "<svg")
    scoring = PolicyScoring(
        PolicyValidationSettings(),
        [broken],
        policy.role,
        load_reward(RewardSettings(parts=(PartSettings(part="exact"),)), None, renderer),
        SamplingSettings(temperature=1.0),
        12,
        tmp_path / "work",
    )
    completing(monkeypatch, icon)
    with pytest.raises(ErmError, match="svg/torn"):
        scoring(policy.model, policy.processor, 0)
