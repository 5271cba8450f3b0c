"""ChartMimic's customized items: other data in the style of a picture.

The data set (Yang et al. 2024, arXiv 2406.09961) has folders of one number, such as ``direct_600``
and ``customized_600``, with equal names in both. A policy sees the picture of the direct item and
is given data; its answer is compared with the program and the picture of the customized one. The
public repository keeps the requests in ``dimentions_info_edit.jsonl`` (one line an item: ``idx``,
``instruction``, ``width``, ``height``), and puts the imports and the data of the customized program
in front of each answer before it runs it. Without that file the request is written here, with the
same data.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from erm.errors import ErmError
from erm.tasks.contract import Instruction

REQUESTS = "dimentions_info_edit.jsonl"
"""The file of requests, in the folder of the item, or in one of the two above it."""

_FOLDER = re.compile(r"customized_(\d+)")
_SHOWN = ("direct_{}", "ori_{}")
"""Folders of the pictures that the policy sees: of the second and of the first release."""

_HEADING = re.compile(r"(?m)^#\s*=+\s*\n#\s*Part\s+(\d)\b.*\n#\s*=+\s*\n?")
_DATA, _PLOT = "2", "3"
"""Numbers of the parts of a program that state the data and draw it."""


def customized_instruction(picture: Path, source: str, answer: str) -> Instruction | None:
    """What a customized item asks; None for a picture in another folder.

    Args:
        picture: of the customized program.
        source: the customized program.
        answer: what a policy answers with (`erm.tasks.Task.answer`).

    Raises:
        ErmError: the program states no data, or a file of requests can't be read.
    """
    found = _FOLDER.fullmatch(picture.parent.name)
    if found is None:
        return None
    parts = _parts(source)
    if _DATA not in parts or _PLOT not in parts:
        raise ErmError(f"{picture}: its program has no part 2 with data, followed by a part 3.")
    preamble = source[: parts[_PLOT][0]].strip()
    data = source[parts[_DATA][1] : parts[_PLOT][0]].strip()
    prompt = _published(picture, answer) or (
        "The image shows a chart. Draw another one in the same style, with its layout, colours, "
        f"fonts and sizes, from this data:\n```python\n{data}\n```\nAnswer with {answer}."
    )
    return Instruction(_shown(picture, found[1]), prompt, preamble)


def _parts(source: str) -> dict[str, tuple[int, int]]:
    """Where the heading of each part begins and ends, by the part's number."""
    return {match[1]: match.span() for match in _HEADING.finditer(source)}


def _shown(picture: Path, number: str) -> Path:
    """The picture of the direct item of this name, whether it exists or not."""
    above = picture.parent.parent
    folders = [above / name.format(number) for name in _SHOWN]
    folder = next((one for one in folders if one.is_dir()), folders[0])
    return folder / picture.name


def _published(picture: Path, answer: str) -> str | None:
    """The request in the data set's file; None where there is no file or no line of this item."""
    for folder in list(picture.parents)[:3]:
        if (folder / REQUESTS).is_file():
            row = _requests(folder / REQUESTS).get(picture.stem)
            if row is None:
                return None
            size = f"({row['width']}, {row['height']})"
            return f"{row['instruction']}\nUse figsize={size}. Answer with {answer}."
    return None


@cache
def _requests(file: Path) -> dict[str, dict[str, Any]]:
    """The lines of a file of requests by item."""
    wanted = ("idx", "instruction", "width", "height")
    try:
        lines = [line for line in file.read_text(encoding="utf-8").split("\n") if line.strip()]
        rows = [json.loads(line) for line in lines]
    except (OSError, ValueError) as error:
        raise ErmError(f"{file}: the requests can't be read ({error}).") from error
    for row in rows:
        if not isinstance(row, dict) or not all(name in row for name in wanted):
            raise ErmError(f"{file}: a line has no {', '.join(wanted)}.")
    return {str(row["idx"]): row for row in rows}
