"""Images as they arrive from files, bytes and models, made RGB on white.

Covers decoding of what people hand in (palette, 16-bit, CMYK, animated, truncated), sizes without
decoding, PNG bytes, and by how much two images differ. Not covered: resizing for a model
(`erm.models.processor`).
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from erm.errors import ErmError

MAX_PIXELS = 64_000_000
"""Largest image that is decoded, in pixels; beyond it a file is refused as a decompression bomb."""


_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "ICO", "JPEG2000", "AVIF")
"""Formats that hold pixels; others, such as EPS, are programs that Pillow would have run."""


def open_image(source: bytes | str | Path | Image.Image, name: str | None = None) -> Image.Image:
    """Decode an image to RGB on a white ground; of an animation, the first frame.

    Args:
        source: encoded bytes, a path, or an image in memory.
        name: what error messages call the image; the path by default.

    Raises:
        ErmError: the file is missing, empty, truncated, too large or no image.
    """
    label = name or (str(source) if isinstance(source, (str, Path)) else "image")
    try:
        # What a decoder warns of either ends as a sentence below or changes no pixel.
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


def _decoded(source: bytes | str | Path, label: str) -> Image.Image:
    try:
        data = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as error:
        raise ErmError(f"{label}: cannot be read ({error.strerror}).") from error
    if not data:
        raise ErmError(f"{label}: the image is empty (0 bytes).")
    return Image.open(io.BytesIO(data), formats=_FORMATS)


def _load(image: Image.Image) -> None:
    """Read an image whole, an image in memory, too: it may be a file that is still to be read.

    Libraries such as WeasyPrint tell Pillow for their whole process to fill up what is missing.
    """
    filled_up, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    try:
        image.load()
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = filled_up


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
        layered = image.convert("RGBA")
        ground = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, layered).convert("RGB")
    return image.convert("RGB")


def image_size(image: bytes, name: str = "image") -> tuple[int, int]:
    """Width and height of an encoded image that is sound, in pixels, without decoding it.

    Raises:
        ErmError: it is damaged or no image.
    """
    try:
        with Image.open(io.BytesIO(image), formats=_FORMATS) as opened:
            opened.verify()
            return opened.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ErmError(f"{name}: the image is damaged ({error}).") from error


def encode_png(image: Image.Image) -> bytes:
    """PNG bytes of an image; the same pixels give the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def largest_gap(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Largest difference of any channel, (height, width) levels, of two (height, width, 3) images.

    NumPy's reduction over an axis of three is eight times slower than two comparisons.
    """
    gap = np.maximum(left, right) - np.minimum(left, right)
    largest: NDArray[np.uint8] = np.maximum(np.maximum(gap[..., 0], gap[..., 1]), gap[..., 2])
    return largest
