"""The typed scene of a drawn document: its tables, and the text around them, as they look.

A scene says what a reader sees and nothing of the markup: a cell drawn bold is bold whether a
``<th>`` or a ``<b>`` made it so, and grid lines that no cell begins at do not exist. Reading a
scene from a laid-out page is `erm.tasks.table.layout`; the difference of two is
`erm.tasks.table.compare`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

from erm.tasks.discrepancy import Box


@dataclass(frozen=True)
class Style:
    """How a stretch of text looks.

    `color` and `mark` (highlight) are ``#rrggbb``, `size` is in px, `font` the family's name.
    """

    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    raised: int = 0
    """1 superscript, -1 subscript, 0 on the line."""
    color: str = "#000000"
    mark: str | None = None
    size: float = 14.0
    font: str = ""


@dataclass(frozen=True)
class Run:
    """A stretch of text of one style."""

    text: str
    style: Style


@dataclass(frozen=True)
class Text:
    """Visible text of a cell, a caption or a paragraph.

    Attributes:
        runs: neighbouring runs differ in style; white space is collapsed to single spaces.
        box: bounds of the glyph lines in px; None where there is no text.
        lines: number of lines it is set on.
        width: sum of the lines' widths in px.
    """

    runs: tuple[Run, ...] = ()
    box: Box | None = None
    lines: int = 0
    width: float = 0.0

    @cached_property
    def plain(self) -> str:
        """The text without its styles."""
        return "".join(run.text for run in self.runs)

    @property
    def is_bold(self) -> bool:
        """Whether there is text and all of it is bold."""
        return bool(self.runs) and all(run.style.bold for run in self.runs)

    @property
    def is_italic(self) -> bool:
        """Whether there is text and all of it is italic."""
        return bool(self.runs) and all(run.style.italic for run in self.runs)


@dataclass(frozen=True)
class Line:
    """One side of a cell's border; equal lines look alike."""

    width: float
    style: str
    color: str


@dataclass(frozen=True)
class Cell:
    """A drawn cell.

    Attributes:
        row, column: 0-based place of its top left slot in the visual grid.
        rowspan, columnspan: number of grid rows and columns it covers.
        align: left, center or right; None where the text fills the width.
        valign: top, middle or bottom; None where the text fills the height.
        background: ``#rrggbb`` behind the text.
        borders: top, right, bottom, left; None where no line is drawn.
        tables: tables nested in the cell.
    """

    row: int
    column: int
    rowspan: int
    columnspan: int
    text: Text
    align: str | None
    valign: str | None
    background: str
    borders: tuple[Line | None, ...]
    box: Box
    tables: tuple[Table, ...] = ()

    @property
    def rows(self) -> range:
        """The grid rows that it covers."""
        return range(self.row, self.row + self.rowspan)

    @property
    def columns(self) -> range:
        """The grid columns that it covers."""
        return range(self.column, self.column + self.columnspan)

    @property
    def empty(self) -> bool:
        """Whether nothing stands in the cell."""
        return not self.text.plain and not self.tables

    @property
    def framed(self) -> bool:
        """Whether a line or a background shows that there is a cell."""
        return any(self.borders) or self.background != "#ffffff"


@dataclass(frozen=True)
class Caption:
    """A table's caption; `side` is top or bottom."""

    text: Text
    side: str
    align: str | None
    background: str
    box: Box


@dataclass(frozen=True)
class Table:
    """A drawn table.

    Attributes:
        xs, ys: left edges of columns and top edges of rows in px.
        right_to_left: whether rows begin at the right. Columns are counted from the left all the
            same.
    """

    rows: int
    columns: int
    cells: tuple[Cell, ...]
    caption: Caption | None
    box: Box
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    right_to_left: bool = False

    def slots(self) -> dict[tuple[int, int], Cell]:
        """The cell that covers each (row, column); slots without a cell are absent."""
        return {
            (row, column): cell
            for cell in self.cells
            for row in range(cell.row, cell.row + cell.rowspan)
            for column in range(cell.column, cell.column + cell.columnspan)
        }


@dataclass(frozen=True)
class Paragraph:
    """A block of text outside every table, or a drawn rule (no text)."""

    text: Text
    align: str | None
    background: str
    box: Box


@dataclass(frozen=True)
class Document:
    """All that is drawn: tables and paragraphs, each in reading order."""

    tables: tuple[Table, ...] = field(default=())
    paragraphs: tuple[Paragraph, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """JSON values; coordinates in px of the image, rounded to a hundredth."""
        value = _rounded(asdict(self))
        assert isinstance(value, dict)
        return value

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Document:
        """The inverse of `to_json`."""
        return cls(
            tuple(_table(item) for item in value["tables"]),
            tuple(_paragraph(item) for item in value["paragraphs"]),
        )


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(value, 2) if isinstance(value, float) else value


def _box(value: Any) -> Box:
    return Box(*value)


def _text(value: dict[str, Any]) -> Text:
    runs = tuple(Run(item["text"], Style(**item["style"])) for item in value["runs"])
    box = None if value["box"] is None else _box(value["box"])
    return Text(runs, box, value["lines"], value["width"])


def _plain_fields(kind: type, value: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for item in fields(kind):
        content = value[item.name]
        if item.name == "text":
            yield item.name, _text(content)
        elif item.name == "box":
            yield item.name, _box(content)
        else:
            yield item.name, content


def _cell(value: dict[str, Any]) -> Cell:
    values = dict(_plain_fields(Cell, value))
    values["borders"] = tuple(line and Line(**line) for line in value["borders"])
    values["tables"] = tuple(_table(item) for item in value["tables"])
    return Cell(**values)


def _paragraph(value: dict[str, Any]) -> Paragraph:
    return Paragraph(**dict(_plain_fields(Paragraph, value)))


def _table(value: dict[str, Any]) -> Table:
    caption = value["caption"]
    return Table(
        rows=value["rows"],
        columns=value["columns"],
        cells=tuple(_cell(item) for item in value["cells"]),
        caption=caption and Caption(**dict(_plain_fields(Caption, caption))),
        box=_box(value["box"]),
        xs=tuple(value["xs"]),
        ys=tuple(value["ys"]),
        right_to_left=value["right_to_left"],
    )
