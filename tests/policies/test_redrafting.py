"""Prompts of a step that show the policy a draft of its own."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path
from typing import Any

import pytest

from erm.critics.pixel import PixelCritic
from erm.errors import ErmError
from erm.models.checkpoint import load_checkpoint
from erm.models.prompts import conversation
from erm.models.role import read_role, write_role
from erm.models.settings import SamplingSettings
from erm.policies.redrafting import REVISE, Redrafting
from erm.policies.reinforcement import reinforce
from erm.policies.settings import ReinforceSettings
from erm.render import Renderer
from erm.synthesis.settings import SynthesizeSettings
from erm.synthesis.synthesize import synthesize
from tests.drawing import AS_STATED

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<circle cx="20" cy="20" r="9" fill="{}"/></svg>'
)


@pytest.fixture
def revising(tiny_policy: Path, tmp_path: Path) -> Path:
    """A policy whose role says that it can revise."""
    folder = tmp_path / "revising"
    shutil.copytree(tiny_policy, folder)
    role = read_role(folder, "policy")
    write_role(role.model_copy(update={"revises": True, "max_new_tokens": 24}), folder)
    return folder


def test_a_group_answers_to_one_draft(revising: Path, renderer: Renderer) -> None:
    images = [
        one.image
        for one in renderer.render_batch([("svg", SVG.format(c)) for c in ("red", "blue")])
    ]
    model, processor, role = load_checkpoint(revising, "policy")
    sampling = SamplingSettings(temperature=1.0)
    redrafting = Redrafting(role, PixelCritic(), renderer, sampling, most_tokens=24, batch_size=2)
    samples = [
        {
            "task": "svg",
            "reference": image,
            "prompt": conversation(role.prompts["svg"], 1),
            REVISE: image is images[0],
        }
        for image in images
        for _ in range(2)
    ]
    prepared = redrafting(model, processor, samples, 0)
    assert prepared[2:] == samples[2:]
    first, second = (one["prompt"] for one in prepared[:2])
    assert first == second
    text = first[0]["content"][-1]["text"]
    assert text.startswith(f"{role.prompts['svg']}\n")
    assert text.endswith("\nYour answer holds no code block.")
    assert redrafting(model, processor, samples, 1)[0]["prompt"] != first, "the draft is the same"


def test_revisions_are_reinforced(revising: Path, tiny_policy: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs"
    made = SynthesizeSettings(
        sources={"chart": 0, "table": 0, "svg": 4}, drawing=AS_STATED, workers=1
    )
    synthesize(made, pairs, tmp_path / "made")
    settings = ReinforceSettings(
        tasks=("svg",),
        critic="pixel",
        revisions=0.5,
        steps=1,
        prompts_per_step=2,
        generations=2,
        max_completion_tokens=24,
        render_workers=1,
        drawing=AS_STATED,
    )
    out = tmp_path / "out"
    critic = tmp_path / "none"
    reinforce(settings, revising, critic, pairs, out, tmp_path / "work")
    with (out / "history.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert 0 <= float(row["reward"]) <= 2
    assert read_role(out, "policy").revises
    with pytest.raises(ErmError, match=r"can't revise; train it with train_policy\.revisions"):
        reinforce(settings, tiny_policy, critic, pairs, out, tmp_path / "other")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"revisions": 0.1, "prompts_per_step": 8}, "0.1 of 8 prompts is none"),
        ({"revisions": 0.5, "critic": "exact"}, "not 'exact'"),
        ({"revisions": 0.5, "vllm": "colocate"}, "set vllm to null"),
    ],
)
def test_revisions_that_can_not_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ReinforceSettings.model_validate(changes)
