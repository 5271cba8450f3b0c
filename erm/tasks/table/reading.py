"""Reads a document from the picture of a table: cells from rules, texts by OCR, looks from pixels.

Covers tables whose cells lie between drawn rules. Of looks it reads background, bold text, colour,
size, alignment and rules; not italic text, fonts, nested tables and rules that are not solid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from erm.tasks.contract import TextReader
from erm.tasks.discrepancy import Box
from erm.tasks.shared.colours import colour_distance, hexadecimal
from erm.tasks.shared.regions import (
    INK,
    Mask,
    Pixels,
    Place,
    box_of,
    codes_of,
    commonest,
    ends,
    gap_from,
    levels_of,
    line_picture,
    runs,
    text_lines,
)
from erm.tasks.table.scene import Caption, Cell, Document, Line, Paragraph, Run, Style, Table, Text

_THICKEST = 6
"""Pixels across up to which a stretch of one colour is a rule."""
_SHORTEST_ACROSS, _SHORTEST_DOWN = 20, 8
"""Pixels along from which such a stretch is a rule: longer than strokes of letters."""
_GAP = 5
"""Pixels up to which a gap in a rule is none."""
_STRAIGHT = 0.9
"""Share of its box that a rule fills."""
_SMALLEST_CELL = 5
"""Pixels of the shorter side from which a space between rules is a cell."""
_SAME_EDGE = 4.0
"""Pixels within which edges of cells are one line of the grid."""
_FREE = 8.0
"""Pixels of free room from which text is seen to stand at one side."""
_AT_SIDE = 3.0
"""Pixels that text may be off a side, or off the middle, and still stand there."""
_BOLD = 0.2
"""Mean width of strokes, as a share of the text's size, from which text is bold."""
_SAME_COLOUR = 12.0
"""CIE76 distance within which a colour of thin strokes is the picture's commonest one."""
_SAME_SIZE = 0.13
"""Share within which a size is the picture's commonest one."""
_HOUSE_SIZE = 14.0
"""Size in px of text that says nothing about its size (`erm.tasks.table.house_style`)."""
_CAPTION_GAP = 10
"""Pixels from a table within which a text is its caption."""
_OVERHANG = 9
"""Pixels that a caption may be wider than its table on either side."""


def read_document(pixels: Pixels, reader: TextReader) -> Document:
    """The document that a picture, (height, width, 3) RGB, shows."""
    codes = codes_of(pixels)
    rules = _rules(codes)
    grids = _grids(rules)
    inked = [[_block(pixels, codes, place) for place in grid] for grid in grids]
    outside = _outside(pixels, codes, grids)
    blocks = [block for grid in inked for block in grid] + outside
    texts = iter(reader.read([line for block in blocks for line in block.lines]))
    for block in blocks:
        block.text = " ".join(filter(None, (next(texts) for _ in block.lines)))
    _settle(blocks)
    tables = [_table(grid) for grid in inked]
    captions, paragraphs = _captions(outside, tables)
    tables = [
        replace(table, caption=caption) for table, caption in zip(tables, captions, strict=True)
    ]
    return Document(tuple(tables), tuple(paragraphs))


def _rules(codes: NDArray[np.int32]) -> Mask:
    """Pixels of the rules of tables: thin stretches of one colour, some along, some across."""
    across, down = runs(codes), runs(np.ascontiguousarray(codes.T)).T
    line = ~np.isin(codes, _papers(codes))
    long, high = across >= _SHORTEST_ACROSS, down >= _SHORTEST_DOWN
    flat = _straight(line & long & (down <= _THICKEST))
    upright = _straight(line & high & (across <= _THICKEST))
    # where rules cross, stretches are long both ways, or of a colour of their own
    every = flat | upright | (line & long & high)
    closed = ndimage.binary_closing(np.pad(every, _GAP), np.ones((_GAP, _GAP), bool))
    every |= closed[_GAP:-_GAP, _GAP:-_GAP]
    labels, count = ndimage.label(every, np.ones((3, 3), bool))
    kept = np.zeros(count + 1, dtype=bool)
    numbers = np.arange(1, count + 1)
    if count:
        both = [ndimage.maximum(mask, labels, numbers) for mask in (flat, upright)]
        kept[1:] = np.logical_and(*both)
    rules: Mask = kept[labels]
    return rules


def _papers(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """Colours that fill squares too large for a rule: backgrounds."""
    side = _THICKEST + 1
    uniform = ndimage.minimum_filter(codes, side) == ndimage.maximum_filter(codes, side)
    return np.unique(codes[uniform])


def _straight(mask: Mask) -> Mask:
    """The parts of a mask that fill their boxes."""
    labels, count = ndimage.label(mask, np.ones((3, 3), bool))
    kept = np.zeros(count + 1, dtype=bool)
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        inside = labels[place] == number
        kept[number] = inside.mean() >= _STRAIGHT
    straight: Mask = kept[labels]
    return straight


def _grids(rules: Mask) -> list[list[Place]]:
    """The cells of each table, as rows and columns of pixels."""
    near = ndimage.binary_dilation(rules, np.ones((3, 3), bool), iterations=_THICKEST // 2)
    tables = [place for place in ndimage.find_objects(ndimage.label(near)[0]) if place]
    tables = [one for one in tables if not any(_within(one, other) for other in tables)]
    labels, _ = ndimage.label(~rules)
    grids: list[list[Place]] = [[] for _ in tables]
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        high, wide = (part.stop - part.start for part in place)
        if min(high, wide) < _SMALLEST_CELL or (labels[place] == number).mean() < _STRAIGHT:
            continue
        for table, grid in zip(tables, grids, strict=True):
            if _within(place, table):
                grid.append(place)
    return [grid for grid in grids if grid]


def _within(place: Place, other: Place) -> bool:
    return place != other and all(
        outer.start <= inner.start and inner.stop <= outer.stop
        for inner, outer in zip(place, other, strict=True)
    )


@dataclass
class _Block:
    """A cell or a text outside the table.

    Attributes:
        box: its inside.
        background: ``#rrggbb``.
        ink: around the text; None where there is none.
        lines: pictures of its lines of text.
        colour: ``#rrggbb`` of the text.
        stroke: mean width of strokes in px.
        height: of the highest line in px.
        borders: top, right, bottom, left.
        text: what its lines say.
        size: of the text in px.
    """

    box: Box
    background: str
    ink: Box | None = None
    lines: list[Pixels] = field(default_factory=list)
    colour: str = "#000000"
    stroke: float = 0.0
    height: float = 0.0
    borders: tuple[Line | None, ...] = (None, None, None, None)
    text: str = ""
    size: float = _HOUSE_SIZE


def _block(pixels: Pixels, codes: NDArray[np.int32], place: Place) -> _Block:
    rows, columns = place
    inside = pixels[place]
    paper = commonest(codes[place])
    gap = gap_from(inside, paper)
    ink = gap > INK
    box = box_of(place)
    block = _Block(box, hexadecimal(levels_of(paper)))
    if not ink.any():
        return block
    left, right = ends(ink.any(axis=0))
    lines = text_lines(ink)
    top, bottom = lines[0][0], lines[-1][1]
    x, y = columns.start, rows.start
    block.ink = Box(x + left, y + top, x + right, y + bottom)
    block.lines = [line_picture(inside, ink, paper, *line) for line in lines]
    block.height = max(bottom - top for top, bottom in lines)
    darkest = gap >= gap.max()
    block.colour = hexadecimal(np.median(inside[darkest], axis=0).round().astype(int).tolist())
    strong = gap > 0.5 * float(gap.max())
    starts = int(strong[:, 0].sum()) + int((strong[:, 1:] & ~strong[:, :-1]).sum())
    block.stroke = float(gap[ink].sum()) / float(gap.max()) / max(1, starts)
    return block


def _settle(blocks: Sequence[_Block]) -> None:
    """Sizes from the letters read; colours and sizes that nearly are the commonest become it."""
    written = [block for block in blocks if block.text]
    for block in written:
        block.size = round(block.height / _extent(block.text), 1)
    if not written:
        return
    usual = float(np.median([block.size for block in written]))
    usual = _HOUSE_SIZE if abs(usual - _HOUSE_SIZE) <= _SAME_SIZE * usual else usual
    ink = Counter(block.colour for block in written).most_common(1)[0][0]
    for block in written:
        near = abs(block.size - usual) <= _SAME_SIZE * usual
        block.size = float(round(usual) if near else round(block.size))
        if colour_distance(block.colour, ink) <= _SAME_COLOUR:
            block.colour = ink


def _extent(text: str) -> float:
    """Height of a text as a share of its size, as common sans serif fonts have it."""
    high = any(char.isupper() or char.isdigit() or char in "bdfhijklt()[]{}/|'\"" for char in text)
    deep = any(char in "gjpqy,;()[]{}/|QJ$_" for char in text)
    return (0.80 if high else 0.62) + (0.22 if deep else 0.0)


def _text(block: _Block) -> Text:
    if not block.text:
        return Text()
    style = Style(bold=block.stroke >= _BOLD * block.size, color=block.colour, size=block.size)
    return Text((Run(block.text, style),), block.ink, len(block.lines), 0.0)


def _table(blocks: Sequence[_Block]) -> Table:
    xs, ys = (_edges([block.box[axis] for block in blocks]) for axis in (0, 1))
    pads = [
        min((abs(a - b) for a, b in gaps), default=0.0)
        for gaps in (
            [(block.ink[side], block.box[side]) for block in blocks if block.ink]
            for side in range(4)
        )
    ]
    cells = []
    for block in blocks:
        columns, rows = (_span(edges, *block.box[axis::2]) for axis, edges in ((0, xs), (1, ys)))
        cells.append(
            Cell(
                rows[0],
                columns[0],
                rows[1],
                columns[1],
                _text(block),
                _side(block, 0, pads, ("left", "center", "right"), _FREE),
                _side(block, 1, pads, ("top", "middle", "bottom"), 2 * _FREE),
                block.background,
                block.borders,
                block.box,
            )
        )
    around = Box.around(block.box for block in blocks)
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return Table(len(ys), len(xs), tuple(cells), None, around, tuple(xs), tuple(ys))


def _edges(values: Sequence[float]) -> list[float]:
    """The distinct ones of some coordinates, each the first of its neighbours."""
    edges: list[float] = []
    for value in sorted(values):
        if not edges or value - edges[-1] > _SAME_EDGE:
            edges.append(value)
    return edges


def _span(edges: Sequence[float], low: float, high: float) -> tuple[int, int]:
    """The first line of the grid and the number of lines that a cell covers."""
    inside = [index for index, edge in enumerate(edges) if low - _SAME_EDGE <= edge < high - 1]
    return inside[0], len(inside)


def _side(
    block: _Block, axis: int, pads: Sequence[float], names: tuple[str, str, str], free: float
) -> str | None:
    """At which side of its cell a text stands; None where it all but fills it."""
    if block.ink is None:
        return None
    before = block.ink[axis] - block.box[axis] - pads[axis]
    after = block.box[axis + 2] - block.ink[axis + 2] - pads[axis + 2]
    if before + after < free:
        return None
    if abs(before - after) <= _AT_SIDE:
        return names[1]
    if min(before, after) > _AT_SIDE:
        return None
    return names[0] if before < after else names[2]


def _outside(
    pixels: Pixels, codes: NDArray[np.int32], grids: Sequence[Sequence[Place]]
) -> list[_Block]:
    """Texts that stand outside all tables, from the top."""
    rest = codes.copy()
    page = commonest(codes)
    for grid in grids:
        rows = slice(
            min(r.start for r, _ in grid) - _THICKEST, max(r.stop for r, _ in grid) + _THICKEST
        )
        columns = slice(
            min(c.start for _, c in grid) - _THICKEST, max(c.stop for _, c in grid) + _THICKEST
        )
        rest[max(0, rows.start) : rows.stop, max(0, columns.start) : columns.stop] = page
    ink = rest != page
    if not ink.any():
        return []
    thick = ndimage.binary_dilation(ink, np.ones((7, 25), bool))
    places = ndimage.find_objects(ndimage.label(thick)[0])
    blocks = [_block(pixels, codes, place) for place in places]
    return [block for block in blocks if block.ink is not None]


def _captions(
    blocks: Sequence[_Block], tables: Sequence[Table]
) -> tuple[list[Caption | None], list[Paragraph]]:
    """Texts right above or below a table are its caption; all others are paragraphs."""
    captions: list[Caption | None] = [None] * len(tables)
    paragraphs = []
    for block in blocks:
        assert block.ink is not None
        for index, table in enumerate(tables):
            above, below = table.box.y0 - block.ink.y1, block.ink.y0 - table.box.y1
            inside = (
                table.box.x0 - _OVERHANG <= block.ink.x0
                and block.ink.x1 <= table.box.x1 + _OVERHANG
            )
            if captions[index] is None and inside and 0 <= max(above, below) <= _CAPTION_GAP:
                side = "top" if above > below else "bottom"
                captions[index] = Caption(_text(block), side, None, block.background, block.ink)
                break
        else:
            paragraphs.append(Paragraph(_text(block), None, block.background, block.ink))
    return captions, paragraphs
