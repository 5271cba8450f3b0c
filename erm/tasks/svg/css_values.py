"""Values of CSS rewritten as ones that CairoSVG reads: colours, font sizes, transforms."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import tinycss2
from numpy.typing import NDArray
from tinycss2.color4 import Color, parse_color

Matrix = NDArray[np.float64]
"""(3, 3): the map of a column vector (x, y, 1)."""

_PLAIN = re.compile(r"#[0-9a-f]{3}(?:[0-9a-f]{3})?|none|inherit|currentColor")
_PAINT = re.compile(r"(url\(.*?\))\s*(.*)", re.DOTALL)
_CONTEXT = ("context-fill", "context-stroke")
_UNITS = {"px": 1.0, "pt": 96 / 72, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4,
          "q": 96 / 101.6}  # fmt: skip
_DEGREES = {"deg": 1.0, "grad": 0.9, "rad": 180 / math.pi, "turn": 360.0}
_FONT_SIZES = {"xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0,
               "x-large": 24.0, "xx-large": 32.0}  # fmt: skip
_XYZ_TO_RGB = np.array([
    [3.2404542, -1.5371385, -0.4985314],
    [-0.9692660, 1.8760108, 0.0415560],
    [0.0556434, -0.2040259, 1.0572252],
])  # fmt: skip
"""From CIE XYZ (D65) to linear sRGB (IEC 61966-2-1)."""
_D50_TO_D65 = np.array([
    [0.9555766, -0.0230393, 0.0631636],
    [-0.0282895, 1.0099416, 0.0210077],
    [0.0122982, -0.0204830, 1.3299098],
])  # fmt: skip
"""Bradford's adaptation of CIE XYZ from white D50 to D65."""
_STEP = 1.2
"""Factor of ``larger`` in all browsers."""


@lru_cache(maxsize=4096)
def plain_paint(value: str) -> str | None:
    """A paint in CairoSVG's words; None for an invalid one, which CSS ignores.

    A reference keeps its fallback.
    """
    match = _PAINT.fullmatch(value.strip())
    if match is None:
        return plain_colour(value)
    fallback = plain_colour(match[2]) if match[2] else "none"
    return None if fallback is None else f"{match[1]} {fallback}"


@lru_cache(maxsize=4096)
def plain_colour(value: str) -> str | None:
    """A colour of CSS Color 4 as ``#rrggbb`` or ``rgba(r,g,b,a)``; None for an invalid one."""
    text = value.strip()
    if _PLAIN.fullmatch(text):
        return text
    lowered = text.lower()
    if lowered in ("none", "inherit") or lowered in _CONTEXT:
        return lowered.replace("context-fill", "none").replace("context-stroke", "none")
    if lowered in ("unset", "initial", "revert"):
        return None
    colour = parse_color(text)
    if colour == "currentcolor":
        return "currentColor"
    if not isinstance(colour, Color):
        return None
    shares = _srgb(colour)
    if shares is None:
        return None
    levels = [_level(share) for share in shares]
    alpha = min(1.0, max(0.0, float(colour.alpha or 0.0)))
    if alpha >= 1:
        return "#" + "".join(f"{level:02x}" for level in levels)
    return f"rgba({levels[0]},{levels[1]},{levels[2]},{alpha:.4g})"


def _srgb(colour: Color) -> tuple[float, ...] | None:
    """Red, green and blue (0 to 1 within the gamut); None for a space that isn't supported."""
    if colour.space in ("srgb", "hsl", "hwb"):
        return tuple(colour.to("srgb").coordinates)
    if colour.space in ("oklab", "oklch"):
        xyz = np.array(colour.to("xyz-d65").coordinates)
    elif colour.space in ("lab", "lch"):
        xyz = _D50_TO_D65 @ np.array(colour.to("xyz-d50").coordinates)
    else:
        return None
    linear = np.clip(_XYZ_TO_RGB @ xyz, 0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return tuple(curved.tolist())


def _level(value: float | None) -> int:
    return round(min(1.0, max(0.0, value or 0.0)) * 255)


def font_size(value: str, inherited: float) -> float | None:
    """Pixels of a font size, `inherited` being the parent's; None for one in other units."""
    text = value.strip().lower()
    if text in _FONT_SIZES:
        return _FONT_SIZES[text]
    if text in ("larger", "smaller"):
        return inherited * (_STEP if text == "larger" else 1 / _STEP)
    match = re.fullmatch(r"([+-]?[\d.]+(?:e[+-]?\d+)?)\s*(%|[a-z]*)", text)
    if match is None:
        return None
    try:
        number = float(match[1])
    except ValueError:
        return None
    relative = {"%": inherited / 100, "em": inherited, "rem": 16.0, "ex": inherited / 2}
    factor = {**_UNITS, "": 1.0, **relative}.get(match[2])
    return None if factor is None else number * factor


def transform_matrix(value: str, width: float, height: float, font: float) -> Matrix | None:
    """The matrix of a CSS ``transform``; None for an invalid one.

    Percentages are shares of a reference box of `width` × `height`; `font` is 1 em.
    """
    matrix = np.eye(3)
    for token in tinycss2.parse_component_value_list(value, skip_comments=True):
        if token.type == "whitespace":
            continue
        if token.type == "ident" and token.lower_value == "none":
            return np.eye(3)
        if token.type != "function" or token.lower_name not in _FUNCTIONS:
            return None
        arguments = [part for part in token.arguments if part.type not in ("whitespace", "comment")]
        values = [part for part in arguments if part != ","]
        try:
            matrix = matrix @ _FUNCTIONS[token.lower_name](values, (width, height), font)
        except (ValueError, IndexError):
            return None
    return matrix


def _finite(token: Any) -> float:
    value = float(token.value)
    if not math.isfinite(value):
        raise ValueError(token.representation)
    return value


def length(token: Any, whole: float, font: float) -> float:
    """Pixels of a length token; raises ValueError for another one."""
    if token.type == "number":
        return _finite(token)
    if token.type == "percentage":
        return _finite(token) / 100 * whole
    if token.type == "dimension":
        factor = {**_UNITS, "em": font, "ex": font / 2, "rem": 16.0}.get(token.lower_unit)
        if factor is not None:
            return _finite(token) * factor
    raise ValueError(token.type)


def angle(token: Any) -> float:
    """Degrees of an angle token; raises ValueError for another one."""
    if token.type == "number":
        return _finite(token)
    if token.type == "dimension" and token.lower_unit in _DEGREES:
        return _finite(token) * _DEGREES[token.lower_unit]
    raise ValueError(token.type)


def _number(token: Any) -> float:
    if token.type == "percentage":
        return _finite(token) / 100
    if token.type != "number":
        raise ValueError(token.type)
    return _finite(token)


def shift(x: float, y: float) -> Matrix:
    """The matrix that moves by (x, y)."""
    return np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])


def _linear(a: float, b: float, c: float, d: float) -> Matrix:
    return np.array([[a, c, 0], [b, d, 0], [0, 0, 1.0]])


def _turn(degrees: float) -> Matrix:
    turn = math.radians(degrees)
    return _linear(math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn))


def _skew(x: float, y: float) -> Matrix:
    return _linear(1, math.tan(math.radians(y)), math.tan(math.radians(x)), 1)


def _matrix(values: list[Any]) -> Matrix:
    a, b, c, d, e, f = map(_number, values)
    return shift(e, f) @ _linear(a, b, c, d)


def _scale(values: list[Any]) -> Matrix:
    return _linear(_number(values[0]), 0, 0, _number(values[-1]))


_Function = Callable[[list[Any], tuple[float, float], float], Matrix]

_FUNCTIONS: dict[str, _Function] = {
    "matrix": lambda values, box, font: _matrix(values),
    "translate": lambda values, box, font: shift(
        length(values[0], box[0], font), length(values[1], box[1], font) if values[1:] else 0.0
    ),
    "translatex": lambda values, box, font: shift(length(values[0], box[0], font), 0),
    "translatey": lambda values, box, font: shift(0, length(values[0], box[1], font)),
    "scale": lambda values, box, font: _scale(values),
    "scalex": lambda values, box, font: _linear(_number(values[0]), 0, 0, 1),
    "scaley": lambda values, box, font: _linear(1, 0, 0, _number(values[0])),
    "rotate": lambda values, box, font: _turn(angle(values[0])),
    "rotatez": lambda values, box, font: _turn(angle(values[0])),
    "skew": lambda values, box, font: _skew(
        angle(values[0]), angle(values[1]) if values[1:] else 0.0
    ),
    "skewx": lambda values, box, font: _skew(angle(values[0]), 0),
    "skewy": lambda values, box, font: _skew(0, angle(values[0])),
}


def attribute_matrix(value: str) -> Matrix | None:
    """The matrix of a ``transform`` attribute (SVG 1.1: numbers alone); None for an invalid one."""
    matrix = np.eye(3)
    for name, listed in re.findall(r"(\w+)\s*\(([^)]*)\)", value):
        try:
            numbers = [float(part) for part in re.split(r"[\s,]+", listed.strip()) if part]
            if not all(map(math.isfinite, numbers)):
                return None
            matrix = matrix @ _attribute_function(name, numbers)
        except (ValueError, TypeError):
            return None
    rest = re.sub(r"\w+\s*\([^)]*\)|[\s,]+", "", value)
    return None if rest else matrix


def _attribute_function(name: str, numbers: list[float]) -> Matrix:
    if name == "rotate" and len(numbers) == 3:
        degrees, x, y = numbers
        return np.asarray(shift(x, y) @ _turn(degrees) @ shift(-x, -y))
    functions: dict[str, Callable[..., Matrix]] = {
        "matrix": lambda a, b, c, d, e, f: shift(e, f) @ _linear(a, b, c, d),
        "translate": lambda x, y=0.0: shift(x, y),
        "scale": lambda x, y=None: _linear(x, 0, 0, x if y is None else y),
        "rotate": _turn,
        "skewX": lambda x: _skew(x, 0),
        "skewY": lambda y: _skew(0, y),
    }
    if name not in functions:
        raise ValueError(name)
    return functions[name](*numbers)


def origin(value: str, width: float, height: float, font: float) -> tuple[float, float]:
    """Pixels of a ``transform-origin`` within a reference box; raises ValueError."""
    tokens = [
        token
        for token in tinycss2.parse_component_value_list(value, skip_comments=True)
        if token.type != "whitespace"
    ]
    words = [token.lower_value if token.type == "ident" else token for token in tokens[:2]]
    if not words:
        raise ValueError(value)
    if len(words) == 1:
        words.append("center")
    if words[0] in ("top", "bottom") or words[1] in ("left", "right"):
        words.reverse()
    shares = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}
    x, y = (
        shares[word] * whole if isinstance(word, str) and word in shares
        else length(word, whole, font)
        for word, whole in zip(words, (width, height), strict=True)
    )  # fmt: skip
    return x, y
