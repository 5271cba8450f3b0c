"""Reads a scene from the picture of a chart: frames, ticks, texts, legends, bars and colours.

Covers plots with straight axes; here each text outside them gets its role by where it stands.
Limits come from tick labels that are numbers and from the marks at the axis; bars, lines, points
and areas of one colour become values. Not covered: wedges, cells, boxes, axes that are not
straight, and how texts are set.
"""

from __future__ import annotations

from collections.abc import Sequence

from erm.tasks.chart.elements import ChartScene, TextItem
from erm.tasks.chart.picture_colours import hex_of
from erm.tasks.chart.picture_frames import drawn_frame, filled_frames, plot_frames, side_length
from erm.tasks.chart.picture_plot import Plot
from erm.tasks.chart.picture_texts import PictureText, is_word, read_texts, texts_of_ink
from erm.tasks.contract import TextReader
from erm.tasks.discrepancy import Box
from erm.tasks.shared.regions import INK, Pixels, codes_of, gap_from, place_of, rim_colour

_SURE = 0.9
"""Mean probability of the letters from which something inside a plot is a text."""

_TICK_REACH = 7
"""Pixels at the outside of a plot's sides in which its tick marks stand."""

_NEAR_AXIS = 30
"""Pixels from an axis within which its tick labels stand."""

_OVERHANG = (20, 12)
"""Pixels by which the middle of a label may stand outside the range of its x and of its y axis."""

_CENTRED, _CENTRED_TITLE = 0.1, 0.05
"""Distance of a label's and of a title's middle from a plot's, as a share of the plot's side."""

_TITLE_GAP = 12
"""Pixels between a title and its plot, at most, where another plot stands above."""

_FREE_TITLE = 0.15
"""The same of the title of a plot without sides."""

_SAME_ROW = 6
"""Pixels by which the tops of tick labels of one axis, or a label and its mark, stand apart."""

_FLUSH = 4
"""Pixels by which a title at the left or the right may stand off the plot's side."""


def read_chart(pixels: Pixels, reader: TextReader) -> ChartScene:
    """The scene that a picture, (height, width, 3) RGB, shows, as far as it can be read."""
    height, width = pixels.shape[:2]
    codes = codes_of(pixels)
    paper = rim_colour(codes)
    frames = plot_frames(codes) or filled_frames(codes)
    plots = [Plot.of(pixels, codes, frame) for frame in frames]
    drawn = None if plots else drawn_frame(gap_from(pixels, paper) > INK)
    if drawn is not None:
        plots = [Plot(drawn, paper, ([], []), framed=False)]
    texts = _outer_texts(pixels, paper, plots)
    inner = [text for plot in plots for text in plot.find_texts(pixels, reader)]
    read_texts(pixels, texts, reader, 0.0)
    # a mark of data is easily taken for a letter
    read_texts(pixels, inner, reader, _SURE)
    free = [text for text in texts if text.text and not _add_to_plot(text, plots)]
    page = [text for text in free if is_word(text.text)]
    scene = ChartScene(
        size=[width, height],
        cropped=False,
        background=hex_of(paper),
        texts=[],
        legends=[],
        axes=[plot.axes(pixels) for plot in plots],
    )
    scene["texts"] = _page_texts(page, plots)
    return scene


def _outer_texts(pixels: Pixels, paper: int, plots: Sequence[Plot]) -> list[PictureText]:
    """All texts outside the plots and their tick marks."""
    ink = gap_from(pixels, paper) > INK
    for plot in plots:
        if not plot.framed:
            ink[place_of(plot.box)] = False
            continue
        x0, y0, x1, y1 = (int(value) for value in plot.box)
        ink[max(0, y0 - 3) : y1 + 4, max(0, x0 - 3) : x1 + 4] = False
        for place in plot.marks[0]:
            ink[y1 : y1 + _TICK_REACH, max(0, int(place) - 3) : int(place) + 3] = False
        for place in plot.marks[1]:
            ink[max(0, int(place) - 3) : int(place) + 3, max(0, x0 - _TICK_REACH) : x0] = False
    return texts_of_ink(ink)


def _add_to_plot(text: PictureText, plots: Sequence[Plot]) -> bool:
    """Add a tick label, an axis label or a title to its plot; whether the text is one of these."""
    x, y = (text.box.x0 + text.box.x1) / 2, (text.box.y0 + text.box.y1) / 2
    # a title stands closer to its plot than the label of the axis above it
    for plot in sorted(plots, key=lambda one: not 0 <= one.box.y0 - text.box.y1 <= _TITLE_GAP):
        box = plot.box
        if not plot.framed:
            above = box.y0 - text.box.y1
            if above >= -_SAME_ROW and abs(x - (box.x0 + box.x1) / 2) <= _FREE_TITLE * side_length(
                box, 0
            ):
                return _add_title(plot, "title", text)
            continue
        below, left, above = text.box.y0 - box.y1, box.x0 - text.box.x1, box.y0 - text.box.y1
        inside_x = box.x0 - _OVERHANG[0] <= x <= box.x1 + _OVERHANG[0]
        inside_y = box.y0 - _OVERHANG[1] <= y <= box.y1 + _OVERHANG[1]
        if inside_x and below >= 0:
            mark = _at_mark(plot, 0, x)
            if below <= _NEAR_AXIS and mark is not None:
                first = min((one.box.y0 for _, one in plot.labels[0]), default=text.box.y0)
                if abs(first - text.box.y0) <= _SAME_ROW:
                    plot.labels[0].append((mark, text))
                    return True
            centred = abs(x - (box.x0 + box.x1) / 2) <= _CENTRED * side_length(box, 0)
            if below <= 3 * _NEAR_AXIS and centred and any(map(str.isalpha, text.text)):
                return _add_title(plot, "x label", text)
        if inside_y and left >= 0:
            centred = abs(y - (box.y0 + box.y1) / 2) <= _CENTRED * side_length(box, 1)
            if text.upright and left <= 4 * _NEAR_AXIS and centred:
                return _add_title(plot, "y label", text)
            mark = _at_mark(plot, 1, y)
            if left <= _NEAR_AXIS and mark is not None:
                plot.labels[1].append((mark, text))
                return True
        if inside_x and 0 <= above <= 2 * _NEAR_AXIS and not text.upright:
            if abs(x - (box.x0 + box.x1) / 2) <= _CENTRED_TITLE * side_length(box, 0) + 3:
                return _add_title(plot, "title", text)
            if abs(text.box.x0 - box.x0) <= _FLUSH:
                return _add_title(plot, "left title", text)
            if abs(text.box.x1 - box.x1) <= _FLUSH:
                return _add_title(plot, "right title", text)
    return False


def _add_title(plot: Plot, role: str, text: PictureText) -> bool:
    """Add a title or an axis label to a plot, or a second line to the first; whether it was."""
    known = plot.titles.get(role)
    if known is None:
        plot.titles[role] = text
        return True
    gap = max(known.box.y0, text.box.y0) - min(known.box.y1, text.box.y1)
    if gap > 1.2 * min(side_length(known.box, 1), side_length(text.box, 1)) or text.upright:
        return False
    first, second = sorted((known, text), key=lambda one: one.box.y0)
    box = Box.around([first.box, second.box])
    plot.titles[role] = PictureText(box, text=f"{first.text}\n{second.text}")
    return True


def _at_mark(plot: Plot, axis: int, place: float) -> float | None:
    """The tick mark next to a label's middle; the middle itself where the axis has no marks."""
    marks = plot.marks[axis]
    if not marks:
        return place
    nearest = min(marks, key=lambda mark: abs(mark - place))
    return nearest if abs(nearest - place) <= _SAME_ROW else None


def _page_texts(texts: Sequence[PictureText], plots: Sequence[Plot]) -> list[TextItem]:
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
