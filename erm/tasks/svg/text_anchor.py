"""Anchors of texts that consist of several parts: a line as a whole is centred or ends at its x.

CairoSVG anchors each ``tspan`` for itself (SVG 1.1, section 10.9.1 speaks of text chunks). Word
spacing and ``textLength`` are set here too, as offsets of letters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cairosvg.helpers import normalize, size, transform

from erm.tasks.svg.prepare import XML_SPACE
from erm.tasks.svg.text_font import select_font

_SHARES = {"middle": 0.5, "end": 1.0}


@dataclass
class _Chunk:
    """Parts of a text from one absolute x to the next; lengths in user units.

    `blank` is the width of a blank in the last part.
    """

    first: Any
    anchor: str
    parts: list[Any] = field(default_factory=list)
    advance: float = 0.0
    blank: float = 0.0


def anchor_text(surface: Any, node: Any) -> None:
    """Place the parts of a ``text`` node so that each chunk is anchored as a whole."""
    plain = not node.children and "textLength" not in node and "word-spacing" not in node
    if plain and node.text.isascii():
        return
    context = surface.context
    font_size = surface.font_size
    context.save()
    transform(surface, node.get("transform"))
    chunks: list[_Chunk] = []
    known = _measure(surface, node, chunks)
    surface.font_size = font_size
    context.restore()
    if not known:
        return
    _drop_last_blank(node, chunks)
    _fit_length(surface, node, chunks)
    for chunk in chunks:
        share = _SHARES.get(chunk.anchor)
        if share is None or len(chunk.parts) < 2:
            continue
        x = size(surface, chunk.first.get("x", "0"), "x")
        chunk.first["x"] = str(x - share * chunk.advance)
        for part in (chunk.first, *chunk.parts):
            part["text-anchor"] = "start"


def _measure(surface: Any, node: Any, chunks: list[_Chunk]) -> bool:
    """Add a node's parts to the chunks; False where letters have places of their own."""
    if node.get_href() or " " in normalize(node.get("x", "")):
        return False
    outer = surface.font_size
    surface.font_size = size(surface, node.get("font-size", "12pt"))
    _space_words(surface, node)
    if not chunks or "x" in node:
        chunks.append(_Chunk(node, node.get("text-anchor", "start")))
    chunk = chunks[-1]
    if node.text:
        chunk.parts.append(node)
        chunk.anchor = node.get("text-anchor", "start") if len(chunk.parts) == 1 else chunk.anchor
        chunk.advance += advance(surface, node)
        chunk.blank = surface.context.text_extents(" ")[4]
    parts = [child for child in node.children if child.tag in ("tspan", "a", "textPath")]
    known = all(_measure(surface, part, chunks) for part in parts)
    surface.font_size = outer
    return known


def _drop_last_blank(node: Any, chunks: list[_Chunk]) -> None:
    """Take the blank at the end of a text away, which no browser draws."""
    part = chunks[-1].parts[-1] if chunks and chunks[-1].parts else None
    if part is None or not part.text.endswith(" ") or node.get(XML_SPACE) == "preserve":
        return
    part.text = part.text.rstrip(" ")
    chunks[-1].advance -= chunks[-1].blank
    if not part.text:
        chunks[-1].parts.pop()


def _fit_length(surface: Any, node: Any, chunks: list[_Chunk]) -> None:
    """Space the letters of a text of one part so that it is ``textLength`` long."""
    wanted = size(surface, node.pop("textLength", None), "x")
    if not wanted or len(chunks) != 1 or len(chunks[0].parts) != 1:
        return
    part = chunks[0].parts[0]
    gaps = len(part.text) - 1
    if gaps > 0 and node.get("lengthAdjust", "spacing") == "spacing":
        spacing = size(surface, part.get("letter-spacing"))
        part["letter-spacing"] = str(spacing + (wanted - chunks[0].advance) / gaps)


def _space_words(surface: Any, node: Any) -> None:
    """Move letters after blanks by ``word-spacing``."""
    spacing = size(surface, node.get("word-spacing"))
    if not spacing or not node.text or "dx" in node:
        return
    after_blank = [False, *(letter == " " for letter in node.text[:-1])]
    node["dx"] = " ".join(str(spacing if is_after else 0) for is_after in after_blank)


def advance(surface: Any, node: Any) -> float:
    """How far a node's own letters move the cursor, in user units."""
    context = surface.context
    select_font(context, node)
    context.set_font_size(surface.font_size)
    letters = sum(context.text_extents(letter)[4] for letter in node.text)
    spacing = size(surface, node.get("letter-spacing")) * (len(node.text) - 1)
    shifts = [size(surface, value, "x") for value in normalize(node.get("dx", "")).split()]
    return float(letters + spacing + sum(shifts[: len(node.text)]))
