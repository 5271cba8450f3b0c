"""Model folders: a plain Hugging Face checkpoint and ``erm.json`` (`erm.models.role`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from jinja2 import TemplateError

from erm.errors import ErmError
from erm.models.processor import PairProcessor
from erm.models.prompts import conversation
from erm.models.qwen3vl import load_model
from erm.models.role import Role, read_role


class Checkpoint(NamedTuple):
    """A loaded model, its processor and its role."""

    model: Any
    processor: PairProcessor
    role: Role


def local_device() -> str:
    """The device of this process: the CPU, or one GPU for each process of a machine."""
    if not torch.cuda.is_available():
        return "cpu"
    return f"cuda:{os.environ.get('LOCAL_RANK', '0')}"


def load_checkpoint(
    folder: Path,
    expected: Literal["critic", "policy"],
    *,
    device: str | None = None,
    dtype: str = "float32",
) -> Checkpoint:
    """Load a model folder; the model is in evaluation mode.

    Args:
        device: a torch device; by default this process's GPU, if there is one.

    Raises:
        ErmError: the folder holds no model of the expected role, or a file of it is missing or
            damaged.
    """
    role = read_role(folder, expected)
    processor = load_processor(folder, role)
    model = load_model(folder, dtype=dtype).to(device or local_device()).eval()
    for name, weights in model.named_parameters():
        # A model with such weights raises no error: it gives the same answer to everything.
        if not weights.isfinite().all():
            raise ErmError(f"{folder}: the weights of {name} are not finite numbers.")
    return Checkpoint(model, processor, role)


def load_processor(folder: Path, role: Role) -> PairProcessor:
    """The processor of a model folder.

    Raises:
        ErmError: a file of it is missing or damaged.
    """
    try:
        if role.max_sides is not None:
            side = max(role.max_sides.values())
            processor = PairProcessor.from_checkpoint(str(folder), max_side=side)
        else:
            processor = PairProcessor.from_pretrained(folder)
        processor.apply_chat_template(conversation("", 1), tokenize=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, TemplateError) as error:
        reason = str(error).splitlines()[0]
        raise ErmError(f"{folder}: no processor can be loaded from here ({reason}).") from error
    return processor
