"""The law that labels and pixels agree both ways, on hand-drawn views."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import erm.annotation
from erm.annotation import (
    annotate_views,
    clear_difference,
    differ_visibly,
    largest_difference,
)
from erm.tasks import View
from erm.tasks.discrepancy import Box, Discrepancy

RED, BLUE, BLACK = (220, 30, 30), (30, 30, 220), (0, 0, 0)


class Told:
    """A task whose scenes differ by what the test says."""

    def __init__(self, *found: Discrepancy) -> None:
        self.found = list(found)

    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        return self.found


def canvas(*marks: tuple[tuple[int, int, int, int], tuple[int, int, int]]) -> NDArray[np.uint8]:
    """A white 120 × 160 image with filled rectangles (x0, y0, x1, y1)."""
    pixels = np.full((120, 160, 3), 255, dtype=np.uint8)
    for (x0, y0, x1, y1), colour in marks:
        pixels[y0:y1, x0:x1] = colour
    return pixels


def found(box: Box | None, category: str = "style_error", severity: int = 2) -> Discrepancy:
    return Discrepancy(category, severity, "red square", "fill is blue instead of red", box)


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Any:
    def run(
        reference: NDArray[np.uint8], candidate: NDArray[np.uint8], *errors: Discrepancy
    ) -> erm.annotation.Annotation:
        monkeypatch.setattr(erm.annotation, "get_task", lambda name: Told(*errors))
        return annotate_views("svg", View(reference, {}), View(candidate, {}))

    return run


SQUARE = (20, 20, 50, 50)


def test_equal_pixels_are_an_empty_report_whatever_the_scenes_say(check: Any) -> None:
    image = canvas((SQUARE, RED))
    result = check(image, image.copy(), found(Box(*SQUARE)))
    assert result.report.errors == ()
    assert result.failure is None


def test_a_recoloured_square_is_explained_by_its_box(check: Any) -> None:
    result = check(canvas((SQUARE, RED)), canvas((SQUARE, BLUE)), found(Box(*SQUARE)))
    assert result.failure is None
    assert result.unexplained == 0
    assert result.report.total_severity == 2


def test_a_clear_difference_without_a_label_is_rejected(check: Any) -> None:
    result = check(canvas((SQUARE, RED)), canvas((SQUARE, BLUE)))
    assert result.failure.kind == "unexplained pixels"
    assert result.unexplained == pytest.approx(30 * 30 / (120 * 160), rel=0.15)


def test_a_second_unlabelled_difference_is_rejected(check: Any) -> None:
    other = (110, 80, 140, 110)
    result = check(
        canvas((SQUARE, RED), (other, RED)),
        canvas((SQUARE, BLUE), (other, BLACK)),
        found(Box(*SQUARE)),
    )
    assert result.failure.kind == "unexplained pixels"


def test_content_moved_by_another_difference_is_explained(check: Any) -> None:
    text = [((x, 90, x + 3, 100), BLACK) for x in range(20, 120, 8)]
    moved = [((x, 97, x + 3, 107), BLACK) for x in range(20, 120, 8)]
    result = check(
        canvas((SQUARE, RED), *text), canvas((SQUARE, BLUE), *moved), found(Box(*SQUARE))
    )
    assert result.failure is None


def test_a_repetition_of_an_explained_difference_is_explained(check: Any) -> None:
    patch = (120, 90, 130, 98)
    result = check(
        canvas((SQUARE, RED), (patch, RED)),
        canvas((SQUARE, BLUE), (patch, BLUE)),
        found(Box(*SQUARE)),
    )
    assert result.failure is None


def test_a_shift_of_less_than_a_pixel_needs_no_label(check: Any) -> None:
    left = canvas(((40, 10, 41, 110), BLACK))
    right = canvas(((40, 10, 41, 110), (80, 80, 80)), ((41, 10, 42, 110), (175, 175, 175)))
    assert check(left, right).failure is None


def test_a_label_on_images_that_look_equal_is_rejected(check: Any) -> None:
    left, right = canvas((SQUARE, RED)), canvas((SQUARE, (222, 33, 28)))
    result = check(left, right, found(Box(*SQUARE)))
    assert result.failure.kind == "label without pixels"


def test_a_difference_hidden_behind_another_element_is_not_reported(check: Any) -> None:
    hidden = found(Box(100, 80, 140, 110), "shape_error")
    result = check(canvas((SQUARE, RED)), canvas((SQUARE, BLUE)), found(Box(*SQUARE)), hidden)
    assert [error.category for error in result.report.errors] == ["style_error"]
    assert result.invisible == 1


def test_sizes_may_differ(check: Any) -> None:
    taller = np.full((150, 160, 3), 255, dtype=np.uint8)
    taller[130:145, 20:60] = RED
    result = check(canvas(), taller, found(Box(20, 130, 60, 145), "structure_error", 3))
    assert result.failure is None
    assert check(canvas(), taller).failure.kind == "unexplained pixels"


def test_large_images_are_checked_too(check: Any) -> None:
    left = np.full((1500, 2000, 3), 255, dtype=np.uint8)
    right = left.copy()
    right[700:760, 900:960] = RED
    assert check(left, right).failure.kind == "unexplained pixels"
    assert check(left, right, found(Box(900, 700, 960, 760))).failure is None


def test_measures_of_difference() -> None:
    assert largest_difference(canvas(), canvas()) == 0
    assert largest_difference(canvas(), canvas((SQUARE, BLACK))) == 255
    assert largest_difference(canvas(), canvas()[:50]) == 255
    assert not clear_difference(canvas(), canvas(((5, 5, 6, 7), BLACK)))
    assert clear_difference(canvas(), canvas(((5, 5, 9, 9), BLACK)))


def test_back_ends_may_fit_edges_and_round_sizes_in_their_own_ways() -> None:
    square, line = ((20, 20, 60, 60), RED), ((80, 90, 150, 94), BLACK)
    drawn = canvas(square, line)
    fitted = canvas(((22, 19, 61, 61), RED), ((81, 91, 150, 95), BLACK))
    assert not differ_visibly(drawn, drawn)
    assert not differ_visibly(drawn, fitted)
    assert not differ_visibly(drawn, np.pad(drawn, ((0, 2), (0, 2), (0, 0)), "edge"))
    assert differ_visibly(drawn, canvas(square))
    assert differ_visibly(drawn, canvas(((20, 20, 60, 60), BLUE), line))
    assert differ_visibly(drawn, canvas(((30, 20, 70, 60), RED), line))
    assert differ_visibly(drawn, np.pad(drawn, ((0, 40), (0, 0), (0, 0)), "edge"))
