"""A Qwen3-VL folder of others becomes a critic with the prompts that it was trained with."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest
import torch
from PIL import Image
from transformers import set_seed
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from erm.critics.base import ImagePair
from erm.critics.loading import critic_from_spec
from erm.critics.local import LocalCritic
from erm.errors import ErmError
from erm.models.adoption import adopt
from erm.models.checkpoint import load_checkpoint
from erm.models.qwen3vl import build_model, build_processor
from erm.models.role import read_role
from erm.models.settings import ModelSettings

PROMPT = "Compare both pictures; categories: structure_error, other_error."
RED, BLUE = (Image.new("RGB", (1200, 300), colour) for colour in ("red", "blue"))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights, tokenizer and Qwen3-VL's own image processor, and nothing of this project."""
    folder = tmp_path_factory.mktemp("plain")
    settings = ModelSettings(name="tiny", pair_encoding="two_images")
    processor = build_processor(settings, [PROMPT], vocabulary=300, max_side=56)
    set_seed(0)
    build_model(settings, processor).save_pretrained(folder)
    processor.tokenizer.chat_template = processor.chat_template
    processor.tokenizer.save_pretrained(folder)
    images = Qwen2VLImageProcessorPil(
        patch_size=14, size={"shortest_edge": 28 * 28, "longest_edge": 1 << 20}
    )
    images.save_pretrained(folder)
    return folder


@pytest.fixture
def folder(plain: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    copytree(plain, tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "prompts.yaml"
    path.write_text(f"svg: >-\n  {PROMPT}\ntable: Compare the tables.\n")
    return path


def test_an_adopted_folder_is_a_critic(folder: Path, prompts: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    adopt(folder, "critic", prompts, max_new_tokens=12)
    role = read_role(folder, "critic")
    assert role.prompts == {"svg": PROMPT, "table": "Compare the tables."}
    assert role.max_sides == {"svg": 1024, "table": 768}
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(after) - set(before) == {"erm.json"}
    assert {name: after[name] for name in before} == before
    critic = critic_from_spec(str(folder))
    (critique,) = critic.critique([ImagePair("svg", RED, BLUE)])
    assert critique.expected_severity is None


def test_it_sees_two_images_as_large_as_it_was_trained_on(folder: Path, prompts: Path) -> None:
    adopt(folder, "critic", prompts)
    processor = load_checkpoint(folder, "critic", device="cpu").processor
    assert (processor.pair_encoding, processor.max_side) == ("two_images", 1024)
    critic = LocalCritic(folder)
    sizes = [
        [image.size for image in critic._prompt(ImagePair(task, RED, BLUE), 1).images]
        for task in ("svg", "table")
    ]
    assert sizes == [[(1024, 256)] * 2, [(768, 192)] * 2]


def test_its_replies_are_not_kept_to_our_grammar(folder: Path, prompts: Path) -> None:
    adopt(folder, "critic", prompts, max_new_tokens=12)
    with pytest.raises(ErmError, match="models that others trained can't be constrained"):
        critic_from_spec(str(folder), constrained=True)


def test_a_folder_that_this_project_wrote_is_as_it_was(tiny_critic: Path) -> None:
    card = json.loads((tiny_critic / "erm.json").read_text())
    assert set(card) == {"role", "prompts", "max_new_tokens", "graded"}
    assert not read_role(tiny_critic, "critic").adopted
    assert torch.isfinite(
        torch.tensor(
            LocalCritic(tiny_critic).critique([ImagePair("svg", RED, BLUE)])[0].expected_severity
        )
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("poem: x", "Unknown task 'poem'"),
        ("[1, 2]", "holds no prompts"),
        ("{}", "holds no prompts"),
        ("svg: 3", "the prompt of task svg is no text"),
        ("svg: ' '", "the prompt of task svg is no text"),
        ("svg: [", "neither JSON nor YAML"),
    ],
)
def test_prompts_that_are_none_are_refused(
    content: str, reason: str, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(content)
    with pytest.raises(ErmError, match=rf"^{path}: .*{reason}"):
        adopt(folder, "critic", path)
    assert not (folder / "erm.json").exists()


def test_what_is_no_plain_model_is_refused(
    folder: Path, prompts: Path, tiny_critic: Path, tmp_path: Path
) -> None:
    with pytest.raises(ErmError, match="holds no model"):
        adopt(tmp_path, "critic", prompts)
    with pytest.raises(ErmError, match=r"erm\.json: the model has a role already"):
        adopt(tiny_critic, "critic", prompts)
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ErmError, match="no processor can be loaded"):
        adopt(folder, "critic", prompts)
    (folder / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ErmError, match="its architecture is bert, not qwen3_vl"):
        adopt(folder, "critic", prompts)


def test_a_critic_from_before_grades_is_read_as_it_writes(
    tiny_critic: Path, tmp_path: Path
) -> None:
    old = tmp_path / "old"
    copytree(tiny_critic, old)
    card = json.loads((old / "erm.json").read_text())
    (old / "erm.json").write_text(json.dumps({**card, "graded": False}))
    with pytest.raises(ErmError, match="old: was trained before replies began with a"):
        LocalCritic(old)
    critique = LocalCritic(old, constrained=False).critique([ImagePair("svg", RED, BLUE)])[0]
    assert critique.expected_severity is None
