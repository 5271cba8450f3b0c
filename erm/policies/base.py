"""The interface of policies: from an image to the source code that draws it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from erm.endpoints.errors import EndpointError
from erm.errors import ErmError
from erm.tasks import get_task


class Request(NamedTuple):
    """An image to reproduce, as encoded bytes, a path or in memory.

    Attributes:
        prompt: what is asked in place of reproducing the image, for policies that follow
            instructions.
    """

    task: str
    image: bytes | str | Path | Image.Image
    prompt: str | None = None


class Reply(NamedTuple):
    """What a policy wrote.

    Attributes:
        tokens: of the text; None where the policy does not count them.
    """

    text: str
    tokens: int | None = None


def write_completion(task: str, source: str) -> str:
    """The completion that a policy is trained to write: a fenced code block.

    The fence is longer than any run of backticks in the source, so that the whole source is found
    again.
    """
    longest = max(map(len, re.findall("`+", source)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{get_task(task).languages[0]}\n{source.strip()}\n{fence}"


class Policy(ABC):
    """Anything that writes source code for an image."""

    name: str

    @abstractmethod
    def complete(self, requests: Sequence[Request], *, progress: bool = False) -> list[str]:
        """One completion per request, in order; `progress` shows a bar on standard error."""

    def complete_each(self, requests: Sequence[Request]) -> list[Reply | EndpointError]:
        """As `complete` with tokens, and the error of each request that got no answer in its place.

        Only a policy on a server has such errors; they do not hurt the other requests.
        """
        return [Reply(text) for text in self.complete(requests)]

    def at_temperature(self, temperature: float, seed: int) -> Policy:
        """The same policy, sampling from all tokens.

        Args:
            seed: other ones give other samples. A local model gives the same ones for the same
                seed, a server need not.

        Raises:
            ErmError: the policy can't sample.
        """
        raise ErmError(f"The policy '{self.name}' can't sample.")


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

    def revise_each(self, revisions: Sequence[Revision]) -> list[Reply | EndpointError]:
        """As `revise`, with tokens and errors as `complete_each` gives them."""
        return [Reply(text) for text in self.revise(revisions)]


class SamplingPolicy(Policy):
    """A policy that can sample completions."""

    @abstractmethod
    def sample(self, requests: Sequence[Request], seed: int) -> list[str]:
        """One sampled completion per request, in order; the same seed gives the same ones."""
