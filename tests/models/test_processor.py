"""How images and text enter a model."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.video_processing_utils import BaseVideoProcessor

from erm.images import open_image
from erm.models.processor import PairProcessor
from erm.models.prompts import conversation
from erm.models.tokenizer import train_tokenizer

TEXTS = [
    '{"errors":[{"category":"data_error","severity":2,"location":"bar","description":"is 4"}]}',
    '<svg viewBox="0 0 16 16"><circle cx="3" cy="4" r="2" fill="red"/></svg>',
] * 20


@pytest.fixture(scope="module")
def processor() -> PairProcessor:
    return PairProcessor.from_scratch(train_tokenizer(TEXTS, 320), patch_size=14, max_side=112)


def _noise(width: int, height: int, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def _encode(processor: PairProcessor, *images: Image.Image) -> dict[str, torch.Tensor]:
    chat = conversation("compare svg", len(images))
    text = processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    return dict(processor(images=[list(images)], text=[text], return_tensors="pt"))


def test_second_frame_of_a_pair_is_candidate_minus_reference(processor: PairProcessor) -> None:
    reference, candidate = _noise(56, 84, 1), _noise(56, 84, 2)
    pair = _encode(processor, reference, candidate)["pixel_values"].reshape(-1, 3, 2, 14, 14)
    alone = _encode(processor, reference)["pixel_values"].reshape(-1, 3, 2, 14, 14)
    other = _encode(processor, candidate)["pixel_values"].reshape(-1, 3, 2, 14, 14)
    torch.testing.assert_close(pair[:, :, 0], alone[:, :, 0])
    torch.testing.assert_close(pair[:, :, 1], other[:, :, 0] - alone[:, :, 0])


def test_equal_images_have_a_difference_of_exactly_zero(processor: PairProcessor) -> None:
    image = _noise(70, 50)
    pair = _encode(processor, image, image)["pixel_values"].reshape(-1, 3, 2, 14, 14)
    assert torch.count_nonzero(pair[:, :, 1]) == 0


def test_a_single_image_is_a_still(processor: PairProcessor) -> None:
    frames = _encode(processor, _noise(56, 56))["pixel_values"].reshape(-1, 3, 2, 14, 14)
    torch.testing.assert_close(frames[:, :, 0], frames[:, :, 1])


def test_patches_carry_the_pixels_themselves(processor: PairProcessor) -> None:
    image = _noise(28, 28)
    frames = _encode(processor, image)["pixel_values"].reshape(2, 2, 3, 2, 14, 14)
    pixels = np.asarray(image, dtype=np.float32) / 127.5 - 2.0
    for row in range(2):
        for column in range(2):
            patch = pixels[row * 14 : row * 14 + 14, column * 14 : column * 14 + 14]
            torch.testing.assert_close(
                frames[row, column, :, 0], torch.from_numpy(patch.transpose(2, 0, 1).copy())
            )


@given(
    width=st.integers(1, 600),
    height=st.integers(1, 600),
    other_width=st.integers(1, 600),
    other_height=st.integers(1, 600),
)
@settings(max_examples=30, deadline=None, derandomize=True)
def test_any_sizes_fit_and_every_patch_has_its_token(
    processor: PairProcessor, width: int, height: int, other_width: int, other_height: int
) -> None:
    encoded = _encode(processor, _noise(width, height), _noise(other_width, other_height))
    _, rows, columns = encoded["image_grid_thw"][0].tolist()
    assert max(rows, columns) * 14 <= 112
    assert encoded["pixel_values"].shape == (rows * columns, 3 * 2 * 14 * 14)
    assert int(encoded["mm_token_type_ids"].sum()) == rows * columns // 4
    sizes = [(width, height), (other_width, other_height)]
    assert processor.image_tokens(sizes) == rows * columns // 4


@pytest.mark.parametrize("size", [(1, 1), (20_000, 20), (3, 5_000)])
def test_extreme_shapes_are_scaled_and_padded(
    processor: PairProcessor, size: tuple[int, int]
) -> None:
    encoded = _encode(processor, _noise(*size), _noise(*size))
    assert int(encoded["image_grid_thw"].max()) * 14 <= 112


@pytest.mark.parametrize("size", [(1, 1), (20_000, 20), (3, 5_000), (640, 480)])
def test_pretrained_models_get_two_images_of_any_shape(
    processor: PairProcessor, size: tuple[int, int]
) -> None:
    cut = Qwen2VLImageProcessorPil(patch_size=16, merge_size=2, do_resize=True)
    pretrained = PairProcessor(
        cut, processor.tokenizer, processor.tokenizer.chat_template, "two_images", 1024
    )
    image = open_image(_noise(*size))
    slots = pretrained._slots([image, image])
    assert len(slots) == 2
    for slot in slots:
        assert len(slot.patches) == math.prod(slot.grid)
    merged = sum(math.prod(slot.grid) // 4 for slot in slots)
    assert pretrained.image_tokens([size, size]) == merged


def test_processor_survives_saving(processor: PairProcessor, tmp_path: object) -> None:
    processor.save_pretrained(tmp_path)
    again = PairProcessor.from_pretrained(tmp_path)
    pair = _noise(60, 40, 1), _noise(60, 40, 2)
    for name, values in _encode(processor, *pair).items():
        torch.testing.assert_close(_encode(again, *pair)[name], values)


def test_pretrained_models_are_saved_with_what_vllm_asks_for(
    processor: PairProcessor, tmp_path: Path
) -> None:
    """vLLM makes a `Qwen3VLProcessor`; here transformers reads what its video part is made of."""
    cut = Qwen2VLImageProcessorPil(patch_size=16, merge_size=2, do_resize=True)
    template = processor.tokenizer.chat_template
    PairProcessor(cut, processor.tokenizer, template, "two_images", 64).save_pretrained(tmp_path)
    _assert_video_settings(tmp_path, patch_size=16)
    assert PairProcessor.from_pretrained(tmp_path).pair_encoding == "two_images"


def _assert_video_settings(folder: Path, patch_size: int) -> None:
    found, _ = BaseVideoProcessor.get_video_processor_dict(folder)
    assert found["video_processor_type"] == "Qwen3VLVideoProcessor"
    sizes = found["patch_size"], found["merge_size"], found["temporal_patch_size"]
    assert sizes == (patch_size, 2, 2)


@pytest.mark.parametrize(
    "sizes", [[(300, 200), (20, 170)], [(5, 5), (1, 1)], [(20_000, 20), (90, 90)], [(61, 33)]]
)
def test_a_servers_own_processor_cuts_the_same_patches(
    sizes: list[tuple[int, int]], processor: PairProcessor, tmp_path: Path
) -> None:
    """vLLM cuts what a client sends with transformers' image processor and the saved settings."""
    asked = PairProcessor.from_scratch(
        processor.tokenizer,
        patch_size=14,
        max_side=112,
        pair_encoding="two_images" if len(sizes) == 2 else "difference",
        details=2,
        detail_side=84,
    )
    asked.save_pretrained(tmp_path)
    _assert_video_settings(tmp_path, patch_size=14)
    images = [_noise(*size, seed) for seed, size in enumerate(sizes)]
    ours = _encode(asked, *images)
    pictures, places = asked.pictures(images)
    assert len(pictures) == len(images) + len(places) == len(ours["image_grid_thw"])
    theirs = Qwen2VLImageProcessorPil.from_pretrained(tmp_path)(pictures, return_tensors="pt")
    assert theirs["image_grid_thw"].tolist() == ours["image_grid_thw"].tolist()
    torch.testing.assert_close(theirs["pixel_values"], ours["pixel_values"])


@given(st.text())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_tokenizer_reproduces_any_text(processor: PairProcessor, text: str) -> None:
    tokens = processor.tokenizer(text)["input_ids"]
    special = any(mark in text for mark in ("<|", "|>"))
    assert special or processor.tokenizer.decode(tokens) == text


def test_digits_are_single_tokens(processor: PairProcessor) -> None:
    tokens = processor.tokenizer.convert_ids_to_tokens(processor.tokenizer("2026")["input_ids"])
    assert tokens == ["2", "0", "2", "6"]
