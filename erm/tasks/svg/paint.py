"""Paints of a scene's shapes: a solid colour, or a gradient with stops.

A paint is JSON, see `erm.tasks.svg.scene`. Colours are ``#rrggbb``.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any, NamedTuple

from erm.tasks.shared.colours import hexadecimal

Paint = Mapping[str, Any]

WHITE: dict[str, Any] = {"type": "solid", "color": [255, 255, 255], "alpha": 1.0}
"""The page beneath every drawing."""


class Appearance(NamedTuple):
    """What a paint looks like, its opacity left out.

    Attributes:
        kind: ``solid``, ``linear gradient`` or ``radial gradient``.
        colours: along the gradient, neighbours differ; one of a solid paint; none where a gradient
            has no stops.
    """

    kind: str
    colours: tuple[str, ...]


def appearance(paint: Paint) -> Appearance:
    """What a paint looks like."""
    if paint["type"] == "solid":
        return Appearance("solid", (hexadecimal(paint["color"]),))
    stops = [hexadecimal(stop[1:4]) for stop in paint["stops"]]
    return Appearance(paint["type"], tuple(colour for colour, _ in itertools.groupby(stops)))


def mean_colour(paint: Paint) -> str:
    """A paint's one colour: a gradient's mean over its stops."""
    if paint["type"] == "solid":
        return hexadecimal(paint["color"])
    stops = [stop[1:4] for stop in paint["stops"]] or [[0, 0, 0]]
    return hexadecimal([round(sum(level) / len(stops)) for level in zip(*stops, strict=True)])


def opacity(paint: Paint) -> float:
    """A paint's opacity (0 to 1): a gradient's highest."""
    if paint["type"] == "solid":
        return float(paint["alpha"])
    return max((float(stop[4]) for stop in paint["stops"]), default=0.0)
