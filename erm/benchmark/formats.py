"""VC-RewardBench on disk: reading and writing items and predictions as JSONL, JSON list or Parquet.

A row with a problem is kept; problems are collected with their line.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image as PillowImage

from erm.benchmark.json_values import finite, parse_json
from erm.errors import ErmError
from erm.images import open_image
from erm.tasks import task_names
from erm.tasks.discrepancy import Discrepancy

Image = Path | bytes
"""An image file, or its bytes."""

_IMAGE_COLUMNS = {
    "gt_img_path": ("gt_img_path", "gt_image", "gt_img"),
    "pred_img_path": ("pred_img_path", "pred_image", "pred_img"),
}
SOURCES = ("reference_source", "candidate_source")
"""Fields of a row with the two sources."""
_PREDICTED = ("pred_json", "error_parse_failed_reason")
_KNOWN = {"id", "idx", "category", "human_errors", *_PREDICTED}
_KNOWN.update(name for names in _IMAGE_COLUMNS.values() for name in names)


@dataclass(frozen=True)
class Problem:
    """A problem of a row: ``where`` is a line or entry; problems are counted by ``kind``."""

    where: str
    kind: str
    message: str


@dataclass(frozen=True)
class Item:
    """One pair of VC-RewardBench with its annotated errors.

    Attributes:
        id, idx: as in the file.
        task: the row's ``category``; scores leave out unknown tasks.
        reference, candidate: the two images; None if the row names none.
        human_errors: as in the file, with the category under ``type``.
        extra: all other fields of the row, kept for writing.
    """

    id: Any
    idx: Any
    task: str
    reference: Image | None
    candidate: Image | None
    human_errors: Any
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Prediction:
    """An item with a critic's parsed report, or None and the reason."""

    item: Item
    pred_json: Any
    failure: str | None = None


def reference_of(item: Item) -> tuple[str, str | Image] | None:
    """What items with candidates of one reference have in common: the task, and the reference's
    source or, where the row holds none, its image. None if the row has neither."""
    source = item.extra.get(SOURCES[0])
    if isinstance(source, str) and source:
        return item.task, source
    return None if item.reference is None else (item.task, item.reference)


def human_error(discrepancy: Discrepancy) -> dict[str, Any]:
    """A discrepancy as an entry of ``human_errors``, with its box if it has one."""
    row: dict[str, Any] = {
        "type": discrepancy.category,
        "severity": discrepancy.severity,
        "location": discrepancy.location,
        "description": discrepancy.description,
    }
    if discrepancy.box is not None:
        row |= {"box": list(discrepancy.box), "box_in": discrepancy.box_in}
    return row


def read_benchmark(path: str | Path, problems: list[Problem] | None = None) -> list[Item]:
    """The items of a benchmark file, in order.

    Args:
        path: JSONL, a JSON list, Parquet, or a folder with Parquet files of the hub or a data set
            that `datasets` saved.
        problems: gets the problems of rows; if it is None, a problem raises.

    Raises:
        ErmError: the file can't be read, a line is not a JSON object, or a row has a problem and
            `problems` is None.
    """
    rows = _rows(Path(path))
    found: list[Problem] = []
    items = [_item(row, where, Path(path), found) for where, row in rows]
    found += _duplicates(items, [where for where, _ in rows])
    _report_problems(found, problems, Path(path))
    return items


def read_predictions(path: str | Path, problems: list[Problem] | None = None) -> list[Prediction]:
    """The predictions in a file of `write_predictions` or of the public inference script.

    A row without ``pred_json`` has no report, which the published scores count as an empty one.
    Arguments and errors are those of `read_benchmark`.
    """
    rows = _rows(Path(path))
    found: list[Problem] = []
    predictions = []
    for where, row in rows:
        item = _item(row, where, Path(path), found)
        if "pred_json" not in row:
            found.append(Problem(where, "missing field", "has no field 'pred_json'"))
        reason = row.get("error_parse_failed_reason")
        predictions.append(Prediction(item, row.get("pred_json"), reason and str(reason)))
    found += _duplicates([p.item for p in predictions], [where for where, _ in rows])
    _report_problems(found, problems, Path(path))
    return predictions


def write_benchmark(path: str | Path, items: Iterable[Item]) -> None:
    """Write items to .jsonl, .json (a list) or .parquet.

    For JSON, image bytes are written to ``images/`` in the file's folder, and paths are relative to
    that folder. Parquet contains the images. A file appears only when it is complete.
    """
    _write_rows(Path(path), list(items), None)


def write_predictions(path: str | Path, predictions: Sequence[Prediction]) -> None:
    """Write predictions: items as in `write_benchmark`, with the two fields of inference."""
    added = [
        {"pred_json": p.pred_json, "error_parse_failed_reason": p.failure} for p in predictions
    ]
    _write_rows(Path(path), [p.item for p in predictions], added)


def describe(problems: Sequence[Problem], limit: int = 5) -> str:
    """Problems in one sentence: counts by kind, then the first rows."""
    counts = Counter(problem.kind for problem in problems)
    counted = ", ".join(f"{count} × {kind}" for kind, count in counts.items())
    named = "; ".join(f"{problem.where} {problem.message}" for problem in problems[:limit])
    more = f"; and {len(problems) - limit} more" if len(problems) > limit else ""
    return f"{counted} ({named}{more})"


def _report_problems(found: list[Problem], problems: list[Problem] | None, path: Path) -> None:
    if problems is not None:
        problems.extend(found)
    elif found:
        raise ErmError(f"{path}: {describe(found)}.")


def _rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    if path.suffix.lower() == ".parquet" or path.is_dir():
        from erm.benchmark.parquet import read_rows

        return read_rows(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ErmError(f"{path} does not exist.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ErmError(f"{path} can't be read as UTF-8 text: {error}.") from error
    if text.lstrip()[:1] == "[":
        values = parse_json(text, f"{path}")
        return [(f"entry {n}", _object(row, f"{path}, entry {n}")) for n, row in enumerate(values)]
    rows = []
    # str.splitlines would also split at U+2028, which JSON strings may contain.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            where = f"{path}, line {number}"
            rows.append((f"line {number}", _object(parse_json(line, where), where)))
    return rows


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ErmError(f"{where} is not a JSON object.")
    return value


def _item(row: Mapping[str, Any], where: str, path: Path, found: list[Problem]) -> Item:
    missing = [name for name in ("id", "idx", "category", "human_errors") if name not in row]
    found += [Problem(where, "missing field", f"has no field '{name}'") for name in missing]
    task = row.get("category")
    if "category" in row and (not isinstance(task, str) or task not in task_names()):
        found.append(Problem(where, "unknown task", f"is of unknown task {task!r}"))
    folder = path if path.is_dir() else path.parent
    reference, candidate = (
        _image(row, names, where, folder, found) for names in _IMAGE_COLUMNS.values()
    )
    return Item(
        id=row.get("id"),
        idx=row.get("idx"),
        task=str(task),
        reference=reference,
        candidate=candidate,
        human_errors=row.get("human_errors"),
        extra={key: value for key, value in row.items() if key not in _KNOWN},
    )


def _image(
    row: Mapping[str, Any],
    names: Sequence[str],
    where: str,
    folder: Path,
    found: list[Problem],
) -> Image | None:
    # A data set may have both a path and the image; then the file is not needed.
    values = [row[name] for name in names if row.get(name)]
    for value in values:
        if isinstance(value, Mapping) and value.get("bytes"):
            return bytes(value["bytes"])
    for value in values:
        named = value.get("path") if isinstance(value, Mapping) else value
        if isinstance(named, str):
            path = folder / named
            if not path.is_file():
                found.append(Problem(where, "missing image", f"names the missing image {named}"))
            return path
    found.append(Problem(where, "missing field", f"has no image in '{names[0]}'"))
    return None


def _duplicates(items: Sequence[Item], places: Sequence[str]) -> list[Problem]:
    first: dict[str, str] = {}
    found = []
    for item, where in zip(items, places, strict=True):
        key = json.dumps([item.task, item.id], default=str)
        if item.id is not None and key in first:
            message = f"repeats the id {item.id!r} of {first[key]}"
            found.append(Problem(where, "duplicate id", message))
        first.setdefault(key, where)
    return found


def _write_rows(
    path: Path, items: Sequence[Item], added: Sequence[Mapping[str, Any]] | None
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, item in enumerate(items):
        row: dict[str, Any] = {"id": item.id, "idx": item.idx, "category": item.task}
        for name, image in (("gt", item.reference), ("pred", item.candidate)):
            row[f"{name}_img_path"] = _image_field(path, number, name, image)
        row["human_errors"] = item.human_errors
        row.update(item.extra)
        if added is not None:
            row.update(added[number])
        rows.append(row)
    ending = path.suffix.lower()
    if ending == ".parquet":
        from erm.benchmark.parquet import write_rows

        write_rows(path, rows)
        return
    if ending not in (".jsonl", ".json"):
        raise ErmError(f"{path}: the suffix must be .jsonl, .json or .parquet.")
    lines = [json.dumps(finite(row), ensure_ascii=False, allow_nan=False) for row in rows]
    text = "\n".join([*lines, ""]) if ending == ".jsonl" else "[\n" + ",\n".join(lines) + "\n]\n"
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def _image_field(path: Path, number: int, name: str, image: Image | None) -> Any:
    if path.suffix.lower() == ".parquet":
        content = image.read_bytes() if isinstance(image, Path) and image.is_file() else image
        if not isinstance(content, bytes):
            return None  # `datasets` raises for a path without bytes
        named = image.name if isinstance(image, Path) else f"{number:05d}_{name}.png"
        return {"bytes": content, "path": named}
    if isinstance(image, bytes):
        target = path.parent / "images" / f"{number:05d}_{name}.png"
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(image)
        return target.relative_to(path.parent).as_posix()
    if image is None:
        return None
    return Path(os.path.relpath(image, path.parent)).as_posix()


def image_pairs(
    items: Sequence[Item],
) -> Iterator[tuple[int, tuple[PillowImage.Image, PillowImage.Image]]]:
    """Index and both RGB images of each item whose images can be read."""
    for index, item in enumerate(items):
        if item.reference is None or item.candidate is None:
            continue
        try:
            yield index, (open_image(item.reference), open_image(item.candidate))
        except ErmError:
            continue  # the distance stays NaN; tables show the number of items
