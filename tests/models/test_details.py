"""Pictures of the regions in which two images differ."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from erm.critics.base import write_reply
from erm.critics.settings import TrainCriticSettings
from erm.critics.training import details_alone, examples_of
from erm.dataset.pairs import Pair
from erm.images import encode_png
from erm.models.details import Detail, details_of
from erm.models.processor import PairProcessor
from erm.models.qwen3vl import build_processor
from erm.models.settings import DetailSettings, ModelSettings
from erm.report import Report
from erm.tasks.discrepancy import Box, Discrepancy

SIDE = 56


def _page(*marks: tuple[int, int, int, int], size: tuple[int, int] = (160, 100)) -> Image.Image:
    """A white page with black rectangles (left, top, right, bottom), right and bottom inclusive."""
    page = Image.new("RGB", size, "white")
    for mark in marks:
        ImageDraw.Draw(page).rectangle(mark, fill="black")
    return page


def _details(reference: Image.Image, candidate: Image.Image, most: int = 4) -> list[Detail]:
    return details_of(reference, candidate, most=most, side=SIDE)


def test_equal_images_have_no_details() -> None:
    page = _page((10, 10, 30, 30))
    assert _details(page, page) == []
    assert _details(page, page.copy()) == []


def test_a_difference_that_nobody_sees_is_no_detail() -> None:
    page = _page((10, 10, 30, 30))
    noise = np.random.default_rng(0).integers(-6, 6, (100, 160, 3))
    noisy = np.clip(np.asarray(page).astype(int) + noise, 0, 255).astype(np.uint8)
    assert _details(page, Image.fromarray(noisy)) == []


def test_regions_are_the_boxes_of_what_differs_from_top_to_bottom() -> None:
    reference = _page((20, 70, 29, 79), (100, 10, 119, 19))
    candidate = _page((100, 10, 109, 19))
    found = _details(reference, candidate)
    assert [detail.region for detail in found] == [Box(110, 10, 120, 20), Box(20, 70, 30, 80)]
    # Hundredths of the longer side, 160 px.
    assert [detail.place for detail in found] == ["68 06 75 12", "12 43 18 50"]


def test_both_crops_are_in_one_picture_the_reference_first() -> None:
    reference, candidate = _page((60, 40, 71, 51)), _page()
    (square,) = _details(reference, candidate)
    assert square.scale == 2.0
    assert square.picture.size == (2 * SIDE, SIDE)
    left, right = np.split(np.asarray(square.picture), 2, axis=1)
    assert left[SIDE // 2, SIDE // 2].tolist() == [0, 0, 0]
    assert (left < 128).any(axis=2).sum() == pytest.approx(24 * 24, rel=0.05)
    assert (right == 255).all()
    (wide,) = _details(_page((20, 40, 90, 49)), candidate)
    assert wide.picture.size == (2 * SIDE, SIDE)
    upper, lower = np.split(np.asarray(wide.picture), 2)
    assert (upper < 128).any()
    assert (lower == 255).all()
    (tall,) = _details(_page((40, 10, 49, 90)), candidate)
    assert tall.picture.size == (SIDE, 2 * SIDE)


def test_a_region_at_the_edge_is_in_the_middle_of_its_picture() -> None:
    (detail,) = _details(_page((0, 0, 9, 9)), _page())
    crop = np.asarray(detail.picture)[:, :SIDE]
    rows, columns = np.nonzero((crop < 128).any(axis=2))
    assert rows.mean() == pytest.approx((SIDE - 1) / 2, abs=1)
    assert columns.mean() == pytest.approx((SIDE - 1) / 2, abs=1)


def test_images_of_different_sizes_share_a_white_canvas() -> None:
    (detail,) = _details(
        _page((10, 10, 19, 19)), _page((10, 10, 19, 19), (170, 10, 179, 19), size=(200, 40))
    )
    assert detail.region == Box(170, 10, 180, 20)


def test_of_many_regions_the_first_in_reading_order_are_shown() -> None:
    corners = ((8, 80), (120, 10), (8, 8), (60, 12), (60, 40))
    marks = [(x, y, x + 4, y + 4) for x, y in corners]
    found = _details(_page(*marks), _page())
    assert [detail.region[:2] for detail in found] == [(8, 8), (120, 10), (60, 12), (60, 40)]


def test_the_last_detail_says_how_much_differs_in_all() -> None:
    marks = [(30 * turn, 40, 30 * turn + 4, 45) for turn in range(3)]
    pair = _page(*marks), _page()
    found = details_of(*pair, most=2, side=SIDE, totals=True)
    pixels = sum((x1 - x0 + 1) * (y1 - y0 + 1) for x0, y0, x1, y1 in marks)
    share = round(10 * math.log10(1 + 1e6 * pixels / (160 * 100)))
    assert [one.caption for one in found] == [found[0].place, f"{found[1].place} 03 {share}"]
    assert [one.place for one in found] == [one.place for one in _details(*pair, most=2)]
    assert details_of(pair[1], pair[1], most=2, side=SIDE, totals=True) == []


def test_rules_that_moved_do_not_join_what_they_divide() -> None:
    def table(column: int) -> Image.Image:
        """Two texts in a grid whose middle rule stands at `column`."""
        rules = [(10, 10, 150, 11), (10, 40, 150, 41), (column, 10, column + 1, 90)]
        return _page(*rules, (20, 20, 27, 29), (column + 10, 60, column + 17, 69))

    found = _details(table(60), table(80))
    assert [detail.region for detail in found] == [Box(70, 60, 78, 70), Box(90, 60, 98, 70)]
    (rule,) = _details(_page((10, 50, 150, 51)), _page())
    assert rule.region == Box(10, 50, 151, 52)


def test_hundreds_of_regions_take_no_longer_than_some() -> None:
    marks = [(x, y, x + 1, y + 1) for x in range(0, 1600, 16) for y in range(0, 1000, 16)]
    assert len(_details(_page(*marks, size=(1600, 1000)), _page(size=(1600, 1000)))) == 4


def test_a_detail_shows_what_has_its_middle_in_the_region() -> None:
    (detail,) = _details(_page((60, 40, 71, 51)), _page())
    assert detail.shows(Box(55, 38, 75, 55))
    assert not detail.shows(Box(80, 40, 100, 50))


def test_a_detail_shows_a_mark_of_which_only_an_end_differs() -> None:
    (detail,) = _details(_page((60, 20, 71, 80)), _page((60, 60, 71, 80)))
    assert detail.shows(Box(60, 20, 72, 81))
    assert not detail.shows(Box(80, 20, 92, 81))


def _plot(top: int, *marks: tuple[int, int, int, int]) -> Image.Image:
    """A plot with one bar, whose frame has marks outside: one at the left and one below."""
    lines = [(50, 10, 50, 70), (50, 70, 150, 70)]
    page = _page(*lines, *marks)
    ImageDraw.Draw(page).rectangle((90, top, 99, 69), fill="red")
    return page


def test_a_region_inside_a_frame_is_shown_with_its_margins() -> None:
    scale, name = (38, 36, 45, 39), (90, 76, 99, 79)
    reference, candidate = _plot(30, scale, name), _plot(45, scale, name)
    (plain,) = _details(reference, candidate)
    (detail,) = details_of(reference, candidate, most=4, side=SIDE, margins=True)
    assert detail.region == plain.region == Box(90, 30, 100, 45)
    # In hundredths of a frame of 101 × 61 px, from its lower left corner.
    assert (plain.place, detail.place) == ("56 18 62 28", "40 67 50 43")
    assert (plain.with_margins, detail.with_margins) == (False, True)
    assert detail.picture.size == (2 * SIDE, 2 * SIDE)
    across, down = plain.picture.size
    assert detail.picture.crop((0, 0, across, down)).tobytes() == plain.picture.tobytes()
    # The region's middle is at (95, 37.5), the frame's corner at (50, 70); 3 px are 4 px here.
    middles = [_middle(detail.picture, column, row) for column in (0, 1) for row in (0, 1)]
    at_left, highest, below, rightmost = middles
    assert at_left == pytest.approx(((42 - 8) * 4 / 3, (38 - 37.5 + 10.5) * 4 / 3), abs=1)
    assert highest == pytest.approx(((42 - 8) * 4 / 3, 14), abs=1)
    assert below == pytest.approx((28, (78 - 71) * 4 / 3), abs=1)
    assert rightmost == pytest.approx((28, (78 - 71) * 4 / 3), abs=1)


def _middle(picture: Image.Image, column: int, row: int) -> tuple[float, float]:
    """Middle of what is black in one of the four margins of a detail."""
    corner = column * SIDE, SIDE + row * SIDE // 2
    margin = picture.crop((*corner, corner[0] + SIDE, corner[1] + SIDE // 2))
    rows, columns = np.nonzero(np.asarray(margin).max(axis=2) < 128)
    return float(columns.mean()), float(rows.mean())


def test_the_outermost_labels_are_shown_wherever_the_region_is() -> None:
    labels = (38, 12, 45, 15), (36, 60, 45, 63), (52, 76, 61, 79), (140, 76, 149, 79)
    for top in (20, 40, 55):
        (detail,) = details_of(
            _plot(top, *labels), _plot(top + 8, *labels), most=4, side=SIDE, margins=True
        )
        assert _middle(detail.picture, 0, 1) == pytest.approx((45, 14), abs=1)
        assert _middle(detail.picture, 1, 1) == pytest.approx((28, 9), abs=1)


def test_without_a_frame_or_anything_outside_it_there_are_no_margins() -> None:
    scale, name = (38, 36, 45, 39), (90, 76, 99, 79)
    for outside in ((), (scale,), (name,)):
        reference, candidate = _plot(30, *outside), _plot(45, *outside)
        assert details_of(reference, candidate, most=4, side=SIDE, margins=True) == _details(
            reference, candidate
        )
    reference, candidate = _page((60, 40, 71, 51), scale, name), _page(scale, name)
    assert details_of(reference, candidate, most=4, side=SIDE, margins=True) == _details(
        reference, candidate
    )
    # What differs outside the frame has none either.
    (title,) = details_of(_plot(30, scale, name), _plot(30, name), most=4, side=SIDE, margins=True)
    assert not title.with_margins


def _table(*marks: tuple[int, int, int, int]) -> Image.Image:
    """A grid of three rows and two columns, whose second rule lies between two rows of pixels."""
    page = _page((10, 10, 110, 10), (10, 70, 110, 70), (10, 90, 110, 90), *marks)
    draw = ImageDraw.Draw(page)
    draw.rectangle((10, 40, 110, 41), fill=(150, 150, 150))
    for x in (10, 60, 110):
        draw.line((x, 10, x, 90), fill="black")
    return page


@pytest.mark.parametrize(
    ("mark", "cell"),
    [
        ((25, 20, 35, 28), "01 01"),
        ((80, 50, 90, 58), "02 02"),
        ((25, 76, 35, 84), "03 01"),
        ((80, 76, 90, 84), "03 02"),
    ],
)
def test_a_place_in_a_grid_ends_with_row_and_column(
    mark: tuple[int, int, int, int], cell: str
) -> None:
    pair = _table(mark), _table()
    (plain,) = _details(*pair)
    (detail,) = details_of(*pair, most=4, side=SIDE, margins=True)
    assert detail == plain._replace(place=f"{plain.place} {cell}")


def test_outside_a_grid_a_place_has_no_row() -> None:
    pair = _table((60, 96, 70, 99)), _table()
    assert details_of(*pair, most=4, side=SIDE, margins=True) == _details(*pair)


def _processor(**model: object) -> PairProcessor:
    settings = ModelSettings.model_validate({"details": DetailSettings(), **model})
    return build_processor(settings, ["compare svg 0123456789"] * 20, vocabulary=300, max_side=112)


def test_details_and_their_places_follow_the_pair() -> None:
    processor = _processor()
    pair = [_page((60, 40, 71, 51)), _page()]
    prompt = "<|im_start|>user<|vision_start|><|image_pad|><|vision_end|>compare svg<|im_end|>"
    encoded = processor(images=[pair], text=[prompt], return_tensors="pt")
    # Scaled to 112 × 70 px on a canvas of 112 × 84; the detail has 112 × 56.
    assert encoded["image_grid_thw"].tolist() == [[1, 6, 8], [1, 4, 8]]
    assert len(encoded["pixel_values"]) == 48 + 32
    text = processor.tokenizer.decode(encoded["input_ids"][0])
    pads = ["<|image_pad|>" * count for count in (12, 8)]
    assert text == (
        f"<|im_start|>user<|vision_start|>{pads[0]}<|vision_end|>"
        f"<|vision_start|>{pads[1]}<|vision_end|>37 25 45 32compare svg<|im_end|>"
    )
    prepared = processor.prepared([encode_png(page) for page in pair])
    assert processor.prepared_tokens(prepared) == 12 + 8 + 2 + 11


@pytest.mark.parametrize("encoding", ["difference", "two_images"])
@pytest.mark.parametrize("side", [112, 97, 400])
def test_a_prepared_sample_gives_the_same_inputs(
    encoding: Literal["difference", "two_images"], side: int
) -> None:
    details = DetailSettings(margins=True, totals=True)
    model = ModelSettings(details=details, pair_encoding=encoding)
    processor = build_processor(model, ["compare 0123456789"] * 20, vocabulary=300, max_side=side)
    one = "<|vision_start|><|image_pad|><|vision_end|>"
    slots = one if encoding == "difference" else 2 * one
    wide = Image.new("RGB", (300, 40), "white")
    for pair, slot in (
        ([_page((60, 40, 71, 51)), _page()], slots),
        ([_page(), _page()], slots),
        ([_page(), wide], slots),
        ([_page()], one),
    ):
        prompt = f"<|im_start|>user{slot}compare<|im_end|>"
        prepared = processor.prepared([encode_png(image) for image in pair])
        first, second = (
            processor(images=[images], text=[prompt], return_tensors="pt")
            for images in (pair, prepared)
        )
        assert first.keys() == second.keys()
        for name in first:
            assert torch.equal(first[name], second[name]), name
        words = len(processor.tokenizer(prompt.replace("<|image_pad|>", ""))["input_ids"])
        assert processor.prepared_tokens(prepared) == first["input_ids"].shape[1] - words


def test_samples_with_and_without_details_share_a_batch() -> None:
    processor = _processor()
    page = _page((60, 40, 71, 51))
    prompt = "<|vision_start|><|image_pad|><|vision_end|>compare svg"
    encoded = processor(
        images=[[page, page], [page, _page()], [page]],
        text=[prompt] * 3,
        padding=True,
        return_tensors="pt",
    )
    assert len(encoded["image_grid_thw"]) == 1 + 2 + 1
    alone = processor(images=[[page, _page()]], text=[prompt], return_tensors="pt")
    row = encoded["input_ids"][1]
    assert row[encoded["attention_mask"][1] == 1].tolist() == alone["input_ids"][0].tolist()


def test_two_images_are_followed_by_the_same_details() -> None:
    processor = _processor(pair_encoding="two_images")
    slot = "<|vision_start|><|image_pad|><|vision_end|>"
    encoded = processor(
        images=[[_page((60, 40, 71, 51)), _page()]],
        text=[2 * slot + "compare"],
        return_tensors="pt",
    )
    assert encoded["image_grid_thw"].tolist() == [[1, 6, 8], [1, 6, 8], [1, 4, 8]]
    assert "37 25 45 32compare" in processor.tokenizer.decode(encoded["input_ids"][0])


def test_a_saved_processor_shows_the_same(tmp_path: object) -> None:
    processor = _processor(details=DetailSettings(margins=True, totals=True))
    processor.save_pretrained(tmp_path)
    again = PairProcessor.from_pretrained(tmp_path)
    assert (again.details, again.detail_side) == (4, 56)
    assert (again.detail_margins, again.detail_totals) == (True, True)


def test_a_detail_alone_asks_for_the_description_of_its_error() -> None:
    reference, candidate = _page((60, 40, 71, 51), (10, 80, 13, 83)), _page()
    errors = (
        Discrepancy("style_error", 2, "square", "width is 12 instead of 3", Box(60, 40, 72, 52)),
        Discrepancy("style_error", 2, "square", "is missing", Box(60, 40, 72, 52), "reference"),
        Discrepancy("style_error", 2, "canvas", "is 20 px wider", None),
        Discrepancy("style_error", 2, "elsewhere", "'A' is extra", Box(120, 10, 130, 20)),
    )
    pair = Pair(
        "p", "s", "svg", "train", "edit", (), encode_png(reference), encode_png(candidate),
        "", "", Report("svg", errors),
    )  # fmt: skip
    (sample,) = details_alone(pair, DetailSettings(), brief=True)
    assert sample.prompt == "37 25 45 32compare svg"
    alone = next(error for error in errors if error.location == "square")
    assert sample.target == write_reply(Report("svg", (alone,)))
    assert sample.images == (encode_png(_details(reference, candidate)[0].picture),)


@pytest.mark.parametrize("end", [53, 54, 55, 56])
def test_lines_that_enclose_nothing_are_no_frame(end: int) -> None:
    """An upright line, and left of it a level one that ends at or before it."""
    reference = Image.new("RGB", (120, 100), "white")
    draw = ImageDraw.Draw(reference)
    draw.line((55, 0, 55, 50), fill="black")
    draw.line((20, 70, end, 70), fill="black")
    draw.rectangle((40, 20, 48, 26), fill="black")
    draw.rectangle((58, 76, 64, 84), fill="black")
    candidate = reference.copy()
    ImageDraw.Draw(candidate).rectangle((58, 20, 64, 26), fill="red")
    (detail,) = details_of(reference, candidate, most=4, side=SIDE, margins=True)
    assert detail.with_margins == (end > 55)


def test_a_detail_alone_with_margins_asks_for_the_place_too() -> None:
    scale, name = (38, 36, 45, 39), (90, 76, 99, 79)
    reference, candidate = _plot(30, scale, name), _plot(45, scale, name)
    error = Discrepancy("data_error", 2, "bar 'A'", "value is 5 instead of 8", Box(90, 30, 100, 70))
    pair = Pair(
        "p", "s", "chart", "train", "edit", (), encode_png(reference), encode_png(candidate),
        "", "", Report("chart", (error,)),
    )  # fmt: skip
    (sample,) = details_alone(pair, DetailSettings(margins=True), brief=True)
    assert sample.prompt == "40 67 50 43compare chart"
    assert sample.target == write_reply(pair.report)
    wide = replace(error, box=Box(0, 0, 200, 200))
    for read in (error, wide):
        (plain,) = details_alone(
            replace(pair, report=Report("chart", (read,))), DetailSettings(), brief=True
        )
        assert plain.target == sample.target
    unread = replace(pair, report=Report("chart", (replace(wide, description="is missing"),)))
    assert not [*details_alone(unread, DetailSettings(), brief=True)]
    asked = next(details_alone(pair, DetailSettings(margins=True), brief=False)).prompt
    assert "Labels to the left" in asked
    around = replace(error, location="plot", description="is extra", box=Box(0, 0, 200, 200))
    both = replace(pair, report=Report("chart", (around, error)))
    assert [*details_alone(both, DetailSettings(margins=True), brief=True)] == [sample]
    processor = _processor(details=DetailSettings(margins=True))
    prepared = processor.prepared([encode_png(reference), encode_png(candidate)])
    image = processor.image_tokens([reference.size, candidate.size])
    assert processor.prepared_tokens(prepared) == image + 16 + 2 + 11
    model = ModelSettings.model_validate({"name": "tiny", "details": {"margins": True}})
    settings = TrainCriticSettings(model=model, details_alone=True)
    assert [one.prompt for one in examples_of(pair, settings, "compare")] == [
        "compare",
        sample.prompt,
    ]
    reading = replace(pair, route="reading")
    assert list(examples_of(reading, settings, "compare")) == [sample]
    whole = settings.model_copy(update={"details_alone": False})
    assert [one.prompt for one in examples_of(reading, whole, "compare")] == ["compare"]
