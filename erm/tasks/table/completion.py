"""Finds the table in a policy's completion."""

from __future__ import annotations

import re

from erm.tasks.shared.completion import find_source, last_element

LANGUAGES = ("html", "markdown", "md")
"""Languages of a fenced block that hold a table."""

_DELIMITER = re.compile(r"^\s{0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")


def extract_table(completion: str) -> str | None:
    """The last fenced html or markdown block, else the last bare table, else None.

    A bare table is an outermost ``<table>`` element, or a Markdown table with the lines that follow
    its delimiter row (`erm.tasks.shared.completion`).
    """
    found = find_source(completion, LANGUAGES, _bare_table)
    return found.strip() if found is not None else None


def _bare_table(text: str) -> str | None:
    """The last table that stands in a text, HTML or Markdown."""
    html, markdown = last_element(text, "table"), _last_markdown(text)
    if html is None or markdown is None:
        return html or markdown
    return max((html, markdown), key=text.rfind)


def _last_markdown(text: str) -> str | None:
    lines = text.split("\n")
    found = None
    for index in range(1, len(lines)):
        head = lines[index - 1]
        if "|" not in head or "-" not in lines[index] or not _DELIMITER.match(lines[index]):
            continue
        end = index + 1
        while end < len(lines) and lines[end].strip() and "|" in lines[end]:
            end += 1
        found = "\n".join(lines[index - 1 : end])
    return found
