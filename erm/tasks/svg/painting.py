"""How the paint of two matched shapes differs, in words: fill, stroke, width, dash, opacity."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from typing import Any

import numpy as np

from erm.tasks.discrepancy import MEDIUM, MINOR
from erm.tasks.svg import words
from erm.tasks.svg.geometry import Difference
from erm.tasks.svg.shapes import Paint, Shape

_SAME_ALPHA = 0.04
_SAME_WIDTH = 0.4
_SLIGHT = 10.0
_TURNED_GRADIENT = 0.2


def differences(
    reference: Shape, candidate: Shape, scale: float = 1.0, turned: bool = False
) -> list[Difference]:
    """Differences in paint of a matched pair.

    Args:
        scale: by how much the pair as a whole grew.
        turned: the shape was rotated or mirrored, and gradients turn with their shape.
    """
    filled, outlined = candidate.fill is not None, candidate.stroke is not None
    was_filled, was_outlined = reference.fill is not None, reference.stroke is not None
    if (filled, outlined) == (not was_filled, not was_outlined):
        words_of = {True: "filled", False: "an outline"}
        description = f"is {words_of[filled]} instead of {words_of[was_filled]}"
        return [_style(MEDIUM, description, ("filled", filled))]
    found = [*_opacity(reference, candidate)]
    shapes = () if turned else (reference, candidate)
    found += paint_differences("fill", reference.fill, candidate.fill, *shapes)
    found += paint_differences("stroke", reference.stroke, candidate.stroke, *shapes)
    if reference.stroke is not None and candidate.stroke is not None:
        found += _pen(reference.stroke, candidate.stroke, scale)
    return found


def _style(severity: int, description: str, merge: Hashable = None) -> Difference:
    return Difference("style_error", severity, description, merge)


def paint_differences(
    part: str,
    reference: Paint | None,
    candidate: Paint | None,
    old: Shape | None = None,
    new: Shape | None = None,
) -> list[Difference]:
    """Differences between two paints of one `part` (``fill``, ``stroke``), opacity left out."""
    prefix = f"{part} is " if part else "is "
    if reference is None and candidate is None:
        return []
    if reference is None or candidate is None:
        names = describe(candidate), describe(reference)
        merge: Hashable = (part, *names)
        return [_style(MEDIUM, f"{prefix}{names[0]} instead of {names[1]}", merge)]
    if reference["type"] == candidate["type"] == "solid":
        colors = tuple(candidate["color"]), tuple(reference["color"])
        step = words.color_difference(*colors)
        if step < words.SAME_COLOR:
            return []
        names = words.two_colors(*colors)
        severity = MINOR if step < _SLIGHT else MEDIUM
        merge = (part, *colors)
        return [_style(severity, f"{prefix}{names[0]} instead of {names[1]}", merge)]
    if not _same_stops(reference, candidate):
        names = describe(candidate), describe(reference)
        if names[0] == names[1]:
            names = describe(candidate, exact=True), describe(reference, exact=True)
        if names[0] != names[1]:
            merge = (part, *names)
            return [_style(MEDIUM, f"{prefix}{names[0]} instead of {names[1]}", merge)]
        return [_style(MINOR, f"{part} gradient has other stops".strip())]
    if old is None or new is None:
        return []
    return _axis_differences(part, reference, candidate, old, new)


def describe(paint: Paint | None, exact: bool = False) -> str:
    """``none``, a colour, or ``a linear gradient from red to blue``."""
    if paint is None:
        return "none"
    name = words.hexadecimal if exact else words.color_name
    if paint["type"] == "solid":
        return name(tuple(paint["color"]))
    stops = [name(tuple(stop[1:4])) for stop in paint["stops"]]
    if not stops:
        return "none"
    steps = [stops[0], *(b for a, b in itertools.pairwise(stops) if a != b)]
    return f"a {paint['type']} from {' to '.join(steps)}"


def _same_stops(reference: Paint, candidate: Paint) -> bool:
    if reference["type"] != candidate["type"]:
        return False
    if len(reference["stops"]) != len(candidate["stops"]):
        return False
    return all(
        abs(a[0] - b[0]) < 0.03
        and words.color_difference(tuple(a[1:4]), tuple(b[1:4])) < words.SAME_COLOR
        for a, b in zip(reference["stops"], candidate["stops"], strict=True)
    )


def _axis_differences(
    part: str, reference: Paint, candidate: Paint, old: Shape, new: Shape
) -> list[Difference]:
    """A gradient that runs elsewhere, measured relative to its shape."""
    points_a, points_b = _in_box(reference, old), _in_box(candidate, new)
    if np.abs(points_a - points_b).max() < _TURNED_GRADIENT:
        return []
    if reference["type"] == "linear gradient":
        ways = [
            words.direction(*(points[1] - points[0]).tolist()) for points in (points_b, points_a)
        ]
        if ways[0] != ways[1]:
            return [_style(MINOR, f"{part} gradient runs {ways[0]} instead of {ways[1]}")]
    return [_style(MINOR, f"{part} gradient is placed differently")]


def _in_box(paint: Paint, shape: Shape) -> Any:
    x0, y0, x1, y1 = shape.outline.box
    sides = np.maximum([x1 - x0, y1 - y0], 1.0)
    return (np.array(paint["points"]) - [x0, y0]) / sides


def _opacity(reference: Shape, candidate: Shape) -> list[Difference]:
    found: dict[str, Difference] = {}
    for part in ("fill", "stroke"):
        old, new = getattr(reference, part), getattr(candidate, part)
        if old is None or new is None:
            continue
        before, after = words.alpha(old), words.alpha(new)
        if abs(before - after) <= _SAME_ALPHA:
            continue
        severity = MEDIUM if abs(before - after) >= 0.5 else MINOR
        values = f"{after:.2g} instead of {before:.2g}"
        found.setdefault(values, _style(severity, f"opacity is {values}", ("opacity", values)))
    return list(found.values())


def _pen(reference: Paint, candidate: Paint, scale: float) -> list[Difference]:
    found = []
    old, new = float(reference["width"]), float(candidate["width"])
    if min(abs(new - old), abs(new - old * scale)) > max(_SAME_WIDTH, 0.05 * old):
        severity = MEDIUM if max(new / old, old / new) >= 2 else MINOR
        after, before = words.two_numbers(new, old)
        values = f"{after} px instead of {before} px"
        found.append(_style(severity, f"stroke width is {values}", ("width", values)))
    dashes = reference["dash"], candidate["dash"]
    if bool(dashes[0]) != bool(dashes[1]):
        kinds = ("dashed", "solid") if dashes[1] else ("solid", "dashed")
        found.append(_style(MINOR, f"stroke is {kinds[0]} instead of {kinds[1]}", kinds))
    elif dashes[0] and not _same_dash(dashes[0], dashes[1], scale):
        after, before = words.two_numbers(dashes[1][0], dashes[0][0])
        description = f"dashes are {after} px instead of {before} px"
        found.append(_style(MINOR, description, description))
    if not found:
        for part, name in (("cap", "line ends"), ("join", "stroke corners")):
            if reference[part] != candidate[part]:
                description = f"{name} are {candidate[part]} instead of {reference[part]}"
                found.append(_style(MINOR, description, description))
    return found


def _same_dash(reference: list[float], candidate: list[float], scale: float) -> bool:
    return len(reference) == len(candidate) and all(
        min(abs(b - a), abs(b - a * scale)) <= 0.5
        for a, b in zip(reference, candidate, strict=True)
    )
