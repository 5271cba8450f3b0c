"""Critics: from pairs of images to reports.

A critic compares a reference with the render of a prediction. Here is what every critic shares. Not
covered: critics in this process (`erm.critics.local`), behind an endpoint (`erm.critics.endpoint`),
by rule (`erm.critics.pixel`) or by source (`erm.critics.exact`), training (`erm.critics.training`)
and rewards (`erm.rewards.published`).
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from erm.images import open_image
from erm.report import Report, parse_reply, report_from_dict, total_severity
from erm.tasks import get_task


class ImagePair(NamedTuple):
    """What a critic sees; images as encoded bytes, paths or in memory."""

    task: str
    reference: bytes | str | Path | Image.Image
    candidate: bytes | str | Path | Image.Image


def open_pair(pair: ImagePair, number: int) -> tuple[Image.Image, Image.Image]:
    """Reference and candidate of the `number`-th pair of a call, counted from 1.

    Raises:
        ErmError: one of them can't be read; the sentence names the pair, the side and the file.
    """

    def opened(side: str, source: bytes | str | Path | Image.Image) -> Image.Image:
        place = f" {source}" if isinstance(source, (str, Path)) else ""
        return open_image(source, f"Pair {number}, {side}{place}")

    return opened("reference", pair.reference), opened("candidate", pair.candidate)


@dataclass(frozen=True)
class Critique:
    """A critic's answer to one pair.

    Attributes:
        reply: the text as the critic wrote it.
        parsed: the JSON object in it, or None where there is none.
        report: what of it a report can hold; None where nothing parsed.
        expected_severity: S as the critic's own probabilities expect it (`erm.models.constraint`);
            None where it gives none.
    """

    reply: str
    parsed: dict[str, Any] | None
    report: Report | None
    expected_severity: float | None = None

    @property
    def severity(self) -> float | None:
        """S, the sum of severities; None where the reply could not be parsed."""
        return None if self.parsed is None else total_severity(self.parsed)


def read_reply(task: str, reply: str) -> Critique:
    """A critique from a critic's free-form reply (`erm.report.parse_reply`)."""
    parsed = parse_reply(reply)
    report = None if parsed is None else report_from_dict(task, parsed)
    return Critique(reply, parsed, report)


def write_reply(report: Report) -> str:
    """The reply that a critic is trained to write: errors in reading order, without counts.

    Each error tells where, then what, and only then how that is classified, so that category and
    severity follow from what was seen. Counts follow from the errors: `Report.to_dict` adds them,
    and they can't contradict the list.
    """
    key = get_task(report.task).category_key
    errors = [
        {
            "location": error.location,
            "description": error.description,
            key: error.category,
            "severity": error.severity,
        }
        for error in report.sorted().errors
    ]
    return json.dumps({"errors": errors}, ensure_ascii=False, separators=(",", ":"))


class Critic(ABC):
    """Anything that judges pairs.

    Attributes:
        name: what tables and journals call it.
        varies: whether the same pair may get another reply when it is judged again.
    """

    name: str
    varies: bool = False

    @abstractmethod
    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        """A critique a pair, in order."""
