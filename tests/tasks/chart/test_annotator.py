"""What the annotator promises of any chart: empty where equal, mirrored where sides are swapped."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from erm.annotation import annotate_rendered
from erm.render import Rendered, Renderer
from erm.report import Report, categories_of
from erm.tasks import Operator, View, get_task
from tests.chart_programs import PROGRAMS

TASK = get_task("chart")


@dataclass(frozen=True)
class Edit:
    """A generated program, an edited form of it, and both renders."""

    operator: Operator
    source: str
    edited: str
    reference: Rendered
    candidate: Rendered


@pytest.fixture(scope="module")
def edits(renderer: Renderer) -> list[Edit]:
    """Each operator once, on generated programs of both varieties."""
    chosen: list[tuple[Operator, str, str]] = []
    for rank, operator in enumerate(TASK.operators):
        rng = random.Random(rank)
        for attempt in range(200):
            source = TASK.generate(rng, "wide" if (rank + attempt) % 4 == 0 else "compact")
            edited = operator.apply(source, rng)
            if edited is not None:
                chosen.append((operator, source, edited))
                break
    items = [("chart", text) for _, *pair in chosen for text in pair]
    renders = renderer.render_batch(items, scenes=True)
    return [
        Edit(*texts, renders[2 * rank], renders[2 * rank + 1]) for rank, texts in enumerate(chosen)
    ]


def _view(rendered: Rendered) -> View:
    assert rendered.scene is not None, rendered.error
    return View(rendered.pixels, rendered.scene)


def test_every_operator_finds_a_program_to_edit(edits: list[Edit]) -> None:
    assert {edit.operator.name for edit in edits} == {item.name for item in TASK.operators}
    assert len([item for item in TASK.operators if item.category is not None]) >= 12


def test_a_chart_does_not_differ_from_itself(edits: list[Edit]) -> None:
    for edit in edits:
        view = _view(edit.reference)
        assert TASK.compare(view, view) == []


def test_edits_that_keep_the_picture_have_empty_reports(edits: list[Edit]) -> None:
    kept = [edit for edit in edits if edit.operator.category is None]
    assert len(kept) == 8
    for edit in kept:
        assert edit.edited != edit.source
        report = annotate_rendered("chart", edit.reference, edit.candidate).require()
        assert report.errors == (), edit.operator.name


def test_visible_edits_are_reported_in_their_category(edits: list[Edit]) -> None:
    aimed, visible = 0, 0
    for edit in edits:
        annotation = annotate_rendered("chart", edit.reference, edit.candidate)
        assert annotation.failure is None, edit.operator.name
        if edit.operator.category is None or edit.reference.image == edit.candidate.image:
            continue
        assert annotation.require().errors, edit.operator.name
        visible += 1
        aimed += edit.operator.category in {e.category for e in annotation.require().errors}
    assert visible >= 25
    assert aimed >= 0.9 * visible


def test_reports_are_short_and_well_formed(edits: list[Edit]) -> None:
    counts = []
    for edit in edits:
        found = TASK.compare(_view(edit.reference), _view(edit.candidate))
        report = Report("chart", tuple(found))
        counts += [len(found)] if found else []
        for error in report.errors:
            assert error.category in categories_of("chart")
            assert error.box is not None
            assert error.box.x0 <= error.box.x1
            assert error.box.y0 <= error.box.y1
    assert sum(counts) / len(counts) < 1.4


def test_swapped_sides_mirror_missing_and_extra(edits: list[Edit]) -> None:
    for edit in edits:
        views = _view(edit.reference), _view(edit.candidate)
        forth, back = TASK.compare(*views), TASK.compare(views[1], views[0])
        missing, extra = (
            sorted(e.location for e in found if e.description == state)
            for found, state in ((forth, "is missing"), (back, "is extra"))
        )
        assert missing == extra, edit.operator.name


def test_edits_leave_alone_what_they_would_break() -> None:
    operators = {operator.name: operator for operator in TASK.operators}

    def tried(name: str, source: str) -> set[str | None]:
        return {operators[name].apply(source, random.Random(seed)) for seed in range(20)}

    for name in ("drop_point", "add_point"):
        assert tried(name, "ax.plot([1, 2, 3], y)") == {None}
        shaded = tried(name, "ax.plot([1, 2, 3], [4, 5, 6], color=(0.9, 0.9, 1.0))")
        assert all(edited is not None and "(0.9, 0.9, 1.0)" in edited for edited in shaded)
    labelled = tried("drop_point", 'ax.bar([1, 2, 3], [4, 5, 6], label=["a", "b", "c"])')
    assert 'ax.bar([1, 2], [4, 5], label=["a", "b"])' in labelled
    assert tried("change_type", "line, = ax.plot([1, 2], [3, 4])") == {None}
    assert tried("swap_values", "ax.plot(np.zeros((2, 5)))") == {None}
    assert tried("typo", "ax.set_xlabel(r'$\\Delta_i$')") == {None}
    renamed = tried("typo", "ax.set_title(r'rise of $\\Delta_i$')")
    assert all(edited is not None and "$\\\\Delta_i$" in edited for edited in renamed)


def test_programs_of_people_give_a_scene(renderer: Renderer) -> None:
    renders = renderer.render_batch([("chart", text) for text in PROGRAMS.values()], scenes=True)
    for rendered in renders:
        assert TASK.compare(_view(rendered), _view(rendered)) == []


def test_scene_of_a_program_in_object_style(renderer: Renderer) -> None:
    (rendered,) = renderer.render_batch([("chart", PROGRAMS["object_style"])], scenes=True)
    scene = rendered.scene
    assert scene is not None
    main, upper, lower = scene["axes"]
    assert [text["text"] for text in scene["texts"]] == ["Overview"]
    assert main["grid"] == [2, 2, 0, 1, 0, 0]
    assert upper["grid"] == [2, 2, 0, 0, 1, 1]
    kinds = [(series["kind"], series["name"]) for series in main["series"]]
    assert kinds[:3] == [("line", "sin"), ("line", "cos"), ("horizontal line", "")]
    assert main["series"][1]["line"]["dash"] == "dashed"
    assert main["legends"][0]["place"] == "lower left"
    assert [item["text"] for item in main["legends"][0]["entries"]] == ["sin", "cos"]
    assert {text["role"]: text["text"] for text in main["texts"]}["y label"] == "amplitude"
    assert lower["series"][0]["kind"] == "scatter"
    assert len(lower["series"][0]["points"]) == 40
    height, width = rendered.pixels.shape[:2]
    assert scene["size"] == [width, height]
    for axes in scene["axes"]:
        x0, y0, x1, y1 = axes["box"]
        assert 0 <= x0 < x1 <= width
        assert 0 <= y0 < y1 <= height


def test_boxes_of_bars_cover_their_pixels(renderer: Renderer) -> None:
    program = (
        "import matplotlib.pyplot as plt\n"
        "fig, ax = plt.subplots(figsize=(3, 2), dpi=100)\n"
        "ax.bar([1, 2], [3, 5], color='#ff0000')\n"
        "fig.savefig('x.png', bbox_inches='tight', dpi=120)\n"
    )
    (rendered,) = renderer.render_batch([("chart", program)], scenes=True)
    assert rendered.scene is not None
    red = (rendered.pixels == (255, 0, 0)).all(axis=2)
    inside = 0
    for point in rendered.scene["axes"][0]["series"][0]["points"]:
        x0, y0, x1, y1 = (round(value) for value in point["box"])
        assert red[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].all()
        inside += red[y0 - 1 : y1 + 1, x0 - 1 : x1 + 1].sum()
    assert inside == red.sum()
