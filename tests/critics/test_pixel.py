"""The pixel critic: quiet on equal images, and right about what its rules cover."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageDraw

from erm.critics.base import ImagePair
from erm.critics.pixel import PixelCritic, pixel_report
from erm.errors import ErmError
from erm.report import Report
from erm.tasks import task_names

quick = settings(deadline=None, derandomize=True, max_examples=30)
images = st.tuples(st.integers(1, 24), st.integers(1, 24)).flatmap(
    lambda size: arrays(np.uint8, (*size, 3), elements=st.sampled_from([0, 128, 255]))
)


def drawn(*circles: tuple[int, int, int, str], size: int = 120) -> Image.Image:
    image = Image.new("RGB", (size, size), "white")
    for x, y, radius, colour in circles:
        ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    return image


def judge(reference: Image.Image, candidate: Image.Image, task: str = "svg") -> Report:
    report = PixelCritic().critique([ImagePair(task, reference, candidate)])[0].report
    assert report is not None
    return report


@quick
@given(image=images, task=st.sampled_from(task_names()))
def test_an_image_does_not_differ_from_itself(image: np.ndarray, task: str) -> None:
    assert pixel_report(task, image, image.copy()).errors == ()


@quick
@given(left=images, right=images, task=st.sampled_from(task_names()))
def test_any_two_images_get_a_valid_report(left: np.ndarray, right: np.ndarray, task: str) -> None:
    report = pixel_report(task, left, right)
    assert report == pixel_report(task, left, right)
    assert all(error.location and error.description for error in report.errors)


def test_another_colour_is_a_style_error_in_its_place() -> None:
    found = judge(drawn((20, 20, 12, "red")), drawn((20, 20, 12, "blue"))).errors
    assert [(e.category, e.location) for e in found] == [("style_error", "top left")]
    assert found[0].description == "colour is blue instead of red"


def test_missing_and_extra_elements_are_told_apart() -> None:
    one, two = drawn((20, 20, 12, "red")), drawn((20, 20, 12, "red"), (100, 100, 12, "green"))
    missing, extra = judge(two, one).errors, judge(one, two).errors
    assert [(e.location, e.description) for e in missing] == [("bottom right", "is missing")]
    assert [(e.location, e.description) for e in extra] == [("bottom right", "is extra")]
    assert missing[0].category == extra[0].category == "structure_error"


def test_a_larger_difference_is_more_severe() -> None:
    blank = drawn()
    totals = [
        judge(drawn((60, 60, radius, "black")), blank).total_severity for radius in (3, 10, 40)
    ]
    assert totals == [1, 2, 3]


def test_a_shift_of_everything_is_undone() -> None:
    circles = [(30, 30, 12, "red"), (80, 60, 9, "blue"), (50, 90, 7, "green")]
    moved = [(x + 3, y + 2, radius, colour) for x, y, radius, colour in circles]
    assert judge(drawn(*circles), drawn(*moved)).errors == ()


def test_sizes_may_differ() -> None:
    assert judge(drawn((20, 20, 9, "red")), drawn((20, 20, 9, "red"), size=150)).errors == ()


def test_an_unknown_task_and_a_broken_image_are_refused() -> None:
    with pytest.raises(ErmError, match="Unknown task 'sheet'"):
        PixelCritic().critique([ImagePair("sheet", drawn(), drawn())])
    with pytest.raises(ErmError, match="reference: the image is empty"):
        PixelCritic().critique([ImagePair("svg", b"", drawn())])
