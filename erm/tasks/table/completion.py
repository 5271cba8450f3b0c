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
    last = next((index for index in range(len(lines) - 1, 0, -1) if _begins(lines, index)), None)
    if last is None:
        return None
    end = last + 1
    while end < len(lines) and lines[end].strip() and "|" in lines[end]:
        end += 1
    return "\n".join(lines[last - 1 : end])


def _begins(lines: list[str], index: int) -> bool:
    """Whether a line is the delimiter row of a table, below its head."""
    line = lines[index]
    return "|" in lines[index - 1] and "-" in line and _DELIMITER.match(line) is not None
