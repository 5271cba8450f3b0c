"""Reads a scene from the picture of a chart: frames, ticks, texts, legends, bars and colours.

Covers plots with straight axes. Limits come from tick labels that are numbers and from the marks
at the axis. Of marks only filled bars become values. Not covered: lines, points, wedges, areas,
polar plots and how texts are set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from erm.tasks.chart.elements import (
    Axes,
    Axis,
    ChartScene,
    Legend,
    Point,
    Series,
    Stroke,
    TextItem,
    Tick,
)
from erm.tasks.contract import TextReader
from erm.tasks.discrepancy import Box
from erm.tasks.shared.colours import hexadecimal
from erm.tasks.shared.numbers import parse_number
from erm.tasks.shared.regions import (
    INK,
    Mask,
    Pixels,
    box_of,
    codes_of,
    commonest,
    ends,
    gap_from,
    hull_of,
    levels_of,
    line_picture,
    place_of,
    runs,
    text_lines,
)

_SURE = 0.9
"""Mean probability of the letters from which something inside a plot is a text."""
_SHORTEST_SIDE = 40
"""Pixels from which a straight thin line may be a side of a plot."""
_THICKEST = 4
_MEET = 3
"""Pixels between the ends of two lines that meet."""
_TICK = 7
"""Pixels at the outside of a plot's sides in which its tick marks stand."""
_WORD_GAP = 0.65
"""Gap between two words of one text, as a share of their height."""
_NEAR_AXIS = 30
"""Pixels from an axis within which its tick labels stand."""
_LEGEND = (24, 10)
"""Shortest sides in px of a legend's frame, without its round corners."""
_CORNER = 4
"""Radius in px of such corners."""
_BAR = 5
"""Fewest pixels of a bar's thickness."""
_COLOURED = 40
"""Difference between the channels of a colour from which it is not grey."""
_FILLED, _MOST = 0.85, 0.7
"""Share of its box that a bar fills, and share of a colour's pixels that bars must hold."""
_FEWEST = 60
"""Pixels of a colour from which it is that of a series."""
_DIGITS = str.maketrans({"O": "0", "o": "0", "口": "0", "D": "0", "l": "1", "I": "1", "S": "5"})
_LINE = Stroke(colour="#000000ff", width=1.0, dash="solid")
_GRID = Stroke(colour="#b0b0b0ff", width=1.0, dash="solid")


def read_chart(pixels: Pixels, reader: TextReader) -> ChartScene:
    """The scene that a picture, (height, width, 3) RGB, shows, as far as it can be read."""
    height, width = pixels.shape[:2]
    codes = codes_of(pixels)
    frames = _frames(codes)
    paper = _page(codes)
    plots = [_Plot.of(pixels, codes, frame) for frame in frames]
    texts = _outer_texts(pixels, paper, plots)
    inner = [text for plot in plots for text in plot.find_texts(pixels, reader)]
    _read(pixels, texts, reader, 0.0)
    # a mark of data is easily taken for a letter
    _read(pixels, inner, reader, _SURE)
    free = [text for text in texts if text.text and not _claimed(text, plots)]
    page = [text for text in free if _is_word(text.text)]
    scene = ChartScene(
        size=[width, height],
        cropped=False,
        background=_hex(paper),
        texts=[],
        legends=[],
        axes=[plot.axes(pixels, codes) for plot in plots],
    )
    scene["texts"] = _page_texts(page, plots)
    return scene


def _hex(code: int) -> str:
    return hexadecimal(levels_of(code)) + "ff"


def _page(codes: NDArray[np.int32]) -> int:
    """The colour of the picture's rim."""
    rim = [codes[0], codes[-1], codes[:, 0], codes[:, -1]]
    return commonest(np.concatenate(rim))


def _frames(codes: NDArray[np.int32]) -> list[Box]:
    """The plots: where a long thin line along meets one across at its lower left end."""
    across, down = runs(codes), runs(np.ascontiguousarray(codes.T)).T
    page = codes == commonest(codes)
    flat = _segments((across >= _SHORTEST_SIDE) & (down <= _THICKEST) & ~page)
    upright = _segments((down >= _SHORTEST_SIDE) & (across <= _THICKEST) & ~page)
    found = []
    for left in (line for line in upright if _side(line, 1) >= _SHORTEST_SIDE):
        met = [
            line
            for line in flat
            if abs(line.x0 - left.x0) <= _MEET and _side(line, 0) >= _SHORTEST_SIDE
        ]
        low = [line for line in met if abs(line.y1 - left.y1) <= 2 * _MEET]
        # marks that stand on the lower side may divide it
        for along in low or [line for line in met if abs(line.y0 - left.y0) <= _MEET]:
            bottom = along.y1 if low else left.y1 + 1
            found.append(Box(left.x0 + 0.5, left.y0 + 0.5, along.x1 - 0.5, bottom - 0.5))
    found.sort(key=lambda box: -(box.x1 - box.x0) * (box.y1 - box.y0))
    frames: list[Box] = []
    for box in found:
        if not any(_overlap(box, other) for other in frames):
            frames.append(box)
    return sorted(frames, key=lambda box: (round(box.y0 / 20), box.x0))


def _segments(mask: Mask) -> list[Box]:
    """Boxes of the straight parts of a mask of thin lines."""
    joined = ndimage.binary_closing(np.pad(mask, _THICKEST), np.ones((3, 3), bool))
    labels, _ = ndimage.label(joined[_THICKEST:-_THICKEST, _THICKEST:-_THICKEST])
    boxes = [box_of(place) for place in ndimage.find_objects(labels)]
    return [box for box in boxes if min(_side(box, 0), _side(box, 1)) <= 2 * _THICKEST]


def _side(box: Box, axis: int) -> float:
    return box[axis + 2] - box[axis]


def _overlap(first: Box, second: Box) -> bool:
    wide = min(first.x1, second.x1) - max(first.x0, second.x0)
    high = min(first.y1, second.y1) - max(first.y0, second.y0)
    return wide > _MEET and high > _MEET


@dataclass
class _Text:
    """A text of a picture.

    Attributes:
        box: around its ink.
        upright: whether it is read from the bottom up.
    """

    box: Box
    upright: bool = False
    text: str = ""

    def item(self, role: str) -> TextItem:
        """The text as a part of a scene; how it is set is not told."""
        return TextItem(
            role=role,
            text=self.text,
            box=list(self.box),
            colour="#000000ff",
            size=14.0,
            font="",
            weight="normal",
            angle=90.0 if self.upright else 0.0,
        )


def _outer_texts(pixels: Pixels, paper: int, plots: Sequence[_Plot]) -> list[_Text]:
    """All texts outside the plots and their tick marks."""
    ink = gap_from(pixels, paper) > INK
    for plot in plots:
        x0, y0, x1, y1 = (int(value) for value in plot.box)
        ink[max(0, y0 - 3) : y1 + 4, max(0, x0 - 3) : x1 + 4] = False
        for place in plot.marks[0]:
            ink[y1 : y1 + _TICK, max(0, int(place) - 3) : int(place) + 3] = False
        for place in plot.marks[1]:
            ink[max(0, int(place) - 3) : int(place) + 3, max(0, x0 - _TICK) : x0] = False
    return _texts_of(ink)


def _texts_of(ink: Mask) -> list[_Text]:
    """Ink as lines of text: letters that stand close to one another."""
    labels, _ = ndimage.label(ink, np.ones((3, 3), bool))
    letters = [box_of(place) for place in ndimage.find_objects(labels)]
    upright = [
        line
        for line, members in _joined(letters, 1)
        if members >= 4 and _side(line, 1) > 2.5 * _side(line, 0)
    ]
    rest = [letter for letter in letters if not any(_inside(letter, line) for line in upright)]
    flat = [line for line, _ in _joined(rest, 0)]
    return [_Text(box) for box in flat] + [_Text(box, upright=True) for box in upright]


def _inside(box: Box, other: Box) -> bool:
    return box.x0 >= other.x0 and box.y0 >= other.y0 and box.x1 <= other.x1 and box.y1 <= other.y1


def _joined(boxes: Sequence[Box], axis: int) -> list[tuple[Box, int]]:
    """Neighbours of one line as one box, with their number; axis 0 for lines along, 1 across."""
    lines: list[tuple[Box, int]] = []
    for box in sorted(boxes, key=lambda box: (box[axis], box[1 - axis])):
        for index in range(len(lines) - 1, -1, -1):
            line, members = lines[index]
            high = max(_side(line, 1 - axis), _side(box, 1 - axis))
            shared = min(line[3 - axis], box[3 - axis]) - max(line[1 - axis], box[1 - axis])
            # dots and accents share no row with their neighbours
            near = shared >= -0.4 * high if _side(box, 1 - axis) < 0.4 * high else shared > 0
            if near and box[axis] - line[axis + 2] <= _WORD_GAP * max(high, 8):
                lines[index] = hull_of([line, box]), members + 1
                break
        else:
            lines.append((box, 1))
    return lines


def _read(pixels: Pixels, texts: Sequence[_Text], reader: TextReader, least: float) -> None:
    """Fill in what the texts say."""
    height, width = pixels.shape[:2]
    pictures = []
    for text in texts:
        box = Box(
            max(0, text.box.x0 - 1),
            max(0, text.box.y0 - 1),
            min(width, text.box.x1 + 1),
            min(height, text.box.y1 + 1),
        )
        part = pixels[place_of(box)]
        part = np.ascontiguousarray(np.rot90(part, -1)) if text.upright else part
        paper = commonest(codes_of(part))
        ink = gap_from(part, paper) > INK
        lines = text_lines(ink)
        if lines:
            whole = lines[0][0], lines[-1][1]
            pictures.append(line_picture(part, ink, paper, *whole))
        else:
            pictures.append(part)
    for text, read in zip(texts, reader.read(pictures, least), strict=True):
        text.text = read


@dataclass
class _Plot:
    """One plot and the texts that belong to it.

    Attributes:
        box: of its frame.
        paper: colour of its background.
        labels: tick labels by axis, with the place in px of each.
        titles: role → text.
        notes: texts inside it.
    """

    box: Box
    paper: int
    marks: tuple[list[float], list[float]]
    labels: tuple[list[tuple[float, _Text]], list[tuple[float, _Text]]] = field(
        default_factory=lambda: ([], [])
    )
    titles: dict[str, _Text] = field(default_factory=dict)
    notes: list[_Text] = field(default_factory=list)
    boxes: list[_LegendBox] = field(default_factory=list)

    @classmethod
    def of(cls, pixels: Pixels, codes: NDArray[np.int32], box: Box) -> _Plot:
        """The plot of a frame, without texts."""
        inside = codes[place_of(box)][3:-3, 3:-3]
        rim = np.concatenate([inside[0], inside[-1], inside[:, 0], inside[:, -1]])
        return cls(box, commonest(rim), (_marks(pixels, box, 0), _marks(pixels, box, 1)))

    def find_texts(self, pixels: Pixels, reader: TextReader) -> list[_Text]:
        """The texts inside the plot, found by the reader."""
        self.boxes = [
            _LegendBox.of(pixels, frame) for frame in _inner_frames(pixels, self.box, self.paper)
        ]
        self.boxes = [box for box in self.boxes if box.entries]
        part = pixels[place_of(self.box)].copy()
        for legend in self.boxes:
            rows, columns = place_of(legend.box)
            y, x = int(self.box.y0), int(self.box.x0)
            part[
                max(0, rows.start - y) : max(0, rows.stop - y),
                max(0, columns.start - x) : max(0, columns.stop - x),
            ] = levels_of(self.paper)
        for found in reader.find(part):
            ink = gap_from(part[place_of(found)], commonest(codes_of(part[place_of(found)]))) > INK
            if not ink.any():
                continue
            box = Box(
                found.x0 + self.box.x0,
                found.y0 + self.box.y0,
                found.x1 + self.box.x0,
                found.y1 + self.box.y0,
            )
            upright = _side(box, 1) > 1.8 * _side(box, 0)
            self.notes.append(_Text(box, upright))
        return [*self.notes, *(text for legend in self.boxes for text in legend.texts())]

    def axes(self, pixels: Pixels, codes: NDArray[np.int32]) -> Axes:
        """The plot as a part of a scene."""
        x, y = (self._axis(pixels, axis) for axis in (0, 1))
        legends = [legend.item() for legend in self.boxes]
        return Axes(
            box=list(self.box),
            grid=None,
            projection="rectilinear",
            role="plot",
            background=_hex(self.paper),
            spines=self._spines(pixels),
            x=x,
            y=y,
            texts=[text.item(role) for role, text in self.titles.items()]
            + [note.item("annotation") for note in self.notes if _is_word(note.text)],
            legends=legends,
            series=self._series(codes, x, y, legends),
        )

    def _axis(self, pixels: Pixels, axis: int) -> Axis:
        labels = sorted(self.labels[axis], key=lambda label: label[0])
        _correct_digits([text for _, text in labels])
        numbers = [parse_number(text.text) for _, text in labels]
        low, high = (self.box.x0, self.box.x1) if axis == 0 else (self.box.y1, self.box.y0)
        known = [
            (place, value)
            for (place, _), value in zip(labels, numbers, strict=True)
            if value is not None
        ]
        line = _fit(known) if len(known) >= max(2, 0.6 * len(labels)) else None
        scale, fixed = "linear", False
        if line is None and len(known) >= 3 and all(value > 0 for _, value in known):
            logs = _fit([(place, float(np.log10(value))) for place, value in known])
            if logs is not None:
                line, scale = logs, "log"
        if line is None:
            fixed = True
            count = len(labels)
            line = _fit([(place, float(index)) for index, (place, _) in enumerate(labels)])
            line = line if line is not None and count > 1 else (1 / max(1.0, abs(high - low)), 0.0)
        limits = [_rounded(line[0] * place + line[1]) for place in (low, high)]
        ticks = []
        for place, text in labels:
            at = _rounded(line[0] * place + line[1])
            ticks.append(
                Tick(at=10**at if scale == "log" else at, text=text.text, box=list(text.box))
            )
        if scale == "log":
            limits = [10**value for value in limits]
        return Axis(
            scale=scale,
            limits=limits,
            auto=True,
            fixed=fixed,
            visible=bool(ticks) or bool(self.marks[axis]),
            side="bottom" if axis == 0 else "left",
            ticks=ticks,
            tick_font="",
            tick_weight="normal",
            tick_size=14.0,
            tick_colour="#000000ff",
            tick_angle=0.0,
            offset_text="",
            grid=_GRID if self._has_grid(pixels, axis) else None,
            minor_grid=None,
        )

    def _has_grid(self, pixels: Pixels, axis: int) -> bool:
        """Whether lines run through the plot at most of its tick marks."""
        places = [p for p in self.marks[axis] if self.box[axis] + 4 < p < self.box[axis + 2] - 4]
        part = gap_from(pixels[place_of(self.box)], self.paper) > 8
        lines = part if axis == 0 else part.T
        start = int(self.box[axis])
        drawn = [
            lines[:, max(0, int(place) - start - 1) : int(place) - start + 2].any(axis=1).mean()
            for place in places
        ]
        return bool(drawn) and float(np.median(drawn)) > 0.85

    def _spines(self, pixels: Pixels) -> dict[str, Stroke]:
        """The sides of the frame that are drawn."""
        x0, y0, x1, y1 = (int(value) for value in self.box)
        ink = gap_from(pixels, self.paper) > INK
        sides = {
            "left": ink[y0 + 3 : y1 - 3, max(0, x0 - 2) : x0 + 3].any(axis=1),
            "right": ink[y0 + 3 : y1 - 3, max(0, x1 - 3) : x1 + 3].any(axis=1),
            "bottom": ink[max(0, y1 - 3) : y1 + 3, x0 + 3 : x1 - 3].any(axis=0),
            "top": ink[max(0, y0 - 2) : y0 + 3, x0 + 3 : x1 - 3].any(axis=0),
        }
        return {name: _LINE for name, drawn in sides.items() if drawn.size and drawn.mean() > 0.97}

    def _series(
        self, codes: NDArray[np.int32], x: Axis, y: Axis, legends: Sequence[Legend]
    ) -> list[Series]:
        """Bars with their values, and everything else of a colour of its own without any."""
        part = codes[place_of(self.box)].copy()
        for legend in legends:
            x0, y0, x1, y1 = legend["box"]
            rows = slice(max(0, int(y0 - self.box.y0)), max(0, int(y1 - self.box.y0)))
            part[rows, max(0, int(x0 - self.box.x0)) : max(0, int(x1 - self.box.x0))] = self.paper
        names = {
            colour: entry["text"]
            for legend in legends
            for entry, colour in zip(legend["entries"], legend["colours"], strict=True)
        }
        series = []
        for code in self._colours(part):
            same = part == code
            name = names.get(_hex(code), "")
            boxes = [self._on_page(box) for box in _rectangles(same)]
            sideways = _lying(boxes)
            if sideways is not None:
                points = [_bar_point(box, self.box, x, y, sideways) for box in boxes]
                points.sort(key=lambda point: point["at"])
                kind = "horizontal bar" if sideways else "bar"
                series.append(_series(kind, name, _hex(code), points))
                continue
            (left, right), (top, bottom) = ends(same.any(axis=0)), ends(same.any(axis=1))
            box = self._on_page(Box(left, top, right, bottom))
            series.append(_unmeasured(name, _hex(code), box))
        return series

    def _colours(self, part: NDArray[np.int32]) -> list[int]:
        """The colours of series, without grey ones and the mixed ones at edges."""
        values, counts = np.unique(part, return_counts=True)
        kept: list[int] = []
        for index in np.lexsort((values, -counts)):
            code = int(values[index])
            if counts[index] < _FEWEST or code == self.paper:
                continue
            levels = levels_of(code)
            if max(levels) - min(levels) < _COLOURED:
                continue
            near = (
                max(abs(a - b) for a, b in zip(levels, levels_of(other), strict=True))
                for other in kept
            )
            if min(near, default=255) <= INK:
                continue
            mixed = any(_is_mixture(code, other, self.paper) for other in kept)
            if not mixed or ndimage.binary_erosion(part == code, np.ones((5, 5), bool)).any():
                kept.append(code)
        return sorted(kept)

    def _on_page(self, box: Box) -> Box:
        x0, y0 = int(self.box.x0), int(self.box.y0)
        return Box(box.x0 + x0, box.y0 + y0, box.x1 + x0, box.y1 + y0)


def _is_mixture(code: int, colour: int, paper: int) -> bool:
    """Whether a colour lies between another one and the background, as at blurred edges."""
    base = np.array(levels_of(paper), dtype=float)
    first, second = (np.array(levels_of(one)) - base for one in (code, colour))
    length = float(np.linalg.norm(second))
    if length == 0:
        return False
    along = float(first @ second) / length
    return 0 < along < length and float(np.linalg.norm(first - second * along / length)) < INK


def _rectangles(mask: Mask) -> list[Box]:
    """Boxes of the parts of a mask that are upright rectangles; empty where some part is none."""
    # lines that cross a bar do not divide it
    closed = ndimage.binary_closing(np.pad(mask, _BAR), np.ones((_BAR, _BAR), bool))
    labels, _ = ndimage.label(closed[_BAR:-_BAR, _BAR:-_BAR])
    boxes, covered = [], 0
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[place] == number
        box = box_of(place)
        if inside.mean() >= _FILLED and max(_side(box, 0), _side(box, 1)) >= _BAR:
            boxes.append(box)
            covered += int(mask[place].sum())
    return boxes if covered >= _MOST * mask.sum() else []


def _unmeasured(name: str, colour: str, box: Box) -> Series:
    """Marks of one colour whose values are not measured: the same points whatever they show."""
    points = [
        Point(at=float(at), value=0.0, base=0.0, size=0.0, box=list(box), name="") for at in (0, 1)
    ]
    return _series("line", name, colour, points)


def _series(kind: str, name: str, colour: str, points: list[Point]) -> Series:
    return Series(
        kind=kind,
        name=name,
        colour=colour,
        mixed=False,
        edge=None,
        line=Stroke(colour=colour, width=1.0, dash="solid") if kind == "line" else None,
        marker="",
        hatch="",
        box=list(hull_of([Box(*point["box"]) for point in points])),
        points=points,
        touching=False,
    )


def _lying(boxes: Sequence[Box]) -> bool | None:
    """Whether boxes are bars that lie; None where they are no bars."""
    if len(boxes) < 2 or min(map(_thickness, boxes)) < 1:
        return None
    widths = [_side(box, 0) for box in boxes]
    heights = [_side(box, 1) for box in boxes]
    same_width = max(widths) - min(widths) <= 2.5
    same_height = max(heights) - min(heights) <= 2.5
    if same_width == same_height or min(heights if same_height else widths) < _BAR:
        return None
    return same_height


def _thickness(box: Box) -> float:
    return min(_side(box, 0), _side(box, 1))


def _bar_point(box: Box, frame: Box, x: Axis, y: Axis, sideways: bool) -> Point:
    """A bar in the values of its axes."""
    across, along = (y, x) if sideways else (x, y)
    axis = 1 if sideways else 0
    middle = _value(across, (box[axis] + box[axis + 2]) / 2, frame, axis)
    ends_of = sorted(_value(along, box[side], frame, 1 - axis) for side in (1 - axis, 3 - axis))
    edges = [_value(across, box[side], frame, axis) for side in (axis, axis + 2)]
    low, high = ends_of
    if abs(low) <= 2 * abs(_value(along, 1, frame, 1 - axis) - _value(along, 0, frame, 1 - axis)):
        low = 0.0
    base, value = (high, low) if high <= 0 else (low, high)
    name = ""
    if across["fixed"] and across["ticks"]:
        tick = min(across["ticks"], key=lambda tick: abs(tick["at"] - middle))
        name = tick["text"] if abs(tick["at"] - middle) <= 0.5 else ""
    return Point(
        at=round(middle, 2),
        value=_rounded(value - base),
        base=_rounded(base),
        size=round(abs(edges[1] - edges[0]), 1),
        box=list(box),
        name=name,
    )


def _value(axis: Axis, place: float, frame: Box, side: int) -> float:
    """The value at a place in px on a linear axis."""
    low, high = (frame.x0, frame.x1) if side == 0 else (frame.y1, frame.y0)
    share = (place - low) / (high - low)
    first, last = axis["limits"]
    return first + share * (last - first)


def _rounded(value: float) -> float:
    """A value with as many digits as pixels can tell."""
    return float(f"{value:.4g}")


def _fit(points: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Slope and start of the straight line through points; None where they lie on none."""
    if len(points) < 2:
        return None
    places, values = (np.array(side) for side in zip(*points, strict=True))
    if np.ptp(places) == 0 or np.ptp(values) == 0:
        return None
    slope, start = np.polyfit(places, values, 1)
    off = np.abs(values - (slope * places + start)) / abs(slope)
    if off.max() > 3:
        return None
    return float(slope), float(start)


def _marks(pixels: Pixels, box: Box, axis: int) -> list[float]:
    """Places in px of the tick marks outside a plot's lower (axis 0) or left (axis 1) side."""
    height, width = pixels.shape[:2]
    if axis == 0:
        strip = pixels[int(box.y1) + 1 : int(box.y1) + 4, int(box.x0) : min(width, int(box.x1))]
    else:
        strip = pixels[int(box.y0) : min(height, int(box.y1)), max(0, int(box.x0) - 4) :]
        strip = strip[:, : max(0, int(box.x0) - 1) - max(0, int(box.x0) - 4)].transpose(1, 0, 2)
    if not strip.size:
        return []
    paper = commonest(codes_of(strip))
    weights = gap_from(strip, paper).astype(float).min(axis=0)
    labels, count = ndimage.label(weights > INK / 2)
    middles = ndimage.center_of_mass(weights, labels, range(1, count + 1)) if count else []
    start = int(box[axis]) + 0.5
    return [
        float(middle[0]) + start
        for middle, place in zip(middles, ndimage.find_objects(labels), strict=True)
        if _thin(place)
    ]


def _thin(place: tuple[slice, ...]) -> bool:
    return place[0].stop - place[0].start <= _THICKEST


def _inner_frames(pixels: Pixels, box: Box, paper: int) -> list[Box]:
    """Rectangles of thin lines inside a plot, such as those of legends; corners may be round."""
    part = pixels[place_of(box)]
    codes = codes_of(part)
    across, down = runs(codes), runs(np.ascontiguousarray(codes.T)).T
    flat = _segments((across >= _LEGEND[0]) & (down <= _THICKEST) & (codes != paper))
    upright = _segments((down >= _LEGEND[1]) & (across <= _THICKEST) & (codes != paper))
    frames: list[Box] = []
    reach = _CORNER
    for top in flat:
        for bottom in flat:
            if (
                bottom.y0 - top.y1 < _LEGEND[1]
                or max(abs(top.x0 - bottom.x0), abs(top.x1 - bottom.x1)) > _MEET
            ):
                continue
            frame = Box(top.x0 - reach, top.y0, top.x1 + reach, bottom.y1)
            sides = [
                any(
                    abs(line.x0 - x) <= reach + 2
                    and abs(line.y0 - frame.y0) <= 2 * reach
                    and abs(line.y1 - frame.y1) <= 2 * reach
                    for line in upright
                )
                for x in (top.x0, top.x1)
            ]
            if all(sides) and not any(_overlap(frame, other) for other in frames):
                frames.append(frame)
    x, y = int(box.x0), int(box.y0)
    return [Box(one.x0 + x, one.y0 + y, one.x1 + x, one.y1 + y) for one in frames]


@dataclass
class _LegendBox:
    """A framed legend.

    Attributes:
        box: its frame.
        entries: texts with the colours of their keys, from the top.
        title: the text above them.
    """

    box: Box
    entries: list[tuple[_Text, str]]
    title: _Text | None = None

    @classmethod
    def of(cls, pixels: Pixels, box: Box) -> _LegendBox:
        """The legend in a frame; without entries where the frame holds no keys."""
        x, y = max(0, int(box.x0)) + 4, int(box.y0) + 3
        part = pixels[y : int(box.y1) - 3, x : int(box.x1) - 4]
        if min(part.shape[:2]) < _BAR:
            return cls(box, [])
        codes = codes_of(part)
        paper = commonest(codes)
        ink = gap_from(part, paper) > INK
        labels, _ = ndimage.label(ink, np.ones((3, 3), bool))
        letters = [box_of(place) for place in ndimage.find_objects(labels)]
        rows: list[list[Box]] = []
        for piece in sorted((line for line, _ in _joined(letters, 0)), key=lambda one: one.y0):
            middle = (piece.y0 + piece.y1) / 2
            row = next((row for row in rows if hull_of(row).y0 <= middle <= hull_of(row).y1), None)
            if row is None:
                rows.append([piece])
            else:
                row.append(piece)
        entries: list[tuple[_Text, str]] = []
        title = None
        for row in rows:
            row.sort(key=lambda piece: piece.x0)
            pieces = [Box(one.x0 + x, one.y0 + y, one.x1 + x, one.y1 + y) for one in row]
            if len(row) == 1:
                if not entries and title is None:
                    title = _Text(pieces[0])
                continue
            key = codes[place_of(row[0])][ink[place_of(row[0])]]
            levels = levels_of(commonest(key))
            grey = max(levels) - min(levels) < _COLOURED
            if grey and _side(row[0], 0) < 1.2 * max(_side(one, 1) for one in row[1:]):
                continue
            entries.append((_Text(hull_of(pieces[1:])), _hex(commonest(key))))
        return cls(box, entries, title)

    def texts(self) -> list[_Text]:
        """All texts in it."""
        return [text for text, _ in self.entries] + ([self.title] if self.title else [])

    def item(self) -> Legend:
        """The legend as a part of a scene."""
        return Legend(
            box=list(self.box),
            place="",
            auto=True,
            columns=1,
            framed=True,
            title=None if self.title is None else self.title.item("legend title"),
            entries=[text.item("legend entry") for text, _ in self.entries],
            colours=[colour for _, colour in self.entries],
        )


def _correct_digits(texts: Sequence[_Text]) -> None:
    """Among numbers a lone letter that looks like a digit is one."""
    numbers = sum(parse_number(text.text) is not None for text in texts)
    if 2 * numbers < len(texts):
        return
    for text in texts:
        plain = text.text.translate(_DIGITS)
        if parse_number(text.text) is None and parse_number(plain) is not None:
            text.text = plain


def _is_word(text: str) -> bool:
    """Whether something read inside a plot is a text and no mark taken for one."""
    return sum(char.isalnum() for char in text) >= 2


def _claimed(text: _Text, plots: Sequence[_Plot]) -> bool:
    """Whether a text outside the plots is a tick label, a label or a title of one; it is added."""
    x, y = (text.box.x0 + text.box.x1) / 2, (text.box.y0 + text.box.y1) / 2
    for plot in plots:
        box = plot.box
        below, left, above = text.box.y0 - box.y1, box.x0 - text.box.x1, box.y0 - text.box.y1
        inside_x = box.x0 - 20 <= x <= box.x1 + 20
        inside_y = box.y0 - 12 <= y <= box.y1 + 12
        if inside_x and below >= 0:
            if below <= _NEAR_AXIS and _at_mark(plot, 0, x) is not None and not text.upright:
                first = min((one.box.y0 for _, one in plot.labels[0]), default=text.box.y0)
                if abs(first - text.box.y0) <= 6:
                    plot.labels[0].append((_at_mark(plot, 0, x) or x, text))
                    return True
            if below <= 3 * _NEAR_AXIS and abs(x - (box.x0 + box.x1) / 2) <= 0.1 * _side(box, 0):
                return _named(plot, "x label", text)
        if inside_y and left >= 0:
            centred = abs(y - (box.y0 + box.y1) / 2) <= 0.1 * _side(box, 1)
            if text.upright and left <= 4 * _NEAR_AXIS and centred:
                return _named(plot, "y label", text)
            if left <= _NEAR_AXIS and _at_mark(plot, 1, y) is not None:
                plot.labels[1].append((_at_mark(plot, 1, y) or y, text))
                return True
        if inside_x and 0 <= above <= 2 * _NEAR_AXIS and not text.upright:
            if abs(x - (box.x0 + box.x1) / 2) <= 0.05 * _side(box, 0) + 3:
                return _named(plot, "title", text)
            if abs(text.box.x0 - box.x0) <= 4:
                return _named(plot, "left title", text)
            if abs(text.box.x1 - box.x1) <= 4:
                return _named(plot, "right title", text)
    return False


def _named(plot: _Plot, role: str, text: _Text) -> bool:
    """Add a text to a plot; a second line goes on the first one."""
    known = plot.titles.get(role)
    if known is None:
        plot.titles[role] = text
        return True
    gap = max(known.box.y0, text.box.y0) - min(known.box.y1, text.box.y1)
    if gap > 1.2 * min(_side(known.box, 1), _side(text.box, 1)) or text.upright:
        return False
    first, second = sorted((known, text), key=lambda one: one.box.y0)
    box = hull_of([first.box, second.box])
    plot.titles[role] = _Text(box, text=f"{first.text}\n{second.text}")
    return True


def _at_mark(plot: _Plot, axis: int, place: float) -> float | None:
    """The tick mark next to a label's middle; the middle itself where the axis has no marks."""
    marks = plot.marks[axis]
    if not marks:
        return place
    nearest = min(marks, key=lambda mark: abs(mark - place))
    return nearest if abs(nearest - place) <= 6 else None


def _page_texts(texts: Sequence[_Text], plots: Sequence[_Plot]) -> list[TextItem]:
    """Texts that belong to no plot: the figure's title above all plots, and notes."""
    top = min((plot.box.y0 for plot in plots), default=0.0)
    items = []
    titled = False
    for text in sorted(texts, key=lambda one: one.box.y0):
        role = "annotation"
        if plots and not titled and text.box.y1 <= top and not text.upright:
            role, titled = "suptitle", True
        items.append(text.item(role))
    return items
