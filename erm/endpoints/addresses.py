"""Addresses of servers."""

from __future__ import annotations

from urllib.parse import urlsplit

from erm.errors import ErmError


def checked_address(address: str, server: str, form: str) -> str:
    """The address, if it is one of HTTP.

    Args:
        server: what it should be of, such as ``a server``, for the message.
        form: what to write instead.

    Raises:
        ErmError: it is no address.
    """
    try:
        parts = urlsplit(address)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ErmError(f"'{address}' is no address of {server}; write {form}.")
    return address
