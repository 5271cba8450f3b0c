"""What a drawn chart shows: its texts, and a value and a colour for each category.

Not covered: several series, layers, facets, legends and scales that are not linear; such a chart
has no scene and makes no pairs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from erm.sources.errors import DrawError
from erm.tasks import Scene
from erm.tasks.shared.numbers import parse_number
from erm_vegalite.draw import Placed, walk

NEAR = 1.0
"""Pixels by which a mark may miss the centre of its category."""


def read_scene(graph: dict[str, Any]) -> Scene:
    """``texts``: name → text and box; ``categories``: texts, boxes and centres along the x axis;
    ``ticks``: value and y of the y axis; ``marks``: category, value, colour and box; ``kind``.

    Raises:
        DrawError: ``unreadable``.
    """
    items = list(walk(graph["scenegraph"], *graph["origin"]))
    texts: dict[str, Any] = {}
    labels: dict[str, list[dict[str, Any]]] = {"bottom": [], "left": []}
    drawn: list[Placed] = []
    for placed in items:
        role, side = str(placed.mark["role"]), placed.group.get("orient")
        if role == "title-text" or (role == "axis-title" and side in labels):
            axis = {"bottom": "x-axis ", "left": "y-axis "}.get(str(side), "")
            texts[f"{axis if role == 'axis-title' else ''}title"] = _text(placed)
        elif role == "axis-label" and side in labels:
            labels[side].append(_text(placed))
        elif role == "mark":
            drawn.append(placed)
        elif role.startswith("legend") or "label" in role:
            raise DrawError("unreadable", f"The chart has a {role}.")
    if len({id(placed.mark) for placed in drawn}) != 1:
        raise DrawError("unreadable", "The chart has more than one layer or series.")
    to_value = _linear(labels["left"])
    marks = [_mark(placed, labels["bottom"], to_value) for placed in drawn]
    if len({mark["category"] for mark in marks}) < len(marks):
        raise DrawError("unreadable", "A category has more than one mark.")
    kind = drawn[0].item.get("ariaRoleDescription", drawn[0].mark["marktype"])
    if kind in ("line", "area"):
        _widen(marks)
    ticks = [label["text"] for label in labels["left"]]
    boxes = [label["box"] for label in labels["left"]]
    return {
        "kind": kind,
        "texts": texts,
        "categories": labels["bottom"],
        "range": {"text": f"{ticks[0]} to {ticks[-1]}", "box": _around(boxes)},
        "marks": marks,
    }


def _text(placed: Placed) -> dict[str, Any]:
    """A text and roughly where it is; Vega does not say how wide it is drawn."""
    item = placed.item
    x, y = placed.x + item.get("x", 0), placed.y + item.get("y", 0)
    text = str(item.get("text", ""))
    width = max(1.0, 0.62 * item["fontSize"] * len(text))
    height = 1.2 * item["fontSize"]
    left = {"left": 0.0, "right": -width}.get(item.get("align", "left"), -width / 2)
    top = {"top": 0.0, "middle": -height / 2}.get(item.get("baseline", "alphabetic"), -height)
    corners = np.array([(left, top), (left + width, top + height)])
    turn = np.deg2rad(item.get("angle", 0))
    turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    box = [*(turned.min(axis=0) + (x, y)), *(turned.max(axis=0) + (x, y))]
    return {"text": text, "box": [round(float(side), 2) for side in box], "x": x, "y": y}


def _linear(ticks: list[dict[str, Any]]) -> np.poly1d:
    """From y in pixels to the value on an axis."""
    values = [parse_number(tick["text"]) for tick in ticks]
    if len(values) < 2 or None in values:
        raise DrawError("unreadable", "The y axis has no two numbers.")
    line = np.poly1d(np.polyfit([tick["y"] for tick in ticks], np.array(values, float), 1))
    if any(abs(line(t["y"]) - v) > 1e-6 * max(map(abs, values)) for t, v in zip(ticks, values)):
        raise DrawError("unreadable", "The y axis is not linear.")
    return line


def _mark(placed: Placed, categories: list[dict[str, Any]], to_value: np.poly1d) -> dict[str, Any]:
    item = placed.item
    x, y, width = placed.x + item["x"], placed.y + item["y"], item.get("width", 0)
    centre = x + width / 2
    near = [i for i, one in enumerate(categories) if abs(one["x"] - centre) <= NEAR]
    if len(near) != 1:
        raise DrawError("unreadable", "A mark stands at no category of the x axis.")
    ends = (y, y + item.get("height", 0))
    radius = 0 if width else max(2.0, item.get("size", 0) ** 0.5 / 2)
    # the y axis' labels lie half a pixel below its ticks
    value = max((float(to_value(end + 0.5)) for end in ends), key=abs)
    return {
        "category": near[0],
        "value": float(f"{value:.6g}"),
        "colour": item.get("fill") or item.get("stroke"),
        "box": [x - radius, ends[0] - radius, x + width + radius, ends[1] + radius],
    }


def _widen(marks: list[dict[str, Any]]) -> None:
    """A point of a line shows as far as the points next to it."""
    marks.sort(key=lambda mark: mark["category"])
    boxes = [mark["box"] for mark in marks]
    for index, mark in enumerate(marks):
        mark["box"] = _around(boxes[max(0, index - 1) : index + 2])


def _around(boxes: list[list[float]]) -> list[float]:
    return [*np.min(boxes, axis=0)[:2].tolist(), *np.max(boxes, axis=0)[2:].tolist()]
