"""The records of an evaluation on disk: written batch by batch, so that a killed run goes on.

A folder holds ``run.json``, which says what decides the records, ``completions.jsonl``,
``scores.jsonl``, the same of revised drafts, and the renders. A batch counts when all of its lines
are there; what a kill has left of another one is dropped.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from erm.benchmark.gallery import PAGE_IMAGES
from erm.errors import ErmError

Row = dict[str, Any]
"""A line of a file of records; ``item`` is the place of its item in the data."""

RUN, COMPLETIONS, SCORES, RENDERS = "run.json", "completions.jsonl", "scores.jsonl", "renders"
DRAFTS, DRAFT_SCORES = "drafts.jsonl", "draft_scores.jsonl"
JOURNAL, CACHE = ".answers.jsonl", ".critic"
"""Answers of servers, and replies of critics; paid once."""
SUMMARY, PAGE = "scores.json", "index.html"
CURVES, PICTURE = "curves.csv", "curves.png"

_ENDS = "ends_batch"
"""In the last row of a batch."""


class Records:
    """The records in a folder.

    Args:
        decides: what decides the records, in JSON values.
        restart: throw away what is there.

    Raises:
        ErmError: the folder holds records of another run, or something else.
    """

    def __init__(self, folder: Path, decides: Mapping[str, Any], *, restart: bool) -> None:
        self.folder = folder
        self._batches: dict[str, list[list[Row]]] = {}
        stated = json.loads(json.dumps(decides))
        if restart:
            _clear(folder)
        elif (folder / RUN).is_file():
            _check(folder, stated)
        elif folder.exists() and any(folder.iterdir()):
            raise ErmError(f"{folder}: is not empty and holds no evaluation; name another --out.")
        (folder / RENDERS).mkdir(parents=True, exist_ok=True)
        partial = folder / f".{RUN}.partial"
        partial.write_text(json.dumps(stated, indent=1, ensure_ascii=False) + "\n")
        partial.replace(folder / RUN)

    def batch(self, name: str, number: int, make: Callable[[], list[Row]]) -> list[Row]:
        """The rows of a batch of a file; they are made and appended where it lacks them.

        Args:
            number: from 0; those before are there.
        """
        if name not in self._batches:
            self._batches[name] = self.read(name)
        found = self._batches[name]
        if number == len(found):
            rows = make()
            self.append(name, rows)
            found.append(rows)
        return found[number]

    def read(self, name: str) -> list[list[Row]]:
        """The whole batches of a file; what is left of another one is dropped from it."""
        path = self.folder / name
        if not path.is_file():
            return []
        found: list[list[Row]] = []
        rows: list[Row] = []
        end = position = 0
        with path.open("rb") as file:
            for line in file:
                row = _row(line)
                if row is None:
                    break
                position += len(line)
                ends = row.pop(_ENDS, False)
                if row:
                    rows.append(row)
                if ends:
                    found.append(rows)
                    rows, end = [], position
        with path.open("r+b") as file:
            file.truncate(end)
        return found

    def append(self, name: str, rows: Sequence[Row]) -> None:
        """Append a batch to a file; it is on the disk when this returns."""
        last = rows[-1] if rows else {}
        lines = [*rows[:-1], {**last, _ENDS: True}]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines)
        with (self.folder / name).open("ab") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())

    def write_render(self, name: str, image: bytes) -> None:
        """Write a render (PNG)."""
        (self.folder / RENDERS / name).write_bytes(image)

    def write_json(self, name: str, value: Any) -> None:
        """Write a JSON file, which appears whole."""
        partial = self.folder / f".{name}.partial"
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        partial.write_text(text, encoding="utf-8")
        partial.replace(self.folder / name)


def _row(line: bytes) -> Row | None:
    """A line's row; None for what a kill has left of one."""
    if not line.endswith(b"\n"):
        return None
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _check(folder: Path, stated: Mapping[str, Any]) -> None:
    try:
        found = json.loads((folder / RUN).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ErmError(f"{folder / RUN}: can't be read ({error}); use --restart.") from error
    names = [name for name in {**found, **stated} if found.get(name) != stated.get(name)]
    if names:
        raise ErmError(
            f"{folder}: holds an evaluation with another {', '.join(names)}; name another --out, "
            f"or throw it away with --restart. Its completions can be measured anew as "
            f"file:{folder / COMPLETIONS}."
        )


def _clear(folder: Path) -> None:
    """Delete the records in a folder, and nothing else than an evaluation."""
    if not folder.exists():
        return
    if not (folder / RUN).is_file():
        if any(folder.iterdir()):
            raise ErmError(f"{folder}: holds no evaluation, so --restart deletes nothing there.")
        return
    for name in (RENDERS, CACHE, PAGE_IMAGES):
        shutil.rmtree(folder / name, ignore_errors=True)
    written = (COMPLETIONS, SCORES, DRAFTS, DRAFT_SCORES, JOURNAL, SUMMARY, CURVES, PICTURE, PAGE)
    for name in (*written, RUN):
        (folder / name).unlink(missing_ok=True)
