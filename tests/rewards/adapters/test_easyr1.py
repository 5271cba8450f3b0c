"""The batch function as EasyR1 calls it: a list of samples, keyword arguments from its settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from erm.errors import ErmError
from erm.rewards.adapters.easyr1 import compute_score
from tests.rewards.icons import RED, fenced


def test_a_batch(red_file: Path, options: dict[str, Any]) -> None:
    truth = {"task": "svg", "reference": str(red_file), "reference_source": RED}
    inputs = [
        {"response": fenced(RED), "response_length": 40, "ground_truth": truth},
        {"response": "nothing", "response_length": 1, "ground_truth": json.dumps(truth)},
    ]
    rows = compute_score(inputs, **options | {"parts": {"critic": 1.0, "exact": 1.0}})
    assert [row["overall"] for row in rows] == [4.0, 0.0]
    assert [row["rendered"] for row in rows] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("truth", "message"),
    [("red.png", "ground_truth is not JSON"), ({"task": "svg"}, "with task and reference")],
)
def test_a_bad_sample_is_named(truth: Any, message: str, options: dict[str, Any]) -> None:
    with pytest.raises(ErmError, match=f"Rollout 1: .*{message}"):
        compute_score([{"response": "", "response_length": 0, "ground_truth": truth}], **options)
