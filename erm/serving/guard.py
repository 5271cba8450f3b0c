"""What stands before every request: the token, the limits of its body, and the count of answers."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import AsyncIterator, Collection
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from erm.serving.answers import answer
from erm.serving.metrics import Metrics

WITHOUT_TOKEN = ("/health", "/docs", "/openapi.json")
"""What a server with a token shows to everybody."""

_DRAINED = 8
"""A refused body is read on up to so many times the limit: a client that still sends when the
connection closes may never see the answer."""


class Guard:
    """The outermost layer of the server (ASGI).

    Args:
        token: that requests must bear; None for none.
        most_bytes: of a body.
        seconds: for which a body may take to arrive.
        paths: that are counted by name; all others are counted as one.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str | None,
        most_bytes: int,
        seconds: float,
        metrics: Metrics,
        paths: Collection[str],
    ) -> None:
        self._app, self._token = app, token
        self._most_bytes, self._seconds = most_bytes, seconds
        self._metrics, self._paths = metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.monotonic()

        async def counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            body = b""
            headers = Headers(scope=scope)
            refused = None
            if not self._allowed(scope["path"], headers):
                refused = answer(
                    401,
                    {"detail": "The request bears no token, or a wrong one."},
                    {"www-authenticate": "Bearer"},
                )
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._seconds):
                        await self._drain(receive, headers)
            elif scope["method"] == "POST":
                try:
                    async with asyncio.timeout(self._seconds):
                        body = await self._read(receive, headers)
                        body.decode()
                except _TooLargeError:
                    most = self._most_bytes >> 20
                    refused = answer(413, {"detail": f"The body has more than {most} MiB."})
                except TimeoutError:
                    detail = f"The body did not arrive in {self._seconds:g} s."
                    refused = answer(408, {"detail": detail})
                except UnicodeDecodeError as error:
                    detail = f"The body is not UTF-8 (byte {error.start}: {error.reason})."
                    refused = answer(400, {"detail": detail})
            began = time.monotonic()
            if refused is not None:
                await refused(scope, receive, counted)
            else:
                await self._app(scope, _replay(body, receive), counted)
        finally:
            path = scope["path"] if scope["path"] in self._paths else "other"
            self._metrics.request(path, status, time.monotonic() - began)

    def _allowed(self, path: str, headers: Headers) -> bool:
        if self._token is None or path in WITHOUT_TOKEN:
            return True
        given = headers.get("authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {self._token}".encode())

    async def _read(self, receive: Receive, headers: Headers) -> bytes:
        parts: list[bytes] = []
        size = 0
        if _stated_length(headers) > self._most_bytes:
            await self._drain(receive, headers)
            raise _TooLargeError
        async for part in _parts(receive):
            parts.append(part)
            size += len(part)
            if size > self._most_bytes:
                parts.clear()
                await self._drain(receive, headers)
                raise _TooLargeError
        return b"".join(parts)

    async def _drain(self, receive: Receive, headers: Headers) -> None:
        if _stated_length(headers) > _DRAINED * self._most_bytes:
            return
        size = 0
        async for part in _parts(receive):
            size += len(part)
            if size > _DRAINED * self._most_bytes:
                return


class _TooLargeError(Exception):
    """A body exceeds the limit."""


def _stated_length(headers: Headers) -> int:
    try:
        return int(headers.get("content-length", "0"))
    except ValueError:
        return 0


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    """The parts of a body; ends with the body or with the connection."""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def _replay(body: bytes, receive: Receive) -> Receive:
    """What the application receives: the whole body first."""
    sent = False

    async def receive_again() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
