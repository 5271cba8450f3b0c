"""The scene of a drawn SVG: flattened shapes in paint order, everything in pixels.

A scene is JSON: ``width``, ``height``, ``background`` (a paint), ``background_visible`` (false
where opaque shapes cover it), ``shapes``. A shape holds

- ``kind``: what a person would call its outline; ``text`` for text. A stroke without length and
  with round ends is a filled circle;
- ``subpaths``: lists of [x, y], curves sampled; ``curved``;
- ``fill``, ``stroke``: a paint or null. A paint has ``type`` (``solid``, ``linear gradient``,
  ``radial gradient``) and either ``color`` [r, g, b] 0..255 with ``alpha`` 0..1, or ``stops``
  [offset, r, g, b, alpha] with ``points``; a stroke adds ``width``, ``dash``, ``cap``, ``join``,
  and ``beneath`` (whether it lies under the fill);
- ``text``: null, or ``content``, ``size``, ``font``, ``bold``, ``italic``, ``origin``;
- ``part_of``: index of the line that it decorates as a marker, null for all others;
- ``clips``: outlines that confine it, where they take something away; ``clip_rules``: by which rule
  each is filled;
- ``box``: the pixels that it changes, x1 and y1 exclusive; ``area``: how many remain visible.

Elements that nobody can see (hidden, transparent, outside, painted over, or the colour of what
lies beneath) are left out. What the listed shapes paint is checked against the picture; where it
differs the scene is refused. Not covered: comparing two scenes (`compare`).
"""

from __future__ import annotations

import math
from typing import Any

import cairocffi as cairo  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import NDArray

from erm.images import largest_gap
from erm.sources.errors import DrawError
from erm.tasks import Drawing, Scene
from erm.tasks.svg import outline
from erm.tasks.svg.paint import WHITE
from erm.tasks.svg.trace import Mark, image_of, paint, trace

MAX_SHAPES = 600
"""Shapes of a picture whose scene is read; the time of a comparison grows with their square."""

_CHANGED = 2
"""Difference of a channel, 0 to 255, above which a shape has changed a pixel."""
_OPAQUE = 0.98
"""Opacity from which nothing shows through."""
_FRINGE = 64
"""Levels that an edge pixel can change by when its colour is painted once more: a quarter of all,
where it was half covered."""
_FEWEST_PIXELS = 2
"""Pixels of a shape that must remain visible for it to be in the scene."""
_SEEN_BACKGROUND = 0.001
"""Share of the picture from which a background counts as visible."""
_UNLIKE = 40
"""Difference of a channel, 0 to 255, from which a pixel is not what its shapes paint."""
_UNEXPLAINED_SHARE = 0.004
"""Share of such pixels up to which a scene explains the picture."""
_OTHER_BACKEND_SHARE = 0.02
"""The same where another back end drew: its letters are fitted to pixels otherwise."""

_CAPS = {
    cairo.LINE_CAP_BUTT: "butt",
    cairo.LINE_CAP_ROUND: "round",
    cairo.LINE_CAP_SQUARE: "square",
}
_JOINS = {
    cairo.LINE_JOIN_MITER: "miter",
    cairo.LINE_JOIN_ROUND: "round",
    cairo.LINE_JOIN_BEVEL: "bevel",
}

_PEN = frozenset(("width", "dash", "cap", "join", "beneath"))
_DOT = 0.1
"""Length of a stroke, as a share of its width, up to which it is a dot."""

Mask = NDArray[np.bool_]
Pixels = NDArray[np.uint8]


def read_scene(drawing: Drawing) -> Scene:
    """The scene of a drawing by `erm.tasks.svg.draw`.

    Raises:
        DrawError: ``unreadable`` where the scene does not explain the picture;
            ``too_many_elements`` for more than `MAX_SHAPES`.
    """
    pixels, tree = drawing.pixels, drawing.live
    height, width = pixels.shape[:2]
    try:
        traced = trace(tree.root, width, height, tree.fallback)
        marks = [mark for mark in traced if _is_finite(mark)]
        if len(marks) > MAX_SHAPES:
            message = f"{len(marks)} shapes are drawn; at most {MAX_SHAPES} can be compared."
            raise DrawError("too_many_elements", message)
        changed, replayed = _replay(marks, width, height)
    except cairo.CairoError as error:
        raise DrawError("unreadable", f"The marks can't be painted again: {error}.") from error
    exact = tree.backend == "cairosvg"
    _check(marks, replayed, pixels, _UNEXPLAINED_SHARE if exact else _OTHER_BACKEND_SHARE)
    found: list[tuple[Mark, dict[str, Any]]] = []
    background = WHITE
    covered = np.zeros((height, width), dtype=bool)
    for mark, (corner, mask) in zip(reversed(marks), reversed(changed), strict=True):
        region = _region(corner, mask)
        visible = mask & ~covered[region]
        if int(visible.sum()) < _FEWEST_PIXELS:
            continue
        if _covers_canvas(mark, width, height):
            background = _paint_of(mark.fill, mark, mark.fill_matrix)
            break
        if _is_opaque(mark):
            covered[region] |= mask
        found.append((mark, _shape_of(mark, corner, mask, int(visible.sum()), (width, height))))
    found.reverse()
    for mark, shape in found:
        owners = (index for index, (other, _) in enumerate(found) if other is mark.owner)
        shape["part_of"] = next(owners, None)
    shapes = [shape for _, shape in found]
    return {
        "width": width,
        "height": height,
        "background": background,
        "background_visible": bool((~covered).mean() >= _SEEN_BACKGROUND),
        "shapes": shapes,
    }


def _is_finite(mark: Mark) -> bool:
    values = [value for _, points in mark.path for value in points]
    return bool(values) and all(math.isfinite(v) and abs(v) < 1e6 for v in values)


def _region(corner: tuple[int, int], mask: Mask) -> tuple[slice, slice]:
    x, y = corner
    return slice(y, y + mask.shape[0]), slice(x, x + mask.shape[1])


def _replay(
    marks: list[Mark], width: int, height: int
) -> tuple[list[tuple[tuple[int, int], Mask]], Pixels]:
    """For each mark where it changes the picture: (x, y) of a corner and a mask; the picture."""
    canvas = cairo.ImageSurface(cairo.FORMAT_RGB24, width, height)
    context = cairo.Context(canvas)
    context.set_source_rgb(1, 1, 1)
    context.paint()
    picture = image_of(canvas)[:, :, :3]
    changed = []
    for mark in marks:
        x0, y0, x1, y1 = _extent(mark, width, height)
        before = picture[y0:y1, x0:x1].copy()
        paint(context, mark)
        canvas.flush()
        after = picture[y0:y1, x0:x1]
        levels = largest_gap(before, after)
        mask = np.asarray(levels > _CHANGED)
        if levels.max(initial=0) <= _FRINGE and _is_fringe(mark, mask, (x0, y0)):
            mask = np.zeros_like(mask)
        changed.append(((x0, y0), mask))
    return changed, picture[:, :, ::-1].copy()


def _is_fringe(mark: Mark, changed: Mask, corner: tuple[int, int]) -> bool:
    """Whether only the edge of a mark changes the picture, where it mixes once more with what has
    the mark's own colour: nobody sees a shape painted twice."""
    height, width = changed.shape
    if not changed.any() or not _is_opaque(mark):
        return False
    canvas = cairo.ImageSurface(cairo.FORMAT_ARGB32, width, height)
    canvas.set_device_offset(-corner[0], -corner[1])
    paint(cairo.Context(canvas), mark)
    alpha = image_of(canvas)[:, :, 3]
    inside = alpha == 255
    return bool(inside.any()) and not bool((changed & inside).any())


def _extent(mark: Mark, width: int, height: int) -> tuple[int, int, int, int]:
    values = np.array(
        [points[i : i + 2] for _, points in mark.path for i in range(0, len(points), 2)]
    )
    reach = 2.0
    if mark.stroke is not None:
        reach += mark.line_width * _scale(mark.matrix) * max(1.0, min(mark.miter, 10.0)) / 2
    low = np.floor(values.min(axis=0) - reach)
    high = np.ceil(values.max(axis=0) + reach)
    x0, y0 = (int(min(max(v, 0), size)) for v, size in zip(low, (width, height), strict=True))
    x1, y1 = (int(min(max(v, 0), size)) for v, size in zip(high, (width, height), strict=True))
    return x0, y0, x1, y1


def _check(marks: list[Mark], replayed: Pixels, pixels: Pixels, share: float) -> None:
    unlike = largest_gap(replayed, pixels) > _UNLIKE
    height, width = unlike.shape
    for mark in marks:
        if mark.alpha < 1:
            x0, y0, x1, y1 = _extent(mark, width, height)
            unlike[y0:y1, x0:x1] = False
    if int(unlike.sum()) > max(4, share * unlike.size):
        raise DrawError("unreadable", "What is drawn can't be read shape by shape.")


def _is_opaque(mark: Mark) -> bool:
    if mark.alpha < _OPAQUE:
        return False
    return all(_alpha_of(source) >= _OPAQUE for source in (mark.fill, mark.stroke) if source)


def _alpha_of(source: cairo.Pattern) -> float:
    if isinstance(source, cairo.SolidPattern):
        return float(source.get_rgba()[3])
    if isinstance(source, cairo.Gradient):
        return float(min((stop[4] for stop in source.get_color_stops()), default=0.0))
    return 0.0


def _covers_canvas(mark: Mark, width: int, height: int) -> bool:
    if mark.fill is None or mark.glyphs or mark.clips or not _is_opaque(mark):
        return False
    subpaths, curved = _subpaths(mark)
    if outline.family(outline.name_kind(subpaths, curved, True)) != "rectangle":
        return False
    points = np.concatenate(subpaths)
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    inset = 0.0 if mark.stroke is None else mark.line_width * _scale(mark.matrix) / 2
    upright = abs(abs(outline.area_of(subpaths[0])) - (x1 - x0) * (y1 - y0)) < 1.0
    return bool(
        upright
        and x0 + inset <= 0.5
        and y0 + inset <= 0.5
        and x1 - inset >= width - 0.5
        and y1 - inset >= height - 0.5
    )


def _shape_of(
    mark: Mark, corner: tuple[int, int], mask: Mask, area: int, canvas: tuple[int, int]
) -> dict[str, Any]:
    subpaths, curved = _subpaths(mark)
    fill = None if mark.fill is None else _paint_of(mark.fill, mark, mark.fill_matrix)
    stroke = _stroke_of(mark)
    if stroke is not None and _are_dots(subpaths, stroke):
        subpaths = tuple(outline.circle(points[0], stroke["width"] / 2) for points in subpaths)
        fill = {key: stroke[key] for key in stroke if key not in _PEN}
        stroke, curved = None, True
    clips = _clips_of(mark, canvas)
    ys, xs = np.nonzero(mask)
    x, y = corner
    kind = "text" if mark.glyphs else outline.name_kind(subpaths, curved, fill is not None)
    return {
        "kind": kind,
        "subpaths": [np.round(points, 2).tolist() for points in subpaths],
        "curved": curved,
        "fill": None if kind == "line" else fill,
        "stroke": stroke,
        "text": _text_of(mark) if mark.glyphs else None,
        "clips": [clip for clip, _ in clips],
        "clip_rules": [rule for _, rule in clips],
        "box": [
            int(xs.min()) + x,
            int(ys.min()) + y,
            int(xs.max()) + x + 1,
            int(ys.max()) + y + 1,
        ],
        "area": area,
    }


def _are_dots(subpaths: tuple[outline.Points, ...], stroke: dict[str, Any]) -> bool:
    """Whether round ends make a stroke of no length one filled circle or several."""
    largest = max(float(np.ptp(points, axis=0).max()) for points in subpaths)
    return bool(stroke["cap"] == "round" and largest <= _DOT * stroke["width"])


def _subpaths(mark: Mark) -> tuple[tuple[outline.Points, ...], bool]:
    return _flatten(mark.path)


def _flatten(path: list[tuple[int, tuple[float, ...]]]) -> tuple[tuple[outline.Points, ...], bool]:
    """Subpaths with curves sampled, and whether any bends."""
    subpaths: list[list[Any]] = []
    curved = False
    start = current = np.zeros(2)
    for operation, values in path:
        points = np.array(values, dtype=float).reshape(-1, 2)
        if operation == cairo.PATH_MOVE_TO:
            start = current = points[0]
            subpaths.append([current])
        elif operation == cairo.PATH_LINE_TO:
            current = points[0]
            subpaths[-1].append(current)
        elif operation == cairo.PATH_CURVE_TO:
            if outline.is_straight(current, points):
                subpaths[-1].append(points[2])
            else:
                curved = True
                subpaths[-1].extend(outline.sample_curve(current, points))
            current = points[2]
        else:
            if np.abs(current - start).max() > 1e-9:
                subpaths[-1].append(start)
            current = start
    kept = tuple(outline.thin(np.array(points)) for points in subpaths if len(points) > 1)
    return kept, curved


def _scale(matrix: cairo.Matrix) -> float:
    xx, yx, xy, yy, _, _ = matrix.as_tuple()
    return math.sqrt(abs(xx * yy - xy * yx))


def _stroke_of(mark: Mark) -> dict[str, Any] | None:
    if mark.stroke is None:
        return None
    scale = _scale(mark.matrix)
    dashes, _ = mark.dash
    return {
        **_paint_of(mark.stroke, mark, mark.matrix),
        "width": round(mark.line_width * scale, 2),
        "dash": [round(value * scale, 2) for value in dashes],
        "cap": _CAPS[mark.cap],
        "join": _JOINS[mark.join],
        "beneath": mark.stroke_first,
    }


def _paint_of(
    source: cairo.Pattern | None, mark: Mark, matrix: cairo.Matrix | None
) -> dict[str, Any]:
    if isinstance(source, cairo.SolidPattern):
        red, green, blue, alpha = source.get_rgba()
        return {
            "type": "solid",
            "color": [_level(red), _level(green), _level(blue)],
            "alpha": round(alpha * mark.alpha, 3),
        }
    if isinstance(source, cairo.Gradient) and matrix is not None:
        stops = [
            [round(offset, 3), _level(r), _level(g), _level(b), round(a * mark.alpha, 3)]
            for offset, r, g, b, a in source.get_color_stops()
        ]
        return {**_axis_of(source, matrix), "stops": stops}
    raise DrawError("unreadable", "A tiled pattern can't be described as a paint.")


def _axis_of(source: cairo.Gradient, matrix: cairo.Matrix) -> dict[str, Any]:
    to_user = source.get_matrix()
    to_user.invert()

    def pixel(x: float, y: float) -> list[float]:
        return [round(v, 2) for v in matrix.transform_point(*to_user.transform_point(x, y))]

    if isinstance(source, cairo.LinearGradient):
        x0, y0, x1, y1 = source.get_linear_points()
        return {"type": "linear gradient", "points": [pixel(x0, y0), pixel(x1, y1)]}
    fx, fy, _, cx, cy, radius = source.get_radial_circles()
    return {
        "type": "radial gradient",
        "points": [pixel(fx, fy), pixel(cx, cy), pixel(cx + radius, cy), pixel(cx, cy + radius)],
    }


def _level(value: float) -> int:
    return round(min(1.0, max(0.0, value)) * 255)


def _text_of(mark: Mark) -> dict[str, Any]:
    assert mark.font is not None
    family, slant, weight, size = mark.font
    first = mark.glyphs[0]
    letters = "".join(glyph.letter for glyph in mark.glyphs)
    written = " ".join((mark.node.text or "").split())
    return {
        # Blanks are not painted; letters that a path had no room for are not either.
        "content": written if written.replace(" ", "") == letters else letters,
        "size": round(size * _scale(mark.matrix), 2),
        "font": family,
        "bold": weight == cairo.FONT_WEIGHT_BOLD,
        "italic": slant != cairo.FONT_SLANT_NORMAL,
        "origin": [round(v, 2) for v in first.matrix.transform_point(*first.origin)],
    }


def _clips_of(mark: Mark, canvas: tuple[int, int]) -> list[tuple[list[list[list[float]]], str]]:
    """Clips that take something away of what the mark's outline has in the picture.

    Each comes with its fill rule.
    """
    if not mark.path:
        return []
    subpaths, _ = _subpaths(mark)
    points = np.concatenate(subpaths)
    reach = mark.line_width * _scale(mark.matrix) / 2 if mark.stroke is not None else 0.0
    low = np.maximum(points.min(axis=0) - reach, 0)
    high = np.minimum(points.max(axis=0) + reach, canvas)
    clips = []
    for path, rule in mark.clips:
        clip, curved = _flatten(path)
        if not clip:
            continue
        edges = np.concatenate(clip)
        inside = (edges.min(axis=0) <= low + 0.5).all() and (edges.max(axis=0) >= high - 0.5).all()
        upright = len(clip) == 1 and outline.name_kind(clip, curved, True) in (
            "square",
            "rectangle",
        )
        if not (inside and upright):
            name = "evenodd" if rule == cairo.FILL_RULE_EVEN_ODD else "nonzero"
            clips.append(([np.round(part, 2).tolist() for part in clip], name))
    return clips
