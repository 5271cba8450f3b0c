"""How people word the differences of icons and drawings."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial

from erm.tasks.judge_words import Fact, JudgeWords

_SHAPES = ("circle", "rectangle", "triangle", "star")
_CORNERS = (("top", "left"), ("top", "right"), ("bottom", "left"), ("bottom", "right"))


def _shape(rng: random.Random, shape: str, corner: tuple[str, str], kind: str) -> Fact:
    was, now, clash = rng.sample(["red", "blue", "green", "black", "yellow"], 3)
    vertical, horizontal = corner
    upper = {"top": "upper", "bottom": "lower"}[vertical]
    across = {"left": "right", "right": "left"}[horizontal]
    place = f"{was} {shape} at {vertical} {horizontal}"
    opposite = f"{was} {shape} at {({'top': 'bottom', 'bottom': 'top'})[vertical]} {across}"
    short = {"rectangle": "box", "circle": "disc", "triangle": "triangle", "star": "star"}[shape]
    if kind == "fill":
        return Fact(
            "style_error",
            "shape_error",
            (
                (place, f"fill is {now} instead of {was}"),
                (f"{shape} in the {upper} {horizontal} corner", f"should be {was}, is {now}"),
                ("", f"The {upper}-{horizontal} {short} is {now} rather than {was}."),
                (f"{now} {short}, {vertical} {horizontal}", f"colour changed from {was} to {now}"),
            ),
            (
                (place, "wrong colour"),
                (f"{upper} {horizontal} {shape}", "the fill differs"),
            ),
            (
                (f"{shape}", "fill colour is wrong"),
                (f"{vertical} part", "fill colour is wrong"),
            ),
            ((place, f"fill is {clash} instead of {was}"),),
            ((opposite, f"fill is {now} instead of {was}"),),
            ((place, "is rotated by 40 degrees"), (place, "width is 30 instead of 60")),
        )
    if kind == "missing":
        return Fact(
            "structure_error",
            "style_error",
            (
                (place, "is missing"),
                ("", f"The {was} {shape} in the {upper} {horizontal} has been left out."),
                (f"{shape} at the {vertical} {horizontal}", "absent from the generated icon"),
                (f"{upper} {horizontal} corner", f"the {was} {short} is not drawn"),
            ),
            (),
            ((f"{shape}", "is missing"),),
            (),
            ((opposite, "is missing"),),
            ((place, "is extra"), (place, f"fill is {clash} instead of {was}")),
        )
    before = rng.randint(20, 40)
    after = before * 2
    return Fact(
        "shape_error",
        "structure_error",
        (
            (place, f"size is {after} instead of {before}"),
            (f"{upper} {horizontal} {short}", "much larger than in the original"),
            ("", f"The {was} {shape} at the {vertical} {horizontal} is twice too big."),
        ),
        ((place, "size is wrong"),),
        ((f"{shape}", "too big"),),
        ((place, "too small"), (place, "is smaller than in the reference")),
        ((opposite, "is too large"),),
        ((place, "stroke is dashed instead of solid"), (place, "is missing")),
        ((place, "too large"),),
    )


def _facts(rng: random.Random) -> list[Callable[[], Fact]]:
    shapes, corners = rng.sample(list(_SHAPES), 4), rng.sample(list(_CORNERS), 4)
    kinds = ("fill", "missing", "size", rng.choice(("fill", "size")))
    return [
        partial(_shape, rng, shape, corner, kind)
        for shape, corner, kind in zip(shapes, corners, kinds, strict=True)
    ]


JUDGE_WORDS = JudgeWords(
    elements={
        "line": "line",
        "polyline": "line",
        "dot": "circle",
        "point": "circle",
        "bar": "rect",
        "curve": "path",
        "label": "symbol",
        "text": "symbol",
        "letter": "symbol",
        "group": "group",
    },
    kinds="position~level size~level size~linewidth shape~type",
    facts=_facts,
)
