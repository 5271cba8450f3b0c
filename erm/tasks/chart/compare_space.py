"""Differences of plots in three dimensions: from where they are seen, and where their marks stand.

Two marks differ where the reference's camera shows them more than half a pixel apart; what lies
along its line of sight is one place in the picture, and no difference.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from erm.tasks.chart.camera import to_pixels
from erm.tasks.chart.compare_shapes import farthest
from erm.tasks.chart.elements import Axes, Camera, Point, Series
from erm.tasks.chart.findings import Element, one_sided
from erm.tasks.chart.plot_pair import HALF_PIXEL, Pairs, PlotPair, size_rule
from erm.tasks.chart.sampled import add_share, is_sampled, marks
from erm.tasks.shared.numbers import write_number

IN_SPACE = ("3-D points", "3-D line", "3-D bars", "3-D shapes", "3-D lines", "surface")
"""Kinds of marks in three dimensions."""

_LOOSE = ("3-D points", "3-D bars")
"""Kinds whose marks may be listed in any order."""

_TURN = 0.5
"""Degrees by which an angle must change to be seen."""

_INCOMPARABLE = 1e5
"""Distance in pixels of marks with other numbers of vertices: farther than any two in an image."""


def is_in_space(axes: Axes) -> bool:
    """Whether a plot has three axes."""
    return axes["projection"] == "3d"


def compare_cameras(plots: PlotPair) -> None:
    """Adds the difference of two views of the same three axes."""
    first, second = plots.reference.get("camera"), plots.candidate.get("camera")
    if first is None or second is None:
        return
    boxes = plots.reference["box"], plots.candidate["box"]
    element = Element("3-D view")
    angles = [(c["elevation"], c["azimuth"], c["roll"]) for c in (first, second)]
    turns = [abs((b - a + 180) % 360 - 180) for a, b in zip(*angles, strict=True)]
    if max(turns) > _TURN:
        shown = [sides if sides[2] else sides[:2] for sides in angles]
        plots.findings.add("view", element, "angles", (shown[0], shown[1]), boxes)
        return
    corners = [_frame(axes) for axes in (plots.reference, plots.candidate)]
    if np.abs(corners[0] - corners[1]).max() > 2 * HALF_PIXEL:
        plots.findings.add("view", element, "proportions", (None, None), boxes)


def _frame(axes: Axes) -> NDArray[np.float64]:
    """The eight corners of what the axes span, (8, 2) in pixels from the plot's corner."""
    limits = (axes["x"]["limits"], axes["y"]["limits"], axes["z"]["limits"])
    corners = np.array(list(product(*limits)), dtype=float)
    return np.asarray(to_pixels(axes["camera"], corners) - np.array(axes["box"][:2]))


def compare_in_space(reference: Series, candidate: Series, plots: PlotPair) -> Pairs:
    """Adds differences of the marks of two series; returns the pairs of marks that have a colour of
    their own, none where colours go along with changed values."""
    camera = plots.reference.get("camera")
    if camera is None:
        return []
    first, second = reference["points"], candidate["points"]
    element, boxes = plots.series_element(reference), (reference["box"], candidate["box"])
    if marks(reference) != marks(candidate) and is_sampled(reference, candidate):
        counts = marks(reference), marks(candidate)
        plots.findings.add("shape", element, "parts", counts, boxes)
        return []
    pairs = _pair(reference, candidate, camera)
    if pairs is None and _is_course(reference) and _is_course(candidate):
        courses = [to_pixels(camera, _places(points)) for points in (first, second)]
        if max(farthest(*courses), farthest(*courses[::-1])) > HALF_PIXEL:
            plots.findings.add("shape", element, "form", (None, None), boxes)
        return []
    if pairs is None:
        plots.findings.add("shape", element, "parts", (len(first), len(second)), boxes)
        return []
    for missing, series in ((True, reference), (False, candidate)):
        rest = len(series["points"]) - len(pairs)
        if rest:
            rule = "bar" if series["kind"] == "3-D bars" else "point"
            name = plots.series_element if missing else plots.candidate_series_element
            total = len(series["points"])
            sides = one_sided(series["box"], missing)
            plots.findings.add_presence(rule, name(series), missing, sides, count=(rest, total))
    gaps = [
        (gap, i, j) for i, j in pairs if (gap := _gap(first[i], second[j], camera)) > HALF_PIXEL
    ]
    if not gaps:
        return pairs
    gap, i, j = max(gaps)
    count = len(gaps), len(pairs)
    rule = size_rule(gap / plots.length(reference))
    a, b = first[i], second[j]
    widths = _width(a), _width(b)
    if reference["kind"] == "3-D bars" and widths[0] != widths[1]:
        plots.findings.add("bar width", element, "width", widths, boxes)
    elif is_sampled(reference):
        add_share(rule, "sampled values", len(gaps), reference, candidate, plots)
    elif reference["kind"] in ("3-D shapes", "3-D lines"):
        plots.findings.add("shape", element, "forms", (None, None), boxes, count=count)
    elif all(_only_height(first[i], second[j]) for _, i, j in gaps):
        most = f"({write_number(a['at'])}, {write_number(a['depth'])})"
        values = a["value"], b["value"]
        plots.findings.add(rule, element, "some values", values, boxes, count=count, most=most)
    else:
        plots.findings.add(rule, element, "positions", (None, None), boxes, count=count)
    return [] if reference["mixed"] or candidate["mixed"] else pairs


def _pair(reference: Series, candidate: Series, camera: Camera) -> Pairs | None:
    """Marks that stand for each other; None where their numbers differ and their order counts."""
    first, second = reference["points"], candidate["points"]
    in_order = [(i, i) for i in range(len(first))]
    if len(first) == len(second) and (
        reference["kind"] not in _LOOSE
        or all(_gap(first[i], second[i], camera) <= HALF_PIXEL for i in range(len(first)))
    ):
        return in_order
    if reference["kind"] not in _LOOSE:
        return None
    places = [_places(points) for points in (first, second)]
    span = np.ptp(np.concatenate(places), axis=0)
    span[span == 0] = 1.0
    apart = np.abs(places[0][:, None] - places[1][None]) / span
    # a mark that moved in height alone is the same mark
    rows, columns = linear_sum_assignment(apart @ np.array([3.0, 3.0, 1.0]))
    return list(zip(rows.tolist(), columns.tolist(), strict=True))


def _is_course(series: Series) -> bool:
    """Whether a series is a line, whatever points it was drawn through."""
    return series["kind"] == "3-D line" and not series["marker"]


def _places(points: list[Point]) -> NDArray[np.float64]:
    """x, y and z of points, (n, 3)."""
    return np.array([[p["at"], p["depth"], p["value"]] for p in points])


def _width(point: Point) -> float:
    """Length of a bar along x."""
    across = _vertices(point)[:, 0]
    return float(f"{np.ptp(across):.6g}")


def _vertices(point: Point) -> NDArray[np.float64]:
    """The vertices of a mark, (n, 3); of a mere point the point itself."""
    corners = point.get("corners") or [[point["at"], point["depth"], point["value"]]]
    return np.array(corners, dtype=float)


def _gap(a: Point, b: Point, camera: Camera) -> float:
    """Pixels between the vertices of two marks that are farthest apart."""
    first, second = _vertices(a), _vertices(b)
    if first.shape != second.shape:
        return _INCOMPARABLE
    away = to_pixels(camera, first) - to_pixels(camera, second)
    return float(np.linalg.norm(away, axis=1).max())


def _only_height(a: Point, b: Point) -> bool:
    """Whether two marks stand on one spot of the ground."""
    return a["at"] == b["at"] and a["depth"] == b["depth"]
