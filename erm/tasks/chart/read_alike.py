"""What looks the same in two pictures of charts is the same, however it was read.

A threshold that one picture passes and the other misses by a pixel must not become a difference:
series and axes of the candidate under which no pixels differ are taken over from the reference.
"""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from erm.tasks import View
from erm.tasks.chart.elements import Axes, Axis, ChartScene, Series
from erm.tasks.discrepancy import Box
from erm.tasks.shared.colours import rgb
from erm.tasks.shared.regions import Mask, Pixels
from erm.tasks.shared.visible import box_slices

_SAME_PLACE = 1.5
"""Pixels by which the frames of one plot may stand apart."""

_NEAR_COLOUR = 70
"""Largest difference of a channel, 0 to 255, of pixels of one colour and its blurred edges."""

_SAME_COLOUR = 8
"""The same of two series of one colour."""

_FEWEST, _SHARE = 8, 0.012
"""Pixels of a series, and their share, up to which a difference in its place is no difference."""

_STILL_THERE = 0.5
"""Share of the pixels of a series that the other picture holds, from which it is not missing."""

_TICKS = 45
"""Pixels below and left of a plot in which its tick labels stand."""


def with_alike(reference: View, candidate: View, changed: Mask) -> tuple[ChartScene, ChartScene]:
    """Both scenes of a pair, the candidate's with parts of the reference's where they look alike.

    Args:
        changed: (height, width) of the pixels that differ.
    """
    first, second = cast(ChartScene, reference.scene), cast(ChartScene, candidate.scene)
    sides = list(first["axes"]), list(second["axes"])
    views = reference, candidate
    for i, old in enumerate(first["axes"]):
        for j, new in enumerate(second["axes"]):
            apart = max(abs(a - b) for a, b in zip(old["box"], new["box"], strict=True))
            places = [box_slices(Box(*old["box"]), -2, view.pixels.shape) for view in views]
            if apart > _SAME_PLACE or places[0] != places[1]:
                continue
            new = Axes(
                **{**new, "x": _axis("x", old, new, changed), "y": _axis("y", old, new, changed)}
            )
            pixels = reference.pixels, candidate.pixels
            sides[0][i], sides[1][j] = _with_series(old, new, pixels)
    return (
        ChartScene(**{**first, "axes": sides[0]}),
        ChartScene(**{**second, "axes": sides[1]}),
    )


def _axis(name: str, old: Axes, new: Axes, changed: Mask) -> Axis:
    """The candidate's axis; the reference's where nothing differs at its ticks or is known."""
    x0, y0, x1, y1 = old["box"]
    strip = (
        Box(x0 - 9, y1 + 2, x1 + 9, y1 + _TICKS)
        if name == "x"
        else Box(x0 - _TICKS, y0 - 9, x0 - 2, y1 + 9)
    )
    labels = [tick["box"] for axes in (old, new) for tick in axes[name]["ticks"]]  # type: ignore[literal-required]
    if labels:
        around = Box.around(labels)
        strip = (
            Box(strip.x0, strip.y0, strip.x1, around.y1 + 1)
            if name == "x"
            else Box(around.x0 - 1, strip.y0, strip.x1, strip.y1)
        )
    # of an axis without two labels nothing is known but a scale that its marks show
    unknown = old[name]["scale"] == new[name]["scale"] and (  # type: ignore[literal-required]
        min(len(axes[name]["ticks"]) for axes in (old, new)) < 2  # type: ignore[literal-required]
    )
    same = unknown or not changed[box_slices(strip, 0, changed.shape)].any()
    first, second = (cast(Axis, axes[name]) for axes in (old, new))  # type: ignore[literal-required]
    return Axis(**{**first, "grid": second["grid"]}) if same else second


def _with_series(old: Axes, new: Axes, pixels: tuple[Pixels, Pixels]) -> tuple[Axes, Axes]:
    """Both plots; series that look the same in both are those of the reference in both."""
    limits = [(axes["x"]["limits"], axes["y"]["limits"]) for axes in (old, new)]
    kept: tuple[list[Series], list[Series]] = list(old["series"]), list(new["series"])
    for side, other in ((0, 1), (1, 0)):
        for item in (old, new)[side]["series"]:
            twin = next(
                (one for one in (old, new)[other]["series"] if _same_colour(item, one)), None
            )
            if twin is not None and side == 1:
                continue
            here, there = (_pixels_of(item, pixels[k], old) for k in (side, other))
            if twin is None:
                count = int(here.sum())
                if count and int(there.sum()) > _STILL_THERE * count:
                    kept[side].remove(item)
                continue
            apart = (here & ~_grown(there)).sum() + (there & ~_grown(here)).sum()
            alike = apart <= max(_FEWEST, _SHARE * here.sum()) and limits[0] == limits[1]
            if alike and twin in kept[1]:
                kept[1][kept[1].index(twin)] = Series(**{**item, "name": twin["name"]})
    return Axes(**{**old, "series": kept[0]}), Axes(**{**new, "series": kept[1]})


def _same_colour(first: Series, second: Series) -> bool:
    levels = [rgb(one["colour"][:7]) for one in (first, second)]
    return bool(max(abs(a - b) for a, b in zip(*levels, strict=True)) <= _SAME_COLOUR)


def _pixels_of(series: Series, pixels: Pixels, axes: Axes) -> Mask:
    """Pixels of a plot in the colour of a series."""
    part = pixels[box_slices(Box(*axes["box"]), -2, pixels.shape)].astype(np.int16)
    away: NDArray[np.int16] = np.abs(part - np.array(rgb(series["colour"][:7]), dtype=np.int16))
    return np.asarray(away.max(axis=2) <= _NEAR_COLOUR)


def _grown(mask: Mask) -> Mask:
    return np.asarray(ndimage.binary_dilation(mask, np.ones((3, 3), bool)))
