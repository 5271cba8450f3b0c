"""The SVG source in a policy's completion."""

from __future__ import annotations

from erm.tasks.shared.completion import find_source, last_element

LANGUAGES = ("svg", "xml", "html")
"""Languages of a fenced block that hold an SVG source."""


def extract(completion: str) -> str | None:
    """The last fenced block in one of `LANGUAGES`, else the bare ``<svg …>`` element, else None.

    Of a block the last ``<svg>`` element is taken where it holds a complete one.
    """
    source = find_source(completion, LANGUAGES, _find_element)
    return None if source is None else _find_element(source) or source.strip()


def _find_element(text: str) -> str | None:
    return last_element(text, "svg")
