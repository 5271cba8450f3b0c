"""How images and text enter a model."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.video_processing_utils import BaseVideoProcessor

from erm.critics.base import ImagePair
from erm.critics.pixel import PixelCritic
from erm.errors import ErmError
from erm.images import encode_png, image_size, largest_gap, open_image
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
    for patches, (_, rows, columns) in slots:
        assert len(patches) == rows * columns
    merged = sum(rows * columns // 4 for _, (_, rows, columns) in slots)
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
    found, _ = BaseVideoProcessor.get_video_processor_dict(tmp_path)
    assert found["video_processor_type"] == "Qwen3VLVideoProcessor"
    assert (found["patch_size"], found["merge_size"], found["temporal_patch_size"]) == (16, 2, 2)
    assert PairProcessor.from_pretrained(tmp_path).pair_encoding == "two_images"


@given(st.text())
@settings(max_examples=100, deadline=None, derandomize=True)
def test_tokenizer_reproduces_any_text(processor: PairProcessor, text: str) -> None:
    tokens = processor.tokenizer(text)["input_ids"]
    special = any(mark in text for mark in ("<|", "|>"))
    assert special or processor.tokenizer.decode(tokens) == text


def test_digits_are_single_tokens(processor: PairProcessor) -> None:
    tokens = processor.tokenizer.convert_ids_to_tokens(processor.tokenizer("2026")["input_ids"])
    assert tokens == ["2", "0", "2", "6"]


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "RGBA", "LA", "I;16", "1", "F"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((4, 4), 65535, dtype=np.uint16))
    else:
        image = Image.new("L", (4, 4), 255).convert(mode)
    opened = open_image(image)
    assert opened.mode == "RGB"
    assert opened.getpixel((1, 1)) == (255, 255, 255)


def test_deep_greys_keep_their_brightness() -> None:
    dark = Image.fromarray(np.full((4, 4), 200, dtype=np.uint16))
    assert open_image(dark).getpixel((1, 1)) == (0, 0, 0)
    holes = Image.fromarray(np.full((4, 4), np.nan, dtype=np.float32))
    assert open_image(holes).getpixel((1, 1)) == (255, 255, 255)


def test_transparent_parts_are_white() -> None:
    assert open_image(Image.new("RGBA", (2, 2), (0, 0, 0, 0))).getpixel((0, 0)) == (255, 255, 255)


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    frames[0].save(buffer, format="GIF", save_all=True, append_images=frames[1:])
    red, _, blue = np.asarray(open_image(buffer.getvalue()))[4, 4]
    assert red > 200
    assert blue < 50


def _bare_png(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return encode_png(Image.new("RGB", (1, 1)))[:8] + chunk + b"\0\0\0\0IDAT\x35\xaf\x06\x1e"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"not an image at all", "not an image"),
        (encode_png(Image.effect_noise((64, 64), 90))[:700], "damaged"),
        # A program, which Pillow would hand to Ghostscript.
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n", "not an image"),
        (_bare_png(9_000, 9_000), "9000×9000 pixels, not 1 to 64,000,000"),
        (_bare_png(60_000, 60_000), "more than 64,000,000 pixels"),
    ],
)
@pytest.mark.parametrize("filled_up", [False, True])
def test_unreadable_images_are_named(
    data: bytes, reason: str, filled_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # WeasyPrint sets it in any process that draws tables
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", filled_up)
    with pytest.raises(ErmError, match=rf"candidate: .*{reason}"):
        open_image(data, "candidate")


def test_sizes_are_told_of_sound_images_only() -> None:
    sound = encode_png(Image.effect_noise((64, 48), 90))
    assert image_size(sound) == (64, 48)
    for bad in (b"", b"no image", sound[:700], _bare_png(60_000, 60_000)):
        with pytest.raises(ErmError, match=r"reference: the image is damaged \("):
            image_size(bad, "reference")


def test_the_largest_gap_is_that_of_any_channel() -> None:
    left, right = (np.asarray(_noise(9, 7, seed)) for seed in (1, 2))
    expected = np.abs(left.astype(int) - right.astype(int)).max(axis=2)
    np.testing.assert_array_equal(largest_gap(left, right), expected)


def test_images_in_memory_are_read_whole_and_are_not_empty(tmp_path: Path) -> None:
    (tmp_path / "half.png").write_bytes(encode_png(Image.effect_noise((64, 64), 90))[:700])
    with Image.open(tmp_path / "half.png") as lazy, pytest.raises(ErmError, match="damaged"):
        open_image(lazy)
    with pytest.raises(ErmError, match="0×5 pixels, not 1"):
        open_image(Image.new("RGB", (0, 5)))


def test_decoders_warn_of_nothing_that_a_sentence_does_not_say(
    recwarn: pytest.WarningsRecorder,
) -> None:
    buffer = io.BytesIO()
    Image.new("CMYK", (8, 8)).save(buffer, format="TIFF")
    with pytest.raises(ErmError, match="not an image"):
        open_image(buffer.getvalue()[:10])
    assert not recwarn.list


def test_a_bad_image_of_many_is_named_by_pair_side_and_file(tmp_path: Path) -> None:
    good = Image.new("RGB", (4, 4))
    (tmp_path / "void.png").touch()
    pairs = [ImagePair("svg", good, good), ImagePair("svg", good, tmp_path / "void.png")]
    with pytest.raises(ErmError, match=r"^Pair 2, candidate .*void\.png: the image is empty"):
        PixelCritic().critique(pairs)


def test_a_missing_file_is_named(tmp_path: object) -> None:
    with pytest.raises(ErmError, match=r"nowhere\.png: cannot be read"):
        open_image(f"{tmp_path}/nowhere.png")
