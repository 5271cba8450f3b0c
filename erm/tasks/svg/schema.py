"""The schema by which a scene from the contained process is checked; see `erm.tasks.svg.scene`."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from annotated_types import Len
from typing_extensions import TypedDict

Point = Annotated[list[float], Len(2, 2)]
Subpaths = list[list[Point]]


class Paint(TypedDict):
    """A fill or the paint of a stroke: a solid colour, or a gradient with its stops."""

    type: Literal["solid", "linear gradient", "radial gradient"]
    color: NotRequired[Annotated[list[int], Len(3, 3)]]
    alpha: NotRequired[float]
    stops: NotRequired[list[Annotated[list[float], Len(5, 5)]]]
    points: NotRequired[list[Point]]


class Stroke(Paint):
    """A stroke: its paint, width and dash lengths in pixels, cap, join, and place in the order."""

    width: float
    dash: list[float]
    cap: str
    join: str
    beneath: bool


class Letters(TypedDict):
    """A text: what it says, font size in pixels, and where it begins."""

    content: str
    size: float
    font: str
    bold: bool
    italic: bool
    origin: Point


class Shape(TypedDict):
    """One shape in paint order; the box is in pixels."""

    kind: str
    subpaths: Subpaths
    curved: bool
    fill: Paint | None
    stroke: Stroke | None
    text: Letters | None
    part_of: int | None
    clips: list[Subpaths]
    clip_rules: list[Literal["nonzero", "evenodd"]]
    box: Annotated[list[float], Len(4, 4)]
    area: float


class SvgScene(TypedDict):
    """A whole picture of `width` × `height` pixels."""

    width: int
    height: int
    background: Paint
    background_visible: bool
    shapes: list[Shape]
