"""How two matched outlines differ: kind, place, size, proportion, angle, corners, text."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from erm.tasks.svg import outline
from erm.tasks.svg.outline import Outline, Points
from erm.tasks.svg.severity import by_angle, by_distance, by_factor, if_at_least
from erm.tasks.svg.shapes import Pair, Shape, SvgFinding

SEEN = 0.6
"""Pixels by which an outline must differ for anybody to see it."""

FITTED = 0.12
"""Share of its size by which a letter's outline strays when a text is scaled."""

_RESIZED = 0.9
"""Pixels up to which an outline that was stretched and the other one are the same."""
_SAME_ANCHOR = 0.8
"""Pixels up to which a width, a height, a side or a middle stays."""
_STRAYED = 0.12
"""Share of a change in size by which the middle may move along with it."""


def compare_outlines(reference: Shape, candidate: Shape, scale: float = 1.0) -> list[SvgFinding]:
    """Geometric differences of a matched pair, none where nobody can see any.

    `scale` is by how much the pair as a whole grew: letters do not grow in exact proportion, as
    fonts are fitted to whole pixels.
    """
    pair = Pair(reference, candidate)
    if reference.text is not None:
        return _compare_texts(pair, scale)
    a, b = pair.reference.outline, pair.candidate.outline
    if outline.distance(a.subpaths, b.subpaths) <= SEEN or _same_inside(pair):
        return []
    if a.kind == b.kind == "line":
        return _compare_lines(pair)
    return (
        _moved_only(pair)
        or _resized(_inside(pair))
        or _turned(pair)
        or _other_kind(pair)
        or _one_corner(pair)
        or [pair.finding("outline")]
    )


def _same_inside(pair: Pair) -> bool:
    """Whether two shapes differ only beyond the picture."""
    if not (_reaches_out(pair.reference) or _reaches_out(pair.candidate)):
        return False
    a, b = _within(pair.reference), _within(pair.candidate)
    return bool(a) and bool(b) and outline.distance(a, b) <= SEEN


def _inside(pair: Pair) -> Pair:
    """The pair with upright rectangles cut at the picture's edges, beyond which nobody sees."""
    sides = pair.reference, pair.candidate
    if any(shape.kind not in ("square", "rectangle") for shape in sides):
        return pair
    return Pair(*(_cut(shape) for shape in sides))


def _cut(shape: Shape) -> Shape:
    subpaths = _within(shape) if _reaches_out(shape) else ()
    if not subpaths:
        return shape
    return replace(shape, outline=Outline(subpaths, False, "rectangle"))


def _reaches_out(shape: Shape) -> bool:
    low, high = _canvas(shape)
    box = np.array(shape.outline.box)
    return bool((box[:2] < low).any() or (box[2:] > high).any())


def _within(shape: Shape) -> tuple[Points, ...]:
    return outline.clipped(shape.outline.subpaths, *_canvas(shape))


def _canvas(shape: Shape) -> tuple[Points, Points]:
    """Corners of the picture, with a margin over which a stroke reaches into it."""
    reach = 0.0 if shape.stroke is None else float(shape.stroke["width"])
    return np.full(2, -reach), np.array(shape.canvas) + reach


def _moved(pair: Pair, step: Points, rule: str = "moved") -> SvgFinding:
    """A displacement by a step (dx, dy) in pixels."""
    start = _middle(pair.reference.outline)
    graded = by_distance(rule, diagonal_share(step, pair.reference))
    return pair.finding(graded, tuple(start.tolist()), tuple((start + step).tolist()))


def diagonal_share(step: Points, shape: Shape) -> float:
    """Length of a step (dx, dy) as a share of the diagonal of the shape's picture."""
    return math.hypot(*step) / math.hypot(*shape.canvas)


def _sides(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return box[2] - box[0], box[3] - box[1]


def _moved_only(pair: Pair) -> list[SvgFinding]:
    a, b = pair.reference.outline, pair.candidate.outline
    shift = _middle(b) - _middle(a)
    shifted = outline.moved(a.subpaths, np.eye(2), shift)
    if outline.distance(shifted, b.subpaths) > SEEN:
        return []
    return [_moved(pair, shift)]


def _middle(shape: Outline) -> Points:
    x0, y0, x1, y1 = shape.box
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2])


def _resized(pair: Pair) -> list[SvgFinding]:
    a, b = pair.reference.outline, pair.candidate.outline
    stretched = _is_stretched(a, b)
    rounded = a.kind == b.kind == "rounded rectangle"
    if not rounded and not stretched:
        return []
    found = _compare_sizes(pair) + _anchored_move(pair)
    radii = outline.corner_radius(a), outline.corner_radius(b)
    if not stretched and abs(radii[0] - radii[1]) > 1 and not _in_proportion(a, b, radii):
        found.append(pair.finding("corner_radius", *radii))
    return found


def _is_stretched(a: Outline, b: Outline) -> bool:
    """Whether one outline is the other at another width, height or both.

    Not where that makes another kind of shape of it, unless the kind has no better name.
    """
    if not outline.could_be(a.kind, b.kind):
        return False
    low_a, low_b = np.array(a.box[:2]), np.array(b.box[:2])
    scale = [
        candidate / reference if reference > 0.5 else 1.0
        for reference, candidate in zip(_sides(a.box), _sides(b.box), strict=True)
    ]
    matrix = np.diag(scale)
    mapped = outline.moved(a.subpaths, matrix, low_b - matrix @ low_a)
    return outline.distance(mapped, b.subpaths) <= _RESIZED


def compare_box_sizes(pair: Pair) -> list[SvgFinding]:
    """Another size and place of two shapes that are one but for their boxes."""
    return _compare_sizes(pair) + _anchored_move(pair)


def _in_proportion(a: Outline, b: Outline, radii: tuple[float, float]) -> bool:
    ratio = min(_sides(b.box)) / max(min(_sides(a.box)), 0.1)
    return abs(radii[1] - radii[0] * ratio) < 1


def _compare_sizes(pair: Pair) -> list[SvgFinding]:
    (w, h), (w2, h2) = _sides(pair.reference.outline.box), _sides(pair.candidate.outline.box)
    wider, taller = abs(w2 - w) > _SAME_ANCHOR, abs(h2 - h) > _SAME_ANCHOR
    if wider and taller:
        factors = w2 / max(w, 0.1), h2 / max(h, 0.1)
        larger = max(factors, key=lambda factor: max(factor, 1 / factor))
        if abs(factors[0] - factors[1]) * max(w, h) <= 1.5:
            return [pair.finding(by_factor("size", larger), max(w, h), max(w2, h2))]
        return [pair.finding(by_factor("sides", larger), (w, h), (w2, h2))]
    if wider:
        return [pair.finding(by_factor("width", _ratio(w, w2)), w, w2)]
    return [pair.finding(by_factor("height", _ratio(h, h2)), h, h2)] if taller else []


def _ratio(reference: float, candidate: float) -> float:
    return max(candidate, 0.1) / max(reference, 0.1)


def _anchored_move(pair: Pair) -> list[SvgFinding]:
    """A move on top of a change in size: neither an edge nor the middle stayed in place.

    A middle that strayed by less than `_STRAYED` of the change in size counts as in place.
    """
    a, b = pair.reference.outline.box, pair.candidate.outline.box
    step = np.zeros(2)
    for axis in (0, 1):
        anchors = [
            b[axis] - a[axis],
            (b[axis] + b[axis + 2] - a[axis] - a[axis + 2]) / 2,
            b[axis + 2] - a[axis + 2],
        ]
        strayed = _STRAYED * abs(anchors[2] - anchors[0])
        if min(abs(anchor) for anchor in anchors) > max(_SAME_ANCHOR, strayed):
            step[axis] = anchors[1]
    if math.hypot(*step) <= 1.5:
        return []
    return [_moved(pair, step)]


def _turned(pair: Pair) -> list[SvgFinding]:
    """Rotated or mirrored about its middle, and perhaps moved too."""
    a, b = pair.reference.outline, pair.candidate.outline
    length_a, length_b = outline.length(a), outline.length(b)
    if abs(length_a - length_b) > max(1.5, 0.03 * length_a):
        return []
    size = max(_sides(a.box))
    tolerance = max(0.9, 0.02 * size)
    pivot_a, pivot_b = outline.centroid(a), outline.centroid(b)
    angle = _rotation(a, b, pivot_a, pivot_b, tolerance)
    if angle is not None:
        found = [pair.finding(by_angle("rotated", angle), 0.0, angle)]
    else:
        mirror = _mirrored(a, b, pivot_a, pivot_b, tolerance)
        if mirror is None:
            return []
        found = [pair.finding("flipped", None, mirror)]
    shift = min((pivot_b - pivot_a, _middle(b) - _middle(a)), key=lambda step: math.hypot(*step))
    if math.hypot(*shift) > max(2.0, 0.25 * size):
        found.append(_moved(pair, shift))
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
    matrix = outline.rotation(degrees)
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


def _other_kind(pair: Pair) -> list[SvgFinding]:
    a, b = pair.reference.outline, pair.candidate.outline
    if a.kind == b.kind:
        return []
    found = [pair.finding("kind", a.kind, b.kind)]
    step = _middle(b) - _middle(a)
    if math.hypot(*step) > max(4.0, 0.35 * max(_sides(a.box))):
        found.append(_moved(pair, step))
    return found


def _one_corner(pair: Pair) -> list[SvgFinding]:
    a, b = pair.reference.outline, pair.candidate.outline
    if a.curved or b.curved or len(a.subpaths) != 1 or len(b.subpaths) != 1:
        return []
    reference, candidate = outline.corners(a.subpaths[0]), outline.corners(b.subpaths[0])
    if len(reference) != len(candidate):
        return [pair.finding("corner_count", len(reference), len(candidate))]
    steps = min(
        (
            order - reference
            for turned in (candidate, candidate[::-1])
            for order in (np.roll(turned, shift, axis=0) for shift in range(len(candidate)))
        ),
        key=lambda step: float(np.abs(step).sum()),
    )
    gaps = np.hypot(steps[:, 0], steps[:, 1])
    if int((gaps > SEEN).sum()) != 1:
        return []
    moved = int(gaps.argmax())
    start, step = reference[moved], steps[moved]
    rule = if_at_least("corner_moved", float(gaps.max()), 0.15 * max(_sides(a.box)))
    return [pair.finding(rule, tuple(start.tolist()), tuple((start + step).tolist()))]


def _compare_lines(pair: Pair) -> list[SvgFinding]:
    reference = outline.corners(pair.reference.outline.subpaths[0])
    candidate = outline.corners(pair.candidate.outline.subpaths[0])
    if len(reference) != 2 or len(candidate) != 2:
        return [pair.finding("outline")]
    if np.abs(candidate - reference).sum() > np.abs(candidate[::-1] - reference).sum():
        candidate = candidate[::-1]
    lengths = math.dist(*reference), math.dist(*candidate)
    steps = [math.hypot(*step) for step in candidate - reference]
    turn = _line_turn(reference, candidate)
    found = []
    if abs(turn) * max(lengths) / 2 > math.degrees(1.0):
        found.append(pair.finding(by_angle("rotated", turn), 0.0, turn))
    if abs(lengths[0] - lengths[1]) > 1.2:
        found.append(pair.finding(by_factor("length", _ratio(*lengths)), *lengths))
    if len(found) == 2 and min(steps) <= 1.2:
        end = steps.index(max(steps))
        rule = by_distance(
            "end_moved", diagonal_share(candidate[end] - reference[end], pair.reference)
        )
        return [pair.finding(rule, tuple(reference[end].tolist()), tuple(candidate[end].tolist()))]
    middle = (candidate[0] + candidate[1] - reference[0] - reference[1]) / 2
    anchors = (candidate[0] - reference[0], candidate[1] - reference[1], middle)
    if min(math.hypot(*step) for step in anchors) > 1.2 or not found:
        found.append(_moved(pair, middle))
    return found


def _line_turn(reference: Points, candidate: Points) -> float:
    """Degrees, clockwise positive, between two undirected lines."""
    angles = [math.atan2(*(line[1] - line[0])[::-1]) for line in (reference, candidate)]
    turn = math.degrees(angles[1] - angles[0])
    return (turn + 90) % 180 - 90


def _compare_texts(pair: Pair, scale: float) -> list[SvgFinding]:
    a, b = pair.reference.outline, pair.candidate.outline
    reference, candidate = pair.reference.text, pair.candidate.text
    assert reference is not None
    assert candidate is not None
    near = SEEN if scale == 1 else max(1.5, FITTED * reference["size"])
    if outline.distance(a.subpaths, b.subpaths) <= near:
        return []
    found = []
    if candidate["content"] != reference["content"]:
        found.append(pair.finding("text", reference["content"], candidate["content"]))
    if abs(candidate["size"] - reference["size"]) > max(0.75, 0.03 * reference["size"]):
        rule = by_factor("font_size", candidate["size"] / max(reference["size"], 0.1))
        found.append(pair.finding(rule, reference["size"], candidate["size"]))
    found += _text_move(pair, bool(found))
    for rule, name in (("font_weight", "bold"), ("font_slant", "italic")):
        if candidate[name] != reference[name]:
            values = ("regular", name) if candidate[name] else (name, "regular")
            found.append(pair.finding(rule, *values))
    if not found and candidate["font"] != reference["font"]:
        found.append(pair.finding("font_family", reference["font"], candidate["font"]))
    if not found:
        found = [replace(item, rule=f"text_{item.rule}") for item in _turned(pair)]
    return found or [pair.finding("letters")]


def _text_move(pair: Pair, resized: bool) -> list[SvgFinding]:
    reference, candidate = pair.reference.text, pair.candidate.text
    assert reference is not None
    assert candidate is not None
    a, b = pair.reference.outline.box, pair.candidate.outline.box
    across = [
        candidate["origin"][0] - reference["origin"][0],
        b[0] - a[0],
        (b[0] + b[2] - a[0] - a[2]) / 2,
        b[2] - a[2],
    ]
    down = [candidate["origin"][1] - reference["origin"][1]]
    if resized:
        down.append((b[1] + b[3] - a[1] - a[3]) / 2)
    tolerance = 2.5 if resized else SEEN
    dx = 0.0 if min(map(abs, across)) <= tolerance else across[2]
    dy = 0.0 if min(map(abs, down)) <= tolerance else down[0]
    if math.hypot(dx, dy) <= SEEN:
        return []
    return [_moved(pair, np.array([dx, dy]), "text_moved")]
