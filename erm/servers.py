"""HTTP servers: those on this machine are asked without a proxy, and each must answer soon."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from urllib.request import getproxies_environment

from erm.errors import ErmError

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ANSWER_SECONDS = 30.0  # on a busy machine, one that has just been started needs several
_WEBHOOK_SECONDS = 5.0

_log = logging.getLogger(__name__)


def ask_loopback_directly() -> None:
    """Add this machine's own names to ``NO_PROXY`` where the environment names a proxy.

    No proxy reaches a server that listens on the loopback interface.
    """
    proxies = getproxies_environment()
    excepted = [host.strip() for host in proxies.pop("no", "").split(",") if host.strip()]
    if proxies and "*" not in excepted:
        hosts = ",".join(dict.fromkeys([*excepted, *_LOOPBACK]))
        os.environ.update(NO_PROXY=hosts, no_proxy=hosts)


def require_answer(server: str, address: str, remedy: str) -> None:
    """Ask an HTTP server for an answer, of whatever status.

    Raises:
        ErmError: it gave none within 30 s; the message names `server`, the address without a
            password, and the remedy.
    """
    import httpx

    try:
        # Only whether somebody answers is asked: certificates are checked where data is sent.
        httpx.get(address, timeout=_ANSWER_SECONDS, verify=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        named = address.rpartition("@")[2] if "@" in address else address
        reason = str(error).rstrip(".") or type(error).__name__
        raise ErmError(f"{server} at {named} does not answer ({reason}); {remedy}.") from error


def notify(text: str, facts: Mapping[str, str | int | None]) -> None:
    """Post a message as JSON to the address in ``ERM_WEBHOOK``, if there is one.

    A failure is a warning without the address, which may hold a key.

    Args:
        text: for people; the message's ``text``.
        facts: its further fields.
    """
    import httpx

    if not (address := os.environ.get("ERM_WEBHOOK")):
        return
    message = {"text": text, **facts}
    try:
        httpx.post(address, json=message, timeout=_WEBHOOK_SECONDS).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        status = getattr(getattr(error, "response", None), "status_code", type(error).__name__)
        _log.warning("The webhook did not take the message (%s).", status)
