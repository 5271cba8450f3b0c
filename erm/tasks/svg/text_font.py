"""Fonts of texts: CairoSVG draws with the first family that is named, whatever letters it has.

Text whose font lacks some of its letters is drawn in the first other family that has all of them,
or, where none has, in several parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

import cairocffi as cairo  # type: ignore[import-untyped]
from cairosvg.helpers import normalize
from cairosvg.parser import Node
from cssselect2 import ElementWrapper

from erm.sources.errors import DrawError
from erm.tasks.shared.glyphs import needs_glyph, refuse_missing_glyphs

_TSPAN = "{http://www.w3.org/2000/svg}tspan"
_PLACING = ("dx", "dy", "rotate", "letter-spacing", "textLength")
"""Attributes that place single letters."""

_SLANTS = {"italic": cairo.FONT_SLANT_ITALIC, "oblique": cairo.FONT_SLANT_OBLIQUE}


def choose_fonts(context: Any, node: Any, fallback: Sequence[str]) -> None:
    """Set the family of a ``text`` node and of its parts where their own lacks letters.

    Args:
        context: of the surface that draws.
        fallback: families to choose from, the preferred one first.

    Raises:
        DrawError: ``missing_glyphs`` where no family has a letter; ``unsupported`` where letters of
            several families have places of their own.
    """
    # the shipped fonts have all of ASCII, and only they are there where none is named
    if node.text and (fallback or not node.text.isascii()):
        families = (_family_of(node), *fallback)
        missing = [_without_glyph(context, node, family) for family in families]
        if missing[0] and set() in missing:
            node["font-family"] = families[missing.index(set())]
        elif missing[0]:
            refuse_missing_glyphs(set.intersection(*missing))
            _split(node, dict(zip(families, missing, strict=True)))
    for part in node.children:
        choose_fonts(context, part, fallback)


def _split(node: Any, families: Mapping[str, set[str]]) -> None:
    """Make a node's text several parts; `families` maps each family to the letters it lacks."""
    listed = any(" " in normalize(node.get(name, "")) for name in ("x", "y"))
    placed = node.tag == "textPath" or any(name in node for name in _PLACING)
    if listed or placed or node.get_href():
        raise DrawError("unsupported", "Letters with places of their own need one font for all.")
    runs: list[tuple[str, str]] = []
    for letter in node.text:
        family = next(name for name, lacks in families.items() if letter not in lacks)
        if runs and (family == runs[-1][0] or not needs_glyph(letter)):
            runs[-1] = (runs[-1][0], runs[-1][1] + letter)
        else:
            runs.append((family, letter))
    (node["font-family"], node.text), *others = runs
    parts = []
    for family, text in others:
        element = ElementWrapper.from_xml_root(Element(_TSPAN))
        part = Node(element, node.style, node.url_fetcher, parent=node)
        part.text, part["font-family"] = text, family
        parts.append(part)
    node.children = [*parts, *node.children]


def select_font(context: Any, node: Any, family: str | None = None) -> None:
    """Select a text node's font as CairoSVG does, or the same of another family."""
    weight = node.get("font-weight") or ""
    bold = weight == "bold" or (weight.isdigit() and int(weight) >= 550)
    context.select_font_face(
        family or _family_of(node),
        _SLANTS.get(node.get("font-style"), cairo.FONT_SLANT_NORMAL),
        cairo.FONT_WEIGHT_BOLD if bold else cairo.FONT_WEIGHT_NORMAL,
    )


def _family_of(node: Any) -> str:
    family: str = (node.get("font-family") or "sans-serif").split(",")[0].strip("\"' ")
    return family


def _without_glyph(context: Any, node: Any, family: str) -> set[str]:
    """Letters of a node that need a glyph and that a family doesn't have."""
    context.save()
    select_font(context, node, family)
    font = context.get_scaled_font()
    missing = {
        letter
        for letter in set(node.text)
        if needs_glyph(letter) and font.text_to_glyphs(0, 0, letter, with_clusters=False)[0][0] == 0
    }
    context.restore()
    return missing
