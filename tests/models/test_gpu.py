"""Models on a GPU compute what they compute on a CPU: the same bodies run on both."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from datasets import Image as ImageFeature
from transformers import set_seed

from erm.critics.base import ImagePair, write_reply
from erm.critics.local import LocalCritic
from erm.models.checkpoint import load_checkpoint
from erm.models.example import Example
from erm.models.grpo import reinforce_model
from erm.models.prompts import conversation
from erm.models.qwen3vl import build_model, build_processor, load_model
from erm.models.samples import shared_samples
from erm.models.settings import (
    GrpoSettings,
    LaunchSettings,
    LoraSettings,
    ModelSettings,
    OptimizationSettings,
)
from erm.models.sft import TrainingLog, fine_tune
from tests.devices import on_each_device
from tests.squares import square_pair


@on_each_device
@pytest.mark.parametrize(("dtype", "most"), [("float32", 1e-3), ("bfloat16", 0.03)])
def test_logits_are_those_of_a_cpu(dtype: str, most: float, device: str, tiny_critic: Path) -> None:
    pair = square_pair(1)
    logits = []
    for place, precision in (("cpu", "float32"), (device, dtype)):
        model, processor, role = load_checkpoint(
            tiny_critic, "critic", device=place, dtype=precision
        )
        inputs = processor(
            images=[[pair.reference, pair.candidate]],
            text=[f"<|vision_start|><|image_pad|><|vision_end|>{role.prompts['svg']}"],
            return_tensors="pt",
        ).to(place)
        with torch.no_grad():
            logits.append(model(**inputs).logits.float().cpu())
    assert (logits[1] - logits[0]).norm() < most * logits[0].norm()


@on_each_device
def test_a_critic_writes_reports_in_bfloat16(device: str, tiny_critic: Path) -> None:
    pair = square_pair(1)
    critic = LocalCritic(tiny_critic, device=device, dtype="bfloat16")
    (critique,) = critic.critique([ImagePair("svg", pair.reference, pair.candidate)])
    assert critique.parsed is not None
    assert critique.expected_severity is not None


@on_each_device
@pytest.mark.parametrize(
    ("optimizer", "lora"), [("muon", None), ("adamw", LoraSettings(rank=2))], ids=["full", "lora"]
)
def test_a_training_goes_on_from_its_checkpoint(
    optimizer: Any, lora: LoraSettings | None, device: str, tmp_path: Path
) -> None:
    pairs = [square_pair(index) for index in range(8)]
    examples = [
        Example("compare", (pair.reference, pair.candidate), write_reply(pair.report))
        for pair in pairs
    ]
    settings = ModelSettings(name="micro", lora=lora)
    texts = [example.target for example in examples]
    processor = build_processor(settings, texts, vocabulary=300, max_side=56)
    samples, _ = shared_samples([examples], processor, 200, tmp_path)

    def tune(epochs: float, folder: str) -> tuple[TrainingLog, torch.Tensor]:
        optimization = OptimizationSettings(
            epochs=epochs,
            batch_size=2,
            optimizer=optimizer,
            schedule="constant",
            warmup=0,
            checkpoint_every=2,
            log_every=1,
            bf16=False,
        )
        set_seed(0)
        model = build_model(settings, processor)
        work, out = tmp_path / folder / "work", tmp_path / folder / f"out-{epochs}"
        log = fine_tune(model, processor, samples, optimization, LaunchSettings(), work, out)
        assert next(model.parameters()).device.type == device
        with torch.no_grad():
            logits = load_model(out).eval()(input_ids=torch.arange(8)[None]).logits
        return log, logits

    whole, learnt = tune(1.0, "whole")
    _, halfway = tune(0.5, "interrupted")
    resumed, learnt_again = tune(1.0, "interrupted")
    assert [row["step"] for row in resumed.history] == [1, 2, 3, 4]
    for row, again in zip(whole.history, resumed.history, strict=True):
        assert again["loss"] == pytest.approx(row["loss"], rel=1e-3)
    torch.testing.assert_close(learnt_again, learnt, rtol=1e-2, atol=1e-3)
    assert not torch.allclose(halfway, learnt, rtol=1e-2, atol=1e-3)


@on_each_device
def test_a_policy_is_reinforced(device: str, tiny_policy: Path, tmp_path: Path) -> None:
    checkpoint = load_checkpoint(tiny_policy, "policy")
    start = {name: value.cpu().clone() for name, value in checkpoint.model.named_parameters()}
    prompt = conversation(checkpoint.role.prompts["svg"], 1)
    rows = [
        {"prompt": prompt, "images": [{"bytes": square_pair(index).reference, "path": None}]}
        for index in range(4)
    ]
    log = reinforce_model(
        checkpoint,
        Dataset.from_list(rows).cast_column("images", [ImageFeature()]),
        lambda completions, **_: [float(len(str(one))) for one in completions],
        GrpoSettings(steps=2, prompts_per_step=2, generations=4, learning_rate=1e-3),
        LaunchSettings(),
        tmp_path / "work",
        tmp_path / "out",
        columns=("reward", "reward_std", "kl", "length"),
        tracked=None,
        max_completion_tokens=8,
    )
    assert next(checkpoint.model.parameters()).device.type == device
    assert len(log.history) == 2
    assert all(math.isfinite(value) for row in log.history for value in row.values())
    after = dict(load_model(tmp_path / "out").named_parameters())
    assert all(value.isfinite().all() for value in after.values())
    assert any(not torch.equal(value, start[name]) for name, value in after.items())
