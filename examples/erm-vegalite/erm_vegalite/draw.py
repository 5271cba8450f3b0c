"""A specification to pixels and to Vega's scene graph; runs in the contained worker."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import vl_convert
from PIL import Image

from erm.sources.errors import DrawError
from erm.tasks import Drawing

LOADING = frozenset(("url", "href"))
"""Keys with which a specification loads or links to something."""


class Placed(NamedTuple):
    """An item of the scene graph: its mark, the group around it, and where both begin."""

    mark: dict[str, Any]
    item: dict[str, Any]
    group: dict[str, Any]
    x: float
    y: float


def parse(source: str) -> dict[str, Any] | None:
    """The specification in a source; None where it is no JSON object."""
    try:
        specification = json.loads(source)
    except (ValueError, RecursionError):
        return None
    return specification if isinstance(specification, dict) else None


def draw_specification(source: str, max_pixels: int, max_elements: int) -> Drawing:
    """Draw a specification with inline data; `Drawing.live` is the scene graph.

    Raises:
        DrawError: ``invalid_markup``, ``external_refused``, ``too_many_pixels``,
            ``too_many_elements`` or ``nothing_drawn``.
    """
    specification = parse(source)
    if specification is None:
        raise DrawError("invalid_markup", "The source is no JSON object.")
    _refuse_loading(specification)
    try:
        graph = vl_convert.vegalite_to_scenegraph(specification)
    except ValueError as error:
        raise DrawError("invalid_markup", f"Vega-Lite refuses it: {error}"[:300]) from error
    width, height = ceil(graph["width"]), ceil(graph["height"])
    if width * height > max_pixels or max(width, height) > max_pixels:
        raise DrawError("too_many_pixels", f"{width} x {height} pixels exceed {max_pixels}.")
    items = list(walk(graph["scenegraph"], *graph["origin"]))
    if len(items) > max_elements:
        raise DrawError("too_many_elements", f"{len(items)} items exceed {max_elements}.")
    if not any(placed.mark["role"] == "mark" for placed in items):
        raise DrawError("nothing_drawn", "The specification draws no mark.")
    png = vl_convert.vegalite_to_png(specification, allowed_base_urls=[])
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        picture = Image.new("RGBA", image.size, "white")
        picture.alpha_composite(image.convert("RGBA"))
    return Drawing(np.asarray(picture.convert("RGB")), graph)


def walk(
    mark: dict[str, Any], x: float, y: float, group: dict[str, Any] | None = None
) -> Iterator[Placed]:
    """Every item below a mark of the scene graph, in the order in which they are drawn."""
    for item in mark["items"]:
        yield Placed(mark, item, group or {}, x, y)
        for child in item.get("items", ()) if mark["marktype"] == "group" else ():
            yield from walk(child, x + item.get("x", 0), y + item.get("y", 0), item)


def _refuse_loading(value: Any) -> None:
    if isinstance(value, dict):
        if found := LOADING & value.keys():
            raise DrawError("external_refused", f"The key '{min(found)}' is not allowed.")
        value = list(value.values())
    for each in value if isinstance(value, list) else ():
        _refuse_loading(each)
