"""What the server computes: from items of a request to results, each as JSON.

The methods block; the server calls them in threads. An item with bad input gets the library's own
sentence as its `error` and does not hurt the others.

Not covered: HTTP (`erm.serving.app`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Any, TypeVar

from pydantic import ValidationError

from erm.annotation import Annotation, annotate_rendered
from erm.critics.base import Critic, Critique, ImagePair, critique_each_with_retry, open_pair
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError, reason_of
from erm.images import image_size, open_image
from erm.render import Rendered, Renderer
from erm.report import Replies
from erm.rewards.loading import load_reward, needs_critic
from erm.rewards.references import References
from erm.rewards.rollout import PartScore, Rollout, Scored
from erm.rewards.settings import RewardSettings, names_model
from erm.serving.following import CriticInUse
from erm.serving.wire import ImagesItem, RewardChoice, RolloutItem, SourceItem, SourcesItem
from erm.tasks import get_task

Result = dict[str, Any]
"""A result as JSON, see `erm.serving.wire`; ``{"error": …}`` for a refused item."""

Checked = TypeVar("Checked")

KEPT_PIXELS = 2_000_000
"""Pixels of a pair up to which its images are kept as they were decoded when they were checked; a
queue of larger ones would fill the memory, so these are decoded again where they are judged."""


class UnavailableError(Exception):
    """What the server needs, such as the critic's own server or a worker that draws, is missing; a
    client may try again later."""


class Service:
    """Renders, annotates and judges; a context manager.

    Args:
        renderer: draws sources, contained.
        critic: judges pairs of images; None on a server without one.
        reward: what requests get that don't choose.
    """

    def __init__(
        self, renderer: Renderer, critic: CriticInUse | None, reward: RewardSettings
    ) -> None:
        self._renderer, self._critic, self._reward = renderer, critic, reward
        self._references = References()

    @property
    def critic(self) -> str:
        """Name of the critic."""
        return self._critic.name if self._critic is not None else "none"

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:
            stack.callback(self._renderer.close)
            if self._critic is not None:
                stack.callback(self._critic.close)

    def render(self, items: Sequence[SourceItem]) -> list[Result]:
        """Pictures of sources."""

        def check(item: SourceItem, _: int) -> tuple[str, str]:
            return get_task(item.task).name, item.source

        def work(drawn: Sequence[tuple[str, str]]) -> list[Result]:
            return [_render_result(each) for each in self._renderer.render_batch(drawn)]

        return _answer(items, check, work)

    def annotate(self, items: Sequence[SourcesItem]) -> list[Result]:
        """Exact reports on two sources each."""

        def check(item: SourcesItem, _: int) -> SourcesItem:
            get_task(item.task)
            return item

        def work(pairs: Sequence[SourcesItem]) -> list[Result]:
            sources = [
                (pair.task, source) for pair in pairs for source in (pair.reference, pair.candidate)
            ]
            drawn = self._renderer.render_batch(sources, scenes=True)
            return [
                _annotate_result(annotate_rendered(pair.task, reference, candidate))
                for pair, reference, candidate in zip(pairs, drawn[::2], drawn[1::2], strict=True)
            ]

        return _answer(items, check, work)

    def critique(
        self, items: Sequence[ImagesItem], replies: Replies, deadline: float
    ) -> list[Result]:
        """What the critic says of two images each.

        Args:
            deadline: by `time.monotonic`.

        Raises:
            ErmError: there is no critic.
            UnavailableError: the critic does not answer, or not in time.
        """

        def check(item: ImagesItem, number: int) -> ImagePair:
            images = (
                decoded(item.reference, f"Pair {number}, reference"),
                decoded(item.candidate, f"Pair {number}, candidate"),
            )
            pair = ImagePair(get_task(item.task).name, *images)
            opened = open_pair(pair, number)
            if sum(image.width * image.height for image in opened) > KEPT_PIXELS:
                return pair
            return ImagePair(pair.task, *opened)

        def work(pairs: Sequence[ImagePair]) -> list[Result]:
            return _judged(critic, pairs, replies)

        with self.judge(deadline) as critic:
            return _answer(items, check, work)

    def reward(
        self, items: Sequence[RolloutItem], choice: RewardChoice, deadline: float
    ) -> list[Result]:
        """What completions earn.

        Args:
            deadline: by `time.monotonic`.

        Raises:
            ErmError: the reward can't be had here.
            UnavailableError: the critic does not answer, or not in time.
        """
        settings = self._chosen(choice)
        readable: set[bytes] = set()

        def check(item: RolloutItem, number: int) -> Rollout:
            name = f"Rollout {number}, reference"
            reference = decoded(item.reference, name)
            rollout = Rollout(item.task, reference, item.completion, item.reference_source)
            reward.check(rollout, number)
            if reference not in readable:
                open_image(reference, name)
                readable.add(reference)
            return rollout

        def work(rollouts: Sequence[Rollout]) -> list[Result]:
            return [_reward_result(each) for each in reward.score(rollouts)]

        with self.judge(deadline) if needs_critic(settings) else nullcontext() as critic:
            reward = load_reward(settings, critic, self._renderer, self._references)
            return _answer(items, check, work)

    def _chosen(self, choice: RewardChoice) -> RewardSettings:
        """The settings of a request's reward.

        Raises:
            ErmError: they contradict each other, or name a vision model that the server has not.
        """
        try:
            given = choice.model_dump(exclude_none=True)
            settings = RewardSettings.model_validate({**self._reward.model_dump(), **given})
        except ValidationError as error:
            raise ErmError(f"reward: {reason_of(error.errors()[0])}.") from error
        own = {each.part for each in self._reward.parts}
        for each in settings.parts:
            # the name of a model may be any folder or hub name, and loading it runs its code
            if names_model(each.part) and each.part not in own:
                raise ErmError(
                    f"This server has no '{each.part}'; start it with --part {each.part}=0."
                )
        return settings

    def judge(self, deadline: float) -> AbstractContextManager[Critic]:
        """The critic for a request that ends at `deadline`; it stays the same within the context.

        Raises:
            ErmError: there is none.
        """
        if self._critic is None:
            raise ErmError("This server has no critic; start it with --critic SPEC.")
        return self._critic.until(deadline)


def decoded(image: str, name: str) -> bytes:
    """The bytes of an image in base64.

    Raises:
        ErmError: it is not base64.
    """
    try:
        return base64.b64decode(image, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ErmError(f"{name}: the image is not base64 ({error}).") from error


def refusal(error: ErmError, status: int = 422) -> Result:
    """The result of an item with bad input."""
    return {"error": {"status": status, "message": str(error)}}


def _answer(
    items: Sequence[Any],
    check: Callable[[Any, int], Checked],
    work: Callable[[Sequence[Checked]], list[Result]],
) -> list[Result]:
    """Results in order: refusals of items that `check` refuses, and the work on all others.

    Raises:
        UnavailableError: the work failed, for which no item is to blame.
    """
    results: dict[int, Result] = {}
    checked: dict[int, Checked] = {}
    for index, item in enumerate(items):
        try:
            checked[index] = check(item, index + 1)
        except ErmError as error:
            results[index] = refusal(error)
    if checked:
        try:
            done = work(list(checked.values()))
        except ErmError as error:
            raise UnavailableError(str(error)) from error
        results |= dict(zip(checked, done, strict=True))
    return [results[index] for index in range(len(items))]


def _judged(critic: Critic, pairs: Sequence[ImagePair], replies: Replies) -> list[Result]:
    """The critic's answers; a pair that it refuses does not hurt the others.

    Raises:
        UnavailableError: the critic does not answer, or not in time.
    """
    answers = critique_each_with_retry(critic, pairs, replies)
    for answer in answers:
        if isinstance(answer, EndpointError) and answer.kind != "refused":
            raise UnavailableError(str(answer))
    return [
        refusal(answer) if isinstance(answer, EndpointError) else _critique_result(answer)
        for answer in answers
    ]


def _critique_result(critique: Critique) -> Result:
    return {
        "report": critique.report.to_dict() if critique.report is not None else None,
        "total_severity": critique.severity,
        "unlisted": critique.unlisted,
        "expected": critique.expected_severity,
        "reply": critique.reply,
    }


def _reward_result(scored: Scored) -> Result:
    """The result of a rollout.

    Raises:
        UnavailableError: the critic does not answer, or not in time.
    """
    failure = scored.failure
    if scored.value is None and failure is not None and failure.kind != "unparsable":
        if failure.kind in ("late", "unreachable"):
            raise UnavailableError(failure.message)
        return refusal(ErmError(failure.message))
    rendered = scored.drawn.rendered
    return {
        "reward": scored.value,
        "outcome": scored.outcome,
        "severity": scored.severity,
        "reason": scored.reason,
        "source": scored.source,
        "render": _render_result(rendered) if rendered is not None else None,
        "parts": {name: _part_result(part) for name, part in scored.parts.items()},
    }


def _part_result(part: PartScore) -> Result:
    failure, critique = part.failure, part.critique
    return {
        "value": part.value,
        "severity": part.severity,
        "components": dict(part.components),
        "failure": {"kind": failure.kind, "message": failure.message} if failure else None,
        "reply": critique.reply if critique is not None else None,
        "expected": critique.expected_severity if critique is not None else None,
    }


def _render_result(rendered: Rendered) -> Result:
    result: Result = {
        "image": None,
        "width": None,
        "height": None,
        "blank": rendered.blank,
        "seconds": rendered.seconds,
        "failure": None,
    }
    if rendered.error is not None:
        failure = {"kind": rendered.error.kind, "message": rendered.error.message}
        return result | {"failure": failure}
    assert rendered.image is not None
    width, height = image_size(rendered.image)
    image = base64.b64encode(rendered.image).decode()
    return result | {"image": image, "width": width, "height": height}


def _annotate_result(annotation: Annotation) -> Result:
    failure, report = annotation.failure, annotation.report
    return {
        "report": report.to_dict(boxes=True) if report is not None else None,
        "total_severity": report.total_severity if report is not None else None,
        "failure": None
        if failure is None
        else {"kind": failure.kind, "message": failure.message, "side": failure.side},
    }
