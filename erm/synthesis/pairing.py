"""The pairs of one source, from the renders of its plan.

Rendering is slow and annotation is fast, so a few renders of a source give many pairs: reference
and candidate, candidate and reference, candidate and candidate.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING

from erm.annotation import Failure, annotate_views, view_of
from erm.dataset.pairs import Pair
from erm.report import Report
from erm.synthesis.planning import Plan, Rejection, Variant
from erm.synthesis.settings import PairingSettings
from erm.tasks import View

if TYPE_CHECKING:
    from erm.render import Rendered


@dataclass
class SourcePairs:
    """The pairs of one source and what was rejected.

    Attributes:
        reference: its pixels and scene; None if it can't be used.
        reference_image: PNG bytes.
    """

    pairs: list[Pair] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    reference: View | None = None
    reference_image: bytes = b""


def pair_up(plan: Plan, rendered: Sequence[Rendered], settings: PairingSettings) -> SourcePairs:
    """The annotated pairs of a plan.

    A source whose reference can't be drawn or read completely is rejected as a whole. A candidate
    like that is rejected, and so is a pair whose report and pixels disagree.

    Args:
        rendered: renders of `Plan.sources`, in order.
    """
    result = SourcePairs()
    for operator, kind in plan.raised:
        result.rejected.append(
            Rejection(plan.source_id, f"edit raised {kind}", (operator,), "", plan.source)
        )
    first, *others = rendered
    view = view_of(plan.task, first, "reference")
    if isinstance(view, Failure):
        result.rejected.append(_unusable(plan, None, view))
        return result
    result.reference, result.reference_image = view, _png(first)
    sides = [_Side(0, Variant(plan.source, ()), result.reference_image, result.reference)]
    # A policy may reproduce the reference exactly.
    seen = set() if plan.proposed else {_digest(result.reference_image)}
    for index, (variant, render) in enumerate(zip(plan.variants, others, strict=True), start=1):
        view = view_of(plan.task, render, "candidate")
        if isinstance(view, Failure):
            result.rejected.append(_unusable(plan, variant, view))
            continue
        image = _png(render)
        digest = _digest(image)
        # A second equal image adds nothing, unless the pair is to show that the edit is invisible.
        if digest in seen and not variant.equivalent:
            if plan.proposed:
                result.rejected.append(
                    _rejected_source(plan, variant, "candidate repeats another", "")
                )
            continue
        seen.add(digest)
        sides.append(_Side(index, variant, image, view))
    _annotate(
        plan, sides, settings, random.Random(f"{settings.seed}/{plan.source_id}/pairs"), result
    )
    return result


@dataclass(frozen=True)
class _Side:
    index: int
    variant: Variant
    image: bytes
    view: View


def _annotate(
    plan: Plan,
    sides: list[_Side],
    settings: PairingSettings,
    rng: random.Random,
    result: SourcePairs,
) -> None:
    crosses = plan.split == "train"
    limit = settings.held_out_pairs_per_source
    if crosses:
        limit = settings.pairs_of_task.get(plan.task, settings.pairs_per_source)
    if plan.proposed:
        most = settings.proposed_pairs_per_source if crosses else None
        crosses, limit = most is not None, most or len(plan.variants)
    max_errors = settings.max_proposed_errors if plan.proposed else settings.max_errors
    reference, candidates = sides[0], sides[1:]
    if plan.identical:
        result.pairs.append(_pair(plan, reference, reference, "identical", Report(plan.task)))
    counts = {0: 0}
    for side in candidates:
        route = side.variant.route
        report = _report(plan, reference, side, route, result)
        if report is None:
            continue
        counts[side.index] = len(report.errors)
        if len(report.errors) <= max_errors:
            if len(result.pairs) < limit:
                result.pairs.append(_pair(plan, reference, side, route, report))
        elif plan.proposed:
            result.rejected.append(_rejection(plan, "too many discrepancies", reference, side))
    if not crosses:
        return
    route = "infer_cross" if plan.proposed else "cross"
    for one, other in _crossings(plan, sides, counts, max_errors, rng):
        if len(result.pairs) >= limit:
            return
        report = _report(plan, one, other, route, result)
        if report is not None and 0 < len(report.errors) <= max_errors:
            result.pairs.append(_pair(plan, one, other, route, report))


def _crossings(
    plan: Plan,
    sides: list[_Side],
    counts: dict[int, int],
    max_errors: int,
    rng: random.Random,
) -> Iterator[tuple[_Side, _Side]]:
    """Reversed pairs and pairs of candidates that do not differ too much, in random order; of
    proposals, reversed pairs come first."""
    usable = [side for side in sides if side.index in counts and not side.variant.equivalent]
    crossings = [pair for pair in permutations(usable, 2) if pair[0].index != 0]
    rng.shuffle(crossings)
    if plan.proposed:
        crossings.sort(key=lambda pair: pair[1].index != 0)
    for one, other in crossings:
        if counts[one.index] + counts[other.index] <= max_errors:
            yield one, other


def _report(plan: Plan, one: _Side, other: _Side, route: str, result: SourcePairs) -> Report | None:
    def reject(reason: str, message: str = "") -> None:
        result.rejected.append(_rejection(plan, reason, one, other, message))

    annotation = annotate_views(plan.task, one.view, other.view)
    if annotation.report is None:
        assert annotation.failure is not None
        found = "" if annotation.found is None else annotation.found.to_json()
        reject(annotation.failure.kind, found or annotation.failure.message)
        return None
    if route == "equivalent" and annotation.report.errors:
        reject("equivalent edit shows", annotation.report.to_json())
        return None
    return annotation.report


def _rejection(plan: Plan, reason: str, one: _Side, other: _Side, message: str = "") -> Rejection:
    operators = (*one.variant.operators, *other.variant.operators)
    return Rejection(
        plan.source_id, reason, operators, message, one.variant.source, other.variant.source
    )


def _pair(plan: Plan, one: _Side, other: _Side, route: str, report: Report) -> Pair:
    # An editor and a policy may both have written variants of the source.
    author = f"{plan.variants[0].operators[0]}-" if plan.proposed else ""
    return Pair(
        id=f"{plan.source_id}/{author}{one.index}-{other.index}",
        source_id=plan.source_id,
        task=plan.task,
        split=plan.split,
        route=route,
        operators=(*one.variant.operators, *other.variant.operators),
        reference=one.image,
        candidate=other.image,
        reference_source=one.variant.source,
        candidate_source=other.variant.source,
        report=report,
    )


def _unusable(plan: Plan, variant: Variant | None, failure: Failure) -> Rejection:
    side = "reference" if variant is None else "candidate"
    # The kind of a rendering error is more precise than the kind of the failure.
    reason = f"{side} {failure.error_kind or failure.kind}"
    message = f"{failure.message}." if failure.error_kind is not None else ""
    return _rejected_source(plan, variant, reason, message)


def _rejected_source(plan: Plan, variant: Variant | None, reason: str, message: str) -> Rejection:
    return Rejection(
        plan.source_id,
        reason,
        () if variant is None else variant.operators,
        message,
        plan.source,
        "" if variant is None else variant.source,
    )


def _png(rendered: Rendered) -> bytes:
    assert rendered.image is not None
    return rendered.image


def _digest(image: bytes) -> bytes:
    return hashlib.blake2b(image, digest_size=16).digest()
