"""Every rule of icons: its category, its severity and the reason for it.

A rule of several severities has one entry a grade, such as ``moved.slight``. The functions choose
the grade from values.
"""

from __future__ import annotations

from collections.abc import Mapping

from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE
from erm.tasks.shared.findings import Rule

STRUCTURE, SHAPE, STYLE, TEXT = "structure_error", "shape_error", "style_error", "text_symbol_error"

_GRADES = {"slight": MINOR, "medium": MEDIUM, "severe": SEVERE}


def _graded(name: str, category: str, **reasons: str) -> dict[str, Rule]:
    """One rule a grade, with the reason for each."""
    return {
        f"{name}.{grade}": Rule(category, _GRADES[grade], reason)
        for grade, reason in reasons.items()
    }


_MOVED = {"slight": "slip", "medium": "wrong place", "severe": "elsewhere"}
_SIZED = {"slight": "still reads", "medium": "misleads", "severe": "other weight"}

RULES: Mapping[str, Rule] = {
    "shape_missing": Rule(STRUCTURE, SEVERE, "the icon lacks a part"),
    "detail_missing": Rule(STRUCTURE, MEDIUM, "less than 0.5 % of the picture"),
    "shape_extra": Rule(STRUCTURE, SEVERE, "the icon has another part"),
    "detail_extra": Rule(STRUCTURE, MEDIUM, "less than 0.5 % of the picture"),
    "stacking": Rule(STRUCTURE, MEDIUM, "parts are all there, one is partly hidden"),
    "image_turned": Rule(STRUCTURE, MEDIUM, "the arrangement holds, the other way round"),
    "image_size": Rule(STRUCTURE, MINOR, "content is the same"),
    "image_proportion": Rule(STRUCTURE, MEDIUM, "content is distorted"),
    **_graded(
        "group_moved",
        STRUCTURE,
        slight="the arrangement holds",
        medium="place is wrong, the arrangement within holds",
        severe="parts may leave the picture",
    ),
    **_graded("group_scaled", STRUCTURE, **_SIZED),
    **_graded("group_rotated", STRUCTURE, slight="tilt", medium="the arrangement within holds"),
    "group_flipped": Rule(STRUCTURE, MEDIUM, "the arrangement within holds"),
    "kind": Rule(SHAPE, SEVERE, "means something else"),
    **_graded("moved", SHAPE, **_MOVED),
    **_graded("size", SHAPE, **_SIZED),
    **_graded("sides", SHAPE, **_SIZED),
    **_graded("width", SHAPE, **_SIZED),
    **_graded("height", SHAPE, **_SIZED),
    **_graded("length", SHAPE, **_SIZED),
    **_graded("rotated", SHAPE, slight="tilt", medium="other direction"),
    "flipped": Rule(SHAPE, MEDIUM, "other direction"),
    **_graded("corner_moved", SHAPE, slight="bent", medium="other figure"),
    **_graded("end_moved", SHAPE, **_MOVED),
    "corner_count": Rule(SHAPE, MEDIUM, "needs redrawing, part is recognised"),
    "outline": Rule(SHAPE, MEDIUM, "needs redrawing, part is recognised"),
    "corner_radius": Rule(SHAPE, MINOR, "detail of the outline"),
    "clip": Rule(SHAPE, MEDIUM, "another part of it shows"),
    **_graded("colour", STYLE, slight="shade", medium="other colour"),
    "paint": Rule(STYLE, MEDIUM, "looks different, shape holds"),
    "filled": Rule(STYLE, MEDIUM, "looks different, shape holds"),
    "gradient_colours": Rule(STYLE, MEDIUM, "other colour"),
    "gradient_stops": Rule(STYLE, MINOR, "hardly noticed"),
    "gradient_direction": Rule(STYLE, MINOR, "hardly noticed"),
    "gradient_place": Rule(STYLE, MINOR, "hardly noticed"),
    **_graded("opacity", STYLE, slight="paler", medium="nearly gone"),
    **_graded("stroke_width", STYLE, slight="slip", medium="other weight"),
    "dashed": Rule(STYLE, MINOR, "detail of the pen"),
    "dash_length": Rule(STYLE, MINOR, "detail of the pen"),
    "stroke_order": Rule(STYLE, MINOR, "detail of the pen"),
    "line_ends": Rule(STYLE, MINOR, "detail of the pen"),
    "stroke_corners": Rule(STYLE, MINOR, "detail of the pen"),
    "font_weight": Rule(STYLE, MINOR, "reads the same"),
    "font_slant": Rule(STYLE, MINOR, "reads the same"),
    "font_family": Rule(STYLE, MINOR, "reads the same"),
    "text_missing": Rule(TEXT, SEVERE, "says something else"),
    "text_extra": Rule(TEXT, SEVERE, "says something else"),
    "text": Rule(TEXT, SEVERE, "says something else"),
    **_graded("font_size", TEXT, **_SIZED),
    **_graded("text_moved", TEXT, **_MOVED),
    **_graded("text_rotated", TEXT, slight="tilt", medium="still reads, looks wrong"),
    "text_flipped": Rule(TEXT, MEDIUM, "still reads, looks wrong"),
    "letters": Rule(TEXT, MEDIUM, "still reads, looks wrong"),
}
"""All rules by name."""

MERGED = ("colour", "paint", "filled", "gradient_colours", "opacity", "stroke_width", "dashed",
          "dash_length", "stroke_order", "line_ends", "stroke_corners")  # fmt: skip
"""Rules, grade left out, whose equal findings on several shapes are one finding."""

_TURNS = frozenset(("rotated", "flipped", "text_rotated", "text_flipped"))


def name_of(rule: str) -> str:
    """A rule's name without its grade."""
    return rule.partition(".")[0]


def is_turn(rule: str) -> bool:
    """Whether a rule is about a rotation or a reflection of a shape."""
    return name_of(rule) in _TURNS


def by_distance(rule: str, share: float) -> str:
    """The rule's grade for a move by a share of the picture's diagonal."""
    return f"{rule}.{'slight' if share < 0.05 else 'medium' if share < 0.2 else 'severe'}"


def by_factor(rule: str, ratio: float) -> str:
    """The rule's grade for a size that is `ratio` times the reference's."""
    factor = max(ratio, 1 / ratio)
    return f"{rule}.{'slight' if factor < 1.25 else 'medium' if factor < 1.95 else 'severe'}"


def by_angle(rule: str, degrees: float) -> str:
    """The rule's grade for a rotation."""
    return f"{rule}.{'slight' if abs(degrees) < 15 else 'medium'}"


def if_at_least(rule: str, value: float, limit: float) -> str:
    """The rule's grade: medium from a limit on, slight below."""
    return f"{rule}.{'medium' if value >= limit else 'slight'}"
