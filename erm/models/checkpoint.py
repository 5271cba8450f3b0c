"""Model folders: weights, processor and what the model is for, in one place.

A folder is a plain Hugging Face checkpoint with ``erm.json`` beside it, which names the role
(critic or policy), the tasks, their prompts and how many tokens an answer may have.
"""

from __future__ import annotations

from collections.abc import Iterable
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
    """A model in this process, what prepares its inputs, and what it is for."""

    model: Any
    processor: PairProcessor
    role: Role

    def check_tasks(self, tasks: Iterable[str]) -> None:
        """Raises `ErmError` where the model was not trained on one of the tasks."""
        unknown = sorted(set(tasks) - set(self.role.prompts))
        if unknown:
            known = ", ".join(self.role.prompts)
            raise ErmError(
                f"The {self.role.role} knows the tasks {known}, not {', '.join(unknown)}."
            )


def load_checkpoint(
    folder: Path,
    expected: Literal["critic", "policy"],
    *,
    device: str | None = None,
    dtype: str = "float32",
) -> Checkpoint:
    """What a folder holds, the model in evaluation mode.

    Args:
        device: of torch; by default a GPU where there is one.

    Raises:
        ErmError: the folder holds no such model, or a part of it is missing or damaged.
    """
    role = read_role(folder, expected)
    try:
        processor = PairProcessor.from_pretrained(folder)
        processor.apply_chat_template(conversation("", 1), tokenize=False)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, TemplateError) as error:
        reason = str(error).splitlines()[0]
        raise ErmError(f"{folder}: no processor can be loaded from here ({reason}).") from error
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    model = load_model(folder, dtype=dtype).to(device).eval()
    for name, weights in model.named_parameters():
        # Such a model would judge all the same, always alike.
        if not weights.isfinite().all():
            raise ErmError(f"{folder}: the weights of {name} are not finite numbers.")
    return Checkpoint(model, processor, role)
