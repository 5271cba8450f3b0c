"""A specification to pixels and to the items that Vega draws; runs in the contained worker."""

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


class Placed(NamedTuple):
    """An item of the scene graph: its mark, the group around it, and where that group begins."""

    mark: dict[str, Any]
    item: dict[str, Any]
    group: dict[str, Any]
    x: float
    y: float


def draw_specification(source: str, max_pixels: int, max_elements: int) -> Drawing:
    """Draw a specification with inline data; `Drawing.live` is the list of placed items.

    Raises `DrawError` for what can't be read, is too large, or would load something.
    """
    try:
        specification = json.loads(source, object_hook=_without_loading)
        graph = vl_convert.vegalite_to_scenegraph(specification)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DrawError("invalid_markup", f"Vega-Lite can't read it: {reason}") from error
    items = list(_walk(graph["scenegraph"], {}, *graph["origin"]))
    if len(items) > max_elements:
        raise DrawError("too_many_elements", f"{len(items)} items exceed {max_elements}.")
    width, height = ceil(graph["width"]), ceil(graph["height"])
    if max(width * height, width, height) > max_pixels:
        raise DrawError("too_many_pixels", f"{width} x {height} pixels exceed {max_pixels}.")
    png = vl_convert.vegalite_to_png(specification, allowed_base_urls=[])
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        picture = Image.new("RGBA", image.size, "white")
        picture.alpha_composite(image.convert("RGBA"))
    return Drawing(np.asarray(picture.convert("RGB")), items)


def _walk(mark: dict[str, Any], group: dict[str, Any], x: float, y: float) -> Iterator[Placed]:
    for item in mark["items"]:
        yield Placed(mark, item, group, x, y)
        for child in item.get("items", ()) if mark["marktype"] == "group" else ():
            yield from _walk(child, item, x + item.get("x", 0), y + item.get("y", 0))


def _without_loading(part: dict[str, Any]) -> dict[str, Any]:
    for key in {"url", "href"} & part.keys():
        raise DrawError("external_refused", f"The key '{key}' is not allowed.")
    return part
