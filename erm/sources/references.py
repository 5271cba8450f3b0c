"""What a document refers to: only its own fragments are allowed.

Covers addresses and CSS in all the spellings that CSS allows (escapes, comments, nested functions),
through tinycss2's tokens. Not covered: which elements and attributes hold addresses (the tasks).
"""

from __future__ import annotations

import re
from typing import Any

import tinycss2

from erm.sources.errors import DrawError

_LOADING_FUNCTIONS = frozenset(
    ("url", "src", "image", "image-set", "-webkit-image-set", "element", "cross-fade")
)
_LOADING_RULES = frozenset(("import", "font-face", "namespace", "color-profile"))


def refuse_url(url: str) -> None:
    """Raise `DrawError` unless an address is empty or a fragment of the document itself."""
    address = re.sub(r"[\x00-\x20]+", "", url)
    if address == "" or address.startswith("#"):
        return
    if address.lower().startswith("data:"):
        raise DrawError("raster_refused", "The document embeds data in a data: address.")
    raise DrawError("external_refused", f"The document refers to '{address[:60]}'.")


def refuse_loading_css(text: str) -> None:
    """Raise `DrawError` where CSS text (a sheet, declarations or one value) loads anything."""
    if "\\" not in text and "@" not in text and "(" not in text:
        return
    _refuse_tokens(tinycss2.parse_component_value_list(text))


def _refuse_tokens(tokens: list[Any]) -> None:
    for token in tokens:
        if token.type == "at-keyword" and token.lower_value in _LOADING_RULES:
            raise DrawError("external_refused", f"The style sheet uses @{token.lower_value}.")
        if token.type == "url":
            refuse_url(token.value)
        elif token.type == "function":
            if token.lower_name in _LOADING_FUNCTIONS:
                parts = [part.value for part in token.arguments if part.type == "string"]
                refuse_url("".join(parts) if parts else token.lower_name)
            _refuse_tokens(token.arguments)
        elif token.type in ("() block", "[] block", "{} block"):
            _refuse_tokens(token.content)
        elif token.type == "error" and token.kind in ("bad-url", "eof-in-url"):
            raise DrawError("external_refused", "The style sheet holds a broken url().")
