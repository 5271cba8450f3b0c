"""Whether a chart's picture shows what its scene says, and nothing else.

A program may send a scene that is not that of its drawing. What the annotator would then report is
one difference, such as a missing plot, whose box covers all the others. Here the scene is held
against its own picture alone, without a reference, by four shares. Each is 0 for a true scene up to
antialiasing and to what a scene does not place (minor grids, moved spines), which is why small
shares are allowed.

Not covered: what a text says; whether areas, violins, maps and marks in three dimensions are drawn
where the scene has them, and in translucent ones' and maps' boxes any ink. A scene that says so of
bars has another type of chart, which is a severe difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from erm.images import largest_gap
from erm.tasks.chart.elements import Axes, BoxList, ChartScene, Legend, Series, TextItem
from erm.tasks.chart.findings import hull
from erm.tasks.shared.colours import over, rgb
from erm.tasks.shared.regions import INK

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]

MOST_UNCLAIMED = 0.22
"""Share of a picture's ink that may lie outside all parts of the scene."""

MOST_MISFILLED = 0.2
"""Share of the area of bars and wedges that may have another colour than theirs."""

MOST_UNSHOWN_TEXTS = 0.15
"""Share of the texts in whose boxes nothing may be drawn."""

MOST_UNSHOWN_LINES = 0.5
"""Share of the points of lines and of markers whose colour may be missing."""

FEWEST_POINTS, FEWEST_TEXTS = 4, 2
"""Points of lines, and texts that do not show, from which their share counts."""

LEAST_AREA = 0.0005
"""Share of the picture from which unclaimed ink and wrongly filled area count."""

_MARGIN = 3.0
"""Pixels around a part in which its ink may lie."""

_FILLED = ("bar", "horizontal bar", "broken bar")
"""Kinds of series whose points' boxes are filled with their colours."""

_OUTLINED = (*_FILLED, "scatter", "horizontal line", "vertical line")
"""Kinds of series that draw within their points' boxes alone."""

_SMALLEST_FILL = 4
"""Side of a filled mark, in pixels, from which its colour is looked at."""

_NEAR = 60
"""Largest difference of a channel of two colours that count as one, 0 to 255."""

_LEAST_FILL = 0.3
"""Share of a hatched or translucent mark's box that is filled at least; of one that is not a
rectangle (`_LEAST_SECTOR`) less."""

_LEAST_SECTOR = 0.1

_MOST_COLOURS = 24
"""Colours of a series beyond which they are not looked for one by one."""

_FARTHEST = 10
"""Sides of the picture beyond which lines are not followed."""

_UPRIGHT = 5
"""Degrees from a right angle up to which a text counts as upright or lying."""

_LARGE_TEXT = 0.05
"""Share of the picture from which a text's box must hold `_LEAST_LETTERS`."""

_LEAST_LETTERS = 0.05
"""Share of a text's box that has the text's colour."""


class Evidence(NamedTuple):
    """Shares, 0 to 1, in which a picture contradicts its scene; see the constants."""

    unclaimed: float
    misfilled: float
    unshown_texts: float
    unshown_lines: float


def contradiction(scene: ChartScene, pixels: Pixels) -> str | None:
    """What in a picture contradicts its scene, as the rest of a sentence that begins with the
    scene; None where they agree.

    Args:
        pixels: (height, width, 3) uint8 RGB, of the scene's size.
    """
    found = evidence(scene, pixels)
    if found.unclaimed > MOST_UNCLAIMED:
        return f"leaves out {found.unclaimed:.0%} of what is drawn"
    if found.misfilled > MOST_MISFILLED:
        return f"has bars of which {found.misfilled:.0%} are not in the picture"
    if found.unshown_texts > MOST_UNSHOWN_TEXTS:
        return f"has texts of which {found.unshown_texts:.0%} are not in the picture"
    if found.unshown_lines > MOST_UNSHOWN_LINES:
        return f"has lines and markers of which {found.unshown_lines:.0%} are not in the picture"
    return None


def evidence(scene: ChartScene, pixels: Pixels) -> Evidence:
    """The shares in which a picture contradicts its scene."""
    # channel by channel in memory: one colour is then compared three times as fast
    pixels = np.moveaxis(np.ascontiguousarray(np.moveaxis(pixels, 2, 0)), 0, 2)
    page = over(scene["background"], "#ffffff")
    ink = (_gap(pixels, page) > INK) & (_gap(pixels, "#ffffff") > INK)
    for axes in scene["axes"]:
        place = _place(axes["box"], pixels)
        ink[place] &= _gap(pixels[place], over(axes["background"], page)) > INK
    claims = _Claims(np.zeros(ink.shape, bool))
    for axes in scene["axes"]:
        claims.add_axes(axes, pixels, page)
    written = _written(scene, pixels)
    claims.mask |= written
    for text in _texts(scene):
        if "arrow" in text:
            claims.add_coloured(text["arrow"]["box"], text["arrow"]["colour"], pixels)
    least = LEAST_AREA * ink.size
    unclaimed = ndimage.binary_opening(ink & ~claims.mask, np.ones((2, 2), bool)).sum()
    filled, wrong = _fills(scene, pixels, written)
    return Evidence(
        unclaimed=float(unclaimed / ink.sum()) if unclaimed > least else 0.0,
        misfilled=wrong / filled if wrong > least else 0.0,
        unshown_texts=_unshown_texts(scene, pixels),
        unshown_lines=_unshown_lines(scene, pixels),
    )


@dataclass
class _Claims:
    """Where the parts of a scene may have ink.

    Attributes:
        mask: (height, width).
    """

    mask: Mask

    def add(self, box: BoxList, margin: float = _MARGIN) -> None:
        """A box and a margin around it."""
        self.mask[_place(box, self.mask, margin)] = True

    def add_coloured(self, box: BoxList, colour: str, pixels: Pixels) -> None:
        """What has a colour within a box."""
        place = _place(box, pixels, _MARGIN)
        self.mask[place] |= _gap(pixels[place], over(colour, "#ffffff")) <= 2 * _NEAR

    def add_axes(self, axes: Axes, pixels: Pixels, page: str) -> None:
        """A plot: its frame, ticks, grid and marks."""
        tick = max(axes["x"]["tick_size"], axes["y"]["tick_size"], 2 * _MARGIN)
        paper = over(axes["background"], page)
        if axes["role"] == "colour bar":
            self.add(axes["box"], tick)
        elif axes["projection"] != "rectilinear":
            self._add_round(axes, tick, pixels, paper)
        x0, y0, x1, y1 = axes["box"]
        if axes["spines"] or axes["x"]["visible"] or axes["y"]["visible"]:
            for side in ([x0, y0, x1, y0], [x0, y1, x1, y1], [x0, y0, x0, y1], [x1, y0, x1, y1]):
                self.add(side, tick)
        for axis in (axes["x"], axes["y"], axes.get("z")):
            for label in axis["ticks"] if axis is not None and axis["visible"] else ():
                if label["text"]:
                    self.add(label["box"], tick)
            if axis is not None and axis["offset_text"]:
                self.add([x0, y0, x1, y0], 3 * tick)
                self.add([x0, y1, x1, y1], 3 * tick)
        cells = [text["box"] for text in axes["texts"] if text["role"].startswith("table cell")]
        if cells:
            corners = np.array(cells)
            self.add([*corners[:, :2].min(axis=0), *corners[:, 2:].max(axis=0)], 3 * tick)
        self._add_grid(axes, pixels)
        for series in axes["series"]:
            self._add_series(series, pixels, paper)

    def _add_round(self, axes: Axes, margin: float, pixels: Pixels, paper: str) -> None:
        """A plot that is no rectangle: greys, and the colours of its series."""
        place = _place(axes["box"], pixels, margin)
        levels = pixels[place]
        self.mask[place] |= np.ptp(levels, axis=2) <= INK
        for series in axes["series"]:
            inside = Series(**{**series, "box": axes["box"]})
            self.mask |= _shown(inside, pixels, paper) | _solid(inside, pixels, paper)

    def _add_grid(self, axes: Axes, pixels: Pixels) -> None:
        place = _place(axes["box"], pixels)
        under = over(axes["background"], "#ffffff")
        for axis in (axes["x"], axes["y"]):
            for grid in (axis["grid"], axis["minor_grid"]):
                if grid is not None:
                    self.mask[place] |= _gap(pixels[place], over(grid["colour"], under)) <= INK

    def _add_series(self, series: Series, pixels: Pixels, paper: str) -> None:
        if series["kind"] == "line" and not series.get("step") and not series.get("endless"):
            self._add_line(series)
        elif series["kind"] in _OUTLINED and "total" not in series:
            edge = series["edge"] or series["line"]
            for point in series["points"]:
                self.add(point["box"], _MARGIN + (edge["width"] if edge else 0.0))
                if "low" in point or "high" in point:
                    self.add(series["box"])
        elif "shape" in series:
            for point in series["points"]:
                self.add(point["box"])
        else:
            shown = _shown(series, pixels, paper) | _solid(series, pixels, paper)
            self.mask |= ndimage.binary_dilation(shown, iterations=round(_MARGIN))

    def _add_line(self, series: Series) -> None:
        stroke = series["line"]
        width = (stroke["width"] if stroke else 1.0) + 2 * _MARGIN
        spots = [_middle(point["box"]) for point in series["points"]]
        self.mask |= _band(spots, width, self.mask.shape)
        # letters as markers are larger than their nominal size
        letters = len(series["marker"]) > 1
        for point in series["points"]:
            self.add(point["box"], 2 * point["size"] if letters else _MARGIN)
            if "low" in point or "high" in point:
                self.add(series["box"])


def _written(scene: ChartScene, pixels: Pixels) -> Mask:
    """Where texts, their frames and legends are; a box that its text can't fill is no text."""
    mask = np.zeros(pixels.shape[:2], bool)
    for text in _texts(scene):
        _write(text, pixels, mask)
    for legend in _legends(scene):
        parts = [*legend["entries"], *([legend["title"]] if legend["title"] else [])]
        if not parts:
            continue
        size = max(part["size"] for part in parts)
        around = hull(part["box"] for part in parts)
        assert around is not None
        x0, y0, x1, y1 = around
        # keys stand next to their entries
        reach = [x0 - 6 * size, y0 - 2 * size, x1 + 6 * size, y1 + 2 * size]
        mask[_place(_common(legend["box"], reach), mask, 2 * _MARGIN)] = True
    return mask


def _write(text: TextItem, pixels: Pixels, mask: Mask) -> None:
    """Mark where a text and its frame are."""
    x0, y0, x1, y1 = text["box"]
    place = _place(text["box"], mask, _MARGIN)
    lines = text["text"].split("\n")
    length = text["size"] * (1.3 * max(map(len, lines)) + 2)
    thickness = text["size"] * (2 * len(lines) + 1)
    if max(x1 - x0, y1 - y0) > max(length, thickness):
        return
    if mask[place].size > _LARGE_TEXT * mask.size:
        turn = text["angle"] % 90
        if min(turn, 90 - turn) > _UPRIGHT:
            rising = text["angle"] % 180 < 90
            ends = [(x0, y1), (x1, y0)] if rising else [(x0, y0), (x1, y1)]
            mask |= _band(ends, thickness, mask.shape)
            return
        letters = _gap(pixels[place], over(text["colour"], "#ffffff")) <= 2 * _NEAR
        if letters.mean() < _LEAST_LETTERS:
            return
    mask[place] = True
    if "frame" in text:
        size = 2 * text["size"]
        near = _common(text["frame"]["box"], [x0 - size, y0 - size, x1 + size, y1 + size])
        mask[_place(near, mask, _MARGIN)] = True


def _band(spots: Sequence[tuple[float, float]], width: float, shape: tuple[int, ...]) -> Mask:
    """(height, width) pixels of a line of a width through spots."""
    far = _FARTHEST * max(shape)
    near = [(min(max(x, -far), far), min(max(y, -far), far)) for x, y in spots]
    canvas = Image.new("1", (shape[1], shape[0]))
    width = round(min(width, far))
    ImageDraw.Draw(canvas).line(near, fill=1, width=width, joint="curve")
    return np.asarray(canvas, dtype=bool)


def _fills(scene: ChartScene, pixels: Pixels, written: Mask) -> tuple[int, int]:
    """Area in pixels of bars, and the part of it that has no colour of a bar there."""
    filled, right, free = (np.zeros(pixels.shape[:2], bool) for _ in range(3))
    page = over(scene["background"], "#ffffff")
    for axes in scene["axes"]:
        paper = over(axes["background"], page)
        straight = axes["projection"] == "rectilinear"
        for series in axes["series"]:
            if series["kind"] not in _FILLED:
                free |= _shown(series, pixels, paper)
                continue
            for point in series["points"]:
                place = _place(_common(point["box"], axes["box"]), pixels, -1)
                colour = point.get("colour", series["colour"])
                hatched = bool(point.get("hatch") or series["hatch"])
                if min(filled[place].shape) < _SMALLEST_FILL - 2 or not _stands_out(colour, paper):
                    free[place] = True
                    continue
                filled[place] = True
                if straight and colour.endswith("ff") and not hatched:
                    right[place] |= _gap(pixels[place], over(colour, paper)) <= _NEAR
                    continue
                least = _LEAST_FILL if straight else _LEAST_SECTOR
                near = _gap(pixels[place], over(colour, paper)) <= _NEAR
                right[place] |= near if near.mean() < least else True
    filled &= ~(free | written)
    return int(filled.sum()), int((filled & ~right).sum())


def _shown(series: Series, pixels: Pixels, paper: str) -> Mask:
    """Where marks of a series that may lie over bars are drawn; of images and colour maps, whose
    colours a scene does not list, their box."""
    mask = np.zeros(pixels.shape[:2], bool)
    place = _place(series["box"], pixels, _MARGIN)
    colours = _colours(series)
    if "map" in series or "shape" in series or len(colours) > _MOST_COLOURS:
        mask[place] = True
        return mask
    for colour in colours:
        if _stands_out(colour, paper):
            mask[place] |= _gap(pixels[place], over(colour, paper)) <= 2 * _NEAR
    return mask


def _colours(series: Series) -> set[str]:
    """All colours of a series that its scene lists."""
    strokes = [series["edge"], series["line"], *series.get("inner", {}).values()]
    colours = {series["colour"], series.get("face", series["colour"])}
    colours |= {stroke["colour"] for stroke in strokes if stroke is not None}
    return colours | {point["colour"] for point in series["points"] if "colour" in point}


def _solid(series: Series, pixels: Pixels, paper: str) -> Mask:
    """The box of a series with translucent colours, which mix with what lies below."""
    mask = np.zeros(pixels.shape[:2], bool)
    if any(not colour.endswith(("ff", "00")) for colour in _colours(series)):
        mask[_place(series["box"], pixels, _MARGIN)] = True
    return mask


def _stands_out(colour: str, paper: str) -> bool:
    pairs = zip(rgb(over(colour, paper)), rgb(paper), strict=True)
    return max(abs(one - other) for one, other in pairs) > INK


def _unshown_texts(scene: ChartScene, pixels: Pixels) -> float:
    """Share of the texts within the picture whose boxes are of one colour."""
    boxes = [text["box"] for text in _texts(scene)]
    for axes in scene["axes"]:
        for axis in (axes["x"], axes["y"]):
            boxes += [tick["box"] for tick in axis["ticks"] if tick["text"] and axis["visible"]]
    parts = [pixels[_place(box, pixels, 1)] for box in boxes]
    inside = [part for part in parts if min(part.shape[:2]) > 2]
    flat = sum(int(np.ptp(part, axis=(0, 1)).max()) <= INK for part in inside)
    return flat / len(inside) if flat >= FEWEST_TEXTS else 0.0


def _unshown_lines(scene: ChartScene, pixels: Pixels) -> float:
    """Share of the points of lines and markers where the picture has no colour of a series."""
    seen = total = 0
    for axes in scene["axes"]:
        if axes["projection"] != "rectilinear":
            continue
        paper = over(axes["background"], over(scene["background"], "#ffffff"))
        # another series may hide a point
        colours = {over(colour, paper) for series in axes["series"] for colour in _colours(series)}
        if len(colours) > _MOST_COLOURS:
            continue
        shown = np.zeros(pixels.shape[:2], bool)
        plot = _place(axes["box"], pixels, _MARGIN)
        for colour in colours:
            shown[plot] |= _gap(pixels[plot], colour) <= 2 * _NEAR
        for series in axes["series"]:
            if series["kind"] in ("line", "scatter"):
                boxes = [point["box"] for point in series["points"]]
                within = [box for box in boxes if _holds(axes["box"], _middle(box))]
                total += len(within)
                seen += sum(bool(shown[_place(box, pixels, 1)].any()) for box in within)
    return 1 - seen / total if total >= FEWEST_POINTS else 0.0


def _texts(scene: ChartScene) -> Iterator[TextItem]:
    yield from scene["texts"]
    for axes in scene["axes"]:
        yield from axes["texts"]
    for legend in _legends(scene):
        yield from legend["entries"]
        if legend["title"] is not None:
            yield legend["title"]


def _legends(scene: ChartScene) -> Iterator[Legend]:
    yield from scene["legends"]
    for axes in scene["axes"]:
        yield from axes["legends"]


def _common(box: BoxList, other: BoxList) -> BoxList:
    """What two boxes share; empty where they lie apart."""
    x0, y0 = max(box[0], other[0]), max(box[1], other[1])
    return [x0, y0, max(x0, min(box[2], other[2])), max(y0, min(box[3], other[3]))]


def _holds(box: BoxList, spot: tuple[float, float]) -> bool:
    return box[0] <= spot[0] <= box[2] and box[1] <= spot[1] <= box[3]


def _middle(box: BoxList) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _gap(pixels: Pixels, colour: str) -> NDArray[np.uint8]:
    """Largest difference of a channel from a colour, for each pixel."""
    return largest_gap(pixels, np.array(rgb(colour), dtype=np.uint8))


def _place(box: BoxList, picture: NDArray[np.generic], margin: float = 0.0) -> tuple[slice, slice]:
    """Rows and columns of a box and a margin, cut to the picture; empty where it lies outside."""

    def span(low: float, high: float, length: int) -> slice:
        first = min(max(round(low - margin), 0), length)
        return slice(first, min(max(round(high + margin), first), length))

    return span(box[1], box[3], picture.shape[0]), span(box[0], box[2], picture.shape[1])
