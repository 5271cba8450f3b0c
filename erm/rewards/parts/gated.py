"""The critic's reward behind gates, for policies that search for what earns without drawing.

The published formulas leave three openings. A table that is not drawn costs S = 4, less than many
honest tables. An unparsable reply counts S = 25, less than many readable ones. And a picture that
shows nothing of the reference has one large error, which a critic may count 3. `GatedCriticPart`
closes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from erm.images import open_image
from erm.rewards.parts.critic import CriticPart
from erm.rewards.published import SEVERITY_SCALE, reward_value
from erm.rewards.rollout import Drawn, PartScore
from erm.tasks import get_task

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_RESEMBLANCE = 0.15
"""Resemblance below which a picture shows nothing of the reference."""

_SIDE = 16
"""Cells of a side of the pictures that are compared."""


class GatedCriticPart(CriticPart):
    """``critic:gated``: the published formula with every failure as the task's worst outcome.

    S is at most `SEVERITY_SCALE`, as in `erm.rewards.exact`. No code, no render, a blank picture,
    and a picture whose `resemblance` to the reference is below `LEAST_RESEMBLANCE` earn as if that
    were S, or 0 in the family ``rendered``. An unparsable reply has no value.
    """

    name = "critic:gated"

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        return [
            self._gated(each, score)
            for each, score in zip(drawn, super().score(drawn), strict=True)
        ]

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(_worst(drawn.rollout.task))

    def _gated(self, drawn: Drawn, score: PartScore) -> PartScore:
        severity = score.severity
        if severity is None:
            return replace(score, value=None)
        assert drawn.image is not None
        alike = resemblance(drawn.rollout.reference, drawn.image)
        score = replace(score, components={**score.components, "resemblance": alike})
        if alike < LEAST_RESEMBLANCE:
            return replace(score, value=_worst(drawn.rollout.task))
        value = reward_value(drawn.rollout.task, "judged", min(severity, SEVERITY_SCALE))
        return replace(score, value=value)


def resemblance(reference: bytes, candidate: bytes) -> float:
    """How much two encoded pictures have in common where something is drawn, in [−1, 1].

    The correlation of both pictures' colours, averaged over a grid of `_SIDE` × `_SIDE` cells so
    that small shifts do not count; the better one of the candidate stretched to the reference's
    size and of both at the top left of one white canvas. 0 where a picture has one colour.
    """
    pictures = open_image(reference), open_image(candidate)
    width = max(picture.width for picture in pictures)
    height = max(picture.height for picture in pictures)
    placed = []
    for picture in pictures:
        canvas = Image.new("RGB", (width, height), "white")
        canvas.paste(picture)
        placed.append(canvas)
    return max(_correlation(*pictures), _correlation(*placed))


def _correlation(first: Image.Image, second: Image.Image) -> float:
    one, other = _cells(first), _cells(second)
    lengths = math.sqrt(float(np.sum(one**2)) * float(np.sum(other**2)))
    return float(np.sum(one * other)) / lengths if lengths else 0.0


def _cells(picture: Image.Image) -> NDArray[np.float64]:
    """(`_SIDE`, `_SIDE`, 3) mean colours less the picture's own mean."""
    small = picture.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    cells = np.asarray(small, dtype=np.float64)
    centred: NDArray[np.float64] = cells - cells.mean(axis=(0, 1))
    return centred


def _worst(task: str) -> float:
    return -SEVERITY_SCALE if get_task(task).reward == "severity" else 0.0
