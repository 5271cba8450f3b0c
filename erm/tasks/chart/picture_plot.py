"""One plot of a chart's picture as a part of a scene: axes, grid, spines, notes and series.

Limits come from tick labels that are numbers. Not covered: polar and geographic axes, second axes
at the right or the top, minor grids, and where a plot stands (`erm.tasks.chart.picture_frames`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import Axes, Axis, Series, Stroke, Tick
from erm.tasks.chart.picture_colours import hex_of, is_grey
from erm.tasks.chart.picture_frames import MINOR, inner_frames, shifted, side_length, tick_marks
from erm.tasks.chart.picture_legends import FramedLegend
from erm.tasks.chart.picture_lines import roundest
from erm.tasks.chart.picture_scales import log_line
from erm.tasks.chart.picture_series import read_series
from erm.tasks.chart.picture_texts import PictureText, is_word
from erm.tasks.contract import TextReader
from erm.tasks.discrepancy import Box
from erm.tasks.shared.numbers import parse_number
from erm.tasks.shared.regions import (
    INK,
    Pixels,
    codes_of,
    commonest,
    gap_from,
    levels_of,
    place_of,
    rim_colour,
)
from erm.tasks.shared.visible import box_slices

_DIGITS = str.maketrans({"O": "0", "o": "0", "口": "0", "D": "0", "l": "1", "I": "1", "S": "5"})
"""Letters that are taken for digits, and these digits."""

_LINE = Stroke(colour="#000000ff", width=1.0, dash="solid")
"""Look of each spine: that one is drawn is read, and not how."""

_GRID = Stroke(colour="#b0b0b0ff", width=1.0, dash="solid")
"""Look of all grid lines, which is not read either."""

_UPRIGHT = 1.8
"""Height of a note over its width from which it is read from the bottom up."""

_NUMBERS = 0.6
"""Share of tick labels that are numbers, at least, on an axis of numbers."""

_LEAST_PAPER = 0.1
"""Share of a plot's pixels from which the colour at its rim is that of the background."""

_POWERS = 1.5
"""Tick marks over tick labels, at least, of an axis of powers of ten, which has minor marks."""

_AT_POWER = 0.02
"""Powers of ten by which the long tick marks of a logarithmic axis may stand off whole ones."""

_NOTE_GAP = 0.7
"""Gap between two lines of one note over their height, at most."""

_LIMIT_SLACK = 1.1
"""Pixels by which a limit may be moved to a rounder one: lines and marks stand on whole pixels."""

_FEWEST_TURNED = 3
"""Numbers at an axis from which it may run the other way: of two, one is easily misread."""

_OFF_LINE = 3.0
"""Pixels by which a tick label may stand off the place of its number."""

_FLUSH = 4
"""Pixels by which the lines of one note may start, end or be centred apart."""

_GREY = 24
"""Difference of a channel from the colour of a grid, 0 to 255, up to which a pixel is a part."""

_OUTSIDE = 6
"""Pixels from a plot at which the page around it shows."""

_DRAWN_SPINE, _DRAWN_GRID = 0.9, 0.85
"""Shares of their length from which a spine and a grid line, which marks cover, are drawn."""


@dataclass
class Plot:
    """One plot and the texts that belong to it.

    Attributes:
        box: of its frame.
        paper: colour of its background as one number.
        marks: places in px of the tick marks of the x and of the y axis.
        labels: tick labels by axis, with the place in px of each.
        titles: role → text.
        notes: texts inside it.
        legends: inside it, with their texts.
        framed: whether it has straight sides, along which axes run.
    """

    box: Box
    paper: int
    marks: tuple[list[float], list[float]]
    labels: tuple[list[tuple[float, PictureText]], list[tuple[float, PictureText]]] = field(
        default_factory=lambda: ([], [])
    )
    titles: dict[str, PictureText] = field(default_factory=dict)
    notes: list[PictureText] = field(default_factory=list)
    legends: list[FramedLegend] = field(default_factory=list)
    framed: bool = True

    @classmethod
    def of(cls, pixels: Pixels, codes: NDArray[np.int32], box: Box) -> Plot:
        """The plot of a frame, without texts."""
        inside = codes[place_of(box)][3:-3, 3:-3]
        paper = rim_colour(inside)
        if (inside == paper).mean() < _LEAST_PAPER:
            paper = commonest(inside)
        return cls(box, paper, (tick_marks(pixels, box, 0), tick_marks(pixels, box, 1)))

    def find_texts(self, pixels: Pixels, reader: TextReader) -> list[PictureText]:
        """The texts inside the plot, found by the reader."""
        self.legends = [
            FramedLegend.of(pixels, frame) for frame in inner_frames(pixels, self.box, self.paper)
        ]
        self.legends = [box for box in self.legends if box.entries]
        part = pixels[place_of(self.box)].copy()
        for legend in self.legends:
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
            box = shifted(found, self.box.x0, self.box.y0)
            upright = side_length(box, 1) > _UPRIGHT * side_length(box, 0)
            self.notes.append(PictureText(box, upright))
        return [*self.notes, *(text for legend in self.legends for text in legend.texts())]

    def axes(self, pixels: Pixels) -> Axes:
        """The plot as a part of a scene."""
        x, y = (self._axis(pixels, axis) for axis in (0, 1))
        legends = [legend.item() for legend in self.legends]
        return Axes(
            box=list(self.box),
            grid=None,
            projection="rectilinear",
            role="plot",
            background=hex_of(self.paper),
            spines=self._spines(pixels),
            x=x,
            y=y,
            texts=[text.item(role) for role, text in self.titles.items()]
            + [note.item("annotation") for note in _whole_notes(self.notes)],
            legends=legends,
            series=self._marks(pixels, x, y) if self.framed else [],
        )

    def _axis(self, pixels: Pixels, axis: int) -> Axis:
        labels = sorted(self.labels[axis], key=lambda label: label[0])
        _correct_digits([text for _, text in labels])
        low, high = (self.box.x0, self.box.x1) if axis == 0 else (self.box.y1, self.box.y0)
        marks = self.marks[axis], tick_marks(pixels, self.box, axis, MINOR)
        scale, line = _numeric_line(labels, marks, axis)
        fixed = line is None
        if line is None:
            count = len(labels)
            line = _fit([(place, float(index)) for index, (place, _) in enumerate(labels)])
            if line is None or count < 2:
                # nothing is known of the limits: shares of the axis
                line = 1 / (high - low or 1.0), -low / (high - low or 1.0)
        main = self.marks[axis]
        if scale == "log":
            powers = {place: line[0] * place + line[1] for place in main}
            main = [
                place for place in main if abs(powers[place] - round(powers[place])) < _AT_POWER
            ]
        slack = abs(line[0]) * _LIMIT_SLACK
        limits = [roundest(line[0] * place + line[1], slack) for place in (low, high)]
        ticks = []
        for place, text in labels:
            at = roundest(line[0] * place + line[1], slack)
            ticks.append(
                Tick(at=10**at if scale == "log" else at, text=text.text, box=list(text.box))
            )
        if scale == "log":
            limits = [10**value for value in limits]
        return Axis(
            scale=scale,
            limits=limits,
            auto=False,
            fixed=fixed,
            visible=True,
            side="bottom" if axis == 0 else "left",
            ticks=ticks,
            tick_font="",
            tick_weight="normal",
            tick_size=14.0,
            tick_colour="#000000ff",
            tick_angle=0.0,
            offset_text="",
            grid=_GRID if self._has_grid(pixels, axis, main) else None,
            minor_grid=None,
        )

    def _has_grid(self, pixels: Pixels, axis: int, marks: Sequence[float]) -> bool:
        """Whether lines run through the plot at most of these tick marks."""
        places = [p for p in marks if self.box[axis] + 4 < p < self.box[axis + 2] - 4]
        part = gap_from(pixels[place_of(self.box)], self.paper) > 8
        lines = part if axis == 0 else part.T
        start = int(self.box[axis])
        drawn = [
            lines[:, max(0, int(place) - start - 1) : int(place) - start + 2].any(axis=1).mean()
            for place in places
        ]
        return bool(drawn) and float(np.median(drawn)) > _DRAWN_GRID

    def _spines(self, pixels: Pixels) -> dict[str, Stroke]:
        """The sides of the frame that are drawn: lines of the colour of the left or lower one."""
        x0, y0, x1, y1 = (int(value) for value in self.box)
        sides = {
            "left": pixels[y0 + 3 : y1 - 3, max(0, x0 - 2) : x0 + 3].transpose(1, 0, 2),
            "right": pixels[y0 + 3 : y1 - 3, max(0, x1 - 3) : x1 + 3].transpose(1, 0, 2),
            "bottom": pixels[max(0, y1 - 3) : y1 + 3, x0 + 3 : x1 - 3],
            "top": pixels[max(0, y0 - 2) : y0 + 3, x0 + 3 : x1 - 3],
        }
        around = codes_of(pixels[box_slices(self.box, _OUTSIDE, pixels.shape)])
        plain = self.paper, rim_colour(around)
        colours = {colour for name in ("left", "bottom") for colour in _colours(sides[name], plain)}
        return {
            name: _LINE
            for name, lines in sides.items()
            if any(_is_drawn(lines, colour) for colour in colours)
        }

    def _marks(self, pixels: Pixels, x: Axis, y: Axis) -> list[Series]:
        """The series, read from the plot without its frame, grid, notes and legends."""
        part = pixels[place_of(self.box)].copy()
        corner = int(self.box.x0), int(self.box.y0)
        hidden = [Box(*legend.box) for legend in self.legends]
        hidden += [note.box for note in self.notes if is_word(note.text)]
        for box in hidden:
            rows, columns = place_of(shifted(box, -corner[0], -corner[1]))
            part[
                max(0, rows.start) : max(0, rows.stop), max(0, columns.start) : max(0, columns.stop)
            ] = levels_of(self.paper)
        part[:2], part[:, :2] = levels_of(self.paper), levels_of(self.paper)
        part[-2:], part[:, -2:] = levels_of(self.paper), levels_of(self.paper)
        names = {colour: entry.text for legend in self.legends for entry, colour in legend.entries}
        self._without_grid(part, x, y)
        return read_series(part, self.paper, self.box, (x, y), names)

    def _without_grid(self, part: Pixels, x: Axis, y: Axis) -> None:
        """Paints grey lines over that run through a plot at its tick marks."""
        for axis, item in enumerate((x, y)):
            if item["grid"] is None:
                continue
            lines = part if axis == 1 else part.transpose(1, 0, 2)
            start = int(self.box[axis])
            for place in self.marks[axis]:
                middle = int(place) - start
                near = lines[max(0, middle - 1) : middle + 2]
                codes = codes_of(near)
                drawn = codes[codes != self.paper]
                if drawn.size and is_grey(commonest(drawn)):
                    near[gap_from(near, commonest(drawn)) < _GREY] = levels_of(self.paper)


def _colours(lines: Pixels, plain: Sequence[int]) -> set[int]:
    """The commonest colour of each line of pixels, without those like the plain ones."""
    found = {commonest(line) for line in codes_of(lines)}
    return {one for one in found if all(_unlike(one, other) for other in plain)}


def _unlike(first: int, second: int) -> bool:
    """Whether a line of one colour shows on the other one."""
    levels = zip(levels_of(first), levels_of(second), strict=True)
    return max(abs(one - other) for one, other in levels) > INK


def _is_drawn(lines: Pixels, colour: int) -> bool:
    """Whether one of the lines of pixels has the colour along its length."""
    same = gap_from(lines, colour) <= INK / 2
    return bool(same.size) and bool(same.mean(axis=1).max() > _DRAWN_SPINE)


def _numeric_line(
    labels: Sequence[tuple[float, PictureText]],
    marks: tuple[Sequence[float], Sequence[float]],
    axis: int,
) -> tuple[str, tuple[float, float] | None]:
    """Scale of an axis, and the line from places in px to numbers or, where it is logarithmic, to
    their powers of ten; None where labels are no numbers.

    Args:
        marks: without and with short ones.
    """
    powers = _powers_of_ten([text.text for _, text in labels])
    line = log_line(marks[0]) or log_line(marks[1])
    if line is not None:
        return "log", _at_powers(line, labels, powers)
    if powers and len(marks[0]) < _POWERS * len(labels):
        powers = None
    numbers = powers or [parse_number(text.text) for _, text in labels]
    known = [
        (place, value)
        for (place, _), value in zip(labels, numbers, strict=True)
        if value is not None
    ]
    line = _fit(known) if len(known) >= max(2, _NUMBERS * len(labels)) else None
    scale = "log" if powers and line is not None else "linear"
    if line is None and len(known) >= 3 and all(value > 0 for _, value in known):
        line = _fit([(place, float(np.log10(value))) for place, value in known])
        scale = "linear" if line is None else "log"
    turned = line is not None and (line[0] < 0) == (axis == 0)
    if turned and len(known) < _FEWEST_TURNED:
        return "linear", None
    return scale, line


def _at_powers(
    line: tuple[float, float],
    labels: Sequence[tuple[float, PictureText]],
    powers: Sequence[float | None] | None,
) -> tuple[float, float]:
    """A line to powers of ten, moved by whole powers to those that most labels say."""
    slope, start = line
    moves = [
        round(power - slope * place - start)
        for (place, _), power in zip(labels, powers or (), strict=False)
        if power is not None
    ]
    return slope, start + (max(set(moves), key=moves.count) if moves else 0)


def _powers_of_ten(texts: Sequence[str]) -> list[float | None] | None:
    """The exponents of labels such as ``10²``, which are read as ``102``; None for others."""
    plain = [text.replace(" ", "").replace("−", "-").replace("°", "0") for text in texts]
    matches = [re.fullmatch(r"[1lI][0O](-?\d{1,2})", text) for text in plain]
    exponents = [float(match[1]) if match else None for match in matches]
    known = [value for value in exponents if value is not None]
    return exponents if len(known) >= max(2, _NUMBERS * len(texts)) else None


def _whole_notes(notes: Sequence[PictureText]) -> list[PictureText]:
    """Notes without what is no word, lines that stand under each other as one."""
    whole: list[PictureText] = []
    for note in sorted((one for one in notes if is_word(one.text)), key=lambda one: one.box.y0):
        above = next((one for one in reversed(whole) if _continues(one, note)), None)
        if above is None:
            whole.append(PictureText(note.box, note.upright, note.text))
        else:
            above.box = Box.around([above.box, note.box])
            above.text = f"{above.text}\n{note.text}"
    return whole


def _continues(above: PictureText, note: PictureText) -> bool:
    """Whether a note is the next line of another one."""
    if above.upright or note.upright or parse_number(note.text) is not None:
        return False
    high = side_length(note.box, 1)
    starts, closes = abs(above.box.x0 - note.box.x0), abs(above.box.x1 - note.box.x1)
    middles = abs(above.box.x0 + above.box.x1 - note.box.x0 - note.box.x1) / 2
    aligned = min(starts, closes, middles) <= _FLUSH
    return aligned and -0.6 * high <= note.box.y0 - above.box.y1 <= _NOTE_GAP * high


def _fit(points: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Slope and start of the straight line through points; None where they lie on none."""
    if len(points) < 2:
        return None
    places, values = (np.array(side) for side in zip(*points, strict=True))
    if np.ptp(places) == 0 or np.ptp(values) == 0:
        return None
    slope, start = np.polyfit(places, values, 1)
    off = np.abs(values - (slope * places + start)) / abs(slope)
    if off.max() > _OFF_LINE:
        return None
    return float(slope), float(start)


def _correct_digits(texts: Sequence[PictureText]) -> None:
    """Among numbers a lone letter that looks like a digit is one."""
    numbers = sum(parse_number(text.text) is not None for text in texts)
    if 2 * numbers < len(texts):
        return
    for text in texts:
        plain = text.text.translate(_DIGITS)
        if parse_number(text.text) is None and parse_number(plain) is not None:
            text.text = plain
