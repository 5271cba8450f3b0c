"""Related findings become one: what several plots, series or marks share is one difference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from erm.tasks.chart.findings import Element, Finding, Value
from erm.tasks.chart.matching import OUTLINED
from erm.tasks.chart.naming import plural
from erm.tasks.chart.phrases import plural_of
from erm.tasks.chart.plot_pair import Matched, PlotPair
from erm.tasks.shared.colours import over
from erm.tasks.shared.findings import union

_SHARED_BY_PLOTS = (
    *("font", "grid", "frame", "background", "legend"),
    *("line", "marker", "outline", "hatch", "shade", "bar width"),
    *("limits", "limits small", "scale", "inverted"),
    *("series colour", "mark colour", "colour map"),
)
"""Rules that one statement of a program changes alike in several plots: a loop over them that sets
a look, or an axis that they share."""

_LOOKS = ("outline", "hatch", "line", "marker", "shade")

_Change = tuple[str, str, Value | None, Value | None]


def _change_of(finding: Finding) -> _Change:
    return finding.rule, finding.attribute, finding.reference, finding.candidate


def _joined(members: Sequence[Finding], element: Element) -> Finding:
    """One finding on an element for several that say the same."""
    return replace(
        members[0],
        element=element,
        reference_box=union(member.reference_box for member in members),
        candidate_box=union(member.candidate_box for member in members),
    )


def join_plots(found: Iterable[Finding]) -> list[Finding]:
    """One finding for what differs alike in several plots of a figure."""
    groups: dict[tuple[_Change, Element], list[Finding]] = {}
    for finding in found:
        groups.setdefault((_change_of(finding), replace(finding.element, plot=0)), []).append(
            finding
        )
    joined = []
    for ((rule, *_), element), members in groups.items():
        count = len({member.element.plot for member in members})
        if rule in _SHARED_BY_PLOTS and count > 1:
            joined.append(_joined(members, replace(element, plots=count)))
        else:
            joined += members
    return joined


def join_categories(found: list[Finding], matched: Matched) -> list[Finding]:
    """One finding for a category or place that all series of a plot lack or have too much."""
    count = sum(reference["kind"] not in OUTLINED for reference, _, _ in matched)
    groups: dict[tuple[_Change, Element], list[Finding]] = {}
    for finding in found:
        element = finding.element
        if finding.rule in ("bar", "point") and element.owner is not None:
            key = _change_of(finding), replace(element, owner=None)
            groups.setdefault(key, []).append(finding)
    kept, joined = list(found), []
    for ((rule, *_), element), members in groups.items():
        if len(members) < max(2, count):
            continue
        kept = [finding for finding in kept if finding not in members]
        nouns = {"point": "points", "bar": "category"}
        noun = nouns.get(element.noun, element.noun)
        whole = replace(element, noun=noun, plural=noun == "points")
        finding = replace(_joined(members, whole), rule="category" if rule == "bar" else rule)
        joined.append(finding)
    return kept + joined


def join_looks(found: list[Finding], matched: Matched, plots: PlotPair) -> list[Finding]:
    """One finding for a change of stroke, pattern or marker that all series of a kind share."""
    number = plots.findings.plot
    nouns = {
        replace(plots.series_element(reference), plot=number): plural(reference)
        for reference, _, _ in matched
    }
    counts = Counter(plural(reference) for reference, _, _ in matched)
    groups: dict[tuple[_Change, str], list[Finding]] = {}
    for finding in found:
        noun = nouns.get(finding.element)
        if finding.rule in _LOOKS and noun is not None:
            groups.setdefault((_change_of(finding), noun), []).append(finding)
    kept = list(found)
    for (_, noun), members in groups.items():
        if 1 < len(members) == counts[noun]:
            kept = [finding for finding in kept if finding not in members]
            kept.append(_joined(members, Element(noun, plot=number)))
    return kept


def join_marks(found: list[Finding], matched: Matched, plots: PlotPair) -> list[Finding]:
    """One finding for a look that changed alike on all marks of one colour, whoever drew them.

    Candles and waterfalls are drawn by one call a mark, or by one call with a list of colours.
    """
    counts = Counter(
        over(point.get("colour", reference["colour"]), plots.reference_background)
        for reference, _, pairs in matched
        for point in (reference["points"][i] for i, _ in pairs)
    )
    groups: dict[_Change, list[Finding]] = {}
    for finding in found:
        if finding.rule == "mark colour" and isinstance(finding.reference, str):
            groups.setdefault(_change_of(finding), []).append(finding)
    kept = list(found)
    for (_, _, colour, _), members in groups.items():
        if len(members) < 2 or len(members) != counts[str(colour)]:
            continue
        kept = [finding for finding in kept if finding not in members]
        noun = plural_of(members[0].element.noun)
        element = Element(noun, plural=True, colour=str(colour), plot=plots.findings.plot)
        kept.append(replace(_joined(members, element), rule="series colour"))
    return kept
