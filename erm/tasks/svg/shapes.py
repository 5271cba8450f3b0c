"""A scene's shapes as typed objects, and what findings are about."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from erm.tasks import Scene
from erm.tasks.discrepancy import Box
from erm.tasks.shared.colours import colour_name
from erm.tasks.shared.findings import Finding, union
from erm.tasks.svg.outline import Outline
from erm.tasks.svg.paint import Paint, mean_colour

_DETAIL = 0.005
"""Share of the picture below which a shape is a detail."""


class Look(NamedTuple):
    """What a person calls a shape by: a colour's common name, a kind, drawn as an outline only.

    Texts have neither colour nor outline.
    """

    colour: str
    kind: str
    outlined: bool


@dataclass(frozen=True, eq=False)
class Shape:
    """One shape of a scene, see `erm.tasks.svg.scene` for the fields.

    Attributes:
        order: place in the paint order, 0 first.
        canvas: (width, height) of the picture in pixels.
        clips: outlines that confine it, each a tuple of subpaths (n, 2) in pixels.
        area: pixels of it that remain visible.
        part_of: the order of the line that it decorates as a marker.
    """

    order: int
    canvas: tuple[float, float]
    outline: Outline
    fill: Paint | None
    stroke: Paint | None
    text: Mapping[str, Any] | None
    clips: tuple[Any, ...]
    clip_rules: tuple[str, ...]
    box: Box
    area: float
    part_of: int | None

    @property
    def kind(self) -> str:
        return self.outline.kind

    @cached_property
    def paint(self) -> Paint:
        """What gives the shape its colour: its fill, else its stroke."""
        chosen = self.fill or self.stroke
        assert chosen is not None
        return chosen

    @cached_property
    def look(self) -> Look:
        """What a person calls the shape by."""
        if self.text is not None:
            return Look("", "text", False)
        colour = "gradient"
        if self.paint["type"] == "solid":
            colour = colour_name(mean_colour(self.paint))
        is_open = self.kind in ("line", "polyline", "curve", "dot")
        return Look(colour, self.kind, self.fill is None and not is_open)

    @property
    def is_detail(self) -> bool:
        """Whether the shape takes little of the picture."""
        return self.area < _DETAIL * self.canvas[0] * self.canvas[1]

    def mask(self) -> NDArray[np.bool_]:
        """Pixels (height, width) in which the shape can be seen to change."""
        width, height = (round(side) for side in self.canvas)
        image = Image.new("1", (width, height))
        draw = ImageDraw.Draw(image)
        reach = 3 if self.stroke is None else round(float(self.stroke["width"])) + 3
        for points in self.outline.subpaths:
            corners = [(float(x), float(y)) for x, y in points]
            if (self.fill or self.text) and len(corners) > 2:
                draw.polygon(corners, fill=1)
            draw.line(corners, fill=1, width=reach, joint="curve")
            if len(corners) > 2 or math.dist(*corners) > 1:
                continue
            x, y = corners[0]
            draw.ellipse((x - reach / 2, y - reach / 2, x + reach / 2, y + reach / 2), fill=1)
        return np.asarray(image)


def shapes_of(scene: Scene, canvas: tuple[float, float]) -> list[Shape]:
    """A scene's shapes on a canvas of another size, to which all lengths are scaled."""
    scale = np.array([canvas[0] / scene["width"], canvas[1] / scene["height"]])
    mean = float(scale.mean())
    shapes = []
    for order, entry in enumerate(scene["shapes"]):
        subpaths = tuple(np.array(points, dtype=float) * scale for points in entry["subpaths"])
        stroke = entry["stroke"]
        if stroke is not None and mean != 1:
            stroke = {
                **stroke,
                "width": stroke["width"] * mean,
                "dash": [value * mean for value in stroke["dash"]],
            }
        text = entry["text"]
        if text is not None and mean != 1:
            origin = [value * side for value, side in zip(text["origin"], scale, strict=True)]
            text = {**text, "size": text["size"] * mean, "origin": origin}
        x0, y0, x1, y1 = entry["box"]
        shapes.append(
            Shape(
                order,
                canvas,
                Outline(subpaths, entry["curved"], entry["kind"]),
                entry["fill"],
                stroke,
                text,
                tuple(
                    tuple(np.array(part, dtype=float) * scale for part in clip)
                    for clip in entry["clips"]
                ),
                tuple(entry["clip_rules"]),
                Box(x0 * scale[0], y0 * scale[1], x1 * scale[0], y1 * scale[1]),
                entry["area"] * mean * mean,
                entry["part_of"],
            )
        )
    return shapes


@dataclass(frozen=True)
class Element:
    """What a finding is about.

    Attributes:
        shapes: the reference's shapes; an extra shape itself. Empty for the whole image and the
            background.
        scope: ``shapes``, or the location of what is more than shapes.
        part: ``fill`` or ``stroke`` where the finding is about one of the two.
        every: the picture has no other shapes that look like these.
        moved_together: the shapes keep their arrangement.
        other: the shape that `shapes` are in front of or behind.
    """

    shapes: tuple[Shape, ...] = ()
    scope: Literal["shapes", "whole image", "background"] = "shapes"
    part: Literal["", "fill", "stroke"] = ""
    every: bool = False
    moved_together: bool = False
    other: Shape | None = None

    @property
    def box(self) -> Box:
        """The smallest box around the shapes."""
        box = union(shape.box for shape in self.shapes)
        assert box is not None
        return box


SvgFinding = Finding[Element, Any]
"""A finding about icons; the values' types depend on the rule (`erm.tasks.svg.wording`)."""


@dataclass(frozen=True)
class Pair:
    """A shape of the reference and the candidate's shape that stands for it."""

    reference: Shape
    candidate: Shape

    def finding(
        self,
        rule: str,
        reference: Any = None,
        candidate: Any = None,
        part: Literal["", "fill", "stroke"] = "",
    ) -> SvgFinding:
        """A finding about this pair, with both values."""
        element = Element((self.reference,), part=part)
        return Finding(rule, element, reference, candidate, self.reference.box, self.candidate.box)
