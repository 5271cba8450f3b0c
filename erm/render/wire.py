"""Messages between the pool and its workers: bounded, plain JSON and bytes.

A message is two big-endian 32-bit lengths, a JSON object and a body. Nothing is ever unpickled, and
nothing is read beyond the limit that the reader states. Not covered: deadlines (the sockets').
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

SCENE, FACTS = "scene", "facts"
"""What a request may want read of a drawing besides its pixels; "" for nothing."""

MAX_HEADER = 65_536
"""Bytes of a message's JSON object."""

LENGTHS = struct.Struct("!II")


class WireError(Exception):
    """The other side is gone, or what it sent is not a message."""


def pack(header: dict[str, Any], body: bytes = b"") -> bytes:
    """A message as bytes."""
    text = json.dumps(header, ensure_ascii=True).encode()
    return LENGTHS.pack(len(text), len(body)) + text + body


def unpack_lengths(data: bytes | bytearray, max_body: int) -> tuple[int, int]:
    """(header, body) lengths from a message's first 8 bytes; raises `WireError` beyond limits."""
    header, body = LENGTHS.unpack(data[: LENGTHS.size])
    if header > MAX_HEADER or body > max_body:
        raise WireError(f"A message of {header} + {body} bytes is over the limit.")
    return header, body


def unpack_header(text: bytes | bytearray) -> dict[str, Any]:
    """A message's JSON object; raises `WireError` where it is none."""
    try:
        header = json.loads(bytes(text))
    except (ValueError, RecursionError) as error:
        raise WireError("A message's header is not JSON.") from error
    if not isinstance(header, dict):
        raise WireError("A message's header is not an object.")
    return header


def send(channel: socket.socket, header: dict[str, Any], body: bytes = b"") -> None:
    """Send a message; raises `OSError` where the other side is gone."""
    channel.sendall(pack(header, body))


def receive(channel: socket.socket, max_body: int) -> tuple[dict[str, Any], bytes]:
    """The next message; raises `WireError` at the end of the stream, `TimeoutError` when late."""
    header_size, body_size = unpack_lengths(_exactly(channel, LENGTHS.size), max_body)
    header = unpack_header(_exactly(channel, header_size))
    return header, bytes(_exactly(channel, body_size))


def _exactly(channel: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view, done = memoryview(data), 0
    while done < size:
        count = channel.recv_into(view[done:])
        if count == 0:
            raise WireError("The other side closed the channel.")
        done += count
    return data
