"""The box of an element in its own user units, without strokes."""

from __future__ import annotations

from types import SimpleNamespace
from xml.etree.ElementTree import Element

from cairosvg.bounding_box import calculate_bounding_box, is_valid_bounding_box
from cairosvg.helpers import PointError
from cairosvg.parser import Node
from cssselect2 import ElementWrapper, Matcher

Bounds = tuple[float, float, float, float]
"""x, y, width and height."""


def bounding_box(element: Element, width: float, height: float, font: float) -> Bounds | None:
    """The box of a shape or a group; None where it draws nothing or can't be measured.

    Percentages refer to `width` and `height`, ``em`` to `font`.
    """
    context = SimpleNamespace(context_width=width, context_height=height, font_size=font, dpi=96)
    try:
        node = Node(ElementWrapper.from_xml_root(element), (Matcher(), Matcher()), None)
        box = calculate_bounding_box(context, node)
    except (PointError, ValueError, TypeError, AttributeError):
        # CairoSVG raises whatever its parsing of attribute values runs into
        return None
    return tuple(map(float, box)) if box and is_valid_bounding_box(box) else None  # type: ignore[return-value]
