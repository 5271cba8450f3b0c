"""PNG of an RGB picture: fast, and the same bytes for the same pixels.

Covers writing only; `erm.render.limits.Rendered.pixels` reads. Drawn pictures are large areas of
one colour, which deflate finds without the format's row filters; trying the filters, as image
libraries do, takes three times as long and leaves a larger file.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct("!IIBBBBB")
_DEPTH, _RGB = 8, 2
_LEVEL = 1


def encode_rgb(pixels: bytes, width: int, height: int) -> bytes:
    """A PNG file, 8 bits a channel, of ``width * height * 3`` bytes, row by row."""
    # each row starts with the number of its filter, 0 for none
    rows = np.zeros((height, 1 + 3 * width), np.uint8)
    rows[:, 1:] = np.frombuffer(pixels, np.uint8).reshape(height, 3 * width)
    data = zlib.compress(rows.data, _LEVEL)
    header = _HEADER.pack(width, height, _DEPTH, _RGB, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(kind))
    return struct.pack("!I", len(content)) + kind + content + struct.pack("!I", checksum)


def has_one_colour(pixels: bytes) -> bool:
    """Whether all pixels (3 bytes each) are the same."""
    return pixels == pixels[:3] * (len(pixels) // 3)
