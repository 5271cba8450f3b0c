"""How two matched outlines differ, in words: kind, place, size, proportion, angle, corners, text.

Not covered: paint (`painting`), shapes without partner and stacking (`compare`).
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np

from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE
from erm.tasks.svg import outline, words
from erm.tasks.svg.outline import Outline, Points
from erm.tasks.svg.shapes import Shape

SEEN = 0.6
"""Pixels by which an outline must differ for anybody to see it."""

_RESIZED = 0.9
VAGUE = "outline is different"
"""Description of last resort."""

FITTED = 0.12
"""Share of its size by which a letter's outline strays when a text is scaled."""

_SAME_ANCHOR = 0.8


@dataclass(frozen=True)
class Difference:
    """One difference of a matched pair.

    Attributes:
        merge: pairs whose differences share this value show one change; None never merges.
        turns: whether it is a rotation or a reflection.
    """

    category: str
    severity: int
    description: str
    merge: Hashable = None
    turns: bool = False


def differences(reference: Shape, candidate: Shape, scale: float = 1.0) -> list[Difference]:
    """Geometric differences of a matched pair, none where nobody can see any.

    `scale` is by how much the pair as a whole grew: letters do not grow in exact proportion, as
    fonts are fitted to whole pixels.
    """
    if reference.text is not None:
        return _text_differences(reference, candidate, scale)
    a, b = reference.outline, candidate.outline
    if outline.distance(a.subpaths, b.subpaths) <= SEEN:
        return []
    if a.kind == b.kind == "line":
        return _line_differences(reference, candidate)
    return (
        _moved_only(reference, candidate)
        or _resized(reference, candidate)
        or _turned(reference, candidate)
        or _other_kind(reference, candidate)
        or _one_corner(a, b)
        or [Difference("shape_error", MEDIUM, VAGUE)]
    )


def _shape(severity: int, description: str) -> Difference:
    return Difference("shape_error", severity, description)


def _moved(shape: Shape, dx: float, dy: float, category: str = "shape_error") -> Difference:
    far = math.hypot(dx, dy)
    description = f"is moved {words.direction(dx, dy)} by {words.number(far)} px"
    return Difference(category, move_severity(far, shape), description)


def move_severity(far: float, shape: Shape) -> int:
    """Severity of a displacement by its share of the picture's diagonal."""
    share = far / math.hypot(*shape.canvas)
    return MINOR if share < 0.05 else MEDIUM if share < 0.2 else SEVERE


def size_severity(ratio: float) -> int:
    """Severity of a change in size by its factor."""
    factor = max(ratio, 1 / ratio)
    return MINOR if factor < 1.25 else MEDIUM if factor < 1.95 else SEVERE


def _sides(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def _moved_only(reference: Shape, candidate: Shape) -> list[Difference]:
    a, b = reference.outline, candidate.outline
    shift = _middle(b) - _middle(a)
    shifted = outline.moved(a.subpaths, np.eye(2), shift)
    if outline.distance(shifted, b.subpaths) > SEEN:
        return []
    return [_moved(reference, float(shift[0]), float(shift[1]))]


def _middle(shape: Outline) -> Points:
    x0, y0, x1, y1 = shape.box
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2])


def _resized(reference: Shape, candidate: Shape) -> list[Difference]:
    a, b = reference.outline, candidate.outline
    if outline.family(a.kind) != outline.family(b.kind):
        return []
    rounded = a.kind == "rounded rectangle"
    if not rounded:
        low_a, low_b = np.array(a.box[:2]), np.array(b.box[:2])
        scale = [
            new / old if old > 0.5 else 1.0
            for old, new in zip(_sides(a.box), _sides(b.box), strict=True)
        ]
        matrix = np.diag(scale)
        mapped = outline.moved(a.subpaths, matrix, low_b - matrix @ low_a)
        if outline.distance(mapped, b.subpaths) > _RESIZED:
            return []
    found = _size_differences(reference, candidate)
    found += _anchored_move(reference, candidate)
    radii = outline.corner_radius(b), outline.corner_radius(a)
    if rounded and abs(radii[0] - radii[1]) > 1 and not _in_proportion(a, b, radii):
        new, old = words.two_numbers(*radii)
        found.append(_shape(MINOR, f"corner radius is {new} px instead of {old} px"))
    return found


def _in_proportion(a: Outline, b: Outline, radii: tuple[float, float]) -> bool:
    ratio = min(_sides(b.box)) / max(min(_sides(a.box)), 0.1)
    return abs(radii[0] - radii[1] * ratio) < 1


def _size_differences(reference: Shape, candidate: Shape) -> list[Difference]:
    (w, h), (w2, h2) = _sides(reference.outline.box), _sides(candidate.outline.box)
    wider, taller = abs(w2 - w) > _SAME_ANCHOR, abs(h2 - h) > _SAME_ANCHOR
    if not wider and not taller:
        return []
    if wider and taller:
        factors = w2 / max(w, 0.1), h2 / max(h, 0.1)
        severity = max(size_severity(factor) for factor in factors)
        if abs(factors[0] - factors[1]) * max(w, h) <= 1.5:
            new, old = words.two_numbers(max(w2, h2), max(w, h))
            return [_shape(severity, f"size is {new} px instead of {old} px")]
        new = f"{words.number(w2)} x {words.number(h2)}"
        old = f"{words.number(w)} x {words.number(h)}"
        return [_shape(severity, f"size is {new} px instead of {old} px")]
    side, after, before = ("width", w2, w) if wider else ("height", h2, h)
    new, old = words.two_numbers(after, before)
    severity = size_severity(max(after, 0.1) / max(before, 0.1))
    return [_shape(severity, f"{side} is {new} px instead of {old} px")]


def _anchored_move(reference: Shape, candidate: Shape) -> list[Difference]:
    """A move besides a change in size: no edge and not the middle stayed where it was."""
    a, b = reference.outline.box, candidate.outline.box
    step = [0.0, 0.0]
    for axis in (0, 1):
        anchors = [
            b[axis] - a[axis],
            (b[axis] + b[axis + 2] - a[axis] - a[axis + 2]) / 2,
            b[axis + 2] - a[axis + 2],
        ]
        if min(abs(anchor) for anchor in anchors) > _SAME_ANCHOR:
            step[axis] = anchors[1]
    if math.hypot(*step) <= 1.5:
        return []
    return [_moved(reference, step[0], step[1])]


def _turned(reference: Shape, candidate: Shape) -> list[Difference]:
    """Rotated or mirrored about its middle, and perhaps moved too."""
    a, b = reference.outline, candidate.outline
    length_a, length_b = outline.length(a), outline.length(b)
    if abs(length_a - length_b) > max(1.5, 0.03 * length_a):
        return []
    size = max(_sides(a.box))
    tolerance = max(0.9, 0.02 * size)
    pivot_a, pivot_b = outline.centroid(a), outline.centroid(b)
    angle = _rotation(a, b, pivot_a, pivot_b, tolerance)
    if angle is not None:
        way = "clockwise" if angle > 0 else "counterclockwise"
        degrees = abs(angle)
        description = f"is rotated by {degrees:.0f} degrees"
        if degrees < 180:
            description = f"is rotated {way} by {degrees:.0f} degrees"
        found = [replace(_shape(MINOR if degrees < 15 else MEDIUM, description), turns=True)]
    else:
        mirror = _mirrored(a, b, pivot_a, pivot_b, tolerance)
        if mirror is None:
            return []
        found = [replace(_shape(MEDIUM, f"is flipped {mirror}"), turns=True)]
    shift = min((pivot_b - pivot_a, _middle(b) - _middle(a)), key=lambda step: math.hypot(*step))
    if math.hypot(*shift) > max(2.0, 0.25 * size):
        found.append(_moved(reference, float(shift[0]), float(shift[1])))
    return found


def _rotation(
    a: Outline, b: Outline, pivot_a: Points, pivot_b: Points, tolerance: float
) -> float | None:
    """Degrees, clockwise positive, of the smallest turn of a that gives b."""
    best, best_gap = None, math.inf
    coarse = sorted(range(-175, 181, 5), key=abs)
    for angle in coarse:
        gap = _turn_gap(a, b, pivot_a, pivot_b, angle, 32)
        if gap < best_gap - 0.05:
            best, best_gap = float(angle), gap
    assert best is not None
    for angle in sorted(range(-4, 5), key=abs):
        gap = _turn_gap(a, b, pivot_a, pivot_b, best + angle, 48)
        if gap < best_gap - 0.05:
            best, best_gap = best + angle, gap
    if abs(best) < 0.5 or _turn_gap(a, b, pivot_a, pivot_b, best, 96) > tolerance:
        return None
    return best


def _turn_gap(
    a: Outline, b: Outline, pivot_a: Points, pivot_b: Points, degrees: float, count: int
) -> float:
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    turned = outline.moved(a.subpaths, matrix, pivot_b - matrix @ pivot_a)
    return outline.distance(turned, b.subpaths, count)


def _mirrored(
    a: Outline, b: Outline, pivot_a: Points, pivot_b: Points, tolerance: float
) -> str | None:
    for name, signs in (("horizontally", (-1, 1)), ("vertically", (1, -1))):
        matrix = np.diag(np.array(signs, dtype=float))
        flipped = outline.moved(a.subpaths, matrix, pivot_b - matrix @ pivot_a)
        if outline.distance(flipped, b.subpaths) <= tolerance:
            return name
    return None


def with_article(kind: str) -> str:
    """``a circle``, ``an ellipse``."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _other_kind(reference: Shape, candidate: Shape) -> list[Difference]:
    a, b = reference.outline, candidate.outline
    if a.kind == b.kind:
        return []
    description = f"is {with_article(b.kind)} instead of {with_article(a.kind)}"
    found = [_shape(SEVERE, description)]
    step = _middle(b) - _middle(a)
    if math.hypot(*step) > max(4.0, 0.35 * max(_sides(a.box))):
        found.append(_moved(reference, float(step[0]), float(step[1])))
    return found


def _one_corner(a: Outline, b: Outline) -> list[Difference]:
    if a.curved or b.curved or len(a.subpaths) != 1 or len(b.subpaths) != 1:
        return []
    old, new = outline.corners(a.subpaths[0]), outline.corners(b.subpaths[0])
    if len(old) != len(new):
        return [_shape(MEDIUM, f"has {len(new)} corners instead of {len(old)}")]
    steps = min(
        (
            order - old
            for turned in (new, new[::-1])
            for order in (np.roll(turned, shift, axis=0) for shift in range(len(new)))
        ),
        key=lambda step: float(np.abs(step).sum()),
    )
    gaps = np.hypot(steps[:, 0], steps[:, 1])
    if int((gaps > SEEN).sum()) != 1:
        return []
    step = steps[int(gaps.argmax())]
    far = float(gaps.max())
    severity = MINOR if far < 0.15 * max(_sides(a.box)) else MEDIUM
    way = words.direction(float(step[0]), float(step[1]))
    return [_shape(severity, f"one corner is moved {way} by {words.number(far)} px")]


def _line_differences(reference: Shape, candidate: Shape) -> list[Difference]:
    old = outline.corners(reference.outline.subpaths[0])
    new = outline.corners(candidate.outline.subpaths[0])
    if len(old) != 2 or len(new) != 2:
        return [_shape(MEDIUM, VAGUE)]
    if np.abs(new - old).sum() > np.abs(new[::-1] - old).sum():
        new = new[::-1]
    length_a, length_b = math.dist(*old), math.dist(*new)
    steps = [math.hypot(*step) for step in new - old]
    turn = _line_turn(old, new)
    found = []
    if abs(turn) * max(length_a, length_b) / 2 > math.degrees(1.0):
        way = "clockwise" if turn > 0 else "counterclockwise"
        severity = MINOR if abs(turn) < 15 else MEDIUM
        found.append(_shape(severity, f"is rotated {way} by {abs(turn):.0f} degrees"))
    if abs(length_a - length_b) > 1.2:
        after, before = words.two_numbers(length_b, length_a)
        severity = size_severity(max(length_b, 0.1) / max(length_a, 0.1))
        found.append(_shape(severity, f"length is {after} px instead of {before} px"))
    if len(found) == 2 and min(steps) <= 1.2:
        step = max(new - old, key=lambda step: math.hypot(*step))
        way = words.direction(float(step[0]), float(step[1]))
        severity = move_severity(max(steps), reference)
        return [_shape(severity, f"one end is moved {way} by {words.number(max(steps))} px")]
    anchors = [new[0] - old[0], new[1] - old[1], (new[0] + new[1] - old[0] - old[1]) / 2]
    nearest = min(anchors, key=lambda step: math.hypot(*step))
    if math.hypot(*nearest) > 1.2 or not found:
        step = anchors[2]
        found.append(_moved(reference, float(step[0]), float(step[1])))
    return found


def _line_turn(old: Points, new: Points) -> float:
    """Degrees, clockwise positive, between two undirected lines."""
    angles = [math.atan2(*(line[1] - line[0])[::-1]) for line in (old, new)]
    turn = math.degrees(angles[1] - angles[0])
    return (turn + 90) % 180 - 90


def _text_differences(reference: Shape, candidate: Shape, scale: float) -> list[Difference]:
    assert reference.text is not None
    assert candidate.text is not None
    old, new = reference.text, candidate.text
    near = SEEN if scale == 1 else max(1.5, FITTED * old["size"])
    if outline.distance(reference.outline.subpaths, candidate.outline.subpaths) <= near:
        return []
    found = []
    category = "text_symbol_error"
    if new["content"] != old["content"]:
        description = f"text is '{new['content']}' instead of '{old['content']}'"
        found.append(Difference(category, SEVERE, description))
    ratio = new["size"] / max(old["size"], 0.1)
    if abs(new["size"] - old["size"]) > max(0.75, 0.03 * old["size"]):
        sizes = words.two_numbers(new["size"], old["size"])
        description = f"font size is {sizes[0]} px instead of {sizes[1]} px"
        found.append(Difference(category, size_severity(ratio), description))
    found += _text_move(reference, candidate, bool(found))
    face = [name for name in ("bold", "italic") if new[name] != old[name]]
    for name in face:
        after, before = (name, "regular") if new[name] else ("regular", name)
        found.append(Difference("style_error", MINOR, f"font is {after} instead of {before}"))
    if not found and new["font"] != old["font"]:
        description = f"font is {new['font']} instead of {old['font']}"
        found.append(Difference("style_error", MINOR, description))
    if not found:
        found = [replace(item, category=category) for item in _turned(reference, candidate)]
    return found or [Difference(category, MEDIUM, "letters are placed differently")]


def _text_move(reference: Shape, candidate: Shape, resized: bool) -> list[Difference]:
    assert reference.text is not None
    assert candidate.text is not None
    a, b = reference.outline.box, candidate.outline.box
    across = [
        candidate.text["origin"][0] - reference.text["origin"][0],
        b[0] - a[0],
        (b[0] + b[2] - a[0] - a[2]) / 2,
        b[2] - a[2],
    ]
    down = [candidate.text["origin"][1] - reference.text["origin"][1]]
    if resized:
        down.append((b[1] + b[3] - a[1] - a[3]) / 2)
    tolerance = 2.5 if resized else SEEN
    dx = 0.0 if min(map(abs, across)) <= tolerance else across[2]
    dy = 0.0 if min(map(abs, down)) <= tolerance else down[0]
    if math.hypot(dx, dy) <= SEEN:
        return []
    return [_moved(reference, dx, dy, "text_symbol_error")]
