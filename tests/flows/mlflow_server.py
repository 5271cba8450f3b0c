"""A real MLflow server in a thread, which can be stopped and started again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server


class MlflowServer:
    """A server of the store in a folder; requests of it are answered until it is stopped.

    Attributes:
        url: ``http://127.0.0.1:PORT``, the same after a restart.
        root: the folder.
        authorizations: that requests had; None of one without.
    """

    def __init__(self, root: Path) -> None:
        from mlflow.server import app, handlers

        handlers.initialize_backend_stores(
            f"sqlite:///{root / 'mlflow.db'}", default_artifact_root=str(root / "artifacts")
        )
        self.root = root
        self.authorizations: set[str | None] = set()
        self._app = app
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._server: BaseWSGIServer | None = None

    def start(self) -> None:
        """Answer from now on."""

        def answer(environ: dict[str, Any], respond: Any) -> Iterable[bytes]:
            self.authorizations.add(environ.get("HTTP_AUTHORIZATION"))
            answered: Iterable[bytes] = self._app(environ, respond)
            return answered

        self._server = make_server("127.0.0.1", self._port, answer, threaded=True)
        threading.Thread(target=self._server.serve_forever).start()

    def stop(self) -> None:
        """Be away."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
