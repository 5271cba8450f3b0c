"""All pairs of one source: the reference, candidates of it, and what is paired with what.

Renders are the costly part and a report costs little once both scenes are known, so a few renders
of one source give many pairs: reference against candidate, the other way round, and candidate
against candidate. Not covered: which candidates there are (`erm.synthesis.planning`), where sources
come from and how work is shared out (`erm.synthesis.synthesize`).
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
from erm.synthesis.planning import Plan, SetAside, Variant
from erm.synthesis.settings import PairingSettings
from erm.tasks import View

if TYPE_CHECKING:
    from erm.render import Rendered


@dataclass
class SourcePairs:
    """Pairs of one source, what was set aside, and the reference's pixels for
    `erm.dataset.duplicates`."""

    pairs: list[Pair] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    reference: View | None = None
    reference_image: bytes = b""


def pair_up(plan: Plan, rendered: Sequence[Rendered], settings: PairingSettings) -> SourcePairs:
    """Annotated pairs of one plan from its renders (`Plan.sources`, in order).

    A reference that can't be drawn or read completely sets the whole source aside; a candidate
    only itself. A pair whose labels and pixels disagree is set aside with the reason.
    """
    made = SourcePairs()
    for operator, kind in plan.raised:
        reason = f"edit raised {kind}"
        made.set_aside.append(SetAside(plan.source_id, reason, (operator,), "", plan.source))
    first, *others = rendered
    view = view_of(plan.task, first, "reference")
    if isinstance(view, Failure):
        made.set_aside.append(_unusable(plan, None, view))
        return made
    made.reference, made.reference_image = view, _png(first)
    sides = [_Side(0, Variant(plan.source, ()), made.reference_image, made.reference)]
    # A policy's attempt may well be perfect.
    seen = set() if plan.proposed else {_digest(made.reference_image)}
    for index, (variant, render) in enumerate(zip(plan.variants, others, strict=True), start=1):
        view = view_of(plan.task, render, "candidate")
        if isinstance(view, Failure):
            made.set_aside.append(_unusable(plan, variant, view))
            continue
        image = _png(render)
        digest = _digest(image)
        # A second equal image adds nothing, unless that very equality is the lesson.
        if digest in seen and not variant.equivalent:
            if plan.proposed:
                made.set_aside.append(_rejected(plan, variant, "candidate repeats another", ""))
            continue
        seen.add(digest)
        sides.append(_Side(index, variant, image, view))
    _annotate(plan, sides, settings, random.Random(f"{settings.seed}/{plan.source_id}/pairs"), made)
    return made


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
    made: SourcePairs,
) -> None:
    limit = settings.pairs_per_source
    if plan.proposed:
        limit = len(plan.variants)
    elif plan.split != "train":
        limit = settings.held_out_pairs_per_source
    max_errors = settings.max_proposed_errors if plan.proposed else settings.max_errors
    reference, candidates = sides[0], sides[1:]
    if plan.identical:
        made.pairs.append(_pair(plan, reference, reference, "identical", Report(plan.task)))
    counts = {0: 0}
    for side in candidates:
        route = side.variant.route
        report = _report(plan, reference, side, route, made)
        if report is None:
            continue
        counts[side.index] = len(report.errors)
        if len(report.errors) <= max_errors:
            if len(made.pairs) < limit:
                made.pairs.append(_pair(plan, reference, side, route, report))
        elif plan.proposed:
            made.set_aside.append(_set_aside(plan, "too many discrepancies", reference, side))
    if plan.split != "train" or plan.proposed:
        return
    for one, other in _crossings(sides, counts, max_errors, rng):
        if len(made.pairs) >= limit:
            return
        report = _report(plan, one, other, "cross", made)
        if report is not None and 0 < len(report.errors) <= max_errors:
            made.pairs.append(_pair(plan, one, other, "cross", report))


def _crossings(
    sides: list[_Side], counts: dict[int, int], max_errors: int, rng: random.Random
) -> Iterator[tuple[_Side, _Side]]:
    """Reversed pairs and pairs of candidates in random order, without the hopelessly different."""
    usable = [side for side in sides if side.index in counts and not side.variant.equivalent]
    crossings = [pair for pair in permutations(usable, 2) if pair[0].index != 0]
    rng.shuffle(crossings)
    for one, other in crossings:
        if counts[one.index] + counts[other.index] <= max_errors:
            yield one, other


def _report(plan: Plan, one: _Side, other: _Side, route: str, made: SourcePairs) -> Report | None:
    def set_aside(reason: str, message: str = "") -> None:
        made.set_aside.append(_set_aside(plan, reason, one, other, message))

    annotation = annotate_views(plan.task, one.view, other.view)
    if annotation.report is None:
        assert annotation.failure is not None
        found = "" if annotation.found is None else annotation.found.to_json()
        set_aside(annotation.failure.kind, found or annotation.failure.message)
        return None
    if route == "equivalent" and annotation.report.errors:
        set_aside("equivalent edit shows", annotation.report.to_json())
        return None
    return annotation.report


def _set_aside(plan: Plan, reason: str, one: _Side, other: _Side, message: str = "") -> SetAside:
    operators = (*one.variant.operators, *other.variant.operators)
    return SetAside(
        plan.source_id, reason, operators, message, one.variant.source, other.variant.source
    )


def _pair(plan: Plan, one: _Side, other: _Side, route: str, report: Report) -> Pair:
    # An editor and a policy may both have tried the same source.
    author = f"{other.variant.operators[0]}-" if plan.proposed else ""
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


def _unusable(plan: Plan, variant: Variant | None, failure: Failure) -> SetAside:
    side = "reference" if variant is None else "candidate"
    # What a source did wrong when it was drawn is said by the kind of that error.
    reason = f"{side} {failure.error_kind or failure.kind}"
    message = f"{failure.message}." if failure.error_kind is not None else ""
    return _rejected(plan, variant, reason, message)


def _rejected(plan: Plan, variant: Variant | None, reason: str, message: str) -> SetAside:
    return SetAside(
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
