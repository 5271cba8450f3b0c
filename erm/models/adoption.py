"""Gives a Qwen3-VL folder that others trained the role and the prompts that it was trained with.

Only ``erm.json`` is written; weights, tokenizer and processor stay as they are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from erm.errors import ErmError
from erm.models.checkpoint import load_processor
from erm.models.prompts import read_prompts
from erm.models.role import CARD, Role, write_role
from erm.tasks import get_task

ARCHITECTURE = "qwen3_vl"
LONGEST_REPLY = 4096
"""Tokens of the published critic's longest reply."""


def adopt(
    folder: Path,
    role: Literal["critic", "policy"],
    prompts: Path,
    *,
    max_new_tokens: int = LONGEST_REPLY,
    max_side: int | None = None,
) -> Role:
    """Write the role of a plain model folder.

    Args:
        prompts: a JSON or YAML file: task → the text after the images.
        max_side: longest side of images in pixels; by default the published one of each task.

    Raises:
        ErmError: the folder holds no Qwen3-VL model or has a role, its processor can't be loaded,
            or the prompts can't be used.
    """
    _check_architecture(folder)
    if (folder / CARD).exists():
        raise ErmError(f"{folder / CARD}: the model has a role already; delete it first.")
    texts = read_prompts(prompts)
    sides = {task: max_side or get_task(task).published_max_side for task in texts}
    given = Role(role=role, prompts=texts, max_new_tokens=max_new_tokens, max_sides=sides)
    load_processor(folder, given)
    try:
        write_role(given, folder)
    except OSError as error:
        raise ErmError(f"{folder / CARD}: can't be written ({error.strerror}).") from error
    return given


def _check_architecture(folder: Path) -> None:
    path = folder / "config.json"
    try:
        config: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ErmError(f"{folder}: holds no model ({path.name}: {error.strerror}).") from error
    except ValueError as error:
        raise ErmError(f"{path}: is not JSON ({error}).") from error
    kind = config.get("model_type") if isinstance(config, dict) else None
    if kind != ARCHITECTURE:
        raise ErmError(f"{folder}: its architecture is {kind}, not {ARCHITECTURE}.")
