"""Differences of marks of free form: polygons, arrows, contours, line collections."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from erm.tasks.chart.elements import BoxList, Point, Series
from erm.tasks.chart.matching import assign
from erm.tasks.chart.plot_pair import HALF_PIXEL, Pairs, PlotPair
from erm.tasks.chart.reference_lines import shared_view, visible_vertices
from erm.tasks.chart.sampled import add_share, is_sampled, marks
from erm.tasks.shared.numbers import write_number

_SMOOTH = 20
"""Fewest points of a line that stand for a smooth curve."""

_MOST_SAG = 3.0
"""Most pixels that two samples of one curve may be apart."""

_COMPARED_AT_ONCE = 1_000_000
"""Most distances of points from segments that are computed together; of more, near ones alone."""

_PIECES = 16
"""Pieces of a segment, on average, into which long ones are cut to find near ones."""

_LABEL_MARGIN = 8.0
"""Pixels around a value's box that a contour line leaves free; `clabel` leaves 5 and rounds."""


def compare_shapes(reference: Series, candidate: Series, plots: PlotPair) -> Pairs:
    """Adds one finding where outlines of two matched shapes differ by more than a pixel; returns
    the pairs of these outlines.

    A shape that keeps its values goes along with an axis of another range, direction or scale.
    """
    first, second = reference["points"], candidate["points"]
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    counts = marks(reference), marks(candidate)
    if counts[0] != counts[1] or len(first) != len(second):
        plots.findings.add("shape", element, "parts", counts, boxes)
        return []
    box = plots.reference["box"]
    scale = np.array([box[2] - box[0], box[3] - box[1]]) / 1000

    outlines = [_vertices(point) * scale for point in first]
    others = [_vertices(point) * scale for point in second]
    carried = [plots.carried(_vertices(point) / 1000) * 1000 * scale for point in second]

    # a contour line leaves a gap where its value stands
    labels = _text_boxes(plots) if reference.get("noun") == "contour lines" else []

    def gap(i: int, j: int) -> float:
        return min(
            max(
                _farthest_outside(labels, outlines[i], other),
                _farthest_outside(labels, other, outlines[i]),
            )
            for other in (others[j], carried[j])
        )

    pairs = (
        [(i, i) for i in range(len(first))]
        if len(first) > 40
        else assign(first, second, lambda i, j: min(gap(i, j), 1e5))
    )
    far = [(i, j) for i, j in pairs if gap(i, j) > 2 * HALF_PIXEL]
    if len(far) == len(pairs) == 1:
        plots.findings.add("shape", element, "form", (None, None), boxes)
    elif far and is_sampled(reference):
        add_share("shape", "sampled parts", len(far), reference, candidate, plots)
    elif far:
        count = len(far), len(pairs)
        plots.findings.add("shape", element, "forms", (None, None), boxes, count=count)
    return far


def _text_boxes(plots: PlotPair) -> list[BoxList]:
    """Boxes of the notes in both plots, in the reference's pixels from its lower left corner."""
    x0, y0, x1, y1 = plots.reference["box"]
    found = []
    for axes in (plots.reference, plots.candidate):
        left, top, right, bottom = axes["box"]
        across, along = (x1 - x0) / (right - left), (y1 - y0) / (bottom - top)
        for text in axes["texts"]:
            a, b, c, d = text["box"]
            if text["role"] == "annotation":
                found.append(
                    [
                        (a - left) * across - _LABEL_MARGIN,
                        (bottom - d) * along - _LABEL_MARGIN,
                        (c - left) * across + _LABEL_MARGIN,
                        (bottom - b) * along + _LABEL_MARGIN,
                    ]
                )
    return found


def _farthest_outside(
    boxes: list[BoxList], vertices: NDArray[np.float64], line: NDArray[np.float64]
) -> float:
    """The greatest distance from a polyline of those vertices (n, 2) that lie in no box."""
    kept = np.ones(len(vertices), dtype=bool)
    for x0, y0, x1, y1 in boxes:
        kept &= ~((vertices >= [x0, y0]) & (vertices <= [x1, y1])).all(axis=1)
    return farthest(vertices[kept], line) if kept.any() else 0.0


def compare_arrows(reference: Series, candidate: Series, plots: PlotPair) -> Pairs:
    """Adds differences of the arrows of two quiver plots: where they point, how long they are."""
    first, second = reference["points"], candidate["points"]
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    counts = marks(reference), marks(candidate)
    if counts[0] != counts[1] or not all("direction" in p for p in [*first, *second]):
        if counts[0] != counts[1]:
            plots.findings.add("shape", element, "parts", counts, boxes)
        return []
    pairs = [(i, i) for i in range(len(first))]
    turned, stretched = [], []
    for i, j in pairs:
        a, b = first[i], second[j]
        turn = abs((b["direction"] - a["direction"] + 180) % 360 - 180)
        # the head of an arrow moves along an arc
        if np.radians(turn) * max(a["size"], b["size"]) > 2 * HALF_PIXEL:
            turned.append((turn, i, a["direction"], b["direction"]))
        if abs(b["size"] - a["size"]) > 2 * HALF_PIXEL:
            stretched.append((abs(b["size"] - a["size"]), i, a["size"], b["size"]))
    if is_sampled(reference) and (turned or stretched):
        changed = len({i for _, i, *_ in [*turned, *stretched]})
        rule = _share_rule(changed, len(pairs))
        add_share(rule, "sampled parts", changed, reference, candidate, plots)
        return pairs
    if turned and stretched:
        count = len({i for _, i, *_ in [*turned, *stretched]}), len(pairs)
        rule = _share_rule(*count)
        plots.findings.add(rule, element, "arrows", (None, None), boxes, count=count)
        return pairs
    for attribute, changes in (("arrow directions", turned), ("arrow lengths", stretched)):
        if changes:
            _, i, before, after = max(changes)
            most = f"({write_number(first[i]['at'])}, {write_number(first[i]['value'])})"
            count, values = (len(changes), len(pairs)), (before, after)
            rule = _share_rule(*count)
            plots.findings.add(rule, element, attribute, values, boxes, count=count, most=most)
    return pairs


def _share_rule(changed: int, count: int) -> str:
    """The rule of some changed arrows by their share."""
    return "value" if changed <= 0.25 * count else "value large"


def same_course(reference: Series, candidate: Series, plots: PlotPair) -> bool:
    """Whether two lines without markers run alike, whatever points they were drawn through."""
    plain = [
        series["kind"] == "line" and not series["marker"] and not series.get("step")
        for series in (reference, candidate)
    ]
    if not all(plain) or len(reference["points"]) < 2 or len(candidate["points"]) < 2:
        return False
    a, b = (_course(series["points"], plots) for series in (reference, candidate))
    shown = a, b
    if reference.get("endless") or candidate.get("endless"):
        view = shared_view(plots)
        shown = visible_vertices(a, view), visible_vertices(b, view)
        if not len(shown[0]) or not len(shown[1]):
            return len(shown[0]) == len(shown[1])
    slack = HALF_PIXEL + (_sag(a, b) if len(a) != len(b) else 0.0)
    return max(farthest(shown[0], b), farthest(shown[1], a)) <= slack


def _sag(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """How far apart two samples of one smooth curve may run, in pixels; 0 for few points.

    Between two of its points a curve leaves their chord by an eighth of its second difference.
    """
    if min(len(first), len(second)) < _SMOOTH:
        return 0.0
    bends = [np.abs(np.diff(line, n=2, axis=0)).max() / 8 for line in (first, second)]
    return float(min(sum(bends), _MOST_SAG))


def off_course(points: Sequence[Point], line: Series, plots: PlotPair) -> NDArray[np.bool_]:
    """Which points lie off the course of a line."""
    distances = _distances(_course(points, plots), _course(line["points"], plots))
    return np.asarray(distances > HALF_PIXEL)


def _course(points: Sequence[Point], plots: PlotPair) -> NDArray[np.float64]:
    return np.array([[plots.pixels_x(p["at"]), plots.pixels_y(p["value"])] for p in points])


def _vertices(point: Point) -> NDArray[np.float64]:
    return np.asarray(point.get("outline", []), dtype=float).reshape(-1, 2)


def farthest(points: NDArray[np.float64], line: NDArray[np.float64]) -> float:
    """The greatest distance of any of the points (n, 2) from a polyline (m, 2), in pixels."""
    if not len(points) or not len(line):
        return 0.0 if len(points) == len(line) else 1e5
    return float(_distances(points, line).max())


def _distances(points: NDArray[np.float64], line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each point (n, 2) from a polyline (m, 2), in pixels; far where the line has no points."""
    if not len(line):
        return np.full(len(points), 1e5)
    if len(line) == 1:
        return np.asarray(np.linalg.norm(points - line[0], axis=1))
    start, step = line[:-1], np.diff(line, axis=0)
    if len(points) * len(start) <= _COMPARED_AT_ONCE:
        return np.asarray(_from_segments(points[:, None], start, step).min(axis=1))
    # A piece that is nearer than the nearest vertex has its middle within that distance and half
    # its length. Long segments are cut: near each point of a noisy line are the middles of most.
    length = np.linalg.norm(step, axis=1)
    longest = max(1.0, float(length.sum()) / (_PIECES * len(step)))
    pieces = np.maximum(1, np.ceil(length / longest)).astype(int)
    segment = np.repeat(np.arange(len(step)), pieces)
    place = np.arange(len(segment)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    middles = start[segment] + ((place + 0.5) / pieces[segment])[:, None] * step[segment]
    reach, _ = KDTree(line).query(points)
    reach = reach * (1 + 1e-9) + longest / 2 + 1e-9
    near = [segment[chosen] for chosen in KDTree(middles).query_ball_point(points, reach)]
    return np.array(
        [
            _from_segments(point, start[chosen], step[chosen]).min()
            for point, chosen in zip(points, near, strict=True)
        ]
    )


def _from_segments(
    points: NDArray[np.float64], start: NDArray[np.float64], step: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distances (…, m) of points (…, 1, 2) or one point (2,) from segments (m, 2)."""
    length = (step**2).sum(axis=1)
    length[length == 0] = 1.0
    share = np.clip(((points - start) * step).sum(axis=-1) / length, 0, 1)
    return np.asarray(np.linalg.norm(points - (start + share[..., None] * step), axis=-1))
