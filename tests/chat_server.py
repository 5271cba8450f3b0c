"""A local HTTP server that speaks, and on demand breaks, the protocol of chat completions."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from erm.endpoints.client import Endpoint

Behaviour = Callable[[int, dict[str, Any]], tuple[int, bytes] | None]
"""Status and body for the n-th request, counted from 0; None closes the connection."""


Tokens = Sequence[tuple[str, Mapping[str, float]]]
"""The tokens of a reply, each with the likeliest ones in its place and their log-probabilities."""


def completion(
    text: str, tokens: tuple[int, int] = (10, 5), written: Tokens | None = None
) -> tuple[int, bytes]:
    """Status and body of a reply, with its tokens in and out, and log-probabilities if given."""
    content = [
        {
            "token": token,
            "logprob": alternatives.get(token, 0.0),
            "top_logprobs": [{"token": one, "logprob": p} for one, p in alternatives.items()],
        }
        for token, alternatives in written or ()
    ]
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": text},
                "logprobs": {"content": content} if written is not None else None,
            }
        ],
        "usage": {
            "prompt_tokens": tokens[0],
            "completion_tokens": tokens[1],
            "total_tokens": sum(tokens),
        },
    }
    return 200, json.dumps(body).encode()


def echo(_: int, body: dict[str, Any]) -> tuple[int, bytes]:
    """A reply that repeats the question."""
    return completion(f"re: {body['messages'][-1]['content']}")


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    """Connections that may wait; some tests open more at once than the usual five."""


class ChatServer:
    """A chat server whose behaviour a test sets; it records bodies, keys and the most at once."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = echo
        self.raw: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.under_way = self.most_under_way = 0
        lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with lock:
                    number = len(outer.bodies)
                    outer.bodies.append(body)
                    outer.keys.append(self.headers["authorization"])
                    outer.under_way += 1
                    outer.most_under_way = max(outer.most_under_way, outer.under_way)
                if outer.raw is not None:
                    with suppress(ConnectionError):
                        outer.raw(self)
                    self.close_connection = True
                    return
                reply = outer.behaviour(number, body)
                with lock:
                    outer.under_way -= 1
                if reply is None:
                    self.close_connection = True
                    return
                self.send_response(reply[0])
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(reply[1])))
                self.end_headers()
                self.wfile.write(reply[1])

            def log_message(self, format: str, *args: Any) -> None:
                """Keep the test's output quiet."""

        self.http = _Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever)
        self.thread.start()

    def endpoint(self, **options: Any) -> Endpoint:
        """A client of this server that does not wait long before it tries again."""
        base = {"base_urls": [self.url], "first_delay": 0.001, "attempts": 3, "timeout": 5.0}
        return Endpoint("m", **{**base, **options})

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@contextmanager
def serving(behaviour: Behaviour = echo) -> Iterator[ChatServer]:
    """A running server, stopped at the end."""
    server = ChatServer()
    server.behaviour = behaviour
    try:
        yield server
    finally:
        server.close()
