"""What an icon's whole image shows: its size, a rotation or reflection, its background."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from erm.images import largest_gap
from erm.tasks import Scene, View
from erm.tasks.discrepancy import Box
from erm.tasks.shared.findings import Finding
from erm.tasks.svg.compare_paints import compare_backgrounds
from erm.tasks.svg.outline import area_of, name_kind
from erm.tasks.svg.paint import WHITE
from erm.tasks.svg.shapes import Element, SvgFinding

_VISIBLE_LEVEL = 8
"""Difference of a channel, 0 to 255, from which a pixel has changed visibly."""
_ROUNDED_LEVEL = 32
"""Largest difference of one channel that drawing one outline by two ways leaves along its edges."""
_SAME_ASPECT = 0.03
"""Logarithm of the ratio of two pictures' proportions below which they are the same."""
_NEARLY_ALL = 0.9
"""Share of the picture from which its lowest shape is a background."""

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]

_TURNS: dict[str, Callable[[Pixels], Pixels]] = {
    "flipped horizontally": np.fliplr,
    "flipped vertically": np.flipud,
    "rotated by 180 degrees": lambda pixels: np.rot90(pixels, 2),
    "rotated clockwise by 90 degrees": lambda pixels: np.rot90(pixels, -1),
    "rotated counterclockwise by 90 degrees": np.rot90,
}
"""What a whole picture may have undergone."""


def visible_pixels(reference: Pixels, candidate: Pixels) -> Mask:
    """Pixels (height, width) of the reference in which the candidate visibly differs.

    A candidate of another size is scaled to the reference's. Faint differences a pixel wide are
    none: a frame leaves them that is drawn once as a stroke and once as a filled ring.
    """
    if reference.shape != candidate.shape:
        size = (reference.shape[1], reference.shape[0])
        candidate = np.asarray(Image.fromarray(candidate).resize(size, Image.Resampling.BOX))
    gaps = largest_gap(reference, candidate)
    visible = np.asarray(gaps > _VISIBLE_LEVEL)
    if not is_patch(visible) and not (gaps > _ROUNDED_LEVEL).any():
        return np.zeros_like(visible)
    return visible


def _whole(pixels: Pixels) -> Box:
    return Box(0, 0, pixels.shape[1], pixels.shape[0])


def compare_sizes(reference: View, candidate: View) -> list[SvgFinding]:
    """Another size of the image, a pixel of rounding left out."""
    (h, w), (h2, w2) = reference.pixels.shape[:2], candidate.pixels.shape[:2]
    if abs(w - w2) <= 1 and abs(h - h2) <= 1:
        return []
    same_aspect = abs(math.log((w2 / h2) / (w / h))) < _SAME_ASPECT
    rule = "image_size" if same_aspect else "image_proportion"
    element = Element(scope="whole image")
    boxes = _whole(reference.pixels), _whole(candidate.pixels)
    return [Finding(rule, element, (w, h), (w2, h2), *boxes)]


def find_turn(reference: View, candidate: View, visible: Mask) -> SvgFinding | None:
    """A picture that was mirrored or rotated as a whole.

    Its middle is compared first, which shows most turns to be wrong.
    """
    if not is_patch(visible):
        return None
    height = reference.pixels.shape[0]
    for turn, apply in _TURNS.items():
        turned = apply(reference.pixels)
        if turned.shape != candidate.pixels.shape:
            continue
        parts = (slice(height // 2 - 10, height // 2 + 10), slice(None))
        if not any(
            is_patch(visible_pixels(turned[rows], candidate.pixels[rows])) for rows in parts
        ):
            element = Element(scope="whole image")
            box = _whole(reference.pixels)
            return Finding("image_turned", element, None, turn, box, box)
    return None


def is_patch(visible: Mask) -> bool:
    """Whether more differs than rounding leaves: it is a pixel wide along edges, never 2×2."""
    tall = visible[1:] & visible[:-1]
    return bool((tall[:, 1:] & tall[:, :-1]).any())


def find_background(reference: View, candidate: View) -> list[SvgFinding]:
    """How the candidate's background differs, where both sides show one."""
    if not all(view.scene["background_visible"] for view in (reference, candidate)):
        return []
    boxes = _whole(reference.pixels), _whole(candidate.pixels)
    return [
        Finding(item.rule, item.element, item.reference, item.candidate, *boxes)
        for item in compare_backgrounds(
            reference.scene["background"], candidate.scene["background"]
        )
    ]


def with_equal_backgrounds(reference: Scene, candidate: Scene) -> tuple[Scene, Scene]:
    """Both scenes; their backgrounds as lowest shapes where one side's nearly fills its picture.

    A shape that fills one picture and nearly fills the other is one shape on both sides.
    """
    for one, other in ((reference, candidate), (candidate, reference)):
        if _is_background_against_shape(one, other):
            return _with_shape_for_background(reference), _with_shape_for_background(candidate)
    return reference, candidate


def _is_background_against_shape(one: Scene, other: Scene) -> bool:
    if one["background"] == WHITE or not other["shapes"]:
        return False
    lowest = other["shapes"][0]
    filled = _extent(lowest) / (other["width"] * other["height"])
    return other["background"] == WHITE and lowest["text"] is None and bool(filled >= _NEARLY_ALL)


def _extent(shape: dict[str, Any]) -> float:
    """Square pixels within the largest subpath of a scene's shape: a circle fills no picture."""
    subpaths = [np.array(points, dtype=float) for points in shape["subpaths"]]
    return max((abs(area_of(points)) for points in subpaths if len(points) > 2), default=0.0)


def _with_shape_for_background(scene: Scene) -> Scene:
    """The scene with its background as the lowest shape on white."""
    if scene["background"] == WHITE:
        return scene
    width, height = scene["width"], scene["height"]
    corners = [[0, 0], [width, 0], [width, height], [0, height], [0, 0]]
    page = {
        "kind": name_kind((np.array(corners, dtype=float),), False, True),
        "subpaths": [corners],
        "curved": False,
        "fill": scene["background"],
        "stroke": None,
        "text": None,
        "clips": [],
        "clip_rules": [],
        "box": [0, 0, width, height],
        "area": width * height,
        "part_of": None,
    }
    moved = [
        {**shape, "part_of": None if shape["part_of"] is None else shape["part_of"] + 1}
        for shape in scene["shapes"]
    ]
    return {**scene, "background": WHITE, "shapes": [page, *moved]}
