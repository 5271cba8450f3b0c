"""Edits of a specification: errors of each category, and edits that must not show."""

from __future__ import annotations

import json
import random
from typing import Any

from erm.tasks import Operator
from erm.tasks.shared.operators import make_operator
from erm_vegalite.draw import parse
from erm_vegalite.generate import COLOURS, MARKS, TITLES

Specification = dict[str, Any]


def _rows(specification: Specification) -> list[dict[str, Any]]:
    """The inline data as x and y are drawn; empty where it is not plain."""
    rows = specification.get("data", {}).get("values")
    plain = isinstance(rows, list) and all(
        isinstance(row, dict) and isinstance(row.get("y"), (int, float)) for row in rows
    )
    return rows if plain else []


def _change_mark(specification: Specification, rng: random.Random) -> str | None:
    mark = specification.get("mark")
    if not isinstance(mark, dict) or mark.get("type") not in MARKS:
        return None
    mark["type"] = rng.choice([one for one in MARKS if one != mark["type"]])
    return json.dumps(specification)


def _drop_mark(specification: Specification, rng: random.Random) -> str | None:
    rows = _rows(specification)
    if len(rows) < 3:
        return None
    rows.pop(rng.randrange(len(rows)))
    return json.dumps(specification)


def _change_value(specification: Specification, rng: random.Random) -> str | None:
    rows = _rows(specification)
    if not rows:
        return None
    row = rng.choice(rows)
    factors = (0.4, 0.6) if row["y"] > 0.5 * max(one["y"] for one in rows) else (1.5, 1.8)
    row["y"] = round(row["y"] * rng.choice(factors))
    return json.dumps(specification)


def _change_title(specification: Specification, rng: random.Random) -> str | None:
    if not isinstance(specification.get("title"), str):
        return None
    titles = [one for one in TITLES if one != specification["title"]]
    return json.dumps({**specification, "title": rng.choice(titles)})


def _recolour(specification: Specification, rng: random.Random) -> str | None:
    mark = specification.get("mark")
    if not isinstance(mark, dict) or "color" not in mark:
        return None
    mark["color"] = rng.choice([one for one in COLOURS if one != mark["color"]])
    return json.dumps(specification)


def _reformat(specification: Specification, rng: random.Random) -> str:
    return json.dumps(specification, indent=rng.choice((1, 2, 4)), sort_keys=True)


def _reorder(specification: Specification, rng: random.Random) -> str | None:
    if "domain" not in json.dumps(specification.get("encoding", {}).get("x", {})):
        return None
    rng.shuffle(_rows(specification))
    return json.dumps(specification)


OPERATORS: tuple[Operator, ...] = (
    make_operator("change_mark", "structure_error", parse, _change_mark),
    make_operator("drop_mark", "structure_error", parse, _drop_mark),
    make_operator("change_value", "data_error", parse, _change_value),
    make_operator("change_title", "text_error", parse, _change_title),
    make_operator("recolour", "style_error", parse, _recolour),
    make_operator("reformat", None, parse, _reformat),
    make_operator("reorder", None, parse, _reorder),
)
