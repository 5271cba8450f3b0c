"""A package index on this machine, in the form that PyPI and its clients use."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def write_sdist(folder: Path, name: str, version: str, files: Mapping[str, str]) -> None:
    """Add an sdist with these files, by path, to the folder of an index."""
    page = folder / "simple" / name
    page.mkdir(parents=True, exist_ok=True)
    archive = page / f"{name}-{version}.tar.gz"
    with tarfile.open(archive, "w:gz") as tarball:
        for path, text in files.items():
            info = tarfile.TarInfo(f"{name}-{version}/{path}")
            info.size = len(text.encode())
            tarball.addfile(info, io.BytesIO(text.encode()))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    link = f'<a href="{archive.name}#sha256={digest}">{archive.name}</a>'
    (page / "index.html").write_text(f"<html><body>{link}</body></html>")


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Address of an index that serves the folder while the block runs."""
    handler = partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
