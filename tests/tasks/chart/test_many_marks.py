"""Plots of more marks than a scene keeps, and what stands in boxes or on a globe."""

from __future__ import annotations

import numpy as np
import pytest

from erm.render import Renderer
from erm.tasks.chart.cells import _means
from erm.tasks.chart.compare_shapes import farthest
from erm.tasks.chart.series import sample
from tests.tasks.chart.reports import errors_of

HEAD = """
import matplotlib.pyplot as plt, numpy as np
from matplotlib.collections import LineCollection
from matplotlib.offsetbox import AnchoredText, AnnotationBbox, TextArea
from mpl_toolkits.axes_grid1.anchored_artists import AnchoredSizeBar
rng = np.random.default_rng(0)
fig, ax = plt.subplots(figsize=(4, 3), dpi=80)
"""
CLOUD = "x, y = rng.random((2, 5000))\nax.scatter(x, y, s=4)\n"
SPIRAL = "t = np.linspace(0, 60, 5000)\nax.plot(t * np.cos(t), t * np.sin(t))\n"
MESH = """
x, y = np.meshgrid(np.linspace(0, 3, 100), np.linspace(0, 3, 80))
ax.pcolormesh(x, y, np.sin(x) * y, cmap="viridis")
"""
SHADED = MESH.replace("100", "10").replace("80", "8").replace(", cmap", ', shading="gouraud", cmap')
HEXAGONS = 'x, y = rng.standard_normal((2, 3000))\nax.hexbin(x, y, gridsize=40, cmap="Blues")\n'
PIECES = """
t = np.linspace(0, 6, 800)
p = np.stack([t, np.sin(t)], 1)
ax.add_collection(LineCollection(np.stack([p[:-1], p[1:]], 1), array=t, cmap="viridis"))
ax.autoscale()
"""
ARROWS = "x, y = np.meshgrid(np.arange(33), np.arange(33))\nax.quiver(x, y, np.cos(x), np.sin(y))\n"
PICTURE = "ax.imshow(rng.random((40, 40, 3)))\n"
ANCHORED = 'ax.plot([1, 3, 2])\nax.add_artist(AnchoredText("note (a)", loc="upper left"))\n'
SCALE = 'ax.plot([1, 3, 2])\nax.add_artist(AnchoredSizeBar(ax.transData, 0.5, "half", loc=4))\n'
BOXED = """
ax.plot([1, 3, 2])
arrow = dict(arrowstyle="->")
ax.add_artist(AnnotationBbox(TextArea("peak"), (1, 3), xybox=(1.5, 2), arrowprops=arrow))
"""
GLOBE = """
plt.close(fig)
fig, ax = plt.subplots(subplot_kw=dict(projection="mollweide"))
ax.plot([-1, 0, 1], [0, 0.5, 1], "o-")
ax.grid(True)
"""

STRUCTURE, DATA, TEXT, STYLE = "structure_error", "data_error", "text_error", "style_error"

CASES = [
    (CLOUD, "ax.s", "y[:2500] *= 0.5; ax.s", [(DATA, 3, "points", "about 50% of 5000 points")]),
    (CLOUD, "ax.s", "x, y = x[1:], y[1:]; ax.s", [(STRUCTURE, 2, "points", "4999 points")]),
    (CLOUD, "s=4", 's=4, c="red"', [(STYLE, 2, "points", "red")]),
    (SPIRAL, "np.sin(t))", "1.3 * np.sin(t))", [(DATA, 2, "line", "of 5000 points")]),
    (MESH, "* y,", "* y + (x > 2),", [(DATA, 3, "heat map", "about 34% of 8000 cells")]),
    (MESH, '"viridis"', '"plasma"', [(STYLE, 2, "heat map", "plasma")]),
    (MESH, "cmap=", "vmax=5, cmap=", [(STYLE, 2, "heat map", "colour range")]),
    (SHADED, "np.sin(x)", "np.sin(1.3 * x)", [(DATA, 3, "heat map", "of 63 cells")]),
    (HEXAGONS, '"Blues"', '"Reds"', [(STYLE, 2, "shapes", "Reds")]),
    (HEXAGONS, "=40", "=35", [(STRUCTURE, 2, "shapes", "has 1456 parts instead of 1904")]),
    (PIECES, "np.sin(t)", "np.sin(t) ** 2", [(STRUCTURE, 2, "lines", "of 799 parts")]),
    (ARROWS, "np.cos(x)", "-np.cos(x)", [(DATA, 3, "arrows", "of 1089 arrow directions")]),
    (PICTURE, "3)))", "3)) * [1, 1, 0])", [(STRUCTURE, 2, "image", "% of the image")]),
    (ANCHORED, "(a)", "(b)", [(TEXT, 2, "note", "note (b)")]),
    (ANCHORED, "left", 'left", frameon="', [(STYLE, 1, "box of note", "missing")]),
    (SCALE, '"half"', '"0.5"', [(TEXT, 2, "note", "0.5")]),
    (BOXED, '"peak"', '"top"', [(TEXT, 2, "note", "top")]),
    (GLOBE, "0.5, 1]", "0.8, 1]", [(DATA, 2, "point '0°'", "0.8")]),
    (GLOBE, "True", "False", [(STYLE, 1, "grid", "missing")]),
]


@pytest.mark.parametrize(("body", "part", "other", "expected"), CASES)
def test_what_differs_is_said_once(
    renderer: Renderer,
    body: str,
    part: str,
    other: str,
    expected: list[tuple[str, int, str, str]],
) -> None:
    assert part in body
    errors = errors_of(renderer, HEAD + body, HEAD + body.replace(part, other))
    assert [(e.category, e.severity, e.location) for e in errors] == [c[:3] for c in expected]
    for error, (*_, words) in zip(errors, expected, strict=True):
        assert words in error.description
        assert "%" not in error.description or int(error.description.split("%")[0][-2:]) <= 100


def test_means_leave_out_what_is_not_finite() -> None:
    values = np.array([[1.0, 3.0, 8.0], [np.nan, 5.0, np.nan]])
    rows, columns = [np.array([0, 1])], [np.array([0, 1]), np.array([2])]
    assert _means(values, rows, columns).tolist() == [[3.0, 8.0]]


def test_many_points_are_as_far_from_a_long_line_as_few() -> None:
    rng = np.random.default_rng(0)
    line = np.cumsum(rng.normal(size=(2000, 2)), axis=0)
    line[700:1400] = line[700:701]
    points = line + rng.normal(scale=0.5, size=line.shape)
    points[::100] += 40
    each = [float(farthest(point[None], line)) for point in points]
    assert farthest(points, line) == max(each)
    assert farthest(points[1:100], line) == max(each[1:100])


def test_a_sample_is_even_and_has_both_ends() -> None:
    assert sample(5, 10).tolist() == [0, 1, 2, 3, 4]
    assert sample(11, 3).tolist() == [0, 5, 10]


def test_pictures_of_the_figure_are_read_and_pictures_in_annotations_refused(
    renderer: Renderer,
) -> None:
    figure = HEAD + "fig.figimage(rng.random((20, 30)), 10, 10)\nax.plot([1, 2])\n"
    inside = HEAD + (
        "from matplotlib.offsetbox import OffsetImage\n"
        "ax.add_artist(AnnotationBbox(OffsetImage(rng.random((9, 9))), (0.5, 0.5)))\n"
    )
    read, refused = renderer.render_batch([("chart", figure), ("chart", inside)], scenes=True)
    assert read.scene is not None
    kinds = [series["kind"] for axes in read.scene["axes"] for series in axes["series"]]
    assert "heat map" in kinds
    assert refused.error is not None
    assert refused.error.kind == "unreadable"
