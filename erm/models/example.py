"""One training example."""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """What a model is to answer to a prompt about images."""

    prompt: str
    images: tuple[bytes, ...]
    target: str
