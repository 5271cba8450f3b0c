"""State on disk that a later run goes on from: whole, also after a power cut.

A file gets its name once its content is on the disk, and a folder is sealed with the sizes of its
files. What is damaged nevertheless counts as missing, so that it is made anew.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

SEAL = "complete.json"
"""File of a sealed folder: the sizes of the others, by path."""

_log = logging.getLogger(__name__)


def publish(part: Path, path: Path) -> None:
    """Give a complete file its name, once its content is on the disk."""
    _flush(part)
    os.replace(part, path)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that appears whole."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    publish(part, path)


def write_state(path: Path, value: Any) -> None:
    """Write JSON values to a file, which appears whole."""
    write_whole(path, json.dumps(value).encode())


def read_state(path: Path) -> Any:
    """The JSON values of a file; None where it is missing, or damaged, of which a warning says."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError:
        _log.warning("%s: is damaged, so that it is made anew.", path)
        return None


def seal(folder: Path) -> None:
    """Mark a folder as complete, once all files below it are on the disk."""
    (folder / SEAL).unlink(missing_ok=True)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    for file in files:
        _flush(file)
    write_state(folder / SEAL, {str(file.relative_to(folder)): _size(file) for file in files})


def is_sealed(folder: Path) -> bool:
    """Whether a folder is complete; a warning names a file that was cut off since.

    Files may be larger than when the folder was sealed: other processes may still have written.
    """
    sizes = read_state(folder / SEAL)
    if sizes is None:
        return False
    for name, size in sizes.items():
        if _size(folder / name) < size:
            _log.warning("%s: is damaged, so that it is made anew.", folder / name)
            return False
    return True


def made_once(folder: Path, record: Path, make: Callable[[], dict[str, float]]) -> dict[str, float]:
    """The metrics of making a folder, which is not made again where it is complete.

    Args:
        record: file that keeps the metrics.
        make: makes the folder.
    """
    metrics: dict[str, float] | None = read_state(record) if is_sealed(folder) else None
    if metrics is None:
        metrics = make()
        seal(folder)
        write_state(record, metrics)
    return metrics


def _size(file: Path) -> int:
    """Bytes of a file; -1 where there is none."""
    return file.stat().st_size if file.is_file() else -1


def _flush(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
