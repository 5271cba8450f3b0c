"""A static file server for a report page, on the loopback address only."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from erm.errors import ErmError

ADDRESS = "127.0.0.1"


def make_server(path: str | Path, port: int = 0) -> ThreadingHTTPServer:
    """A server for the folder of a page.

    Args:
        port: 0 is any free port; ``server.server_address[1]`` is the one taken.

    Raises:
        ErmError: there is no page, or the port is in use.
    """
    path = Path(path)
    page = path / "index.html" if path.is_dir() else path
    if not page.is_file():
        raise ErmError(f"{path} is no report page: {page} does not exist.")
    handler = partial(SimpleHTTPRequestHandler, directory=str(page.parent))
    try:
        return ThreadingHTTPServer((ADDRESS, port), handler)
    except OSError as error:
        raise ErmError(f"Port {port} can't be used: {error}.") from error


def serve(path: str | Path, port: int = 8765, announce: Callable[[str], None] = print) -> None:
    """Serve a page until interrupted; `announce` gets its address."""
    path = Path(path)
    with make_server(path, port) as server:
        name = "" if path.is_dir() else path.name
        announce(f"http://{ADDRESS}:{server.server_address[1]}/{name}")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return
