"""Reading images of all kinds, and the sentence for each that can't be read."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from erm.critics.base import ImagePair
from erm.critics.pixel import PixelCritic
from erm.errors import ErmError
from erm.images import encode_png, image_size, largest_gap, open_image


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
@pytest.mark.parametrize("truncated", [False, True])
def test_unreadable_images_are_named(
    data: bytes, reason: str, truncated: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # WeasyPrint sets it in any process that draws tables
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", truncated)
    with pytest.raises(ErmError, match=rf"candidate: .*{reason}"):
        open_image(data, "candidate")


def test_only_sound_images_have_a_size() -> None:
    sound = encode_png(Image.effect_noise((64, 48), 90))
    assert image_size(sound) == (64, 48)
    for bad, reason in (
        (b"", r"the image is empty \(0 bytes\)"),
        (b"no image", "not an image in a known format"),
        (sound[:700], r"the image is damaged \("),
        (_bare_png(60_000, 60_000), r"the image is damaged \("),
    ):
        with pytest.raises(ErmError, match=f"reference: {reason}"):
            image_size(bad, "reference")


def test_the_largest_gap_is_that_of_any_channel() -> None:
    generator = np.random.default_rng(1)
    first, second = generator.integers(0, 256, (2, 7, 9, 3), dtype=np.uint8)
    expected = np.abs(first.astype(int) - second.astype(int)).max(axis=2)
    np.testing.assert_array_equal(largest_gap(first, second), expected)


def test_images_in_memory_are_read_whole_and_are_not_empty(tmp_path: Path) -> None:
    (tmp_path / "half.png").write_bytes(encode_png(Image.effect_noise((64, 64), 90))[:700])
    with Image.open(tmp_path / "half.png") as lazy, pytest.raises(ErmError, match="damaged"):
        open_image(lazy)
    with pytest.raises(ErmError, match="0×5 pixels, not 1"):
        open_image(Image.new("RGB", (0, 5)))


def test_decoders_give_no_warnings(
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
