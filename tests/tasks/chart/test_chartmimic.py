"""ChartMimic's low-level scores: the formulas by hand, and what is taken down of real programs."""

from __future__ import annotations

from itertools import permutations

import pytest

from erm.render import Renderer
from erm.tasks import Facts
from erm.tasks.chart.chartmimic import (
    SCORES,
    color_score,
    layout_score,
    mean_score,
    text_score,
    type_score,
)

RED, BLUE, GREEN = "#FF0000", "#0000FF", "#008000"
RED_TO_BLUE = 1 - 52.8787 / 100
"""ΔE of CIEDE2000 between the two primaries of sRGB is 52.8787."""

PROGRAM = """
import matplotlib.pyplot as plt
fig, (left, right) = plt.subplots(1, 2, figsize=(6, 3))
left.bar(["a", "b"], [1, 2], color=["red", "blue"])
left.set_title("Sales")
right.plot([1, 2], [30000000, 40000000], color="green", label="up")
right.set_xlabel("Year\\nof sale")
right.legend()
plt.savefig("chart.png")
"""
PARTS = ("text", "layout", "type", "color")


def facts(
    texts: tuple[str, ...] = (),
    layout: tuple[tuple[int, ...], ...] = (),
    calls: dict[str, int] | None = None,
    colours: tuple[tuple[str, str], ...] = (),
) -> Facts:
    return {"texts": texts, "layout": layout, "calls": calls or {}, "colours": colours}


def drawn(renderer: Renderer, *programs: str) -> list[Facts]:
    found = renderer.measure_batch([("chart", program) for program in programs])
    assert [one.error for one in found] == [None] * len(programs)
    return [one.facts or {} for one in found]


def scores(reference: Facts, candidate: Facts) -> dict[str, float]:
    return {part: SCORES[f"chartmimic_{part}"].measure(reference, candidate) for part in PARTS}


def test_equal_strings_match_as_often_as_both_have_them() -> None:
    reference, candidate = facts(("Sales", "up")), facts(("Sales", "up", "up", "Up"))
    assert text_score(reference, candidate) == pytest.approx(2 * 2 / 6)
    assert text_score(candidate, reference) == pytest.approx(2 * 2 / 6)


def test_places_on_the_grid_match_whole() -> None:
    side_by_side = facts(layout=((1, 2, 0, 0, 0, 0), (1, 2, 0, 0, 1, 1)))
    first_of_three = facts(layout=((1, 2, 0, 0, 0, 0), (1, 3, 0, 0, 1, 1), (1, 3, 0, 0, 2, 2)))
    assert layout_score(side_by_side, first_of_three) == pytest.approx(2 * 1 / 5)


def test_calls_match_up_to_the_smaller_number() -> None:
    reference = facts(calls={"plot": 3, "bar": 1})
    candidate = facts(calls={"plot": 1, "scatter": 2})
    assert type_score(reference, candidate) == pytest.approx(2 * 1 / 7)


@pytest.mark.parametrize(
    ("reference", "candidate", "expected"),
    [
        ([("bar", RED)], [("bar", BLUE)], RED_TO_BLUE),
        ([("bar", RED), ("bar", BLUE)], [("bar", BLUE)], 2 * 1 / 3),
        ([("bar", RED), ("bar", BLUE)], [("bar", BLUE), ("bar", RED)], 1),
        ([("bar", RED)], [("line", RED)], 0),
        ([("imshow", "viridis")], [("imshow", "viridis")], 1),
        ([("imshow", "viridis")], [("imshow", "plasma")], 0),
        ([("scatter", "viridis")], [("scatter", RED)], 0),
    ],
)
def test_colours_by_hand(
    reference: list[tuple[str, str]], candidate: list[tuple[str, str]], expected: float
) -> None:
    sides = facts(colours=tuple(reference)), facts(colours=tuple(candidate))
    assert color_score(*sides) == pytest.approx(expected, abs=1e-4)
    assert color_score(*reversed(sides)) == pytest.approx(expected, abs=1e-4)


def test_the_assignment_is_the_best_of_all_permutations() -> None:
    names = ["#102030", "#A0B0C0", "#FFFF00", "#00FF80"]
    others = ["#A0A0A0", "#FFE000", "#203040", "#40FF40"]

    def alike(one: str, other: str) -> float:
        return color_score(facts(colours=(("bar", one),)), facts(colours=(("bar", other),)))

    best = max(sum(map(alike, names, order)) for order in permutations(others))
    sides = [facts(colours=tuple(("bar", name) for name in side)) for side in (names, others)]
    assert color_score(*sides) == pytest.approx(best / 4)


def test_of_many_colours_those_count_that_differ_clearly() -> None:
    reds = tuple(("bar", f"#FF00{number:02X}") for number in range(11))
    ten, eleven = facts(colours=reds[:10]), facts(colours=reds)
    one = facts(colours=(("bar", RED),))
    assert color_score(one, ten) == pytest.approx(2 * 1 / 11)
    assert color_score(one, eleven) == 1
    assert color_score(facts(colours=(*reds, ("bar", BLUE))), one) == pytest.approx(2 * 1 / 3)


def test_a_side_without_anything_scores_nothing() -> None:
    empty = facts()
    full = facts(("a",), ((1, 1, 0, 0, 0, 0),), {"plot": 1}, (("line", RED),))
    for pair in ((empty, full), (full, empty), (empty, empty)):
        assert mean_score(*pair) == 0
    assert mean_score(full, full) == 1


def test_what_a_program_draws_is_taken_down(renderer: Renderer) -> None:
    assert drawn(renderer, PROGRAM) == [
        {
            "texts": ["Sales", "Year", "of sale", "up"],
            "layout": [[1, 2, 0, 0, 0, 0], [1, 2, 0, 0, 1, 1]],
            "calls": {"bar": 1, "plot": 1},
            "colours": [["bar", RED], ["bar", BLUE], ["line", GREEN]],
        }
    ]


@pytest.mark.parametrize(
    ("part", "old", "new", "expected"),
    [
        ("text", "Sales", "Costs", 2 * 3 / 8),
        ("layout", "plt.subplots(1, 2, ", "plt.subplots(2, 1, ", 0),
        ("type", "left.bar(", "left.barh(", 2 * 1 / 4),
        ("color", '["red", "blue"]', '["red", "red"]', 2 * 2 / 5),
    ],
)
def test_one_change_lowers_one_score(
    renderer: Renderer, part: str, old: str, new: str, expected: float
) -> None:
    assert old in PROGRAM
    reference, candidate = drawn(renderer, PROGRAM, PROGRAM.replace(old, new))
    found = scores(reference, candidate)
    assert found == {**dict.fromkeys(PARTS, 1.0), part: pytest.approx(expected)}
    assert scores(candidate, reference) == pytest.approx(found)
    assert mean_score(reference, candidate) == pytest.approx((3 + expected) / 4)


CALLS = {
    "what a method calls itself": (
        "ax.errorbar([1, 2], [1, 2], yerr=1); ax.hist([1, 2, 2]); ax.barh([1], [1])",
        {"errorbar": 1, "hist": 1, "barh": 1},
    ),
    "pyplot": ("plt.scatter([1], [1]); plt.step([1, 2], [1, 2])", {"scatter": 1, "plot": 1}),
    "areas of a stack": ("ax.stackplot([1, 2], [1, 2], [2, 1])", {"fill_between": 2}),
    "a call that fails": (
        "try:\n    ax.bar([1, 2], [1, 2, 3])\nexcept ValueError:\n    ax.plot([1, 2])",
        {"plot": 1},
    ),
    "polar axes": ("plt.subplot(projection='polar').plot([1, 2], [1, 2])", {"polar plot": 1}),
    "three dimensions": (
        "fig.add_subplot(projection='3d').plot([1, 2], [1, 2], [1, 2])",
        {"3d plot": 1},
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_calls_of_the_program_count(renderer: Renderer, case: str) -> None:
    body, expected = CALLS[case]
    program = f"import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(3, 2))\n{body}\n"
    (found,) = drawn(renderer, program)
    assert found["calls"] == expected


COLOURS = {
    "set after the call": ("ax.bar([1], [1])[0].set_color('red')", [["bar", RED]]),
    "barh draws bars": ("ax.barh([1], [1], color='red')", [["bar", RED]]),
    "equal ones once": ("ax.plot([1, 2], 'r'); ax.plot([2, 1], 'r')", [["line", RED]]),
    "a named map": ("ax.scatter([1, 2], [1, 2], c=[1, 2], cmap='jet')", [["scatter", "jet"]]),
    "an image's map": ("ax.imshow([[1, 2]], cmap='magma')", [["imshow", "magma"]]),
    "wedges": ("ax.pie([1, 1], colors=['red', 'blue'])", [["pie", RED], ["pie", BLUE]]),
    "an area": ("ax.fill_between([1, 2], [1, 2], color='red')", [["area", RED]]),
    "lines across": (
        "ax.hlines([1, 2], 0, 1, colors=['r', 'b'])",
        [["hlines", RED], ["hlines", BLUE]],
    ),
    "a histogram": ("ax.hist([1, 2, 2], color='red')", [["hist", RED]]),
    "several histograms": (
        "ax.hist([[1, 2], [2, 2]], color=['red', 'blue'])",
        [["hist", RED], ["hist", BLUE]],
    ),
    "violins that began alike": (
        "parts = ax.violinplot([[1, 2, 3], [2, 3, 5]])['bodies']\n"
        "parts[0].set_facecolor('red'); parts[1].set_facecolor('blue')",
        [["violinplot", BLUE]],
    ),
}


@pytest.mark.parametrize("case", COLOURS)
def test_colours_are_those_of_the_drawing(renderer: Renderer, case: str) -> None:
    body, expected = COLOURS[case]
    program = f"import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(3, 2))\n{body}\n"
    (found,) = drawn(renderer, program)
    assert found["colours"] == expected


def test_plots_of_other_packages_count_once(renderer: Renderer) -> None:
    pytest.importorskip("squarify", reason="the extra charts is not installed")
    head = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(figsize=(3, 2))\n"
    graph = "import networkx as nx\nnx.draw(nx.path_graph(2), {0: (0, 0), 1: (1, 1)}, ax=ax, "
    tiles = "import squarify\nsquarify.plot([2, 1], color=['red', 'blue'], ax=ax)"
    venn = "from matplotlib_venn import venn2\nvenn2((1, 1, 1), ax=ax)"
    bodies = (f"{graph}node_color='red', with_labels=True)", tiles, venn)
    network, treemap, diagram = drawn(renderer, *(head + body for body in bodies))
    assert network["calls"] == {f"draw_networkx_{it}": 1 for it in ("nodes", "edges", "labels")}
    assert ["draw_networkx_nodes", RED] in network["colours"]
    assert treemap["calls"] == {"treemap": 1}
    assert treemap["colours"] == [["treemap", RED], ["treemap", BLUE]]
    assert diagram["calls"] == {"venn": 1}
    assert len(diagram["colours"]) == 3


def test_tick_labels_of_x_and_y_do_not_count(renderer: Renderer) -> None:
    ticks = PROGRAM.replace("right.legend()", "right.legend(); right.set_yticks([3.5e7], ['half'])")
    reference, candidate = drawn(renderer, PROGRAM, ticks)
    assert scores(reference, candidate) == dict.fromkeys(PARTS, 1.0)


def test_a_figure_closed_after_saving_is_read(renderer: Renderer) -> None:
    first, closed = drawn(renderer, PROGRAM, f"{PROGRAM}plt.close()\n")
    assert first == closed
