"""Reading images of all kinds as RGB on white, encoding them, and comparing two of them."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from erm.errors import ErmError

MAX_PIXELS = 64_000_000
"""Most pixels of an image; a larger one is refused, since it may be a decompression bomb."""


_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "ICO", "JPEG2000", "AVIF")
"""Formats of pixels only; Pillow would run a program for others, such as EPS."""


def open_image(source: bytes | str | Path | Image.Image, name: str | None = None) -> Image.Image:
    """Decode an image, or the first frame of an animation, to RGB on white.

    Args:
        source: encoded bytes, a path, or an image in memory.
        name: of the image in error messages; the path by default.

    Raises:
        ErmError: the file is missing, empty, truncated, too large or not an image.
    """
    label = name or (str(source) if isinstance(source, (str, Path)) else "image")
    try:
        # A decoder's warnings either lead to an error below or don't concern the pixels.
        with warnings.catch_warnings(action="ignore"):
            image = source if isinstance(source, Image.Image) else _decoded(source, label)
            if not 0 < image.width * image.height <= MAX_PIXELS:
                size = f"{image.width}×{image.height}"
                raise ErmError(f"{label}: {size} pixels, not 1 to {MAX_PIXELS:,}.")
            _load(image)
            return _on_white(image)
    except UnidentifiedImageError as error:
        raise ErmError(f"{label}: not an image in a known format.") from error
    except Image.DecompressionBombError as error:
        raise ErmError(f"{label}: more than {MAX_PIXELS:,} pixels.") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise ErmError(f"{label}: the image is damaged ({error}).") from error


def read_image(path: str | Path, label: str) -> bytes:
    """The bytes of an image's file.

    Raises:
        ErmError: it can't be read; the sentence begins with the label.
    """
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ErmError(f"{label}: cannot be read ({error.strerror}).") from error


def _decoded(source: bytes | str | Path, label: str) -> Image.Image:
    """An encoded image, opened and not read yet."""
    data = source if isinstance(source, bytes) else read_image(source, label)
    if not data:
        raise ErmError(f"{label}: the image is empty (0 bytes).")
    return Image.open(io.BytesIO(data), formats=_FORMATS)


def _load(image: Image.Image) -> None:
    """Read all pixels of an image; an image in memory may be a file that is not read yet.

    Libraries such as WeasyPrint switch on Pillow's filling of truncated images for the process.
    """
    setting, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = setting


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    if image.mode.startswith(("I", "F")):
        values = np.nan_to_num(np.asarray(image, dtype=np.float64), nan=255.0)
        deep = image.mode.startswith("I;16") or (image.mode == "I" and values.max(initial=0) > 255)
        top = 65535.0 if deep else 255.0
        grey = np.clip(values / top * 255.0, 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if "A" in image.getbands() or "transparency" in image.info:
        transparent = image.convert("RGBA")
        background = Image.new("RGBA", transparent.size, (255, 255, 255, 255))
        return Image.alpha_composite(background, transparent).convert("RGB")
    return image.convert("RGB")


def image_size(image: bytes, name: str = "image") -> tuple[int, int]:
    """Width and height of an encoded image in pixels; checks it without decoding it.

    Raises:
        ErmError: the image is empty, damaged or not an image.
    """
    try:
        with _decoded(image, name) as opened:
            opened.verify()
            return opened.size
    except UnidentifiedImageError as error:
        raise ErmError(f"{name}: not an image in a known format.") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ErmError(f"{name}: the image is damaged ({error}).") from error


def encode_png(image: Image.Image) -> bytes:
    """PNG bytes of an image; the same pixels give the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def largest_gap(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width) largest difference of any channel, 0..255, of two (height, width, 3) images.

    Two comparisons are eight times faster than NumPy's maximum over an axis of length 3.
    """
    gap = np.maximum(first, second) - np.minimum(first, second)
    largest: NDArray[np.uint8] = np.maximum(np.maximum(gap[..., 0], gap[..., 1]), gap[..., 2])
    return largest
