"""Draws a batch of rollouts and has each part judge what is equal in it once, as it is drawn."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self

from erm.annotation import Failure as ViewFailure
from erm.annotation import view_of
from erm.errors import ErmError
from erm.images import open_image
from erm.render import Rendered, Renderer
from erm.rewards.parts.base import Part
from erm.rewards.references import References
from erm.rewards.rollout import Drawn, Failure, PartScore, Rollout
from erm.tasks import View

DRAWN_AGAIN = frozenset(
    {
        "unreadable",
        "too_many_elements",
        "runtime_error",
        "wall_time",
        "cpu_time",
        "memory",
        "output_flood",
        "worker_died",
    }
)
"""Kinds of errors that reading a scene can cause too (`erm.sources.errors.ERROR_KINDS`). What fails
with one of them is drawn again without its scene, so that asking for scenes changes no picture."""


class Lane:
    """One part's judgements of a batch; a context manager.

    Rollouts are offered in the batch's order. Each distinct one is judged in a call with the next
    ones, `erm.rewards.parts.base.Part.batch_size` at most, while others are still drawn. Once a
    whole call has found no server, the rest of the batch fails the same way without another try.
    """

    def __init__(self, part: Part) -> None:
        self.part = part
        self._threads = ThreadPoolExecutor(part.parallel, f"erm-reward-{part.name}")
        self._waiting: dict[Hashable, Drawn] = {}
        self._asked: dict[Hashable, tuple[Future[list[PartScore]], int]] = {}
        self._keys: dict[int, Hashable] = {}
        self._scores: dict[int, PartScore] = {}
        self._unreachable: Failure | None = None

    def offer(self, index: int, drawn: Drawn) -> None:
        """Take a rollout of the batch: to be judged, or scored at once where that can't be."""
        part = self.part
        if part.tasks is not None and drawn.rollout.task not in part.tasks:
            self._scores[index] = PartScore()
            return
        judged = _judged(part, drawn)
        if judged is None:
            self._scores[index] = part.without(drawn)
            return
        rollout = drawn.rollout
        key = (rollout.task, rollout.reference, rollout.reference_source, judged)
        self._keys[index] = key
        if key not in self._asked and key not in self._waiting:
            self._waiting[key] = drawn
            if len(self._waiting) == part.batch_size:
                self.flush()

    def fail(self, index: int, failure: Failure) -> None:
        """Record why a rollout can't be judged."""
        self._scores[index] = PartScore(failure=failure)

    def flush(self) -> None:
        """Have judged what waits for others to be judged with."""
        if self._waiting:
            call = self._threads.submit(self._call, list(self._waiting.values()))
            self._asked |= {key: (call, place) for place, key in enumerate(self._waiting)}
            self._waiting = {}

    def _call(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        if self._unreachable is not None:
            return [PartScore(failure=self._unreachable)] * len(drawn)
        scores = self.part.score(drawn)
        failures = [score.failure for score in scores if score.failure is not None]
        if len(failures) == len(scores) and {each.kind for each in failures} == {"unreachable"}:
            self._unreachable = failures[0]
        return scores

    def scores(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        """The scores of the whole batch, in order; waits for what is being judged."""
        self.flush()
        for index, key in self._keys.items():
            call, place = self._asked[key]
            self._scores[index] = call.result()[place]
        return self.part.settle(drawn, [self._scores[index] for index in range(len(drawn))])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=error is not None)


def _judged(part: Part, drawn: Drawn) -> str | bytes | None:
    """What a part judges of a rollout; None where the rollout lacks it."""
    if part.judges == "completion":
        return drawn.rollout.completion
    if part.judges == "source":
        return drawn.source
    if drawn.outcome != "judged":
        return None
    return drawn.source if part.judges == "scene" else drawn.image


def judge_batch(
    rollouts: Sequence[Rollout],
    lanes: Sequence[Lane],
    renderer: Renderer,
    references: References,
) -> list[Drawn]:
    """Draw rollouts and offer each to every lane as soon as it is drawn.

    Args:
        references: drawn earlier; those of this batch are added, where a part needs them.

    Returns:
        the rollouts with their sources and renders, in order.

    Raises:
        ErmError: a rollout's task is unknown, or scenes of a back end that gives none.
    """
    failures = _unreadable_references(rollouts)
    done = {
        index: Drawn.undrawn(rollout)
        for index, rollout in enumerate(rollouts)
        if index not in failures
    }
    at_once = [lane for lane in lanes if lane.part.judges in ("completion", "source")]
    drawing = [lane for lane in lanes if lane not in at_once]
    _offer(done, at_once)
    if drawing:
        for index, drawn in _draw(done, drawing, renderer, references):
            done[index] = drawn
            _offer({index: drawn}, drawing)
    for lane in lanes:
        lane.flush()
        for index, failure in failures.items():
            lane.fail(index, failure)
    return [done.get(index, Drawn(rollout)) for index, rollout in enumerate(rollouts)]


def _offer(drawn: Mapping[int, Drawn], lanes: Sequence[Lane]) -> None:
    for lane in lanes:
        for index, each in drawn.items():
            lane.offer(index, each)


def _unreadable_references(rollouts: Sequence[Rollout]) -> dict[int, Failure]:
    """Why the references of rollouts can't be read, by the rollout's place in the batch."""
    reasons: dict[bytes, str] = {}
    for number, rollout in enumerate(rollouts, start=1):
        if rollout.reference not in reasons:
            try:
                open_image(rollout.reference, f"Rollout {number}, reference")
                reasons[rollout.reference] = ""
            except ErmError as error:
                reasons[rollout.reference] = str(error)
    return {
        index: Failure("reference", reasons[rollout.reference])
        for index, rollout in enumerate(rollouts)
        if reasons[rollout.reference]
    }


def _draw(
    drawn: Mapping[int, Drawn], lanes: Sequence[Lane], renderer: Renderer, references: References
) -> Iterator[tuple[int, Drawn]]:
    """Rollouts with their renders; each distinct source is drawn once, a reference before its
    first completion, and not at all where `references` holds it.

    They come in the batch's order, but those that are drawn again (`DRAWN_AGAIN`) come last.
    """
    scenes = any(lane.part.judges == "scene" for lane in lanes)
    pictures = any(lane.part.judges == "image" for lane in lanes)
    views: dict[tuple[str, str], View | ViewFailure] = {}
    wanted: dict[tuple[str, str] | None, None] = {}
    for each in drawn.values():
        item = _reference_item(each) if scenes else None
        kept = references.get(item) if item is not None else None
        if item is not None and kept is not None:
            views[item] = kept
        else:
            wanted[item] = None
        wanted[_item(each)] = None
    items = list(filter(None, wanted))
    stream = zip(items, renderer.render_each(items, scenes=scenes), strict=True)
    results: dict[tuple[str, str], Rendered] = {}

    def result(item: tuple[str, str] | None) -> Rendered | None:
        while item is not None and item not in results:
            results.update([next(stream)])
        return results[item] if item is not None else None

    def reference_view(item: tuple[str, str] | None) -> View | ViewFailure | None:
        if item is None:
            return None
        if item not in views:
            rendered = result(item)
            assert rendered is not None
            views[item] = view = view_of(item[0], rendered, "reference")
            if isinstance(view, View):
                references.keep(item, view)
        return views[item]

    again: dict[int, Drawn] = {}
    for index, each in drawn.items():
        view = reference_view(_reference_item(each)) if scenes else None
        each = replace(each, rendered=result(_item(each)), reference_view=view)
        rendered = each.rendered
        error = rendered.error if rendered is not None else None
        if scenes and pictures and error is not None and error.kind in DRAWN_AGAIN:
            again[index] = each
        else:
            yield index, each
    items = list(dict.fromkeys(filter(None, map(_item, again.values()))))
    results = dict(zip(items, renderer.render_batch(items), strict=True))
    for index, each in again.items():
        yield index, replace(each, rendered=result(_item(each)))


def _item(drawn: Drawn) -> tuple[str, str] | None:
    return (drawn.rollout.task, drawn.source) if drawn.source is not None else None


def _reference_item(drawn: Drawn) -> tuple[str, str] | None:
    source = drawn.rollout.reference_source
    return (drawn.rollout.task, source) if source is not None else None
