"""The interface of policies: from an image to the source code that draws it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from erm.tasks import get_task


class Request(NamedTuple):
    """An image to reproduce, as encoded bytes, a path or in memory."""

    task: str
    image: bytes | str | Path | Image.Image


def write_completion(task: str, source: str) -> str:
    """The completion that a policy is trained to write: a fenced code block."""
    return f"```{get_task(task).languages[0]}\n{source.strip()}\n```"


class Policy(ABC):
    """Anything that writes source code for an image."""

    name: str

    @abstractmethod
    def complete(self, requests: Sequence[Request], *, progress: bool = False) -> list[str]:
        """One completion per request, in order; `progress` shows a bar on standard error."""


class Revision(NamedTuple):
    """An image to reproduce, the previous completion, and feedback on its render."""

    task: str
    image: bytes | str | Path | Image.Image
    completion: str
    feedback: str


class RevisingPolicy(Policy):
    """A policy that can use feedback on its own code."""

    @abstractmethod
    def revise(self, revisions: Sequence[Revision]) -> list[str]:
        """One new completion per revision, in order."""


class SamplingPolicy(Policy):
    """A policy that can sample completions."""

    @abstractmethod
    def sample(self, requests: Sequence[Request], seed: int) -> list[str]:
        """One sampled completion per request, in order; the same seed gives the same ones."""
