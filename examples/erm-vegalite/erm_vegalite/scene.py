"""What a drawn chart shows: texts, and a mark with its value for each category of the x axis.

Not covered: several series, layers, facets, legends and axes that are not linear. Such a chart is
drawn, but has no scene and makes no pairs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import ImageColor

from erm.sources.errors import DrawError
from erm.tasks import Scene
from erm.tasks.discrepancy import Box
from erm.tasks.shared.colours import hexadecimal
from erm.tasks.shared.findings import union
from erm.tasks.shared.numbers import parse_number
from erm_vegalite.draw import Placed

_AXES = {"bottom": "x-axis", "left": "y-axis"}


def read_scene(items: list[Placed]) -> Scene:
    """``marks`` (kind, colour), ``range`` of the y axis, ``texts`` by name, and ``categories``,
    each with its text and its mark (value) or None; all with boxes. Raises `DrawError`.
    """
    texts: dict[str, Any] = {}
    labels: dict[str, list[dict[str, Any]]] = {"bottom": [], "left": []}
    marks: list[Placed] = []
    for placed in items:
        role, side = str(placed.mark["role"]), str(placed.group.get("orient"))
        if role == "mark":
            marks.append(placed)
        elif role == "title-text":
            texts["title"] = _text(placed)
        elif role == "axis-title" and side in _AXES:
            texts[f"{_AXES[side]} title"] = _text(placed)
        elif role == "axis-label" and side in _AXES:
            labels[side].append(_text(placed))
        elif placed.mark["marktype"] == "text":
            raise DrawError("unreadable", f"The chart has a {role}.")
    colours = {mark.item.get("stroke") or mark.item.get("fill") for mark in marks}
    if len({id(mark.mark) for mark in marks}) != 1 or len(colours) != 1:
        raise DrawError("unreadable", "The chart has no mark, or more than one series.")
    kind = marks[0].item.get("ariaRoleDescription", marks[0].mark["marktype"])
    categories = _categories(marks, labels["bottom"], labels["left"])
    drawn = [one["mark"] for one in categories if one["mark"]]
    if kind in ("line", "area"):  # a point of a line shows as far as the points next to it
        boxes = [mark["box"] for mark in drawn]
        for index, mark in enumerate(drawn):
            mark["box"] = union(boxes[max(0, index - 1) : index + 2])
    colour = hexadecimal(ImageColor.getrgb(str(colours.pop()))[:3])
    whole = {"kind": kind, "colour": colour, "box": union(mark["box"] for mark in drawn)}
    ends = " to ".join((labels["left"][0]["text"], labels["left"][-1]["text"]))
    span = {"text": ends, "box": union(tick["box"] for tick in labels["left"])}
    return {"marks": whole, "range": span, "texts": texts, "categories": categories}


def _text(placed: Placed) -> dict[str, Any]:
    """A text and about where it is: Vega does not report how wide it is drawn."""
    item, text = placed.item, str(placed.item["text"])
    x, y = placed.x + item.get("x", 0), placed.y + item.get("y", 0)
    width, height = 0.62 * item["fontSize"] * len(text), 1.2 * item["fontSize"]
    right = {"left": 0.5, "right": -0.5}.get(item["align"], 0) * width
    down = {"top": 0.5, "bottom": -0.5}.get(item["baseline"], 0) * height
    level = _box(x + right, y + down, width / 2, height / 2)
    box = _box(x, y, height, width / 2) if item.get("angle") else level
    return {"text": text, "x": x, "y": y, "box": box}


def _box(x: float, y: float, across: float, down: float) -> Box:
    return Box(x - across, y - down, x + across, y + down)


def _categories(
    marks: list[Placed], labels: list[dict[str, Any]], ticks: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each label of the x axis with its mark, whose value is read off the y axis."""
    places = np.array([tick["y"] for tick in ticks])
    values = np.array([parse_number(tick["text"]) for tick in ticks], float)
    if len(values) < 2 or np.isnan(values).any():
        raise DrawError("unreadable", "The y axis has no two numbers.")
    line = np.poly1d(np.polyfit(places, values, 1))
    if not np.allclose(line(places), values, rtol=1e-6):
        raise DrawError("unreadable", "The y axis is not linear.")
    categories = [{**label, "mark": None} for label in labels]
    for placed in marks:
        item, width = placed.item, placed.item.get("width", 0)
        x, y = placed.x + item["x"] + width / 2, placed.y + item["y"]
        tall = item.get("height", 0)
        here = [one for one in categories if abs(one["x"] - x) < 1 and one["mark"] is None]
        if len(here) != 1:
            raise DrawError("unreadable", "A mark has no category of its own.")
        # labels lie half a pixel below their ticks; a bar has its value at one end
        value = max((float(line(end + 0.5)) for end in (y, y + tall)), key=abs)
        radius = width / 2 or max(2.0, item.get("size", 0) ** 0.5 / 2)
        box = _box(x, y + tall / 2, radius, tall / 2 if width else radius + tall / 2)
        here[0]["mark"] = {"value": float(f"{value:.6g}"), "box": box}
    return categories
