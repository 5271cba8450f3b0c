"""A scene's shapes as typed objects, with the words that name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from erm.tasks import Scene
from erm.tasks.discrepancy import Box
from erm.tasks.svg import words
from erm.tasks.svg.outline import Outline

Paint = Mapping[str, Any]


@dataclass(frozen=True)
class Shape:
    """One shape of a scene, see `erm.tasks.svg.scene` for the fields.

    Attributes:
        order: place in the paint order, 0 first.
        part_of: the order of the line that it decorates as a marker.
        canvas: (width, height) of the picture in pixels.
    """

    order: int
    canvas: tuple[float, float]
    outline: Outline
    fill: Paint | None
    stroke: Paint | None
    text: Mapping[str, Any] | None
    clips: tuple[Any, ...]
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

    @property
    def place(self) -> str:
        return words.place(self.box, *self.canvas)

    @property
    def name(self) -> str:
        """Colour and kind: ``red circle``, ``blue square outline``, ``text``."""
        if self.text is not None:
            return "text"
        color = words.color_name(words.mean_color(self.paint))
        if self.paint["type"] != "solid":
            color = "gradient"
        lines = self.kind in ("line", "polyline", "curve")
        return f"{color} {self.kind}" + ("" if self.fill or lines else " outline")

    @property
    def location(self) -> str:
        """Name and place: ``red circle at top left``."""
        return f"{self.name} at {self.place}"

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
                tuple(entry["clips"]),
                Box(x0 * scale[0], y0 * scale[1], x1 * scale[0], y1 * scale[1]),
                entry["area"] * mean * mean,
                entry["part_of"],
            )
        )
    return shapes


def union(*boxes: Box) -> Box:
    """The smallest box around all boxes."""
    return Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )
