"""ChartMimic's low-level scores of a chart program: text, layout, type, colour.

Each is an F1 of what two drawings have in common: precision is matched / number of the
candidate's, recall is matched / number of the reference's, and the score is 0 where either side
has none. Source: ChartMimic (Yang et al. 2024, arXiv 2406.09961, section 3.3 and appendix), as its
published evaluator computes them. What is compared is read while the programs are drawn
(`erm.tasks.chart.plot_calls`); nothing here runs a program.

Two things make them quick and repeatable: the best assignment of colours is found by the Hungarian
method and not by trying permutations, and colours are thinned out in the order of drawing and not
in that of a set. ``docs/benchmark.md`` lists where the published evaluator gives other numbers.

Not covered: ChartMimic's other half, a paid judge of the pictures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from erm.tasks.contract import Facts, FactScore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


_Count = Annotated[int, Field(ge=0, le=1_000_000)]
_HEX = re.compile("#[0-9A-F]{6}")


class ChartFacts(TypedDict):
    """What ChartMimic's low-level scores compare of a drawing.

    Attributes:
        texts: each string put on the canvas, line by line, tick labels of x and y left out.
        layout: rows, columns, first and last row, first and last column of each axes on its grid,
            counted from 0.
        calls: how often each plotting method was called by the program.
        colours: (group, colour) of what plotting methods drew, distinct, in the order of drawing;
            a colour is ``#RRGGBB`` or the name of a colour map.
    """

    texts: list[str]
    layout: list[tuple[_Count, _Count, _Count, _Count, _Count, _Count]]
    calls: dict[str, _Count]
    colours: list[tuple[str, str]]


FEW_COLOURS = 10
"""Up to so many colours of a drawing all count; of more, only those that differ clearly."""

ALIKE = 0.7
"""Similarity above which a colour is left out where there are many."""


def text_score(reference: Facts, candidate: Facts) -> float:
    """F1 of the multisets of strings on the canvas; equal strings match. In 0..1.

    Tick labels of x and y don't count, as in the published results.
    """
    return _multiset_f1(Counter(reference["texts"]), Counter(candidate["texts"]))


def layout_score(reference: Facts, candidate: Facts) -> float:
    """F1 of the multisets of grid positions of axes: rows and columns of the grid, first and last
    row, first and last column. In 0..1."""
    wanted, drawn = (Counter(map(tuple, facts["layout"])) for facts in (reference, candidate))
    return _multiset_f1(wanted, drawn)


def type_score(reference: Facts, candidate: Facts) -> float:
    """F1 of the numbers of calls of each plotting method. In 0..1."""
    return _multiset_f1(Counter(reference["calls"]), Counter(candidate["calls"]))


def color_score(reference: Facts, candidate: Facts) -> float:
    """F1 of colours, where a match counts as much as it is similar. In 0..1.

    Matched is the sum over groups (plotting methods) of the best one-to-one assignment of the
    group's colours; two colours are 1 − ΔE / 100 similar, with ΔE of CIEDE2000 (Sharma, Wu & Dalal
    2005), and two colour maps 1 if they have one name, else 0.
    """
    wanted, drawn = (_distinct(facts["colours"]) for facts in (reference, candidate))
    groups = _by_group(drawn)
    matched = sum(
        _best_assignment(names, groups.get(group, [])) for group, names in _by_group(wanted).items()
    )
    return _f1(matched, len(wanted), len(drawn))


PARTS = {
    "text": text_score,
    "layout": layout_score,
    "type": type_score,
    "color": color_score,
}
"""The four scores, by the names under which they are published."""


def mean_score(reference: Facts, candidate: Facts) -> float:
    """The mean of the four scores, which is ChartMimic's low-level score. In 0..1."""
    return sum(part(reference, candidate) for part in PARTS.values()) / len(PARTS)


SCORES: Mapping[str, FactScore] = {
    "chartmimic": FactScore("ChartMimic", mean_score),
    **{f"chartmimic_{name}": FactScore(f"ChartMimic {name}", part) for name, part in PARTS.items()},
}
"""The mean and the four scores, by the name that asks for them."""


def _f1(matched: float, reference: int, candidate: int) -> float:
    """2 · precision · recall / (precision + recall); 0 where either side is empty."""
    if not reference or not candidate:
        return 0.0
    return 2 * float(matched) / (reference + candidate)


def _multiset_f1(reference: Counter[Any], candidate: Counter[Any]) -> float:
    return _f1((reference & candidate).total(), reference.total(), candidate.total())


def _by_group(colours: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for group, name in colours:
        groups.setdefault(group, []).append(name)
    return groups


def _distinct(colours: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Of more than `FEW_COLOURS` those that are not `ALIKE` to an earlier one of any group."""
    if len(colours) <= FEW_COLOURS:
        return list(colours)
    kept: list[tuple[str, str]] = []
    left = list(colours)
    while left:
        kept.append(left[0])
        alike = _similarity([left[0][1]], [name for _, name in left])[0]
        left = [each for each, near in zip(left, alike, strict=True) if near <= ALIKE]
    return kept


def _best_assignment(reference: Sequence[str], candidate: Sequence[str]) -> float:
    """The largest sum of similarities of colours that are matched one to one."""
    from scipy.optimize import linear_sum_assignment

    if not reference or not candidate:
        return 0.0
    similarity = _similarity(reference, candidate)
    return float(similarity[linear_sum_assignment(similarity, maximize=True)].sum())


def _similarity(first: Sequence[str], second: Sequence[str]) -> NDArray[np.float64]:
    """(first, second) similarities in 0..1 of colours ``#RRGGBB`` and names of colour maps."""
    import numpy as np
    from skimage.color import deltaE_ciede2000, rgb2lab

    found = np.array([[float(one == other) for other in second] for one in first])
    rows, columns = (
        [index for index, name in enumerate(names) if _HEX.fullmatch(name)]
        for names in (first, second)
    )
    if rows and columns:
        labs = [
            rgb2lab(np.array([list(bytes.fromhex(names[index][1:])) for index in some]) / 255)
            for names, some in ((first, rows), (second, columns))
        ]
        apart = deltaE_ciede2000(labs[0][:, None, :], labs[1][None, :, :])
        found[np.ix_(rows, columns)] = np.maximum(0.0, 1.0 - apart / 100)
    return found
