"""Generated programs of wide variety: kinds of plots whose reports need words of their own."""

from __future__ import annotations

import random

import pytest

from erm.annotation import annotate_rendered
from erm.render import Renderer
from erm.tasks import get_task

TASK = get_task("chart")


@pytest.mark.parametrize(
    ("call", "operator", "place", "description"),
    [
        (".contour(", "swap_values", "contour lines", "another form or place"),
        (".contourf(", "swap_values", "filled contours", "another form or place"),
        ("c=[", "scale_series", "points", "differ"),
    ],
)
def test_an_edit_of_values_is_reported_at_the_plot(
    renderer: Renderer, call: str, operator: str, place: str, description: str
) -> None:
    edit = next(one for one in TASK.operators if one.name == operator)
    rng = random.Random(0)
    for _ in range(400):
        source = TASK.generate(rng, "wide")
        # With one plot the edit can't hit another one.
        if call in source and "plt.subplots(figsize" in source:
            edited = edit.apply(source, rng)
            if edited is not None:
                break
    else:
        raise AssertionError(f"no program has {call}")
    items = [("chart", text) for text in (source, edited)]
    reference, candidate = renderer.render_batch(items, scenes=True)
    report = annotate_rendered("chart", reference, candidate).require()
    assert any(place in e.location and description in e.description for e in report.errors), report
