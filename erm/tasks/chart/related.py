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
    *("title", "typo", "tick text", "place", "pie", "bins", "error bars", "axes hidden"),
)
"""Rules that one statement of a program changes alike in several plots: a loop over them that sets
a look or a text, or an axis that they share."""

_PALETTE = 5
"""Number of recoloured series from which they count as one other palette."""

_SEVERAL = 3
"""Number of changed elements of one kind from which they are joined, even if others of this kind
did not change."""

_LOOKS = ("outline", "hatch", "line", "marker", "shade")
"""Rules of changed looks, which elements of one kind often share."""

_Change = tuple[str, str, Value | None, Value | None]
"""Rule, attribute, the reference's and the candidate's value."""


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
    return _join_kinds(joined)


def _join_kinds(found: list[Finding]) -> list[Finding]:
    """One finding for a look that changed alike on one kind of elements in several plots, which
    have other names or colours in each of them."""
    groups: dict[tuple[_Change, str], list[Finding]] = {}
    for finding in found:
        element = finding.element
        if finding.rule in _LOOKS and element.plot and element.second is None:
            groups.setdefault((_change_of(finding), plural_of(element.noun)), []).append(finding)
    kept = list(found)
    for (_, noun), members in groups.items():
        count = len({member.element.plot for member in members})
        if count >= _SEVERAL:
            kept = [finding for finding in kept if finding not in members]
            kept.append(_joined(members, Element(noun, plural=True, plots=count)))
    return kept


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


def _nouns(matched: Matched, plots: PlotPair) -> dict[Element, str]:
    """For the element of each series: the noun for several series of its kind."""
    number = plots.findings.plot
    return {
        replace(plots.series_element(reference), plot=number): plural(reference)
        for reference, _, _ in matched
    }


def join_looks(found: list[Finding], matched: Matched, plots: PlotPair) -> list[Finding]:
    """One finding for a change of stroke, pattern or marker that all series of a kind share."""
    number = plots.findings.plot
    nouns = _nouns(matched, plots)
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
        elif len(members) >= _SEVERAL:
            kept = [finding for finding in kept if finding not in members]
            element = Element(f"{len(members)} {noun}", plural=True, plot=number)
            kept.append(_joined(members, element))
    return kept


def join_colours(found: list[Finding], matched: Matched, plots: PlotPair) -> list[Finding]:
    """One finding for another palette: five and more series of a kind, each of another colour."""
    number = plots.findings.plot
    kept = list(found)
    nouns = _nouns(matched, plots)
    for noun in dict.fromkeys(nouns.values()):
        members = [
            finding
            for finding in kept
            if finding.rule in ("series colour", "shade")
            and finding.attribute == "colour"
            and nouns.get(finding.element) == noun
        ]
        total = sum(plural(reference) == noun for reference, _, _ in matched)
        if len(members) >= _PALETTE and len(members) >= total - 1:
            kept = [finding for finding in kept if finding not in members]
            joined = _joined(members, Element(noun, plural=True, plot=number))
            whole = replace(
                joined,
                rule="series colour",
                attribute="some series",
                reference=None,
                candidate=None,
                count=(len(members), total),
            )
            kept.append(whole)
    return kept


def _without_repeats(found: list[Finding]) -> list[Finding]:
    """One finding for parts of one name that changed alike: a candle's body and its wicks."""
    groups: dict[tuple[_Change, Element], list[Finding]] = {}
    for finding in found:
        groups.setdefault((_change_of(finding), finding.element), []).append(finding)
    return [_joined(members, element) for (_, element), members in groups.items()]


def join_bins(found: list[Finding], plots: PlotPair) -> list[Finding]:
    """One finding for histograms over each other that all have another number of bins."""
    members = [
        finding for finding in found if finding.rule == "bins" and finding.attribute == "bins"
    ]
    if len(members) < 2 or len({(one.reference, one.candidate) for one in members}) > 1:
        return found
    element = Element("histograms", plural=True, plot=plots.findings.plot)
    return [finding for finding in found if finding not in members] + [_joined(members, element)]


def join_error_bars(found: list[Finding], plots: PlotPair) -> list[Finding]:
    """One finding for the error bars of two and more series, where none has them any more."""
    for missing, axes in ((True, plots.candidate), (False, plots.reference)):
        members = [
            finding
            for finding in found
            if finding.rule == "error bars" and (finding.candidate is None) == missing
        ]
        left = any(
            "low" in p for s in axes["series"] if "box" not in s["kind"] for p in s["points"]
        )
        if len(members) > 1 and not left:
            element = Element("error bars", plural=True, plot=plots.findings.plot)
            found = [finding for finding in found if finding not in members]
            found.append(_joined(members, element))
    return found


def join_shapes(found: list[Finding], matched: Matched, plots: PlotPair) -> list[Finding]:
    """One finding for three and more shapes of a kind, drawn by one call each, of other forms."""
    nouns = Counter(
        plots.series_element(reference).noun
        for reference, _, _ in matched
        if reference["kind"] in OUTLINED
    )
    kept = list(found)
    for noun, total in nouns.items():
        members = [
            finding
            for finding in kept
            if finding.attribute == "form" and finding.element.noun == noun
        ]
        if len(members) < _SEVERAL:
            continue
        kept = [finding for finding in kept if finding not in members]
        element = Element(plural_of(noun), plural=True, plot=plots.findings.plot)
        joined = replace(_joined(members, element), attribute="forms", count=(len(members), total))
        kept.append(joined)
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
    kept = _without_repeats(found)
    for change, members in groups.items():
        colour = change[2]
        if len(members) < 2 or len(members) != counts[str(colour)]:
            continue
        kept = [finding for finding in kept if _change_of(finding) != change]
        noun = plural_of(members[0].element.noun)
        element = Element(noun, plural=True, colour=str(colour), plot=plots.findings.plot)
        kept.append(replace(_joined(members, element), rule="series colour"))
    return kept
