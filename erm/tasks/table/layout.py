"""Reads a scene from the box tree of a laid-out page.

Runs in the contained worker. A scene holds everything that is drawn; what it can't hold
(pictures, gradients, transforms, boxes placed over one another) raises
``DrawError('unreadable', …)``, so that such a document is never mislabelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from weasyprint.formatting_structure import boxes
from weasyprint.text.ffi import ffi, pango
from weasyprint.text.fonts import get_pango_font_key
from weasyprint.text.line_break import Layout as TextLayout

from erm.sources.errors import DrawError
from erm.tasks.discrepancy import Box
from erm.tasks.shared.cache import BoundedCache
from erm.tasks.table.scene import (
    Caption,
    Cell,
    Document,
    Line,
    Paragraph,
    Run,
    Style,
    Table,
    Text,
)

MAX_DEPTH = 6
"""Tables nested deeper than this are refused as unreadable."""

_EDGE = 0.6
"""Edges nearer than this many CSS px are one edge."""
_SLACK = 3.0
"""Free space in CSS px below which nobody sees how text is aligned."""
_RAISED = 2.0
"""Least distance in CSS px from the line that makes text superscript or subscript."""
_INVISIBLE = 12
"""Largest difference of an RGB channel between text and background that hides the text."""

_families = BoundedCache[str](256)
"""Families that Pango found, by the list that a style names."""


@dataclass(frozen=True)
class Frame:
    """Maps CSS px of the page to px of the image: x·scale − left, y·scale − top."""

    scale: float
    left: float
    top: float

    def box(self, x: float, y: float, width: float, height: float) -> Box:
        """The rectangle in px of the image."""
        return Box(
            x * self.scale - self.left,
            y * self.scale - self.top,
            (x + width) * self.scale - self.left,
            (y + height) * self.scale - self.top,
        )


def read_document(page: Any, frame: Frame) -> Document:
    """The scene of a laid-out WeasyPrint page box; raises `DrawError('unreadable', …)`."""
    reader = _Reader(frame)
    background = _over(page.background, "#ffffff")
    reader.flow(page, background, depth=0)
    return Document(tuple(reader.tables), tuple(reader.paragraphs))


class _Reader:
    """Collects tables and paragraphs of one flow (the page, or the inside of a cell)."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.tables: list[Table] = []
        self.paragraphs: list[Paragraph] = []

    def flow(self, box: Any, background: str, depth: int) -> None:
        for child in _children(box):
            _refuse_unreadable(child)
            if isinstance(child, boxes.MarginBox):
                continue
            if _is_table_wrapper(child):
                behind = _over(child.background, background)
                self.tables.append(_read_table(child, self.frame, behind, depth + 1))
                continue
            behind = _over(child.background, background)
            if _is_text_block(child):
                self._paragraph(child, behind)
                continue
            if behind != background and child.element_tag not in ("html", "body"):
                raise DrawError("unreadable", f"A <{child.element_tag}> outside tables is filled.")
            if any(_own_borders(child)):
                self.paragraphs.append(self._rule(child, behind))
            self.flow(child, behind, depth)

    def _rule(self, box: Any, background: str) -> Paragraph:
        x, y = box.border_box_x(), box.border_box_y()
        bounds = self.frame.box(x, y, box.border_width(), box.border_height())
        return Paragraph(Text(), None, background, bounds)

    def _paragraph(self, box: Any, background: str) -> None:
        if any(isinstance(item, boxes.TableBox) for item in box.descendants()):
            raise DrawError("unreadable", "A table stands inside a line of text.")
        text = _read_text([box], self.frame, background)
        if text.box is None:
            return
        align = _alignment(text, self.frame, box.content_box_x(), box.width)
        self.paragraphs.append(Paragraph(text, align, background, text.box))


def _children(box: Any) -> list[Any]:
    return list(getattr(box, "children", ()))


def _is_table_wrapper(box: Any) -> bool:
    return bool(getattr(box, "is_table_wrapper", False))


def _is_text_block(box: Any) -> bool:
    """A block whose children are lines, or a bare line."""
    if isinstance(box, (boxes.LineBox, boxes.TextBox)):
        return True
    children = _children(box)
    return bool(children) and all(
        isinstance(child, boxes.LineBox) or _is_marker(child) for child in children
    )


def _is_marker(box: Any) -> bool:
    return str(box.element_tag).endswith("::marker")


def _refuse_unreadable(box: Any) -> None:
    style, tag = box.style, box.element_tag
    if isinstance(box, boxes.ReplacedBox):
        raise DrawError("unreadable", f"A <{tag}> is drawn as a picture.")
    if style["position"] in ("absolute", "fixed") and not _is_marker(box):
        raise DrawError("unreadable", f"A <{tag}> is placed over the page.")
    if style["opacity"] != 1 or style["transform"] or style["box_shadow"]:
        raise DrawError("unreadable", f"A <{tag}> is transformed, translucent or shadowed.")
    if style["overflow"] != "visible" and _is_clipped(box):
        raise DrawError("unreadable", f"A <{tag}> cuts off a part of its text.")
    background = box.background
    if background is not None and any(layer.image for layer in background.layers):
        raise DrawError("unreadable", f"A <{tag}> has a picture or gradient behind it.")


def _is_clipped(box: Any) -> bool:
    """Whether text reaches out of a box that hides what overflows."""
    right = box.padding_box_x() + box.padding_width() + _EDGE
    bottom = box.padding_box_y() + box.padding_height() + _EDGE
    return any(
        item.position_x + item.width > right or item.position_y + item.height > bottom
        for item in box.descendants()
        if isinstance(item, boxes.TextBox) and item.text.strip()
    )


def _over(background: Any, behind: str) -> str:
    """The colour that results where a box's background lies over `behind`."""
    return behind if background is None else _blend(background.color, behind)


def _blend(color: Any, behind: str) -> str:
    red, green, blue, alpha = (min(1.0, max(0.0, part)) for part in color.to("srgb"))
    below = [int(behind[index : index + 2], 16) for index in (1, 3, 5)]
    channels = (
        round(255 * part * alpha + base * (1 - alpha))
        for part, base in zip((red, green, blue), below, strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _color(style: Any, key: str, behind: str) -> str:
    value = style["color"] if style[key] == "currentcolor" else style[key]
    return _blend(value, behind)


def _own_borders(box: Any, behind: str = "#ffffff") -> tuple[Line | None, ...]:
    """The four lines a box draws itself: top, right, bottom, left."""
    lines: list[Line | None] = []
    for side in ("top", "right", "bottom", "left"):
        width = getattr(box, f"border_{side}_width", 0)
        kind = box.style[f"border_{side}_style"]
        if not width or kind in ("none", "hidden"):
            lines.append(None)
            continue
        color = _color(box.style, f"border_{side}_color", behind)
        lines.append(None if color == behind else Line(round(width, 1), kind, color))
    return tuple(lines)


# Text


def _read_text(blocks: Iterable[Any], frame: Frame, background: str) -> Text:
    """The visible text of boxes, in drawing order."""
    runs: list[Run] = []
    bounds: list[Box] = []
    for line in _lines(blocks):
        pieces = [piece for piece in _pieces(line, frame, background, Style()) if piece[0].text]
        if not any(run.text.strip() for run, _ in pieces):
            continue
        if runs and _spaced(runs[-1].text, pieces[0][0].text):
            runs.append(Run(" ", replace(runs[-1].style, underline=False, strike=False)))
        runs.extend(run for run, _ in pieces)
        inked = [box for run, box in pieces if run.text.strip()]
        bounds.append(Box.around(inked))
    if not bounds:
        return Text()
    tops = sorted({round(box.y0) for box in bounds})
    lines = 1 + sum(after - before > 2 for before, after in pairwise(tops))
    width = sum(box.x1 - box.x0 for box in bounds)
    return Text(_collapsed(runs), Box.around(bounds), lines, width)


def _lines(blocks: Iterable[Any]) -> Iterator[Any]:
    """Line boxes below, in order; text boxes that stand in no line count as lines."""
    for block in blocks:
        _refuse_unreadable(block)
        if isinstance(block, (boxes.LineBox, boxes.TextBox)):
            yield block
        elif not _is_table_wrapper(block):
            yield from _lines(_children(block))


def _spaced(before: str, after: str) -> bool:
    """Whether a line break between two pieces stands for a space."""
    if before.endswith(("-", "\u2010", "\u00ad", "/")):
        return False
    return not (_ideographic(before[-1:]) and _ideographic(after[:1]))


def _ideographic(char: str) -> bool:
    return bool(char) and "\u2e80" <= char <= "\u9fff"


def _pieces(box: Any, frame: Frame, background: str, outer: Style) -> Iterator[tuple[Run, Box]]:
    if isinstance(box, boxes.TextBox):
        if box.style["visibility"] != "visible" or not box.text:
            return
        style = _style(box, background, outer)
        if not _visible(style, style.mark or background):
            return
        yield (
            Run(box.text, style),
            frame.box(box.position_x, box.position_y, box.width, box.height),
        )
        return
    for child in _children(box):
        _refuse_unreadable(child)
        if _is_table_wrapper(child):
            raise DrawError("unreadable", "A table stands inside a line of text.")
        if not isinstance(child, boxes.TextBox) and any(_own_borders(child)):
            raise DrawError("unreadable", f"A <{child.element_tag}> inside text has a border.")
        inner = outer
        if isinstance(child, boxes.InlineBox):
            mark = _over(child.background, outer.mark or background)
            # WeasyPrint resolves super and sub to a number of pixels above the line
            shift = child.style["vertical_align"]
            if isinstance(shift, (int, float)) and abs(shift) >= _RAISED:
                inner = replace(inner, raised=1 if shift > 0 else -1)
            if mark != (outer.mark or background):
                inner = replace(inner, mark=mark)
        elif child.background is not None and child.background.color.alpha:
            raise DrawError("unreadable", f"A <{child.element_tag}> inside text is filled.")
        yield from _pieces(child, frame, background, inner)


def _style(box: Any, background: str, outer: Style) -> Style:
    style = box.style
    decoration = style["text_decoration_line"]
    lines = () if decoration == "none" else decoration
    return Style(
        bold=style["font_weight"] >= 600,
        italic=style["font_style"] != "normal",
        underline="underline" in lines,
        strike="line-through" in lines,
        raised=outer.raised,
        color=_blend(style["color"], outer.mark or background),
        mark=outer.mark,
        size=round(float(style["font_size"]), 1),
        font=_font_family(style),
    )


def _font_family(style: Any) -> str:
    """The family in which Pango sets Latin letters of a style."""

    def set_letter() -> str:
        layout = TextLayout(style)
        layout.set_text("x")
        font = layout.get_first_line()[0].runs[0].data.item.analysis.font
        _, description, _ = get_pango_font_key(font)
        family: bytes = ffi.string(pango.pango_font_description_get_family(description))
        return family.decode()

    return _families.get_or_compute(tuple(style["font_family"]), set_letter)


def _visible(style: Style, background: str) -> bool:
    """False for text in the colour of what is behind it, or too small to be seen."""
    gap = max(
        abs(int(style.color[index : index + 2], 16) - int(background[index : index + 2], 16))
        for index in (1, 3, 5)
    )
    return gap > _INVISIBLE and style.size >= 1


def _collapsed(runs: Iterable[Run]) -> tuple[Run, ...]:
    """Runs with white space collapsed as one text, then neighbours of one style joined."""
    kept: list[Run] = []
    spaced = True
    for run in runs:
        text = ""
        for char in run.text:
            blank = char.isspace()
            if not (blank and spaced) and char not in "\u00ad\u200b":
                text += " " if blank else char
                spaced = blank
        if not text:
            continue
        style = run.style
        if not text.strip() and kept:
            style = kept[-1].style
        if kept and kept[-1].style == style:
            kept[-1] = Run(kept[-1].text + text, style)
        else:
            kept.append(Run(text, style))
    while kept and not kept[-1].text.rstrip():
        kept.pop()
    if kept:
        kept[-1] = Run(kept[-1].text.rstrip(), kept[-1].style)
    return tuple(kept)


def _alignment(text: Text, frame: Frame, x: float, width: float) -> str | None:
    """Horizontal alignment of text in a content box of CSS px."""
    if text.box is None:
        return None
    area = frame.box(x, 0, width, 0)
    return _anchored(text.box.x0 - area.x0, area.x1 - text.box.x1, frame, "left right")


def _anchored(before: float, after: float, frame: Frame, ends: str) -> str | None:
    """Which side text leans to, given the free space before and after it."""
    start, end = ends.split()
    middle = "center" if start == "left" else "middle"
    slack = _SLACK * frame.scale
    if before + after < slack:
        return None
    if abs(before - after) <= slack / 2:
        return middle
    if before < after:
        return start if before <= (before + after) / 4 else middle
    return end if after <= (before + after) / 4 else middle


# Tables


def _read_table(wrapper: Any, frame: Frame, background: str, depth: int) -> Table:
    if depth > MAX_DEPTH:
        raise DrawError("unreadable", f"Tables are nested more than {MAX_DEPTH} deep.")
    table = wrapper.get_wrapped_table()
    _refuse_unreadable(table)
    behind = _over(table.background, background)
    drawn = [item for item in _cells(table, behind) if _has_area(item[0])]
    xs = _edges(cell.position_x for cell, _, _ in drawn)
    ys = _edges(cell.position_y for cell, _, _ in drawn)
    read = [
        _read_cell(cell, _cell_borders(cell, row, table, color), color, frame, xs, ys, depth)
        for cell, row, color in drawn
    ]
    cells = tuple(sorted(read, key=lambda cell: (cell.row, cell.column)))
    taken: set[tuple[int, int]] = set()
    for cell in cells:
        for row in range(cell.row, cell.row + cell.rowspan):
            for column in range(cell.column, cell.column + cell.columnspan):
                if (row, column) in taken:
                    raise DrawError("unreadable", "Two cells are drawn over one another.")
                taken.add((row, column))
    return Table(
        rows=len(ys),
        columns=len(xs),
        cells=cells,
        caption=_read_caption(wrapper, frame, background),
        box=frame.box(
            table.border_box_x(), table.border_box_y(), table.border_width(), table.border_height()
        ),
        xs=tuple(frame.box(x, 0, 0, 0).x0 for x in xs),
        ys=tuple(frame.box(0, y, 0, 0).y0 for y in ys),
        right_to_left=table.style["direction"] == "rtl",
    )


def _has_area(cell: Any) -> bool:
    return bool(cell.border_width() > _EDGE and cell.border_height() > _EDGE)


def _cells(table: Any, behind: str) -> Iterator[tuple[Any, int, str]]:
    """(cell box, index of its row, colour behind its text).

    Backgrounds lie over one another in the order column group, column, row group, row, cell.
    """
    index = -1
    columns: dict[int, str] = {}
    for group in table.column_groups:
        under = _over(group.background, behind)
        for column in group.children:
            _refuse_unreadable(column)
            columns[column.grid_x] = _over(column.background, under)
    for group in _children(table):
        _refuse_unreadable(group)
        for row in _children(group):
            _refuse_unreadable(row)
            index += 1
            for cell in _children(row):
                _refuse_unreadable(cell)
                color = columns.get(cell.grid_x, behind)
                for box in (group, row, cell):
                    color = _over(box.background, color)
                yield cell, index, color


def _edges(positions: Iterable[float]) -> list[float]:
    """Distinct positions in order; those nearer than `_EDGE` are one."""
    edges: list[float] = []
    for position in sorted(positions):
        if not edges or position - edges[-1] > _EDGE:
            edges.append(position)
    return edges


def _span(edges: list[float], start: float, size: float) -> tuple[int, int]:
    """(index of the edge a cell starts at, number of edges it covers)."""
    inside = [
        index for index, edge in enumerate(edges) if start - _EDGE <= edge < start + size - _EDGE
    ]
    return inside[0], len(inside)


def _read_cell(
    box: Any,
    borders: tuple[Line | None, ...],
    background: str,
    frame: Frame,
    xs: list[float],
    ys: list[float],
    depth: int,
) -> Cell:
    column, columnspan = _span(xs, box.position_x, box.border_width())
    row, rowspan = _span(ys, box.position_y, box.border_height())
    nested = _Reader(frame)
    for wrapper in _wrappers(box):
        nested.tables.append(_read_table(wrapper, frame, background, depth + 1))
    for block in box.descendants():
        if isinstance(block, boxes.BlockLevelBox) and not isinstance(block, boxes.TableBox):
            _refuse_block(block)
    text = _read_text(_children(box), frame, background)
    shown = text.box
    valign = None
    if shown is not None and not nested.tables:
        area = frame.box(0, box.border_box_y(), 0, box.border_height())
        padding = frame.scale * min(box.padding_top, box.padding_bottom)
        before, after = shown.y0 - area.y0 - padding, area.y1 - shown.y1 - padding
        valign = _anchored(max(0.0, before), max(0.0, after), frame, "top bottom")
    return Cell(
        row=row,
        column=column,
        rowspan=rowspan,
        columnspan=columnspan,
        text=text,
        align=_alignment(text, frame, box.content_box_x(), box.width),
        valign=valign,
        background=background,
        borders=borders,
        box=frame.box(box.position_x, box.position_y, box.border_width(), box.border_height()),
        tables=tuple(nested.tables),
    )


def _wrappers(box: Any) -> Iterator[Any]:
    """Outermost table wrappers below a box."""
    for child in _children(box):
        if _is_table_wrapper(child):
            yield child
        else:
            yield from _wrappers(child)


def _refuse_block(block: Any) -> None:
    """A block inside a cell must show nothing but its text."""
    if isinstance(block, (boxes.TableCaptionBox, boxes.TableBox)) or _is_table_wrapper(block):
        return
    if any(_own_borders(block)):
        raise DrawError("unreadable", f"A <{block.element_tag}> inside a cell has a border.")
    if block.background is not None and block.background.color.alpha:
        raise DrawError("unreadable", f"A <{block.element_tag}> inside a cell is filled.")


def _cell_borders(box: Any, y: int, table: Any, background: str) -> tuple[Line | None, ...]:
    if table.style["border_collapse"] == "separate":
        return _own_borders(box, background)
    vertical, horizontal = table.collapsed_border_grid
    columns = len(vertical[y]) - 1
    # Cells are numbered in reading order, lines from left to right
    first, last = box.grid_x, min(box.grid_x + box.colspan, columns)
    if table.style["direction"] == "rtl":
        first, last = columns - last, columns - first
    bottom = min(y + box.rowspan, len(horizontal) - 1)
    found = (
        horizontal[y][first],
        vertical[y][last],
        horizontal[bottom][first],
        vertical[y][first],
    )
    lines: list[Line | None] = []
    for _, (style, width, color) in found:
        shade = _blend(color, "#ffffff")
        hidden = not width or style in ("none", "hidden") or not color.alpha
        lines.append(None if hidden else Line(round(width, 1), style, shade))
    return tuple(lines)


def _read_caption(wrapper: Any, frame: Frame, background: str) -> Caption | None:
    captions = [box for box in _children(wrapper) if isinstance(box, boxes.TableCaptionBox)]
    if len(captions) > 1:
        raise DrawError("unreadable", "A table has several captions.")
    if not captions:
        return None
    box = captions[0]
    _refuse_unreadable(box)
    behind = _over(box.background, background)
    text = _read_text(_children(box), frame, behind)
    if text.box is None and behind == background:
        return None
    above = box.position_y < wrapper.get_wrapped_table().position_y
    bounds = frame.box(
        box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()
    )
    align = _alignment(text, frame, box.content_box_x(), box.width)
    return Caption(text, "top" if above else "bottom", align, behind, bounds)
