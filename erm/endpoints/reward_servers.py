"""The client of reward servers (``erm serve``): one question, several servers, many tries.

Whatever a server computes depends on the request alone, so a request is sent again, to the next
server, after a lost connection, a full queue (429), a server that shuts down or lacks its critic
(503), or a missed deadline (504). A refused request (any other 4xx) is refused for good.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, TypeVar

import httpx

from erm.endpoints.addresses import checked_address
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError

TOKEN = "ERM_SERVE_TOKEN"
"""Environment variable of the token that a server asks for."""

_AGAIN = (408, 429, 500, 502, 503, 504)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0

_MOST_TEXT = 8 << 20
"""Characters of the items in a request; servers take 32 MiB by default."""

_MARGIN = 10.0
"""Seconds for which a server that gives up in time may take to say so."""

Answer = TypeVar("Answer")


class RewardServers:
    """Reward servers that are asked in turn, at most `concurrency` requests at a time.

    All requests run in one event loop in a thread of its own, so that callers may be synchronous or
    in any event loop, and connections are kept. A forked process gets a loop of its own.

    Args:
        addresses: ``http://HOST:PORT`` each.
        token: by default that of the environment (`TOKEN`), if there is one.
        concurrency: most simultaneous requests, over all servers.
        timeout: seconds that one try may take; the server gives up as soon.
        patience: seconds for which a request is tried again before it counts as lost.

    Raises:
        ErmError: no address is given, or one of them is invalid.
    """

    def __init__(
        self,
        addresses: Iterable[str],
        *,
        token: str | None = None,
        concurrency: int = 32,
        timeout: float = 120.0,
        patience: float = 600.0,
    ) -> None:
        self.addresses = tuple(_address(address) for address in addresses)
        if not self.addresses:
            raise ErmError("No reward server is named; write http://HOST:PORT.")
        self.concurrency, self.timeout, self.patience = concurrency, timeout, patience
        chosen = token or os.environ.get(TOKEN)
        self._headers = {"content-type": "application/json"}
        if chosen:
            self._headers["authorization"] = f"Bearer {chosen}"
        self._turn = 0
        self._lock = threading.Lock()
        self._owner: int | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None
        self._places: asyncio.Semaphore | None = None

    def post_each(
        self, path: str, bodies: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any] | EndpointError]:
        """Answers to several requests of one path, in order; all are under way at once.

        A request that a server refused, or that got no answer in `patience` seconds, has its error.
        """
        return self._submit(self._post_all(path, bodies)).result()

    async def post_each_async(
        self, path: str, bodies: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any] | EndpointError]:
        """`post_each` without blocking the caller's event loop."""
        return await asyncio.wrap_future(self._submit(self._post_all(path, bodies)))

    def _submit(self, work: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        with self._lock:
            if self._loop is None or self._owner != os.getpid():
                self._owner, self._loop = os.getpid(), asyncio.new_event_loop()
                self._client = self._places = None
                threading.Thread(
                    target=self._loop.run_forever, name="erm-reward-servers", daemon=True
                ).start()
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _post_all(
        self, path: str, bodies: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any] | EndpointError]:
        return await asyncio.gather(*[self._post(path, body) for body in bodies])

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any] | EndpointError:
        if self._client is None:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
            patient = self.timeout + _MARGIN
            self._client = httpx.AsyncClient(timeout=patient, limits=limits)
        if self._places is None:
            self._places = asyncio.Semaphore(self.concurrency)
        async with self._places:
            try:
                return await self._until_answered(self._client, path, body)
            except EndpointError as error:
                return error

    async def _until_answered(
        self, client: httpx.AsyncClient, path: str, body: Mapping[str, Any]
    ) -> dict[str, Any]:
        content = json.dumps(body).encode()  # ASCII, which halves of surrogate pairs fit in
        clock = asyncio.get_running_loop().time
        began, tries, last = clock(), 0, ""
        while True:
            address = self.addresses[self._turn % len(self.addresses)]
            self._turn += 1
            tries += 1
            pause = 0.0
            try:
                response = await client.post(
                    f"{address}{path}",
                    content=content,
                    params={"deadline": self.timeout},
                    headers=self._headers,
                )
                if response.status_code == 200:
                    return _object(response)
                last = f"{address} answered {response.status_code} ({_sentence(response)})"
                if response.status_code not in _AGAIN:
                    raise EndpointError(_refused(address, response), "refused")
                pause = _asked_pause(response)
            except httpx.TransportError as error:
                last = f"{address}: {str(error) or type(error).__name__}"
            # The next server is asked at once; after a round of all, each gets time to recover.
            rounds, place = divmod(tries, len(self.addresses))
            growing = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (rounds - 1))
            pause = 0.0 if place else max(pause, growing * random.uniform(0.5, 1.0))
            if clock() + pause - began > self.patience:
                raise EndpointError(
                    f"No reward server answered {path} in {self.patience:g} s and {tries} tries; "
                    f"the last one: {last.rstrip('.')}.",
                    "unreachable",
                    common=True,
                )
            await asyncio.sleep(pause)


def spans(items: Sequence[Mapping[str, Any]], most: int) -> list[range]:
    """How a request is split: consecutive items, `most` at most and no more text than servers take.

    An item that alone is larger gets a request of its own.
    """
    found: list[range] = []
    begin = size = 0
    for index, item in enumerate(items):
        own = sum(len(value) for value in item.values() if isinstance(value, str))
        if index > begin and (index - begin == most or size + own > _MOST_TEXT):
            found.append(range(begin, index))
            begin, size = index, 0
        size += own
    return [*found, range(begin, len(items))] if items else []


def _address(address: str) -> str:
    return checked_address(address, "a reward server", "http://HOST:PORT").rstrip("/")


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError as error:
        raise EndpointError(f"{response.url} answers what is not JSON.", "refused") from error
    if not isinstance(body, dict) or not isinstance(body.get("results"), list):
        raise EndpointError(f"{response.url} is no reward server.", "refused")
    return body


def _sentence(response: httpx.Response) -> str:
    """What a server says about a failure."""
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return response.reason_phrase
    return str(detail)


def _refused(address: str, response: httpx.Response) -> str:
    if response.status_code == 401:
        return f"{address} refuses the token (401); set {TOKEN} to the server's."
    sentence = _sentence(response)
    return sentence if response.status_code == 422 else f"{address}: {sentence}"


def _asked_pause(response: httpx.Response) -> float:
    """Seconds of ``Retry-After``; 0 where it holds no number."""
    try:
        return max(0.0, float(response.headers["retry-after"]))
    except (KeyError, ValueError):
        return 0.0
