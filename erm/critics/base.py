"""Critics: from pairs of images to reports.

A critic compares a reference with the render of a prediction. This module holds the interface of
all critics, what they take and return, and the form of their replies.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from erm.endpoints.errors import EndpointError
from erm.images import open_image
from erm.report import (
    OVERALL,
    Replies,
    Report,
    overall_grade,
    parse_reply,
    report_from_dict,
    total_severity,
    unlisted,
)
from erm.tasks import get_task

TRIES = 2
"""How often a critic is asked before its reply counts as unparsable."""


class ImagePair(NamedTuple):
    """What a critic compares; images as encoded bytes, paths or in memory."""

    task: str
    reference: bytes | str | Path | Image.Image
    candidate: bytes | str | Path | Image.Image


def open_pair(pair: ImagePair, number: int) -> tuple[Image.Image, Image.Image]:
    """The reference and the candidate of a pair, opened.

    Args:
        number: of the pair within its call, from 1, for messages.

    Raises:
        ErmError: an image can't be read; the sentence names the pair, the side and the file.
    """

    def opened(side: str, source: bytes | str | Path | Image.Image) -> Image.Image:
        place = f" {source}" if isinstance(source, (str, Path)) else ""
        return open_image(source, f"Pair {number}, {side}{place}")

    return opened("reference", pair.reference), opened("candidate", pair.candidate)


def scaled_pair(
    images: tuple[Image.Image, Image.Image], most: int
) -> tuple[Image.Image, Image.Image]:
    """Both images scaled down by one factor, so that no side is longer than `most` pixels."""
    factor = min(1.0, most / max(max(image.size) for image in images))

    def scaled(image: Image.Image) -> Image.Image:
        if factor == 1.0:
            return image
        size = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
        return image.resize(size, Image.Resampling.LANCZOS)

    return scaled(images[0]), scaled(images[1])


@dataclass(frozen=True)
class Critique:
    """A critic's answer to one pair.

    Attributes:
        reply: the text that the critic wrote.
        parsed: the report in the reply as JSON, or None; with what was read again, where a critic
            does that (`erm.critics.rereading`).
        report: the valid errors of `parsed`; None if `parsed` is None.
        unlisted: number of entries of `parsed` that `report` can't hold, since their category is
            not the task's or they state no severity; severities that they state count in
            `severity`.
        expected_severity: the total severity that the critic's probabilities expect
            (`erm.models.constraint`); None if it gives no probabilities.
        tokens: of the reply, as a server counts them; None elsewhere.
    """

    reply: str
    parsed: dict[str, Any] | None
    report: Report | None
    unlisted: int = 0
    expected_severity: float | None = None
    tokens: int | None = None

    @property
    def severity(self) -> float | None:
        """S, the sum of severities; None if the reply could not be parsed."""
        return total_severity(self.parsed)

    @property
    def stated_severity(self) -> float | None:
        """`expected_severity`, or `severity` of a critic that gives no probabilities."""
        return self.severity if self.expected_severity is None else self.expected_severity

    @property
    def excerpt(self) -> str:
        """The beginning of the reply in quotes, for messages."""
        return repr(self.reply if len(self.reply) <= 80 else f"{self.reply[:79]}…")


def read_reply(task: str, reply: str, replies: Replies = "strict") -> Critique:
    """The critique in a critic's reply (`erm.report.parse_reply`)."""
    parsed = parse_reply(reply, replies)
    if parsed is None:
        return Critique(reply, None, None)
    return Critique(reply, parsed, report_from_dict(task, parsed), unlisted(task, parsed))


def write_reply(report: Report) -> str:
    """The reply that a critic is trained to write: errors in reading order, without counts.

    Each error gives the location first, then the description, and last category and severity, so
    that the classification can depend on what was described. The counts are left out, since
    `Report.to_dict` computes them from the errors.
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
    reply = {OVERALL: overall_grade(report.total_severity), "errors": errors}
    return json.dumps(reply, ensure_ascii=False, separators=(",", ":"))


class Critic(ABC):
    """Anything that writes reports on pairs of images, read strictly (`erm.report.parse_reply`).

    Attributes:
        name: in tables and journals.
        varies: whether the same pair may get another reply in another call.
        batch_size: pairs that it judges best in one call, where a caller has the choice.
        parallel: calls that it may get at the same time, from several threads.
        grades: whether it has `grade_each`.
    """

    name: str
    varies: bool = False
    batch_size: int = 16
    parallel: int = 1
    grades: bool = False

    @property
    def identity(self) -> str:
        """Name and whatever else decides its replies; stored replies of another are not used."""
        return self.name

    @abstractmethod
    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        """Critiques of the pairs, in order; `progress` shows a bar on standard error."""

    def critique_each(self, pairs: Sequence[ImagePair]) -> list[Critique | EndpointError]:
        """As `critique`, with the error of each pair that got no answer in its place.

        Only a critic on a server has such errors; they do not hurt the other pairs.
        """
        return list(self.critique(pairs))

    def grade_each(self, pairs: Sequence[ImagePair]) -> list[float | EndpointError]:
        """The expected severity of each pair, equal to that of `critique`, without a report.

        Only critics with `grades` do this. A pair that got no answer has its error in its place.
        """
        raise NotImplementedError


def critique_with_retry(
    critic: Critic,
    pairs: Sequence[ImagePair],
    replies: Replies = "strict",
    *,
    progress: bool = False,
) -> list[Critique]:
    """Critiques, asking again once for those that could not be parsed, where that may help.

    Args:
        replies: how the replies are read (`erm.report.parse_reply`).
    """
    ask = partial(critic.critique, progress=progress)
    answers = _with_retry(ask, critic.varies, pairs, replies)
    return [answer for answer in answers if isinstance(answer, Critique)]


def critique_each_with_retry(
    critic: Critic, pairs: Sequence[ImagePair], replies: Replies = "strict"
) -> list[Critique | EndpointError]:
    """As `critique_with_retry`, with errors as `Critic.critique_each` gives them."""
    return _with_retry(critic.critique_each, critic.varies, pairs, replies)


def _with_retry(
    ask: Callable[[Sequence[ImagePair]], Sequence[Critique | EndpointError]],
    varies: bool,
    pairs: Sequence[ImagePair],
    replies: Replies,
) -> list[Critique | EndpointError]:
    answers: dict[int, Critique | EndpointError] = {}
    waiting = list(range(len(pairs)))
    for _ in range(TRIES if varies else 1):
        if waiting:
            found = ask([pairs[index] for index in waiting])
            for index, answer in zip(waiting, found, strict=True):
                answers[index] = _read_as(answer, pairs[index].task, replies)
            waiting = [index for index in waiting if _is_unparsable(answers[index])]
    return [answers[index] for index in range(len(pairs))]


def _is_unparsable(answer: Critique | EndpointError) -> bool:
    return isinstance(answer, Critique) and answer.parsed is None


def _read_as(
    answer: Critique | EndpointError, task: str, replies: Replies
) -> Critique | EndpointError:
    if replies == "strict" or isinstance(answer, EndpointError):
        return answer
    read = read_reply(task, answer.reply, replies)
    return replace(read, expected_severity=answer.expected_severity)
