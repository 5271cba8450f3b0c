"""Parts that see how a completion is written: whether it draws, its format, its length."""

from __future__ import annotations

from collections.abc import Sequence

from erm.rewards.parts.base import Part
from erm.rewards.rollout import Drawn, PartScore
from erm.tasks import get_task
from erm.tasks.shared.completion import is_one_block


class RendersPart(Part):
    """``renders``: 1 where the code draws something, else 0."""

    name = "renders"

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        return [PartScore(1.0) for _ in drawn]

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(0.0)


class FormatPart(Part):
    """``format``: 1 where the answer holds one closed block of code, in a language of the task."""

    name = "format"
    judges = "completion"

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        return [PartScore(float(self._holds(each))) for each in drawn]

    def without(self, drawn: Drawn) -> PartScore:
        raise AssertionError("each rollout has a completion")

    def _holds(self, drawn: Drawn) -> bool:
        languages = get_task(drawn.rollout.task).languages
        return drawn.source is not None and is_one_block(drawn.rollout.completion, languages)


class LengthPart(Part):
    """``length``: the soft punishment of long completions of DAPO (Yu et al. 2025, equation 13).

    0 up to `free` characters, −1 from `most` characters on, linear in between. DAPO counts tokens;
    characters need no tokenizer, and are the same for each policy.
    """

    name = "length"
    judges = "completion"

    def __init__(self, free: int, most: int) -> None:
        self._free = free
        self._most = most

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        return [PartScore(self._one(len(each.rollout.completion))) for each in drawn]

    def without(self, drawn: Drawn) -> PartScore:
        raise AssertionError("each rollout has a completion")

    def _one(self, length: int) -> float:
        over = (length - self._free) / (self._most - self._free)
        return min(0.0, max(-1.0, -over))
