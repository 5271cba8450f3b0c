"""The server's paths: what a request is, and which status an answer has.

| status | what it means |
|---|---|
| 200 | every item has a result; refused ones have an ``error`` |
| 400, 422 | the request, or each of its items, is refused; ``detail`` is one sentence |
| 401 | the token is missing or wrong |
| 408, 413 | the body is too slow or too large |
| 429 | the queue is full; ``Retry-After`` says for how long |
| 503 | the critic's server does not answer, or nothing draws here |
| 504 | the deadline passed |
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from erm.errors import ErmError, reason_of
from erm.serving import wire
from erm.serving.admission import Admission, FullError
from erm.serving.answers import answer
from erm.serving.following import Follower
from erm.serving.guard import Guard
from erm.serving.metrics import Metrics
from erm.serving.page import page
from erm.serving.service import Result, Service, UnavailableError
from erm.serving.settings import ServeSettings
from erm.tasks import task_names

_THREADS = 64
"""Requests that are worked on at a time; further ones wait for their turn."""

_RETRY_SECONDS = 5
"""After which a client may ask again for what was not available."""

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": wire.Refusal, "description": meaning}
    for status, meaning in (
        (401, "no token, or a wrong one"),
        (413, "the body is too large, or has more items than the queue"),
        (422, "the request, or each of its items, is refused"),
        (429, "the queue is full"),
        (503, "the critic's server does not answer, or nothing draws here"),
        (504, "the deadline passed"),
    )
}

Work = Callable[[float], list[Result]]
"""Gets the deadline (`time.monotonic`) and gives the results."""


Deadline = Annotated[
    float | None, Query(gt=0, description="seconds; the server's own by default and at most")
]


class Desk:
    """Takes requests in, has them worked on in threads, and answers them in time.

    Args:
        most: items that are accepted and not answered.
        deadline: seconds for a request, at most.
    """

    def __init__(self, most: int, deadline: float) -> None:
        self.admission = Admission(most)
        self.metrics = Metrics(lambda: self.admission.under_way)
        self._deadline = deadline
        self._threads = ThreadPoolExecutor(_THREADS, "erm-request")

    async def respond(
        self, path: str, items: Sequence[Any], work: Work, seconds: float | None
    ) -> Response:
        """The answer to a request.

        Room in the queue is given back when the work ends, which after a missed deadline is later
        than the answer.
        """
        count = len(items)
        if count > self.admission.most:
            return answer(
                413,
                {
                    "detail": f"The request has {count} items; this server takes "
                    f"{self.admission.most} at a time."
                },
            )
        seconds = min(seconds or self._deadline, self._deadline)
        try:
            self.admission.enter(count)
        except FullError as full:
            return _later(429, "The queue is full; try again later.", full.retry_after)
        try:
            future = self._threads.submit(work, time.monotonic() + seconds)
        except RuntimeError:
            self.admission.leave(count)
            return _later(503, "The server shuts down.", _RETRY_SECONDS)
        future.add_done_callback(lambda _: self.admission.leave(count))
        try:
            async with asyncio.timeout(seconds):
                results = await asyncio.wrap_future(future)
        except TimeoutError:
            return answer(504, {"detail": f"The request was not answered in {seconds:g} s."})
        except UnavailableError as error:
            return _later(503, str(error), _RETRY_SECONDS)
        except ErmError as error:
            return answer(422, {"detail": str(error)})
        for result in results:
            self.metrics.item(path, _outcome(result))
        errors = [result["error"] for result in results if result.get("error")]
        if len(errors) == len(results):
            return answer(errors[0]["status"], {"detail": errors[0]["message"], "results": results})
        return answer(200, {"results": results})

    def close(self) -> None:
        """Wait for what is worked on."""
        self._threads.shutdown()


def build_app(
    settings: ServeSettings,
    service: Service,
    desk: Desk,
    token: str | None,
    follower: Follower | None = None,
) -> FastAPI:
    """The application.

    Args:
        follower: says which version of the critic is in use; None on a server without a critic.
        token: that requests must bear; None for none.
    """
    app = FastAPI(
        title="Visual-ERM",
        description="Renders, exact reports, critiques and rewards for vision-to-code.",
        version=version("visual-erm"),
        docs_url=None,
        redoc_url=None,
        responses=_REFUSALS,
    )

    @app.post("/v1/render", responses={200: {"model": wire.RenderAnswer}})
    async def render(request: wire.RenderRequest, deadline: Deadline = None) -> Response:
        """Draw sources, contained."""
        items = request.items
        return await desk.respond("/v1/render", items, lambda _: service.render(items), deadline)

    @app.post("/v1/annotate", responses={200: {"model": wire.AnnotateAnswer}})
    async def annotate(request: wire.AnnotateRequest, deadline: Deadline = None) -> Response:
        """List exactly what differs between the drawings of two sources."""
        items = request.items
        return await desk.respond(
            "/v1/annotate", items, lambda _: service.annotate(items), deadline
        )

    @app.post("/v1/critique", responses={200: {"model": wire.CritiqueAnswer}})
    async def critique(request: wire.CritiqueRequest, deadline: Deadline = None) -> Response:
        """Let the critic list what differs between two images."""
        items = request.items
        return await desk.respond(
            "/v1/critique",
            items,
            lambda until: service.critique(items, request.replies, until),
            deadline,
        )

    @app.post("/v1/reward", responses={200: {"model": wire.RewardAnswer}})
    async def reward(request: wire.RewardRequest, deadline: Deadline = None) -> Response:
        """Compute what completions earn: extract their code, draw it, judge it."""
        items = request.items
        return await desk.respond(
            "/v1/reward",
            items,
            lambda until: service.reward(items, request.reward, until),
            deadline,
        )

    @app.get("/health", responses={200: {"model": wire.Health}})
    async def health() -> Response:
        """Say that the server works, and with what."""
        return answer(
            200,
            {
                "status": "ok",
                "version": app.version,
                "critic": service.critic,
                "critic_version": follower.version if follower is not None else None,
                "critic_problem": follower.problem if follower is not None else None,
                "tasks": list(task_names()),
                "under_way": desk.admission.under_way,
                "queue": desk.admission.most,
            },
        )

    @app.get("/metrics")
    async def metrics() -> Response:
        """Counts and times for Prometheus."""
        return Response(desk.metrics.text(), media_type=CONTENT_TYPE_LATEST)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        """The description for people."""
        return HTMLResponse(page(app.openapi()))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return answer(422, {"detail": _complaint(error)})

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        return answer(error.status_code, {"detail": str(error.detail)}, error.headers)

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> Response:
        return answer(500, {"detail": "The server failed; its log says why."})

    if settings.local:
        # pages of other sites must not reach it under a name that they make point here
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "[::1]"])
    app.add_middleware(
        Guard,
        token=token,
        most_bytes=settings.max_body_mb << 20,
        seconds=settings.deadline,
        metrics=desk.metrics,
        paths={route.path for route in app.routes if isinstance(route, Route)},
    )
    return app


def _later(status: int, sentence: str, seconds: int) -> Response:
    return answer(status, {"detail": sentence}, {"retry-after": str(seconds)})


def _outcome(result: Result) -> str:
    """What became of an item, for the metrics."""
    if result.get("error"):
        return "refused"
    if "outcome" in result:
        return str(result["outcome"])
    return "failed" if result.get("failure") else "answered"


def _complaint(error: RequestValidationError) -> str:
    """What is wrong with a request, such as ``items.0.task: Field required.``"""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return f"The body is not JSON ({first['ctx']['error']} at character {first['loc'][-1]})."
    place = ".".join(str(part) for part in first["loc"] if part != "body") or "The body"
    return f"{place}: {reason_of(first)}."
