"""Findings of icons in English: where, and the difference with the candidate's value first."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from erm.tasks.shared.colours import colour_name, colour_words
from erm.tasks.shared.findings import Finding, Phrase
from erm.tasks.shared.text import quote
from erm.tasks.svg.paint import Appearance
from erm.tasks.svg.severity import name_of
from erm.tasks.svg.shapes import Element, Look, Shape

Describe = Callable[[Any, Any, Element], str]
"""Candidate's value, reference's value and element to the description of a difference."""


def phrase(finding: Finding[Element, Any]) -> Phrase:
    """A finding's location and description."""
    element = finding.element
    describe = _DESCRIBE[name_of(finding.rule)]
    description = describe(finding.candidate, finding.reference, finding.element)
    if element.scope == "shapes" and len(element.shapes) > 1 and description.startswith("is "):
        description = f"are {description[3:]}"
    return Phrase(location(element), description)


def location(element: Element) -> str:
    """``whole image``, ``background``, ``red circle at top left``, ``all red circles``."""
    shapes = element.shapes
    if element.scope != "shapes":
        return element.scope
    if len(shapes) == 1:
        return f"{name(shapes[0].look)} at {place(shapes[0].box, *shapes[0].canvas)}"
    if element.moved_together:
        box = element.box
        return f"{len(shapes)} shapes at {place(box, *shapes[0].canvas)}"
    looks = {shape.look for shape in shapes}
    if len(looks) == 1:
        (look,) = looks
        plural = name(look) if look.kind == "text" else f"{name(look)}s"
        return f"all {plural}" if element.every else f"{len(shapes)} {plural}"
    colours = {shape.look.colour for shape in shapes}
    shared = f"{colours.pop()} " if len(colours) == 1 else ""
    return f"{len(shapes)} {shared}shapes"


def name(look: Look) -> str:
    """``red circle``, ``blue square outline``, ``gradient ellipse``, ``text``."""
    if look.kind == "text":
        return look.kind
    return f"{look.colour} {look.kind}{' outline' if look.outlined else ''}"


def place(box: Sequence[float], width: float, height: float) -> str:
    """Which ninth of the picture holds a box's middle: ``top left`` … ``bottom right``."""
    x, y = (box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height
    row = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else ""
    column = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    return f"{row} {column}".strip() or "center"


def direction(dx: float, dy: float) -> str:
    """Where a step in pixels leads, its minor part left out: ``right``, ``up left`` …"""
    along = max(abs(dx), abs(dy))
    vertical = "" if abs(dy) < 0.4 * along else "down" if dy > 0 else "up"
    horizontal = "" if abs(dx) < 0.4 * along else "right" if dx > 0 else "left"
    return f"{vertical} {horizontal}".strip()


def number(value: float) -> str:
    """A length in pixels as far as it can be seen: whole from 10 on, else one decimal."""
    return f"{value:.0f}" if abs(value) >= 9.95 else f"{value:.1f}".removesuffix(".0")


def _two_numbers(candidate: float, reference: float) -> tuple[str, str]:
    """Two lengths in pixels, with a decimal where they would read the same without."""
    words = number(candidate), number(reference)
    if words[0] != words[1]:
        return words
    return f"{candidate:.1f}", f"{reference:.1f}"


def with_article(kind: str) -> str:
    """``a circle``, ``an ellipse``."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _pixels(subject: str, verb: str = "is") -> Describe:
    """``size is 14 px instead of 7 px``."""

    def describe(candidate: Any, reference: Any, element: Element) -> str:
        words = _two_numbers(candidate, reference)
        return f"{subject} {verb} {words[0]} px instead of {words[1]} px"

    return describe


def _values(subject: str) -> Describe:
    """``font is bold instead of regular``."""

    def describe(candidate: Any, reference: Any, element: Element) -> str:
        return f"{subject} {candidate} instead of {reference}"

    return describe


def _sides(candidate: Any, reference: Any, element: Element) -> str:
    words = [f"{number(width)} x {number(height)}" for width, height in (candidate, reference)]
    return f"size is {words[0]} px instead of {words[1]} px"


def _moved(subject: str) -> Describe:
    """``is moved up left by 14 px``."""

    def describe(candidate: Any, reference: Any, element: Element) -> str:
        dx, dy = (after - before for after, before in zip(candidate, reference, strict=True))
        way, far = direction(dx, dy), number(math.hypot(dx, dy))
        return f"{subject} moved {way} by {far} px".lstrip()

    return describe


def _rotated(candidate: Any, reference: Any, element: Element) -> str:
    degrees = candidate - reference
    way = "clockwise " if degrees > 0 else "counterclockwise "
    if abs(degrees) >= 180:
        way = ""
    return f"is rotated {way}by {abs(degrees):.0f} degrees"


def _flipped(candidate: Any, reference: Any, element: Element) -> str:
    return f"is flipped {candidate}"


def _corner_count(candidate: Any, reference: Any, element: Element) -> str:
    return f"has {candidate} corners instead of {reference}"


def _kind(candidate: Any, reference: Any, element: Element) -> str:
    return f"is {with_article(candidate)} instead of {with_article(reference)}"


def _missing(candidate: Any, reference: Any, element: Element) -> str:
    return "is missing" if reference is None else f"{quote(reference)} is missing"


def _extra(candidate: Any, reference: Any, element: Element) -> str:
    return "is extra" if candidate is None else f"{quote(candidate)} is extra"


def _stacking(candidate: Any, reference: Any, element: Element) -> str:
    other: Shape = element.other  # type: ignore[assignment]
    return f"is {candidate} the {name(other.look)} instead of {reference} it"


def _paint(candidate: Any, reference: Any, element: Element) -> str:
    words = _two_paints(candidate, reference)
    return f"{element.part} is {words[0]} instead of {words[1]}".lstrip()


def _two_paints(candidate: Appearance | None, reference: Appearance | None) -> tuple[str, str]:
    """Two paints in words that differ where the paints do."""
    if candidate is not None and reference is not None:
        if candidate.kind == reference.kind == "solid":
            return colour_words(candidate.colours[0], reference.colours[0])
        words = _paint_words(candidate, colour_name), _paint_words(reference, colour_name)
        if words[0] == words[1]:
            return _paint_words(candidate, str), _paint_words(reference, str)
        return words
    first, second = (
        "none" if paint is None else _paint_words(paint, colour_name)
        for paint in (candidate, reference)
    )
    return first, second


def _paint_words(paint: Appearance, colour: Callable[[str], str]) -> str:
    """``red``, ``a linear gradient from red to blue``, ``none``."""
    names = [colour(code) for code in paint.colours]
    steps = [word for i, word in enumerate(names) if i == 0 or word != names[i - 1]]
    if not steps:
        return "none"
    return steps[0] if paint.kind == "solid" else f"a {paint.kind} from {' to '.join(steps)}"


def _gradient(what: str) -> Describe:
    def describe(candidate: Any, reference: Any, element: Element) -> str:
        return f"{element.part} gradient {what}".lstrip()

    return describe


def _gradient_direction(candidate: Any, reference: Any, element: Element) -> str:
    ways = direction(*candidate), direction(*reference)
    return f"{element.part} gradient runs {ways[0]} instead of {ways[1]}".lstrip()


def _opacity(candidate: Any, reference: Any, element: Element) -> str:
    return f"opacity is {candidate:.2g} instead of {reference:.2g}"


def _image_size(candidate: Any, reference: Any, element: Element) -> str:
    (w, h), (w2, h2) = reference, candidate
    return f"size is {w2} x {h2} px instead of {w} x {h} px"


def _scaled(candidate: Any, reference: Any, element: Element) -> str:
    return f"is scaled by {candidate / reference:.2g}"


def _fixed(description: str) -> Describe:
    return lambda candidate, reference, element: description


_DESCRIBE: dict[str, Describe] = {
    "shape_missing": _missing,
    "detail_missing": _missing,
    "text_missing": _missing,
    "shape_extra": _extra,
    "detail_extra": _extra,
    "text_extra": _extra,
    "stacking": _stacking,
    "image_turned": lambda candidate, reference, element: f"is {candidate}",
    "image_size": _image_size,
    "image_proportion": _image_size,
    "group_moved": _moved("is"),
    "group_scaled": _scaled,
    "group_rotated": _rotated,
    "group_flipped": _flipped,
    "kind": _kind,
    "moved": _moved("is"),
    "text_moved": _moved("is"),
    "size": _pixels("size"),
    "sides": _sides,
    "width": _pixels("width"),
    "height": _pixels("height"),
    "length": _pixels("length"),
    "rotated": _rotated,
    "text_rotated": _rotated,
    "flipped": _flipped,
    "text_flipped": _flipped,
    "corner_moved": _moved("one corner is"),
    "end_moved": _moved("one end is"),
    "corner_count": _corner_count,
    "outline": _fixed("outline is different"),
    "corner_radius": _pixels("corner radius"),
    "clip": _fixed("is cut off differently"),
    "colour": _paint,
    "paint": _paint,
    "filled": _values("is"),
    "gradient_colours": _paint,
    "gradient_stops": _gradient("has other stops"),
    "gradient_direction": _gradient_direction,
    "gradient_place": _gradient("is placed differently"),
    "opacity": _opacity,
    "stroke_width": _pixels("stroke width"),
    "dashed": _values("stroke is"),
    "dash_length": _pixels("dashes", "are"),
    "stroke_order": _values("stroke is"),
    "line_ends": _values("line ends are"),
    "stroke_corners": _values("stroke corners are"),
    "font_weight": _values("font is"),
    "font_slant": _values("font is"),
    "font_family": _values("font is"),
    "text": lambda candidate, reference, element: (
        f"text is {quote(candidate)} instead of {quote(reference)}"
    ),
    "font_size": _pixels("font size"),
    "letters": _fixed("letters are placed differently"),
}
"""How each rule, its grade left out, is described."""
