"""Procedural specifications, and edits: errors of each category, and one that must not show."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from erm.tasks import Operator, Variety
from erm.tasks.shared.operators import make_operator

TITLES = ("Sales", "Visits", "Rain", "Votes", "Steps", "Costs")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct")
MARKS = ("bar", "line", "point", "circle")
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#333333")

Change = Callable[[Any, random.Random], None]


def generate(rng: random.Random, variety: Variety) -> str:
    """A specification; its scales have fixed domains, so that an edited value moves nothing."""
    wide = variety == "wide"
    months = MONTHS[: rng.randint(4, 10) if wide else rng.randint(3, 4)]
    top = rng.choice((50, 100, 400, 1000)) if wide else 100
    x = {"field": "x", "type": "nominal", "axis": {"title": None, "labelAngle": 0}}
    y = {"field": "y", "type": "quantitative", "axis": {"title": "total", "tickCount": 4}}
    specification = {
        "title": rng.choice(TITLES),
        "width": 30 * len(months) if wide else 100,
        "height": rng.randrange(120, 260, 20) if wide else 80,
        "data": {"values": [{"x": m, "y": top * rng.randint(3, 19) // 20} for m in months]},
        "mark": {"type": rng.choice(MARKS), "color": rng.choice(COLOURS)},
        "encoding": {
            "x": {**x, "scale": {"domain": months}},
            "y": {**y, "scale": {"domain": [0, top]}},
        },
    }
    return json.dumps(specification)


def _editable(source: str) -> Any:
    """A specification with a title, a coloured mark and inline rows; None for any other."""
    try:
        found = json.loads(source)
        texts = {type(found["title"]), *(type(found["mark"][key]) for key in ("type", "color"))}
        numbers = {type(row["y"]) for row in found["data"]["values"]}
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return found if texts == {str} and numbers == {int} else None


def _drop_mark(specification: Any, rng: random.Random) -> None:
    rows = specification["data"]["values"]
    rows.pop(rng.randrange(len(rows)))


def _change_value(specification: Any, rng: random.Random) -> None:
    rows = specification["data"]["values"]
    row, most = rng.choice(rows), max(one["y"] for one in rows)
    row["y"] = round(row["y"] * rng.choice((0.4, 0.6) if 2 * row["y"] > most else (1.5, 1.8)))


def _replace(part: Any, key: str, values: tuple[str, ...], rng: random.Random) -> None:
    part[key] = rng.choice([value for value in values if value != part[key]])


def _operator(
    name: str, category: str | None, change: Change, indent: int | None = None
) -> Operator:
    def edit(specification: Any, rng: random.Random) -> str:
        change(specification, rng)
        return json.dumps(specification, indent=indent)

    return make_operator(name, category, _editable, edit)


OPERATORS: tuple[Operator, ...] = (
    _operator("change_mark", "structure_error", lambda s, r: _replace(s["mark"], "type", MARKS, r)),
    _operator("drop_mark", "structure_error", _drop_mark),
    _operator("change_value", "data_error", _change_value),
    _operator("change_title", "text_error", lambda s, r: _replace(s, "title", TITLES, r)),
    _operator("recolour", "style_error", lambda s, r: _replace(s["mark"], "color", COLOURS, r)),
    _operator("reformat", None, lambda s, r: None, indent=2),
)
