"""Scores of drawings over a set: what runs, what doesn't, and what no candidate answers for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pytest

from erm.benchmark.drawing_scores import score_drawings, summarize_scores
from erm.benchmark.formats import Item
from erm.benchmark.similarity import measure_distances
from erm.errors import ErmError
from erm.render import Rendered, Renderer
from erm.tasks import Facts

PROGRAM = """
import matplotlib.pyplot as plt
plt.figure(figsize=(3, 2))
plt.bar(["a", "b"], [1, 2], color="red")
plt.title("Sales")
plt.savefig("chart.png")
"""
RETITLED = PROGRAM.replace("Sales", "Costs")
BROKEN = {
    "runtime_error": PROGRAM.replace("plt.savefig", "1 / 0; plt.savefig"),
    "syntax_error": "plt.bar(",
    "nothing_drawn": "x = 1",
    "no_source": " ",
}
NAMES = ["chartmimic", *(f"chartmimic_{part}" for part in ("text", "layout", "type", "color"))]


def test_equal_programs_score_one_and_a_title_lowers_the_mean_by_a_quarter(
    renderer: Renderer,
) -> None:
    pairs = [(PROGRAM, PROGRAM), (PROGRAM, RETITLED)]
    equal, retitled = score_drawings("chart", pairs, renderer=renderer)
    assert equal.values == dict.fromkeys(NAMES, 1.0)
    assert retitled.values == {**equal.values, "chartmimic": 0.75, "chartmimic_text": 0.0}
    assert score_drawings("chart", pairs, renderer=renderer) == [equal, retitled]


def test_what_does_not_run_is_counted(renderer: Renderer) -> None:
    candidates = [PROGRAM, RETITLED, *BROKEN.values(), None]
    pairs = [(PROGRAM, candidate) for candidate in candidates]
    scores = score_drawings("chart", pairs, ["chartmimic"], renderer)
    assert "division by zero" in scores[2].reason
    assert summarize_scores(scores) == {
        "items": 7,
        "unscored": 0,
        "execution_rate": pytest.approx(2 / 7),
        "mean_drawn": {"chartmimic": pytest.approx(1.75 / 2)},
        "mean": {"chartmimic": pytest.approx(1.75 / 7)},
        "failures": {"no code": 1, **dict.fromkeys(BROKEN, 1)},
    }


def test_where_nothing_runs_all_score_nothing(renderer: Renderer) -> None:
    scores = score_drawings("chart", [(PROGRAM, "x = 1")], ["chartmimic"], renderer)
    summary = summarize_scores(scores)
    assert summary["execution_rate"] == 0
    assert summary["mean_drawn"] == {"chartmimic": None}
    assert summary["mean"] == {"chartmimic": 0.0}


def test_a_reference_that_does_not_run_is_no_candidates_fault(renderer: Renderer) -> None:
    pairs = [("x = 1", PROGRAM), (PROGRAM, PROGRAM)]
    first, second = score_drawings("chart", pairs, ["chartmimic"], renderer)
    assert first.values == {}
    assert first.reference.startswith("nothing_drawn")
    summary = summarize_scores([first, second])
    assert (summary["unscored"], summary["mean"]) == (1, {"chartmimic": 1.0})


def test_an_unknown_score_is_one_sentence(renderer: Renderer) -> None:
    with pytest.raises(ErmError, match=r"^svg has no score 'chartmimic'; known: none\.$"):
        score_drawings("svg", [], ["chartmimic"], renderer)


class Forging:
    """Gives the facts that a hostile program could send."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def measure_batch(self, items: Sequence[tuple[str, str]]) -> list[Rendered]:
        return [Rendered(b"", None, None, False, 0.0, 0, facts=self._facts) for _ in items]


PLAIN: dict[str, Any] = {
    "texts": ["a"],
    "layout": [[1, 1, 0, 0, 0, 0]],
    "calls": {"bar": 1},
    "colours": [["bar", "#FF0000"]],
}
FORGED = {
    "no facts": {},
    "another type": {**PLAIN, "texts": 3},
    "a negative number": {**PLAIN, "calls": {"bar": 5, "plot": -4}},
    "a huge number": {**PLAIN, "calls": {"bar": 10**400}},
    "too many": {**PLAIN, "texts": ["a"] * 60_000},
}


@pytest.mark.parametrize("case", FORGED)
def test_forged_facts_are_a_failure(case: str) -> None:
    renderer = cast(Renderer, Forging(FORGED[case]))
    (score,) = score_drawings("chart", [("a", "b")], renderer=renderer)
    assert score.values == {}
    assert "facts" in score.reason


def test_a_name_that_only_looks_like_a_colour_is_compared_as_a_name() -> None:
    renderer = cast(Renderer, Forging({**PLAIN, "colours": [["bar", "#GG0000"]]}))
    (score,) = score_drawings("chart", [("a", "b")], ["chartmimic_color"], renderer)
    assert score.values == {"chartmimic_color": 1.0}


def test_scores_of_drawings_are_similarities_where_sources_are_known(renderer: Renderer) -> None:
    def item(task: str, candidate: str | None) -> Item:
        extra = {"reference_source": PROGRAM, "candidate_source": candidate}
        return Item("", 0, task, b"", b"", [], extra)

    items = [item("chart", PROGRAM), item("chart", RETITLED), item("chart", "x = 1")]
    items += [item("chart", None), item("svg", PROGRAM)]
    found = measure_distances(items, ["chartmimic", "chartmimic_text"], renderer)
    assert list(found) == ["1 − ChartMimic", "1 − ChartMimic text"]
    np.testing.assert_array_equal(found["1 − ChartMimic"], [0, 0.25, 1, np.nan, np.nan])
    np.testing.assert_array_equal(found["1 − ChartMimic text"], [0, 1, 1, np.nan, np.nan])
