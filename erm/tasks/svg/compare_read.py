"""Differences of two icons of which only the pictures are known.

The regions in which the pictures differ become parts that are missing, extra or painted otherwise,
and shapes that moved or changed their outline; a picture that moved or grew as a whole is one
difference. Words and severities are those of the exact annotator (`erm.tasks.svg.compare`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from erm.tasks import View
from erm.tasks.discrepancy import Box, Discrepancy
from erm.tasks.shared.findings import Finding, write_discrepancy
from erm.tasks.shared.regions import Mask, codes_of, commonest, ends, gap_from, levels_of, place_of
from erm.tasks.svg.compare_outlines import compare_outlines, diagonal_share
from erm.tasks.svg.compare_paints import compare_paints
from erm.tasks.svg.reading import page_of, shapes_of_cover
from erm.tasks.svg.severity import RULES, by_distance, by_factor, if_at_least
from erm.tasks.svg.shapes import Element, Pair, Shape, SvgFinding, shapes_of
from erm.tasks.svg.whole_image import (
    compare_sizes,
    find_background,
    find_turn,
    is_patch,
    visible_pixels,
)
from erm.tasks.svg.wording import phrase

_STRONG = 60
"""Difference of a channel, 0 to 255, from which a pixel is ink or has another colour."""
_SAME_PICTURE = 0.92
"""Share of ink that must fall together where a picture moved or grew as a whole."""
_MOSTLY = 0.6
"""Share of a region from which one kind of change is what the region shows."""
_HARDLY = 0.1
"""Share of a region that may be of another kind, and by which two ratios may differ."""
_MOST_REGIONS = 8
"""Largest differing regions that become findings."""
_RIM = 0.12
"""Width of a rim, as a share of the picture's longer side, at most."""
_RIM_FILLED = 0.4
"""Pixels of a rim over those that a stroke of the other width adds on both sides, at least."""
_WIDEST = 0.25
"""Width of a stroke, as a share of the picture's longer side, at most."""
_OPACITIES = (0.15, 0.95)
"""Least and greatest opacity that is read from a paler colour."""
_SAME_COLOUR = 6
"""Difference of a channel, 0 to 255, up to which a colour is that of such an opacity."""
_NEIGHBOURS = np.ones((3, 3), dtype=bool)
"""A pixel and the eight around it."""


def compare_pictures(reference: View, candidate: View) -> list[Discrepancy]:
    """Discrepancies of the candidate, from scenes read by `erm.tasks.svg.reading`."""
    same_canvas = reference.pixels.shape == candidate.pixels.shape
    found = compare_sizes(reference, candidate)
    if not same_canvas:
        height, width = reference.pixels.shape[:2]
        image = Image.fromarray(candidate.pixels).resize((width, height))
        candidate = View(np.asarray(image), candidate.scene)
    found += _differences(reference, candidate)
    return [write_discrepancy(item, RULES, phrase, same_canvas=same_canvas) for item in found]


def _differences(reference: View, candidate: View) -> list[SvgFinding]:
    """All differences of two pictures of one size."""
    visible = visible_pixels(reference.pixels, candidate.pixels)
    turn = find_turn(reference, candidate, visible)
    if turn is not None:
        return [turn]
    pages = page_of(reference.pixels), page_of(candidate.pixels)
    found = find_background(reference, candidate)
    inks = [
        gap_from(view.pixels, page) > _STRONG
        for view, page in zip((reference, candidate), pages, strict=True)
    ]
    whole = _whole(reference, inks) if not found else None
    if whole is not None:
        return [whole]
    return found + _regions(reference, candidate, inks, visible if not found else None)


def _largest(cover: NDArray[np.float32], colour: int, view: View) -> Shape | None:
    """The largest shape of a colour that covers each pixel by a share of 0 to 1."""
    entries = shapes_of_cover(cover, colour)
    if not entries:
        return None
    entry = max(entries, key=lambda one: one["area"])
    return _shape(entry, view)


def _shape(entry: dict[str, Any], view: View) -> Shape:
    """An entry of a scene as a shape of a picture."""
    height, width = view.pixels.shape[:2]
    scene = {"width": width, "height": height, "shapes": [entry]}
    return shapes_of(scene, (float(width), float(height)))[0]


def _whole(reference: View, inks: Sequence[Mask]) -> SvgFinding | None:
    """The picture moved or scaled as a whole; what leaves it is cut off."""
    height, width = inks[0].shape
    shapes = shapes_of(reference.scene, (float(width), float(height)))
    if not shapes or not all(ink.any() for ink in inks):
        return None
    element = Element(tuple(shapes), moved_together=True, scope="whole image")
    boxes = [_box(ink) for ink in inks]
    shift, _, _ = phase_cross_correlation(*(ink.astype(float) for ink in inks[::-1]))
    down, right = (int(value) for value in shift)
    if (down or right) and _agree(_shifted(inks[0], down, right), inks[1]):
        step = np.array([right, down], dtype=float)
        rule = by_distance("group_moved", diagonal_share(step, shapes[0]))
        return Finding(rule, element, (0.0, 0.0), (float(right), float(down)), *boxes)
    sizes = [np.array([box.x1 - box.x0, box.y1 - box.y0], dtype=float) for box in boxes]
    ratios = sizes[1] / np.maximum(sizes[0], 1)
    scale = round(float(np.sqrt(ratios.prod())), 1)
    if scale == 1 or abs(ratios[0] - ratios[1]) > _HARDLY * ratios.max():
        return None
    cuts = [ink[place_of(box)] for ink, box in zip(inks, boxes, strict=True)]
    image = Image.fromarray((cuts[0] * 255).astype(np.uint8))
    scaled = np.asarray(image.resize((cuts[1].shape[1], cuts[1].shape[0]))) > 127
    if not _agree(scaled, cuts[1]):
        return None
    return Finding(by_factor("group_scaled", scale), element, 1.0, scale, *boxes)


def _agree(first: Mask, second: Mask) -> bool:
    """Whether two masks are the same but for a pixel at edges."""
    return all(
        float((one & ndimage.binary_dilation(other)).sum()) >= _SAME_PICTURE * max(1, one.sum())
        for one, other in ((first, second), (second, first))
    )


def _shifted(mask: Mask, down: int, right: int) -> Mask:
    """A mask that moved by some pixels."""
    moved: Mask = ndimage.shift(mask.astype(np.uint8), (down, right), order=0) > 0
    return moved


def _box(ink: Mask) -> Box:
    """The box around all ink, of which there is some."""
    (left, right), (top, bottom) = ends(ink.any(axis=0)), ends(ink.any(axis=1))
    return Box(left, top, right, bottom)


def _regions(
    reference: View, candidate: View, inks: Sequence[Mask], visible: Mask | None
) -> list[SvgFinding]:
    """One finding for each region in which the pictures differ."""
    pixels = reference.pixels, candidate.pixels
    gap = np.abs(pixels[0].astype(np.int16) - pixels[1].astype(np.int16)).max(axis=2)
    lost, gained = inks[0] & ~inks[1], inks[1] & ~inks[0]
    other = inks[0] & inks[1] & (gap > _STRONG / 3)
    # edges change along with what they bound
    other &= ~ndimage.binary_dilation(lost | gained, _NEIGHBOURS)
    changed = lost | gained | other
    if visible is not None:
        changed &= visible
    reach = max(1, max(changed.shape) // 64)
    labels, count = ndimage.label(ndimage.binary_dilation(changed, iterations=reach))
    if not count:
        return []
    sizes = ndimage.sum_labels(changed, labels, range(1, count + 1))
    found: list[SvgFinding] = []
    for number in np.argsort(-sizes, kind="stable")[:_MOST_REGIONS] + 1:
        here = labels == number
        parts = [mask & here for mask in (lost, gained, other)]
        found += _region(reference, candidate, inks, parts)
    return _merged(found)


def _region(
    reference: View, candidate: View, inks: Sequence[Mask], parts: Sequence[Mask]
) -> list[SvgFinding]:
    """The finding of one region: ``parts`` are its lost, its gained and its repainted pixels."""
    lost, gained, other = parts
    counts = [int(part.sum()) for part in parts]
    total = sum(counts)
    if not is_patch(lost | gained | other):
        return []
    if counts[2] >= _MOSTLY * total:
        return _repainted(reference, candidate, other)
    for mask, view, word in ((lost, reference, "missing"), (gained, candidate, "extra")):
        if mask.sum() < (1 - _HARDLY) * total:
            continue
        rim = _rim(mask, inks)
        if rim is not None:
            return _widened(reference, inks, mask, *rim)
        other_view = candidate if view is reference else reference
        return _alone(view, other_view, mask, word)
    return _changed(reference, candidate, lost, gained)


def _soft(reference: View, candidate: View, mask: Mask) -> NDArray[np.float32]:
    """How much of each pixel a differing region covers, 0 to 1, by how far the pictures differ."""
    gap = np.abs(reference.pixels.astype(np.float32) - candidate.pixels).max(axis=2)
    most = float(np.percentile(gap[mask], 90))
    near = ndimage.binary_dilation(mask, _NEIGHBOURS)
    return np.where(near, np.minimum(gap / max(most, 1.0), 1.0), 0.0).astype(np.float32)


def _alone(view: View, other: View, mask: Mask, word: str) -> list[SvgFinding]:
    """A part that only one side has."""
    shape = _largest(_soft(view, other, mask), _colour_of(view, mask), view)
    if shape is None:
        return []
    rule = f"{'detail' if shape.is_detail else 'shape'}_{word}"
    boxes = (shape.box, None) if word == "missing" else (None, shape.box)
    return [Finding(rule, Element((shape,)), None, None, *boxes)]


def _colour_of(view: View, mask: Mask) -> int:
    """The colour of most pixels of a region, pixels at edges counted to the nearest colour."""
    known = {tuple(shape["fill"]["color"]) for shape in view.scene["shapes"] if shape["fill"]}
    known |= {tuple(shape["stroke"]["color"]) for shape in view.scene["shapes"] if shape["stroke"]}
    page = page_of(view.pixels)
    if not known:
        return commonest(codes_of(view.pixels)[mask])
    colours = np.array([levels_of(page), *sorted(known)], dtype=np.int32)
    apart = np.abs(view.pixels[mask].astype(np.int32)[:, None] - colours[None]).sum(axis=2)
    # what covers half of a pixel is no part of the page
    apart[:, 0] *= 3
    counts = np.bincount(apart.argmin(axis=1), minlength=len(colours))
    red, green, blue = (int(level) for level in colours[counts.argmax()])
    return red << 16 | green << 8 | blue


def _repainted(reference: View, candidate: View, mask: Mask) -> list[SvgFinding]:
    """A part that has another colour: its surroundings' on one side where it is missing there."""
    colours = [_colour_of(view, mask) for view in (reference, candidate)]
    ring = ndimage.binary_dilation(mask, _NEIGHBOURS, iterations=3) & ~mask
    inner = ndimage.binary_dilation(mask, _NEIGHBOURS) & ring
    ring &= ~inner
    alike = [
        float((gap_from(view.pixels, colour)[ring] <= _STRONG / 2).mean()) if ring.any() else 0.0
        for view, colour in zip((reference, candidate), colours, strict=True)
    ]
    if alike[1] >= _MOSTLY > alike[0]:
        return _alone(reference, candidate, mask, "missing")
    if alike[0] >= _MOSTLY > alike[1]:
        return _alone(candidate, reference, mask, "extra")
    cover = _soft(reference, candidate, mask)
    sides = [
        _largest(cover, colour, view)
        for view, colour in zip((reference, candidate), colours, strict=True)
    ]
    if sides[0] is None or sides[1] is None:
        return []
    share = _opacity(colours, page_of(candidate.pixels))
    if share is not None and sides[0].fill is not None and sides[1].fill is not None:
        faded = replace(sides[1], fill={**sides[0].fill, "alpha": share})
        return compare_paints(sides[0], faded)
    return compare_paints(sides[0], sides[1])


def _opacity(colours: Sequence[int], page: int) -> float | None:
    """The opacity at which the first colour on the page looks like the second; None for none."""
    first, second, base = (np.array(levels_of(code), dtype=float) for code in (*colours, page))
    length = float((first - base) @ (first - base))
    if length == 0:
        return None
    share = float((second - base) @ (first - base)) / length
    stray = np.abs(base + share * (first - base) - second).max()
    if not _OPACITIES[0] <= share <= _OPACITIES[1] or stray > _SAME_COLOUR:
        return None
    return round(share, 1)


def _rim(mask: Mask, inks: Sequence[Mask]) -> tuple[float, float] | None:
    """Widths of strokes before and after, where a region is a thin rim along other ink."""
    both = inks[0] & inks[1]
    if not both.any():
        return None
    thick = ndimage.distance_transform_edt(mask)
    along = ndimage.binary_dilation(both, _NEIGHBOURS, iterations=2)
    near = float((mask & along).sum() / mask.sum())
    if near < 1 - _HARDLY or 2 * float(thick.max()) > _RIM * max(mask.shape):
        return None
    touched = ndimage.binary_dilation(mask, _NEIGHBOURS, iterations=2)
    widths = []
    for ink in inks:
        whole = _connected(ink, touched)
        if not whole.any():
            return None
        depth = ndimage.distance_transform_edt(np.pad(whole, 1))[1:-1, 1:-1]
        ridge = whole & (depth >= ndimage.maximum_filter(depth, 3))
        widths.append(2 * float(np.median(depth[ridge])) - 1)
    longest = max(mask.shape)
    # a rim lies on both sides of most of its stroke
    if mask.sum() < _RIM_FILLED * both.sum() * abs(widths[1] - widths[0]) / max(widths[0], 1):
        return None
    if widths[0] == widths[1] or max(widths) > _WIDEST * longest:
        return None
    return widths[0], widths[1]


def _connected(ink: Mask, start: Mask) -> Mask:
    """The connected regions of ink that reach into a mask."""
    labels, _ = ndimage.label(ink, _NEIGHBOURS)
    owners = np.unique(labels[start & ink])
    return np.isin(labels, owners[owners > 0])


def _widened(
    reference: View, inks: Sequence[Mask], mask: Mask, before: float, after: float
) -> list[SvgFinding]:
    """A stroke of another width."""
    touched = ndimage.binary_dilation(mask, _NEIGHBOURS, iterations=2)
    whole = _connected(inks[0], touched)
    colour = _colour_of(reference, whole)
    shape = _largest(whole.astype(np.float32), colour, reference)
    if shape is None:
        return []
    if shape.stroke is None and shape.fill is not None:
        pen = {**shape.fill, "width": before, "dash": [], "cap": "butt", "join": "miter"}
        shape = replace(shape, fill=None, stroke={**pen, "beneath": False})
    ratio = max(before, after) / max(1e-6, min(before, after))
    rule = if_at_least("stroke_width", ratio, 2.0)
    return [Finding(rule, Element((shape,)), before, after, shape.box, shape.box)]


def _changed(reference: View, candidate: View, lost: Mask, gained: Mask) -> list[SvgFinding]:
    """A shape that moved, grew or has another outline: its own component on either side."""
    sides = []
    for view, mask in ((reference, lost), (candidate, gained)):
        canvas = float(mask.shape[1]), float(mask.shape[0])
        shapes = shapes_of(view.scene, canvas)
        owned = [(int((shape.mask() & mask).sum()), shape) for shape in shapes]
        owned = [(count, shape) for count, shape in owned if count]
        if not owned:
            return []
        sides.append(max(owned, key=lambda one: one[0])[1])
    pair = Pair(sides[0], sides[1])
    found = compare_outlines(pair.reference, pair.candidate)
    return (found or [pair.finding("outline")])[:1]


def _merged(found: list[SvgFinding]) -> list[SvgFinding]:
    """Equal changes of paint of several parts as one."""
    groups: dict[Any, list[SvgFinding]] = {}
    for index, item in enumerate(found):
        mergeable = item.rule.startswith(("colour", "stroke_width"))
        key = (item.rule, repr(item.reference), repr(item.candidate)) if mergeable else index
        groups.setdefault(key, []).append(item)
    merged = []
    for items in groups.values():
        shapes = tuple(shape for item in items for shape in item.element.shapes)
        element = replace(items[0].element, shapes=shapes)
        merged.append(replace(items[0], element=element) if len(items) > 1 else items[0])
    return merged
