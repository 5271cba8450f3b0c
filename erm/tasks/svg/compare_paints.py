"""How the paint of two matched shapes differs: fill, stroke, width, dash, opacity."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from erm.tasks.shared.colours import VISIBLE_COLOUR, colour_distance
from erm.tasks.shared.findings import Finding
from erm.tasks.svg.paint import Appearance, Paint, appearance, opacity
from erm.tasks.svg.severity import if_at_least
from erm.tasks.svg.shapes import Element, Pair, Shape, SvgFinding

_SAME_OPACITY = 0.04
"""Difference of opacities, 0 to 1, that nobody sees."""
_SAME_WIDTH = 0.4
"""Difference in px of stroke widths that nobody sees."""
_OTHER_COLOUR = 20.0
"""CIE76 distance from which a person speaks of another colour, not of another shade."""
_TURNED_GRADIENT = 0.2
"""Share of a shape's sides by which the ends of its gradient must move to be seen."""
_SAME_OFFSET = 0.03
"""Difference of two stops' offsets, 0 to 1, that nobody sees."""

Part = Literal["fill", "stroke"]


def compare_paints(
    reference: Shape, candidate: Shape, scale: float = 1.0, turned: bool = False
) -> list[SvgFinding]:
    """Differences in paint of a matched pair.

    Args:
        scale: by how much the pair as a whole grew.
        turned: the shape was rotated or mirrored, and gradients turn with their shape.
    """
    pair = Pair(reference, candidate)
    filled = candidate.fill is not None, reference.fill is not None
    outlined = candidate.stroke is not None, reference.stroke is not None
    if filled[0] != filled[1] and outlined[0] != outlined[1] and filled[0] != outlined[0]:
        names = {True: "filled", False: "an outline"}
        return [pair.finding("filled", names[filled[1]], names[filled[0]])]
    found = _compare_opacity(pair)
    for part in ("fill", "stroke"):
        found += _compare_part(pair, part, turned)
    if reference.stroke is not None and candidate.stroke is not None:
        found += _compare_pens(pair, reference.stroke, candidate.stroke, scale)
    return found


def _compare_part(pair: Pair, part: Part, turned: bool) -> list[SvgFinding]:
    """Differences between the two fills or the two strokes of a pair, opacity left out."""
    reference, candidate = getattr(pair.reference, part), getattr(pair.candidate, part)
    rule = _rule_of(reference, candidate)
    if rule is not None:
        return [pair.finding(rule, _value(reference), _value(candidate), part)]
    if reference is None or reference["type"] == "solid" or turned:
        return []
    return _compare_axes(pair, part, reference, candidate)


def compare_backgrounds(reference: Paint, candidate: Paint) -> list[SvgFinding]:
    """How the candidate's background differs, without boxes."""
    rule = _rule_of(reference, candidate)
    if rule is None:
        return []
    element = Element(scope="background")
    return [Finding(rule, element, appearance(reference), appearance(candidate))]


def _value(paint: Paint | None) -> Appearance | None:
    return None if paint is None else appearance(paint)


def _rule_of(reference: Paint | None, candidate: Paint | None) -> str | None:
    """The rule by which two paints differ in colour; None where nobody sees that they do."""
    if reference is None or candidate is None:
        return None if reference is candidate else "paint"
    looks = appearance(reference), appearance(candidate)
    if looks[0].kind == looks[1].kind == "solid":
        step = colour_distance(looks[0].colours[0], looks[1].colours[0])
        return None if step <= VISIBLE_COLOUR else if_at_least("colour", step, _OTHER_COLOUR)
    if _same_stops(reference, candidate):
        return None
    return "gradient_colours" if looks[0] != looks[1] else "gradient_stops"


def _same_stops(reference: Paint, candidate: Paint) -> bool:
    if reference["type"] != candidate["type"]:
        return False
    if len(reference["stops"]) != len(candidate["stops"]):
        return False
    colours = [
        [appearance({"type": "solid", "color": stop[1:4]}).colours[0] for stop in paint["stops"]]
        for paint in (reference, candidate)
    ]
    return all(
        abs(a[0] - b[0]) < _SAME_OFFSET
        for a, b in zip(reference["stops"], candidate["stops"], strict=True)
    ) and all(colour_distance(*pair) <= VISIBLE_COLOUR for pair in zip(*colours, strict=True))


def _compare_axes(pair: Pair, part: Part, reference: Paint, candidate: Paint) -> list[SvgFinding]:
    """A gradient that runs elsewhere, measured relative to its shape."""
    points_a, points_b = _in_box(reference, pair.reference), _in_box(candidate, pair.candidate)
    if np.abs(points_a - points_b).max() < _TURNED_GRADIENT:
        return []
    if reference["type"] == "linear gradient":
        ways = _heading(points_a[1] - points_a[0]), _heading(points_b[1] - points_b[0])
        if ways[0] != ways[1]:
            return [pair.finding("gradient_direction", *ways, part)]
    return [pair.finding("gradient_place", points_a.tolist(), points_b.tolist(), part)]


def _heading(step: Any) -> tuple[int, int]:
    """The nearest of eight directions of a step (dx, dy), each -1, 0 or 1."""
    along = float(np.abs(step).max())
    dx, dy = (0 if abs(value) < 0.4 * along else int(np.sign(value)) for value in step)
    return dx, dy


def _in_box(paint: Paint, shape: Shape) -> Any:
    """A gradient's points (n, 2) as shares of its shape's box."""
    x0, y0, x1, y1 = shape.outline.box
    sides = np.maximum([x1 - x0, y1 - y0], 1.0)
    return (np.array(paint["points"]) - [x0, y0]) / sides


def _compare_opacity(pair: Pair) -> list[SvgFinding]:
    """Fill and stroke that fade alike are one finding; a gradient's stops fade on their own."""
    found: dict[tuple[float, float], SvgFinding] = {}
    for paints in (
        (pair.reference.fill, pair.candidate.fill),
        (pair.reference.stroke, pair.candidate.stroke),
    ):
        if paints[0] is None or paints[1] is None or paints[0]["type"] != paints[1]["type"]:
            continue
        values = opacity(paints[0]), opacity(paints[1])
        step = abs(values[1] - values[0])
        if step > _SAME_OPACITY:
            seen = (_significant(values[0]), _significant(values[1]))
            found.setdefault(seen, pair.finding(if_at_least("opacity", step, 0.5), *seen))
    return list(found.values())


def _significant(value: float) -> float:
    """A share to two digits, as far as anybody can see it."""
    return float(f"{value:.2g}")


def _compare_pens(pair: Pair, reference: Paint, candidate: Paint, scale: float) -> list[SvgFinding]:
    found = []
    widths = float(reference["width"]), float(candidate["width"])
    if min(abs(widths[1] - widths[0]), abs(widths[1] - widths[0] * scale)) > max(
        _SAME_WIDTH, 0.05 * widths[0]
    ):
        factor = max(widths) / min(widths)
        found.append(pair.finding(if_at_least("stroke_width", factor, 2), *widths))
    dashes = reference["dash"], candidate["dash"]
    if bool(dashes[0]) != bool(dashes[1]):
        names = ("solid", "dashed") if dashes[1] else ("dashed", "solid")
        found.append(pair.finding("dashed", *names))
    elif dashes[0] and not _same_dash(*dashes, scale):
        found.append(pair.finding("dash_length", dashes[0][0], dashes[1][0]))
    if pair.reference.fill is not None and reference["beneath"] != candidate["beneath"]:
        places = {True: "beneath the fill", False: "on top of the fill"}
        values = places[reference["beneath"]], places[candidate["beneath"]]
        found.append(pair.finding("stroke_order", *values))
    if not found:
        for rule, key in (("line_ends", "cap"), ("stroke_corners", "join")):
            if reference[key] != candidate[key]:
                found.append(pair.finding(rule, reference[key], candidate[key]))
    return found


def _same_dash(reference: list[float], candidate: list[float], scale: float) -> bool:
    return len(reference) == len(candidate) and all(
        min(abs(b - a), abs(b - a * scale)) <= 0.5
        for a, b in zip(reference, candidate, strict=True)
    )
