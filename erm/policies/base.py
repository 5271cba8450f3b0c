"""Policies: from an image to the source code that draws it.

Here is what every policy shares. Not covered: policies in this process (`erm.policies.local`) or
behind an endpoint (`erm.policies.endpoint`), training (`erm.policies.training`,
`erm.policies.reinforcement`) and test-time revision (`erm.policies.refinement`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from erm.tasks import get_task


class Request(NamedTuple):
    """An image to reproduce; as encoded bytes, a path or in memory."""

    task: str
    image: bytes | str | Path | Image.Image


def write_completion(task: str, source: str) -> str:
    """The completion that a policy is trained to write: the source in a fenced block."""
    return f"```{get_task(task).languages[0]}\n{source.strip()}\n```"


class Policy(ABC):
    """Anything that writes code for an image."""

    name: str

    @abstractmethod
    def complete(self, requests: Sequence[Request], *, progress: bool = False) -> list[str]:
        """A completion a request, in order."""


class Revision(NamedTuple):
    """An image to reproduce, the previous completion and what is wrong with its render."""

    task: str
    image: bytes | str | Path | Image.Image
    completion: str
    feedback: str


class RevisingPolicy(Policy):
    """A policy that can read feedback on its own code."""

    @abstractmethod
    def revise(self, revisions: Sequence[Revision]) -> list[str]:
        """A new completion a revision, in order."""


class RedrawingPolicy(Policy):
    """A policy that can draw other completions than its likeliest."""

    @abstractmethod
    def redraw(self, requests: Sequence[Request], seed: int) -> list[str]:
        """A completion a request, in order, drawn at a temperature; the same ones for a seed."""
