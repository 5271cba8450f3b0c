"""Rollouts from what frameworks hand to a reward function."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from erm.errors import ErmError
from erm.images import encode_png
from erm.rewards.rollout import Rollout


def rollout_from(task: Any, reference: Any, completion: Any, source: Any, number: int) -> Rollout:
    """A rollout from a framework's values.

    Args:
        task: name of the task.
        reference: the image, see `image_bytes`.
        completion: text or chat messages, see `completion_text`.
        source: the source behind the reference; None or an empty text where it is not known.
        number: of the rollout within its call, from 1, for messages.

    Raises:
        ErmError: a value is none of these.
    """
    if not isinstance(task, str):
        raise ErmError(f"Rollout {number}: the task must be a name, not {type(task).__name__}.")
    if source is not None and not isinstance(source, str):
        kind = type(source).__name__
        raise ErmError(f"Rollout {number}: the reference's source must be text, not {kind}.")
    image = image_bytes(reference, f"Rollout {number}, reference")
    return Rollout(task, image, completion_text(completion, number), source or None)


def rollouts_from(
    tasks: Sequence[Any],
    references: Sequence[Any],
    completions: Sequence[Any],
    sources: Sequence[Any] | None,
) -> list[Rollout]:
    """Rollouts from the columns of a batch, which have one length; see `rollout_from`."""
    known = sources if sources is not None else [None] * len(completions)
    rows = zip(tasks, references, completions, known, strict=True)
    return [rollout_from(*row, number) for number, row in enumerate(rows, start=1)]


def image_bytes(value: Any, name: str) -> bytes:
    """Encoded bytes of an image.

    Args:
        value: bytes, a path, an image in memory, a data URL, a list of one of these, or a row of
            the `datasets` library (``bytes`` and ``path``). The bytes are not checked.
        name: of the image in messages.

    Raises:
        ErmError: it is none of these, or its file can't be read.
    """
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        value = value.get("bytes") or value.get("path")
    if isinstance(value, bytes):
        return value
    if isinstance(value, Image.Image):
        return encode_png(value)
    if isinstance(value, str) and value.startswith("data:"):
        try:
            return base64.b64decode(value.partition(",")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise ErmError(f"{name}: the data URL is not base64 ({error}).") from error
    if isinstance(value, (str, Path)):
        try:
            return Path(value).read_bytes()
        except (OSError, ValueError) as error:
            raise ErmError(f"{name}: {str(value)[:200]} can't be read ({error}).") from error
    raise ErmError(f"{name}: an image is expected, not {type(value).__name__}.")


def completion_text(value: Any, number: int) -> str:
    """The text of a completion, or of the last message of a chat.

    Raises:
        ErmError: it is neither.
    """
    if isinstance(value, (list, tuple)) and value:
        value = value[-1]
    if isinstance(value, Mapping):
        value = value.get("content")
    elif hasattr(value, "content"):
        value = value.content
    if isinstance(value, (list, tuple)) and value:
        parts = [part.get("text") for part in value if isinstance(part, Mapping)]
        value = "".join(part for part in parts if isinstance(part, str))
    if isinstance(value, str):
        return value
    raise ErmError(f"Rollout {number}: the completion must be text, not {type(value).__name__}.")
