"""What cairosvg gets wrong in pictures that people draw, put right before and while it draws.

Covers masks (their brightness counts, at the picture's resolution and in the coordinates of what is
masked), dots (closed paths without length), opacities in percent, texts by reference, and filters
of several steps, whose offsets cairosvg applies to the element itself: such a filter is left out.
Not covered: what filters really do, ``mix-blend-mode``, and ``clip-rule`` inside of clip paths.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element

import cairocffi as cairo  # type: ignore[import-untyped]
import cairosvg.surface
import numpy as np
from cairosvg.bounding_box import calculate_bounding_box, is_non_empty_bounding_box
from cairosvg.helpers import size

from erm.sources.markup import local_name

XLINK_HREF = "{http://www.w3.org/1999/xlink}href"

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_DOT = re.compile(rf"([mM]\s*{_NUMBER}\s*,?\s*{_NUMBER})\s*([zZ])")
_OPACITIES = ("opacity", "fill-opacity", "stroke-opacity", "stop-opacity")
_PERCENT = re.compile(r"\s*(\d+\.?\d*|\.\d+)%\s*")
_DECLARED = re.compile(r"(\b(?:fill-|stroke-|stop-)?opacity\s*:\s*)(\d+\.?\d*|\.\d+)%")
_LUMINANCE = np.array([0.0721, 0.7154, 0.2125])
"""Weights of blue, green and red in a mask's brightness (SVG 1.1, section 14.4)."""


def amend(root: Element) -> None:
    """Rewrite what cairosvg would misread, in place."""
    _resolve_texts(root)
    for element in root.iter():
        tag = local_name(element)
        for name in _OPACITIES:
            match = _PERCENT.fullmatch(element.get(name, ""))
            if match:
                element.set(name, str(float(match[1]) / 100))
        if "%" in element.get("style", ""):
            element.set("style", _plain_opacities(element.get("style", "")))
        if tag == "style" and element.text:
            element.text = _plain_opacities(element.text)
        elif tag == "path" and "d" in element.attrib:
            # cairo draws the caps of a line without length, but cairosvg closes none
            element.set("d", _DOT.sub(r"\1h0\2", element.get("d", "")))
        elif tag == "filter" and len(element) > 1:
            for step in list(element):
                element.remove(step)


def _resolve_texts(root: Element) -> None:
    """Make ``tref`` the text that it refers to; cairosvg would change the text referred to."""
    references = [element for element in root.iter() if local_name(element) == "tref"]
    known = {element.get("id"): element for element in root.iter()} if references else {}
    for element in references:
        target = known.get((element.get(XLINK_HREF) or element.get("href") or "").strip()[1:])
        if target is not None:
            element.tag = element.tag.replace("tref", "tspan")
            element.text = "".join(target.itertext())
            del element[:]


def _plain_opacities(css: str) -> str:
    return _DECLARED.sub(lambda match: f"{match[1]}{float(match[2]) / 100}", css)


def paint_mask(surface: Any, node: Any, name: str, opacity: float) -> None:
    """Paint the source of a surface's context through a mask; stands in for cairosvg's."""
    mask = surface.masks[name]
    canvas = cairo.ImageSurface(
        cairo.FORMAT_ARGB32, max(1, round(surface.width)), max(1, round(surface.height))
    )
    context = cairo.Context(canvas)
    context.set_matrix(surface.context.get_matrix())
    box = calculate_bounding_box(surface, node)
    known = is_non_empty_bounding_box(box)
    _clip_to_region(surface, mask, box if known else None, context)
    if mask.get("maskContentUnits") == "objectBoundingBox" and known:
        context.translate(box[0], box[1])
        context.scale(box[2], box[3])
    # a plain surface, whatever draws the document: what a mask holds is not in the picture
    inner = cairosvg.surface.PNGSurface.__new__(cairosvg.surface.PNGSurface)
    inner.__dict__.update(surface.__dict__)
    inner.cairo, inner.context = canvas, context
    for child in mask.children:
        inner.draw(child)
    # cairosvg has painted a childless element with its opacity already
    _keep_brightness(canvas, mask.get("mask-type") == "alpha", opacity if node.children else 1.0)
    surface.context.save()
    surface.context.identity_matrix()
    surface.context.mask_surface(canvas)
    surface.context.restore()


def _clip_to_region(surface: Any, mask: Any, box: Any, context: Any) -> None:
    """Confine a mask to its region, a tenth wider on each side than what is masked by default."""
    values = [mask.get(*pair) for pair in (("x", "-10%"), ("y", "-10%"))]
    values += [mask.get(name, "120%") for name in ("width", "height")]
    if mask.get("maskUnits") == "userSpaceOnUse":
        x, y, width, height = (
            size(surface, value, axis) for value, axis in zip(values, "xyxy", strict=True)
        )
    elif box is None:
        return
    else:
        x, y, width, height = (size(surface, value, 1) for value in values)
        x, y = box[0] + x * box[2], box[1] + y * box[3]
        width, height = width * box[2], height * box[3]
    context.rectangle(x, y, width, height)
    context.clip()


def _keep_brightness(canvas: Any, alpha: bool, opacity: float) -> None:
    """Turn a drawn mask into how much of the masked shows, as the opacity of its pixels."""
    canvas.flush()
    rows = np.frombuffer(canvas.get_data(), np.uint8).reshape(canvas.get_height(), -1, 4)
    shown = rows[:, :, 3] if alpha else rows[:, :, :3] @ _LUMINANCE
    coverage = np.rint(shown * opacity).astype(np.uint8)
    rows[:] = 0
    rows[:, :, 3] = coverage
    canvas.mark_dirty()


def install() -> None:
    """Have cairosvg paint masks through `paint_mask` from here on."""
    cairosvg.surface.paint_mask = paint_mask
