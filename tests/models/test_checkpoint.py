"""Folders that hold no critic, or a damaged one, are refused; none judges with random weights."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from erm.errors import ErmError
from erm.models.checkpoint import load_checkpoint

Damage = Callable[[Path], object]


def _lost(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def _set(name: str, **values: object) -> Damage:
    def change(folder: Path) -> None:
        content = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**content, **values}))

    return change


def _written(name: str, content: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(content)


def _weights(change: Callable[[dict[str, Any], str], object]) -> Damage:
    def apply(folder: Path) -> None:
        tensors = load_file(folder / "model.safetensors")
        change(tensors, "model.language_model.norm.weight")
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})

    return apply


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (_written("erm.json", b"\xff\xfe"), r"erm\.json: not a valid description"),
        (_set("erm.json", max_new_tokens=0), "max_new_tokens: Input should be greater"),
        (_set("erm.json", prompts={}), "prompts: .* at least 1"),
        (_lost("config.json"), "model_type"),
        (_set("config.json", model_type="bert"), "its architecture is bert"),
        (_lost("model.safetensors"), r"no file named model\.safetensors"),
        (_written("model.safetensors", b"\0" * 40), "no Qwen3-VL model"),
        (_weights(lambda tensors, name: tensors.pop(name)), r"missing, such as .*norm\.weight"),
        (
            _weights(lambda tensors, name: tensors[name].fill_(math.nan)),
            r"norm\.weight are not finite",
        ),
        (_lost("tokenizer.json"), "no processor"),
        (_written("processor_config.json", b"[]"), "no processor"),
        (_set("processor_config.json", max_side="wide"), "max_side is 'wide'"),
        (_set("processor_config.json", pair_encoding="magic"), "pair_encoding 'magic'"),
        (_lost("chat_template.jinja"), "chat template"),
        (_written("chat_template.jinja", b"{% if %}"), "no processor"),
    ],
)
def test_a_damaged_folder_is_refused(
    damage: Damage, reason: str, tiny_critic: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "critic"
    copytree(tiny_critic, folder)
    damage(folder)
    with pytest.raises(ErmError, match=rf"^{folder}.*{reason}.*\.$"):
        load_checkpoint(folder, "critic", device="cpu")
