"""Scores that put everything on the report page that it can show."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from erm.benchmark import Item, Prediction, Scores, judge_from_spec, score

HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'><!--"


def png(colour: str) -> bytes:
    """An image of one colour."""
    stream = BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, "PNG")
    return stream.getvalue()


def error(category: str, location: str, description: str, **more: Any) -> dict[str, Any]:
    """An annotated or predicted error."""
    named = {"type": category, "location": location, "description": description}
    return {**named, "severity": 2, **more}


def make_scores() -> Scores:
    """Items of every kind: right, missed, invented, failed, of an unknown task, hostile."""
    red = error("style_error", "circle", "fill is red instead of blue", box=[5, 5, 20, 20])
    missing = error("structure_error", "star", "is missing", box=[1, 1, 9, 9], box_in="reference")
    hostile = error("shape_error", HOSTILE, HOSTILE, severity=HOSTILE, box=["x", None, 1, 2])
    title = error("text_error", "title", "text is 'Sale' instead of 'Sales'")
    rows: list[tuple[str, list[dict[str, Any]], Any]] = [
        ("svg", [red, missing], {"errors": [red]}),
        ("svg", [hostile], {"errors": [hostile, missing]}),
        ("chart", [title], None),
        ("chart", [], {"errors": []}),
        ("table", [], {"errors": "nonsense"}),
        ("webpage", [], None),
    ]
    rows += [("chart", [title], {"errors": [title]})] * 20
    predictions = [
        Prediction(
            Item(f"{task}-{n}" if n != 1 else HOSTILE, n, task, png("red"), png("blue"), errors),
            report,
        )
        for n, (task, errors, report) in enumerate(rows)
    ]
    return score(predictions, judge_from_spec("offline"))
