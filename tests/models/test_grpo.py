"""What reinforcement shares: the order of prompts, slots of images, completions of a process."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from erm.models.grpo import count_slots, mean_of, prompt_order
from erm.models.prompts import conversation
from erm.models.qwen3vl import build_processor
from erm.models.settings import GrpoSettings, ModelSettings
from erm.policies.settings import ReinforceSettings


@given(number=st.integers(1, 30), wanted=st.integers(1, 90), seed=st.integers(0, 9))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_every_pass_shows_every_sample_once(number: int, wanted: int, seed: int) -> None:
    order = prompt_order(number, wanted, seed)
    assert len(order) == wanted
    assert order == prompt_order(number, wanted + 1, seed)[:wanted]
    for start in range(0, wanted - number + 1, number):
        assert sorted(order[start : start + number]) == list(range(number))


@pytest.mark.parametrize(
    ("encoding", "details", "expected"),
    [
        ("difference", None, [1, 1, 1]),
        ("two_images", None, [2, 2, 1]),
        ("difference", {"most": 2}, [1, 3, 1]),
        ("two_images", {"most": 2}, [2, 4, 1]),
    ],
)
def test_slots_are_counted_however_the_images_enter(
    encoding: str, details: dict[str, int] | None, expected: list[int]
) -> None:
    chosen = {"name": "micro", "pair_encoding": encoding, "details": details}
    processor = build_processor(
        ModelSettings.model_validate(chosen), ["compare"], vocabulary=300, max_side=84
    )
    white = Image.new("RGB", (84, 28), "white")
    spotted = white.copy()
    for x in (0, 40, 76):
        spotted.paste("red", (x, 4, x + 8, 12))
    samples = [[white, white], [white, spotted], [white]]
    texts = [
        processor.apply_chat_template(conversation("compare", len(images)), tokenize=False)
        for images in samples
    ]
    batch = processor(images=samples, text=texts, padding=True, return_tensors="pt")
    merge = processor.image_processor.merge_size
    assert count_slots(batch["mm_token_type_ids"], batch["image_grid_thw"], merge) == expected


def test_the_mean_of_a_column_leaves_out_what_was_not_logged() -> None:
    rows = [{"kl": 1.0}, {"kl": float("nan")}, {"kl": 2.0}]
    assert mean_of(rows, "kl") == 1.5
    assert math.isnan(mean_of(rows[1:2], "kl"))


def test_processes_share_the_completions_of_a_step() -> None:
    assert GrpoSettings(prompts_per_step=6, generations=4).completions_of_each(3) == 8
    uneven = {"prompts_per_step": 3, "generations": 5, "launch": {"processes": 2}}
    with pytest.raises(ValidationError, match="3 prompts a step with 5 completions each can't be"):
        ReinforceSettings.model_validate(uneven)
