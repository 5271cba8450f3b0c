"""What reinforcement shares: the order of prompts, slots of images, completions of a process."""

from __future__ import annotations

import math
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError
from trl import GRPOConfig

from erm.errors import ErmError
from erm.models.grpo import batch_sizes, grpo_arguments, mean_of, prompt_order
from erm.models.grpo_trainer import count_slots
from erm.models.prompts import conversation
from erm.models.qwen3vl import build_processor
from erm.models.settings import GrpoSettings, ModelSettings
from erm.models.trl_options import OPTIONS
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


def _arguments(settings: GrpoSettings, work: Path) -> GRPOConfig:
    return grpo_arguments(
        settings,
        work,
        max_completion_tokens=16,
        autocast=False,
        activation_checkpointing=False,
        deepspeed=None,
    )


@pytest.mark.parametrize("processes", [1, 2, 4])
@pytest.mark.parametrize("micro", [1, 3, 64])
@pytest.mark.parametrize("shared", [1, 2])
def test_a_step_has_as_many_completions_in_any_number_of_processes(
    processes: int, micro: int, shared: int
) -> None:
    settings = GrpoSettings(
        prompts_per_step=6,
        generations=4,
        micro_batch_size=micro,
        steps_per_generation=shared,
        checkpoint_every=2,
    )
    sizes = batch_sizes(settings, processes)
    passed = sizes["per_device_train_batch_size"]
    assert passed * sizes["gradient_accumulation_steps"] * processes == 24
    assert passed * sizes["steps_per_generation"] * processes == 24 * shared
    assert passed <= micro


@pytest.mark.parametrize(
    ("chosen", "prompts"),
    [
        ({"steps": 5}, 15),
        ({"steps": 5, "iterations": 2, "checkpoint_every": 2}, 9),
        ({"steps": 5, "steps_per_generation": 2, "checkpoint_every": 2}, 18),
    ],
)
def test_prompts_are_counted_by_what_is_sampled(chosen: dict[str, Any], prompts: int) -> None:
    assert GrpoSettings.model_validate({"prompts_per_step": 3, **chosen}).prompts == prompts


def test_options_are_those_of_trl(tmp_path: Path) -> None:
    assert set(OPTIONS) <= {field.name for field in fields(GRPOConfig)}
    given = {"top_p": 0.9, "max_grad_norm": 0.5, "delta": 2, "scale_rewards": "none"}
    chosen = GrpoSettings(trl=given, loss="grpo", clip_range=0.1, clip_range_high=0.3)
    trl = _arguments(chosen, tmp_path)
    assert {name: getattr(trl, name) for name in given} == given
    assert (trl.loss_type, trl.epsilon, trl.epsilon_high) == ("grpo", 0.1, 0.3)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"trl": {"pears": 1}}, r"trl\.pears is no option that is passed on"),
        ({"trl": {"max_steps": 5}}, r"trl\.max_steps is no option that is passed on"),
        ({"trl": {"vllm_group_port": 1}}, "has an effect only with vllm 'server'"),
        ({"trl": {"vllm_model_impl": "vllm"}, "vllm": "server"}, "only with vllm 'colocate'"),
        ({"trl": {"sapo_temperature_pos": 1.0}}, "only with the loss sapo"),
        ({"trl": {"delta": 3.0}, "loss": "cispo"}, "only with one of the losses grpo"),
        ({"trl": {"sync_ref_model": True}, "kl_coefficient": 0}, "a kl_coefficient above 0"),
        ({"trl": {"entropy_target": 0.1}}, r"only with trl\.use_adaptive_entropy"),
        ({"loss": "vespo", "clip_range": 0.1}, "the loss vespo has no clip range"),
        ({"loss": "ppo"}, "Input should be 'grpo'"),
        ({"iterations": 2, "checkpoint_every": 5}, "checkpoint_every must be a multiple"),
    ],
)
def test_options_without_effect_are_refused(chosen: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        GrpoSettings.model_validate(chosen)


def test_an_option_of_another_type_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ErmError, match=r"trl\.top_p is 'high': Input should be a valid number"):
        _arguments(GrpoSettings(trl={"top_p": "high"}), tmp_path)
    with pytest.raises(ErmError, match="TRL refuses"):
        _arguments(GrpoSettings(trl={"lr_scheduler_type": "zigzag"}), tmp_path)
