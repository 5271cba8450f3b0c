"""Plots in three dimensions: what they are read as, and what differs between two of them."""

from __future__ import annotations

import pytest

from erm.annotation import annotate_rendered
from erm.render import Renderer
from tests.tasks.chart.reports import errors_of

HEAD = """
import matplotlib.pyplot as plt, numpy as np
rng = np.random.default_rng(0)
fig = plt.figure(figsize=(4, 3.5), dpi=80)
ax = fig.add_subplot(projection="3d")
"""
POINTS = """
x, y, z = rng.random((3, 20))
ax.scatter(x, y, z, c="red", label="a")
ax.set(title="Yield", xlabel="x", zlabel="Height")
ax.text(0.5, 0.5, 0.5, "middle")
ax.legend()
"""
BARS = """
heights = [1, 2, 3, 4, 5, 6]
ax.bar3d([0, 1, 2, 0, 1, 2], [0, 0, 0, 1, 1, 1], 0, 0.5, 0.5, heights, color="teal")
"""
SURFACE = """
x, y = np.meshgrid(np.linspace(-2, 2, 30), np.linspace(-2, 2, 30))
ax.plot_surface(x, y, np.sin(x) * np.cos(y), cmap="viridis")
"""
LINE = """
t = np.linspace(0, 9, 100)
ax.plot(np.cos(t), np.sin(t), t)
"""
CUBES = """
filled = np.zeros((3, 3, 3), dtype=bool)
filled[0, 0, 0] = filled[1, 1, 1] = filled[2, 2, 2] = True
ax.voxels(filled, facecolors="orange")
"""

STRUCTURE, DATA, TEXT, STYLE = "structure_error", "data_error", "text_error", "style_error"

CASES = [
    (POINTS, "ax.scatter", "z[3] = 0.9; ax.scatter", (DATA, 2, "points")),
    (POINTS, "ax.scatter", "x[2] = 0.1; x[5] = 0.2; ax.scatter", (DATA, 3, "points")),
    (POINTS, "ax.scatter", "x, y, z = x[1:], y[1:], z[1:]; ax.scatter", (STRUCTURE, 2, "points")),
    (POINTS, '"red"', '"blue"', (STYLE, 2, "points")),
    (POINTS, '"red"', '"red", s=80', (STYLE, 1, "points")),
    (POINTS, '"Height"', '"Depth"', (TEXT, 2, "z label")),
    (POINTS, '"middle"', '"centre"', (TEXT, 2, "note")),
    (POINTS, "ax.legend()", "ax.legend(); ax.view_init(40, -20)", (STRUCTURE, 2, "3-D view")),
    (POINTS, "ax.legend()", "ax.legend(); ax.set_zlim(0, 5)", (DATA, 2, "z axis")),
    (POINTS, "ax.legend()", "ax.legend(); ax.invert_zaxis()", (DATA, 3, "z axis")),
    (POINTS, "ax.legend()", "ax.legend(); ax.grid(False)", (STYLE, 1, "grid")),
    (BARS, "5, 6]", "5, 3]", (DATA, 2, "bars")),
    (BARS, "0.5, 0.5", "0.8, 0.8", (STYLE, 1, "bars")),
    (BARS, '"teal"', '"orange"', (STYLE, 2, "bars")),
    (SURFACE, '"viridis"', '"plasma"', (STYLE, 2, "surface")),
    (SURFACE, "np.cos(y)", "np.cos(1.2 * y)", (DATA, 2, "surface")),
    (SURFACE, 'plot_surface(x, y, np.sin(x) * np.cos(y), cmap="viridis")',
     "plot_wireframe(x, y, np.sin(x) * np.cos(y))", (STRUCTURE, 3, "chart")),
    (LINE, "np.sin(t), t)", 'np.sin(t), t, "--")', (STYLE, 1, "line")),
    (LINE, "np.sin(t), t)", "np.sin(t), 1.2 * t)", (DATA, 2, "line")),
    (CUBES, "filled[2, 2, 2]", "filled[2, 2, 1]", (STRUCTURE, 2, "cubes")),
    (CUBES, '"orange"', '"green"', (STYLE, 2, "cubes")),
]  # fmt: skip


@pytest.mark.parametrize(("body", "part", "other", "expected"), CASES)
def test_one_change_is_one_discrepancy(
    renderer: Renderer, body: str, part: str, other: str, expected: tuple[str, int, str]
) -> None:
    assert part in body
    errors = errors_of(renderer, HEAD + body, HEAD + body.replace(part, other))
    found = [(error.category, error.severity, error.location) for error in errors]
    assert found == [expected]


def test_points_in_another_order_and_a_line_through_more_points_are_the_same(
    renderer: Renderer,
) -> None:
    for body, part, other in (
        (POINTS, "ax.scatter", "x, y, z = x[::-1], y[::-1], z[::-1]; ax.scatter"),
        (LINE, "100", "150"),
    ):
        items = [("chart", HEAD + body), ("chart", HEAD + body.replace(part, other))]
        annotation = annotate_rendered("chart", *renderer.render_batch(items, scenes=True))
        assert annotation.report is not None
        assert annotation.report.errors == ()


def test_flat_axes_for_three_dimensions_are_one_discrepancy(renderer: Renderer) -> None:
    flat = HEAD.replace('projection="3d"', "") + 'ax.scatter([0.1, 0.7], [0.2, 0.5], c="red")\n'
    items = [("chart", HEAD + BARS), ("chart", flat)]
    annotation = annotate_rendered("chart", *renderer.render_batch(items, scenes=True))
    assert annotation.report is not None
    assert "axes" in [error.location for error in annotation.report.errors]
    assert not [error for error in annotation.report.errors if "bars" in error.location]


def test_boxes_stand_where_matplotlib_draws(renderer: Renderer) -> None:
    """A lone dot's box is around its pixels, whichever side it is seen from."""
    program = HEAD + "ax.scatter([0], [0], [0], c='red', depthshade=False)\n"
    program += "ax.set(xlim=(-1, 2), ylim=(-3, 1), zlim=(-1, 4)); ax.view_init(50, 20, 10)\n"
    (drawn,) = renderer.render_batch([("chart", program)], scenes=True)
    assert drawn.scene is not None
    x0, y0, x1, y1 = drawn.scene["axes"][0]["series"][0]["points"][0]["box"]
    pixels = drawn.pixels.astype(int)
    red = (pixels[:, :, 0] > 200) & (pixels[:, :, 1] < 60) & (pixels[:, :, 2] < 60)
    rows, columns = red.nonzero()
    assert abs(rows.mean() - (y0 + y1) / 2) < 1
    assert abs(columns.mean() - (x0 + x1) / 2) < 1


@pytest.mark.parametrize(
    "body",
    [
        "ax.stem([1, 2, 3], [1, 2, 3], [3, 1, 2])",
        "ax.errorbar([1, 2], [1, 2], [3, 1], zerr=0.3)",
        "ax.quiver([0, 1], [0, 1], [0, 1], [1, 1], [1, 0], [0, 1], length=0.3)",
        "ax.plot_trisurf([0, 1, 0, 1, 0.5], [0, 0, 1, 1, 0.5], [0, 1, 1, 0, 2])",
        "ax.contour(*np.meshgrid([0, 1, 2], [0, 1, 2]), np.arange(9).reshape(3, 3))",
        "ax.contourf(*np.meshgrid([0, 1, 2], [0, 1, 2]), np.arange(9).reshape(3, 3), zdir='x')",
        "ax.bar([1, 2, 3], [3, 1, 2], zs=1, zdir='y')\nax.text(1, 1, 1, 'note')",
        "ax.scatter([], [], [])\nax.plot([0, 1], [0, 1], [0, np.nan], 'o-')",
    ],
)
def test_every_kind_of_plot_in_three_dimensions_is_read(renderer: Renderer, body: str) -> None:
    (drawn,) = renderer.render_batch([("chart", HEAD + body)], scenes=True)
    assert drawn.error is None
    assert drawn.scene is not None
    assert drawn.scene["axes"][0]["series"]


def test_scales_that_are_not_linear_are_refused(renderer: Renderer) -> None:
    program = HEAD + "ax.plot([1, 10], [1, 10], [1, 10])\nax.set_xscale('log')\n"
    (drawn,) = renderer.render_batch([("chart", program)], scenes=True)
    assert drawn.error is not None
    assert drawn.error.kind == "unreadable"
