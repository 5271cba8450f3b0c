"""Models on a GPU compute what they compute on a CPU."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from erm.critics.base import ImagePair
from erm.critics.local import LocalCritic
from erm.models.checkpoint import load_checkpoint
from tests.squares import square_pair

pytestmark = pytest.mark.gpu


def test_logits_are_those_of_a_cpu(tiny_critic: Path) -> None:
    pair = square_pair(1)
    logits = []
    for device in ("cpu", "cuda"):
        model, processor, role = load_checkpoint(tiny_critic, "critic", device=device)
        inputs = processor(
            images=[[pair.reference, pair.candidate]],
            text=[f"<|vision_start|><|image_pad|><|vision_end|>{role.prompts['svg']}"],
            return_tensors="pt",
        ).to(device)
        with torch.no_grad():
            logits.append(model(**inputs).logits.cpu())
    torch.testing.assert_close(logits[0], logits[1], rtol=1e-3, atol=1e-3)


def test_a_critic_on_a_gpu_writes_reports(tiny_critic: Path) -> None:
    pair = square_pair(1)
    critic = LocalCritic(tiny_critic, device="cuda", dtype="bfloat16")
    (critique,) = critic.critique([ImagePair("svg", pair.reference, pair.candidate)])
    assert critique.parsed is not None
    assert critique.expected_severity is not None
