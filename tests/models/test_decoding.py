"""Decoding without finished rows: the same tokens as the library's loop, and less work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import LogitsProcessor, LogitsProcessorList

from erm.models.checkpoint import load_checkpoint
from erm.models.decoding import decode_unfinished
from erm.models.prompts import conversation

ENDS = (3, 9, 1, 6)
"""Tokens of each row, its end included."""

WIDTHS = (56, 28, 84, 42)


class _EndsAt(LogitsProcessor):  # type: ignore[misc]
    """Lets each row end at its own length, and never before."""

    def __init__(self, prompt: int, end: int) -> None:
        self.prompt, self.end = prompt, end

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        scores[:, self.end] = -torch.inf
        for row, most in enumerate(ENDS):
            if input_ids.shape[1] - self.prompt == most - 1:
                scores[row] = -torch.inf
                scores[row, self.end] = 0
        return scores


@pytest.fixture(scope="module")
def batch(tiny_critic: Path) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    """A model, inputs of four pairs of different size, and options of `generate`."""
    model, processor, role = load_checkpoint(tiny_critic, "critic", device="cpu")
    noise = np.random.default_rng(0)
    pairs = [
        [Image.fromarray(noise.integers(0, 256, (56, width, 3), dtype=np.uint8)) for _ in range(2)]
        for width in WIDTHS
    ]
    text = processor.apply_chat_template(
        conversation(next(iter(role.prompts.values())), 2),
        add_generation_prompt=True,
        tokenize=False,
    )
    inputs = processor(
        images=pairs, text=[text] * 4, padding=True, padding_side="left", return_tensors="pt"
    )
    ends = _EndsAt(inputs["input_ids"].shape[1], processor.tokenizer.eos_token_id)
    options = {
        "max_new_tokens": 12,
        "pad_token_id": processor.tokenizer.pad_token_id,
        "logits_processor": LogitsProcessorList([ends]),
    }
    return model, inputs, options


def test_greedy_tokens_are_those_of_the_library(
    batch: tuple[Any, dict[str, Any], dict[str, Any]],
) -> None:
    model, inputs, options = batch
    computed: list[int] = []
    with torch.inference_mode():
        expected = model.generate(**inputs, **options, do_sample=False)
        hook = model.register_forward_pre_hook(
            lambda _, __, given: computed.append(len(given["input_ids"])), with_kwargs=True
        )
        found = model.generate(
            **inputs, **options, do_sample=False, custom_generate=decode_unfinished
        )
        hook.remove()
    assert found.tolist() == expected.tolist()
    assert computed == [4, 3, 3, 2, 2, 2, 1, 1, 1]


def test_samples_depend_on_the_seed_alone(
    batch: tuple[Any, dict[str, Any], dict[str, Any]],
) -> None:
    model, inputs, options = batch
    found = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        with torch.inference_mode():
            ids = model.generate(
                **inputs,
                **options,
                do_sample=True,
                temperature=1.0,
                custom_generate=decode_unfinished,
            )
        found.append(ids.tolist())
    assert found[0] == found[1] != found[2]
