"""The exact annotator of SVG pairs: two scenes and their pixels to discrepancies.

Shapes are matched one to one (`matching`); shapes that moved or grew together are one
discrepancy; what is left of each pair goes through `geometry` and `painting`; shapes without a
partner are missing or extra. Nothing is listed of which the pixels show nothing. Severities are
reasoned in ``docs/annotation-svg.md``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from erm.images import largest_gap
from erm.tasks import Scene, View
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE, Box, Discrepancy
from erm.tasks.svg import geometry, painting, words
from erm.tasks.svg.geometry import Difference
from erm.tasks.svg.groups import Together, moved_together, undo
from erm.tasks.svg.matching import match
from erm.tasks.svg.outline import area_of, distance, name_kind
from erm.tasks.svg.shapes import Shape, shapes_of, union
from erm.tasks.svg.words import WHITE

_SEEN_LEVEL = 8
_SEEN_PIXELS = 2
_SLIVER = 0.03
_SMALL_SHARE = 0.005
_SEEN_OVERLAP = 4
_SAME_ASPECT = 0.03
_SHEET = 0.9

Mask = NDArray[np.bool_]

_TURNS: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    "is flipped horizontally": np.fliplr,
    "is flipped vertically": np.flipud,
    "is rotated by 180 degrees": lambda pixels: np.rot90(pixels, 2),
    "is rotated clockwise by 90 degrees": lambda pixels: np.rot90(pixels, -1),
    "is rotated counterclockwise by 90 degrees": np.rot90,
}
"""What a whole picture may have undergone, and how it is told."""


@dataclass(frozen=True)
class _Pair:
    reference: Shape
    candidate: Shape

    @property
    def box(self) -> Box:
        return union(self.reference.box, self.candidate.box)


@dataclass(frozen=True)
class _Found:
    """A difference of a pair, before related ones become one."""

    pair: _Pair
    difference: Difference


def compare(reference: View, candidate: View) -> list[Discrepancy]:
    """Discrepancies of the candidate against the reference, empty where none can be seen."""
    height, width = reference.pixels.shape[:2]
    canvas = (float(width), float(height))
    seen = _seen(reference.pixels, candidate.pixels)
    found = _size_of_picture(reference, candidate)
    if int(seen.sum()) < _SEEN_PIXELS:
        return found
    turned = _turned(reference, candidate, seen)
    if turned is not None:
        return [turned]
    scenes = reference.scene, candidate.scene
    if _is_sheet_against_shape(*scenes) or _is_sheet_against_shape(*reversed(scenes)):
        scenes = _with_sheet(scenes[0]), _with_sheet(scenes[1])
    old, new = (shapes_of(scene, canvas) for scene in scenes)
    matched = [pair for pair in match(old, new) if _stays(old[pair[0]], new[pair[1]])]
    pairs = [_Pair(old[i], new[j]) for i, j in matched]
    lost = set(range(len(old))) - {i for i, _ in matched}
    added = set(range(len(new))) - {j for _, j in matched}
    found += _background(*scenes, canvas)
    for shapes, indices, how in ((old, lost, "missing"), (new, added, "extra")):
        found += [
            _alone(shapes[index], how)
            for index in sorted(indices)
            if shapes[index].part_of not in indices and _shows(seen, shapes[index])
        ]
    found += _pair_discrepancies(pairs, old, seen)
    found += _restacked(pairs, seen)
    return found


def _seen(reference: NDArray[np.uint8], candidate: NDArray[np.uint8]) -> Mask:
    """Pixels (height, width) in which two pictures visibly differ."""
    if reference.shape != candidate.shape:
        size = (reference.shape[1], reference.shape[0])
        candidate = np.asarray(Image.fromarray(candidate).resize(size, Image.Resampling.BOX))
    return np.asarray(largest_gap(reference, candidate) > _SEEN_LEVEL)


def _stays(reference: Shape, candidate: Shape) -> bool:
    """Whether both of a pair can be made out, and not just a sliver of one.

    Of a shape that is the same on both sides, what covers it on one of them is what changed.
    """
    if min(reference.area, candidate.area) > _SLIVER * max(reference.area, candidate.area):
        return True
    changes = geometry.differences(reference, candidate)
    return not changes and not painting.differences(reference, candidate)


def _shows(seen: Mask, *shapes: Shape) -> bool:
    return any(int((seen & shape.mask()).sum()) >= _SEEN_PIXELS for shape in shapes)


def _size_of_picture(reference: View, candidate: View) -> list[Discrepancy]:
    (h, w), (h2, w2) = reference.pixels.shape[:2], candidate.pixels.shape[:2]
    if abs(w - w2) <= 1 and abs(h - h2) <= 1:
        return []
    same_aspect = abs(math.log((w2 / h2) / (w / h))) < _SAME_ASPECT
    return [
        Discrepancy(
            "structure_error",
            MINOR if same_aspect else MEDIUM,
            "whole image",
            f"size is {w2} x {h2} px instead of {w} x {h} px",
            Box(0, 0, w2, h2),
        )
    ]


def _turned(reference: View, candidate: View, seen: Mask) -> Discrepancy | None:
    """A picture of several shapes that was mirrored or rotated as a whole.

    Its middle is compared first, which shows most turns to be wrong.
    """
    if len(reference.scene["shapes"]) < 2 or not _is_patch(seen):
        return None
    height, width = reference.pixels.shape[:2]
    for description, turn in _TURNS.items():
        turned = turn(reference.pixels)
        if turned.shape != candidate.pixels.shape:
            continue
        parts = (slice(height // 2 - 10, height // 2 + 10), slice(None))
        if not any(_is_patch(_seen(turned[rows], candidate.pixels[rows])) for rows in parts):
            box = Box(0, 0, width, height)
            return Discrepancy("structure_error", MEDIUM, "whole image", description, box)
    return None


def _is_patch(seen: Mask) -> bool:
    """Whether more differs than rounding leaves: it is a pixel wide along edges, never 2×2."""
    tall = seen[1:] & seen[:-1]
    return bool((tall[:, 1:] & tall[:, :-1]).any())


def _is_sheet_against_shape(one: Scene, other: Scene) -> bool:
    """Whether one scene's background may be what the other scene's lowest shape nearly fills."""
    if one["background"] == WHITE or not other["shapes"]:
        return False
    lowest = other["shapes"][0]
    filled = _extent(lowest) / (other["width"] * other["height"])
    return other["background"] == WHITE and lowest["text"] is None and bool(filled >= _SHEET)


def _extent(shape: dict[str, Any]) -> float:
    """Square pixels within the largest subpath of a scene's shape: a circle fills no picture."""
    subpaths = [np.array(points, dtype=float) for points in shape["subpaths"]]
    return max((abs(area_of(points)) for points in subpaths if len(points) > 2), default=0.0)


def _with_sheet(scene: Scene) -> Scene:
    """The scene with its background as the lowest shape on white."""
    if scene["background"] == WHITE:
        return scene
    width, height = scene["width"], scene["height"]
    corners = [[0, 0], [width, 0], [width, height], [0, height], [0, 0]]
    sheet = {
        "kind": name_kind((np.array(corners, dtype=float),), False, True),
        "subpaths": [corners],
        "curved": False,
        "fill": scene["background"],
        "stroke": None,
        "text": None,
        "clips": [],
        "box": [0, 0, width, height],
        "area": width * height,
        "part_of": None,
    }
    moved = [
        {**shape, "part_of": None if shape["part_of"] is None else shape["part_of"] + 1}
        for shape in scene["shapes"]
    ]
    return {**scene, "background": WHITE, "shapes": [sheet, *moved]}


def _background(
    reference: Scene, candidate: Scene, canvas: tuple[float, float]
) -> list[Discrepancy]:
    old, new = reference["background"], candidate["background"]
    return [
        Discrepancy(
            item.category, item.severity, "background", item.description, Box(0, 0, *canvas)
        )
        for item in painting.paint_differences("", old, new)
    ]


def _alone(shape: Shape, how: str) -> Discrepancy:
    side = "reference" if how == "missing" else "candidate"
    if shape.text is not None:
        location = f"text at {shape.place}"
        description = f"'{shape.text['content']}' is {how}"
        return Discrepancy("text_symbol_error", SEVERE, location, description, shape.box, side)  # type: ignore[arg-type]
    small = shape.area < _SMALL_SHARE * shape.canvas[0] * shape.canvas[1]
    severity = MEDIUM if small else SEVERE
    return Discrepancy("structure_error", severity, shape.location, f"is {how}", shape.box, side)  # type: ignore[arg-type]


def _pair_discrepancies(pairs: list[_Pair], old: list[Shape], seen: Mask) -> list[Discrepancy]:
    visible = [pair for pair in pairs if _shows(seen, pair.reference, pair.candidate)]
    together = moved_together([(pair.reference, pair.candidate) for pair in visible])
    if together:
        together[0] = _joined(together[0], visible)
    whole = sum(shape.part_of is None for shape in old)
    found = [_group(group, [visible[i] for i in group.members], whole) for group in together]
    group_of = {index: group for group in together for index in group.members}
    differences: list[_Found] = []
    for index, pair in enumerate(visible):
        group = group_of.get(index)
        scale = group.scale if group else 1.0
        candidate = undo(group, pair.candidate) if group else pair.candidate
        shapes: list[Difference] = []
        if pair.reference.part_of is None:
            shapes = geometry.differences(pair.reference, candidate, scale)
        turned = any(change.turns for change in shapes)
        changes = painting.differences(pair.reference, candidate, scale, turned) + shapes
        if not changes and group is None and _is_cut_otherwise(pair.reference, candidate):
            changes.append(Difference("shape_error", MEDIUM, "is cut off differently", "cut"))
        differences += [_Found(pair, change) for change in changes]
    return found + _merge(differences, old)


def _is_cut_otherwise(reference: Shape, candidate: Shape) -> bool:
    """Whether other clips confine two shapes that are alike but for that."""
    old, new = (
        tuple(np.array(part, dtype=float) for clip in shape.clips for part in clip)
        for shape in (reference, candidate)
    )
    if not old or not new:
        return bool(old) != bool(new)
    return distance(old, new) > geometry.SEEN


def _joined(group: Together, pairs: list[_Pair]) -> Together:
    """The group with those pairs that moved along with it and changed besides."""
    members = list(group.members)
    for index, pair in enumerate(pairs):
        old, new = pair.reference, pair.candidate
        if index in members or old.part_of is not None:
            continue
        alone = geometry.differences(old, new)
        along = geometry.differences(old, undo(group, new), group.scale)
        if len(along) < len(alone) or (
            along != alone and _is_vague(alone) and not _is_vague(along)
        ):
            members.append(index)
    return replace(group, members=tuple(sorted(members)))


def _is_vague(changes: list[Difference]) -> bool:
    return any(change.description == geometry.VAGUE for change in changes)


def _group(group: Together, pairs: list[_Pair], total: int) -> Discrepancy:
    box = union(*(pair.reference.box for pair in pairs))
    canvas = pairs[0].reference.canvas
    everything = len(pairs) == total
    location = f"{len(pairs)} shapes at {words.place(box, *canvas)}"
    if group.scale != 1.0:
        severity = geometry.size_severity(group.scale)
        description = f"is scaled by {group.scale:.2g}"
    else:
        severity = geometry.move_severity(math.hypot(group.dx, group.dy), pairs[0].reference)
        far = words.number(math.hypot(group.dx, group.dy))
        description = f"is moved {words.direction(group.dx, group.dy)} by {far} px"
    return Discrepancy(
        "structure_error",
        severity,
        "whole image" if everything else location,
        description if everything else _plural(description),
        union(box, *(pair.candidate.box for pair in pairs)),
    )


def _merge(differences: list[_Found], old: list[Shape]) -> list[Discrepancy]:
    """One discrepancy for each change that several shapes share."""
    shared: dict[Hashable, list[_Found]] = {}
    for index, item in enumerate(differences):
        key = item.difference.merge
        shared.setdefault(("alone", index) if key is None else ("shared", key), []).append(item)
    result = []
    for items in shared.values():
        change = items[0].difference
        result.append(
            Discrepancy(
                change.category,
                max(item.difference.severity for item in items),
                _common_location([item.pair.reference for item in items], old),
                change.description if len(items) == 1 else _plural(change.description),
                union(*(item.pair.box for item in items)),
            )
        )
    return result


def _plural(description: str) -> str:
    """A description of one shape as that of several: ``are moved up by 3 px``."""
    return f"are {description[3:]}" if description.startswith("is ") else description


def _common_location(shapes: list[Shape], old: list[Shape]) -> str:
    if len(shapes) == 1:
        return shapes[0].location
    names = {shape.name for shape in shapes}
    if len(names) == 1:
        name = f"{shapes[0].name}s".replace("texts", "text")
        every = sum(shape.name in names for shape in old) == len(shapes)
        return f"all {name}" if every else f"{len(shapes)} {name}"
    colors = {shape.name.split(f" {shape.kind}")[0] for shape in shapes}
    shared = f"{colors.pop()} " if len(colors) == 1 else ""
    return f"{len(shapes)} {shared}shapes"


def _restacked(pairs: list[_Pair], seen: Mask) -> list[Discrepancy]:
    """Shapes that were put in front of others, fewest first."""
    inverted: dict[int, list[int]] = {}
    for i, a in enumerate(pairs):
        for j, b in enumerate(pairs):
            raised = a.reference.order < b.reference.order and a.candidate.order > b.candidate.order
            if raised and _overlap_seen(a, b, seen):
                inverted.setdefault(i, []).append(j)
                inverted.setdefault(j, []).append(i)
    found = []
    while inverted:
        index = max(inverted, key=lambda i: (len(inverted[i]), pairs[i].candidate.order))
        shape = pairs[index]
        other = pairs[inverted[index][0]]
        ways = ("in front of", "behind")
        if shape.candidate.order < other.candidate.order:
            ways = ("behind", "in front of")
        found.append(
            Discrepancy(
                "structure_error",
                MEDIUM,
                shape.reference.location,
                f"is {ways[0]} the {other.reference.name} instead of {ways[1]} it",
                shape.box,
            )
        )
        for partner in inverted.pop(index):
            inverted[partner].remove(index)
            if not inverted[partner]:
                del inverted[partner]
    return found


def _overlap_seen(a: _Pair, b: _Pair, seen: Mask) -> bool:
    x0, y0 = (
        max(a.candidate.box.x0, b.candidate.box.x0),
        max(a.candidate.box.y0, b.candidate.box.y0),
    )
    x1, y1 = (
        min(a.candidate.box.x1, b.candidate.box.x1),
        min(a.candidate.box.y1, b.candidate.box.y1),
    )
    if x0 >= x1 or y0 >= y1:
        return False
    overlap = a.candidate.mask() & b.candidate.mask() & seen
    return int(overlap.sum()) >= _SEEN_OVERLAP
