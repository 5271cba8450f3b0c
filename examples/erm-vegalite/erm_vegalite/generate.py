"""Procedural specifications: one series over named categories."""

from __future__ import annotations

import json
import random

from erm.tasks import Variety

TITLES = ("Sales", "Visits", "Rain", "Votes", "Steps", "Costs")
CATEGORIES = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct")
COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#ff7f0e", "#9467bd", "#333333")
MARKS = ("bar", "circle", "line")


def generate(rng: random.Random, variety: Variety) -> str:
    """A specification; scales have fixed domains, so that an edited value moves nothing else."""
    wide = variety == "wide"
    names = list(CATEGORIES[: rng.randint(4, 10) if wide else rng.randint(3, 4)])
    top = rng.choice((50, 100, 400, 1000)) if wide else 100
    step = top // 20
    specification = {
        "title": rng.choice(TITLES),
        "width": 30 * len(names) if wide else 100,
        "height": rng.randrange(120, 260, 20) if wide else 80,
        "data": {"values": [{"x": name, "y": step * rng.randint(3, 19)} for name in names]},
        "mark": {"type": rng.choice(MARKS), "color": rng.choice(COLOURS)},
        "encoding": {
            "x": {
                "field": "x",
                "type": "nominal",
                "axis": {"title": None, "labelAngle": 0},
                "scale": {"domain": names},
            },
            "y": {
                "field": "y",
                "type": "quantitative",
                "axis": {"title": rng.choice(("total", "number")), "tickCount": 4},
                "scale": {"domain": [0, top]},
            },
        },
    }
    return json.dumps(specification)
