"""The typed scene of a chart: what a figure shows, as JSON values.

Covers the names and units of a scene's parts. Not covered: how they are read from a figure
(`erm.tasks.chart.scene`, `erm.tasks.chart.marks`) and how two scenes differ
(`erm.tasks.chart.compare`).

Boxes are ``[x0, y0, x1, y1]`` in pixels of the image, y down. Colours are ``#rrggbbaa`` before
they are laid over their background. Widths and sizes are pixels.
"""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

BoxList = list[float]

Calendar = Literal["days", "hours", "months", "quarters", "years"]
"""What the values of an axis of dates count since 1970."""


class Stroke(TypedDict):
    """A visible line's look."""

    colour: str
    width: float
    dash: str
    """solid, dashed, dotted, dash-dotted, or the dash lengths of a custom one."""


class TextFrame(TypedDict):
    """The box behind a text."""

    fill: str
    edge: Stroke | None
    form: str
    """square, round, round4, circle, …: the name of matplotlib's box style."""
    box: BoxList


class Arrow(TypedDict):
    """The arrow of an annotation."""

    colour: str
    width: float
    style: str
    """Name of matplotlib's arrow style."""
    ends: list[float]
    """Tail and head: x0, y0, x1, y1 in pixels."""
    box: BoxList


class TextItem(TypedDict):
    """One drawn text."""

    role: str
    """title, x label, y label, legend entry, legend title, annotation, suptitle, …"""
    text: str
    box: BoxList
    colour: str
    size: float
    """Font size in pixels."""
    font: str
    """Name of the font that it is drawn with."""
    weight: str
    """normal, bold, italic or bold italic."""
    angle: float
    """Rotation in degrees, anticlockwise."""
    arrow: NotRequired[Arrow]
    wedge: NotRequired[int]
    """Rank of the wedge or tile that the text belongs to, among all of the plot."""
    frame: NotRequired[TextFrame]


class Tick(TypedDict):
    """One major tick, or minor tick with a label, inside the limits."""

    at: float
    text: str
    box: BoxList


class Axis(TypedDict):
    """One of the two axes of a plot."""

    scale: str
    limits: list[float]
    """Values at the left (bottom) and right (top) end."""
    auto: bool
    """Whether the limits follow the data."""
    fixed: bool
    """Whether tick places are given one by one, as for categories."""
    visible: bool
    side: str
    """Where labels stand: left, right, bottom or top."""
    ticks: list[Tick]
    calendar: NotRequired[Calendar]
    """What values count since 1970 where the axis shows dates."""
    tick_font: str
    tick_weight: str
    tick_size: float
    tick_colour: str
    tick_angle: float
    offset_text: str
    grid: Stroke | None
    minor_grid: Stroke | None


class Point(TypedDict):
    """One bar, point, wedge, cell, box or vertex of a series.

    ``at`` is the place on the category (x) axis, ``value`` the length or y, ``base`` where a bar or
    area starts, ``size`` a bar's width in data units or a marker's diameter in pixels.
    """

    at: float
    value: float
    base: float
    size: float
    box: BoxList
    name: str
    """Category, wedge label or date; empty where there is none."""
    colour: NotRequired[str]
    """Only where the series' elements differ in colour."""
    hatch: NotRequired[str]
    low: NotRequired[float]
    high: NotRequired[float]
    """Ends of an error bar or of a box plot's whiskers."""
    first: NotRequired[float]
    third: NotRequired[float]
    """Quartiles of a box plot."""
    direction: NotRequired[float]
    """Where an arrow points, in degrees anticlockwise from the right."""
    outline: NotRequired[list[list[float]]]
    """Vertices of a free shape, in thousandths of the axes' sides, y up."""
    depth: NotRequired[float]
    """y of a mark in three dimensions, where ``value`` is its height."""
    corners: NotRequired[list[list[float]]]
    """Vertices (x, y, z) of a mark in three dimensions that is more than a point."""


class Series(TypedDict):
    """Marks that belong together: one bar container, line, scatter, pie, area, image …"""

    kind: str
    name: str
    """Label in the legend; empty where there is none."""
    colour: str
    """Fill of bars and wedges, colour of lines and points; of the first element where mixed."""
    mixed: bool
    """Whether elements differ in colour."""
    edge: Stroke | None
    """Outline of filled marks."""
    line: Stroke | None
    marker: str
    hatch: str
    box: BoxList
    points: list[Point]
    touching: NotRequired[bool]
    """Bars without gaps, as in a histogram."""
    start: NotRequired[float]
    """Angle of a pie's first wedge in degrees."""
    hole: NotRequired[float]
    """Inner radius of a pie as a share of the outer one."""
    shadow: NotRequired[bool]
    """Whether a pie's wedges throw a shadow."""
    noun: NotRequired[str]
    """What people call marks of free form: arrows, contours, …"""
    map: NotRequired[str]
    """Name of the colour map."""
    face: NotRequired[str]
    """Fill of markers where it is not the line's colour."""
    step: NotRequired[str]
    """How a line steps between its points; empty for straight lines."""
    endless: NotRequired[bool]
    """Whether a straight line runs on beyond the plot; its points stand at the plot's sides."""
    inner: NotRequired[dict[str, Stroke]]
    """Looks of the lines of a box plot without its frame: median, whiskers, caps."""
    parts: NotRequired[int]
    """How many lines and dots stand within the violins."""
    shape: NotRequired[list[int]]
    """Rows and columns of a heat map or image; its points are means over a coarser grid where
    they are fewer."""
    total: NotRequired[int]
    """Number of the marks where the points are an even sample of them."""


class Legend(TypedDict):
    """A drawn legend."""

    box: BoxList
    place: str
    """One of nine places inside the axes, or outside."""
    auto: bool
    """Whether the place follows the data."""
    columns: int
    framed: bool
    shadow: NotRequired[bool]
    """Whether its frame throws a shadow."""
    title: TextItem | None
    entries: list[TextItem]
    colours: list[str]
    """Main colour of each entry's handle."""


class Camera(TypedDict):
    """From where axes in three dimensions are seen, angles in degrees."""

    elevation: float
    azimuth: float
    roll: float
    matrix: list[list[float]]
    """Three rows of four: (x, y, z, 1) of the data to (u, v, w), where u / w and v / w are pixels
    of the image."""


class Axes(TypedDict):
    """One plot area."""

    box: BoxList
    grid: list[int] | None
    """rows, columns, first row, last row, first column, last column of the grid position."""
    projection: str
    """rectilinear, polar, 3d, or the name of a projection of the globe."""
    role: str
    """plot, colour bar, or figure for marks that stand outside any axes."""
    background: str
    spines: dict[str, Stroke]
    x: Axis
    y: Axis
    z: NotRequired[Axis]
    camera: NotRequired[Camera]
    texts: list[TextItem]
    legends: list[Legend]
    series: list[Series]


class ChartScene(TypedDict):
    """A whole figure."""

    size: list[int]
    """Width and height of the image in pixels."""
    cropped: bool
    """Whether the image was cut to its content (``bbox_inches="tight"``)."""
    background: str
    texts: list[TextItem]
    legends: list[Legend]
    axes: list[Axes]
