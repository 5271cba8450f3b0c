"""VC-RewardBench on disk: reading and writing items and predictions as JSONL, JSON list or Parquet.

Covers the field names, images beside the file, and what is wrong with a row, by line. Not covered:
Parquet and Hugging Face data sets as files (`erm.benchmark.parquet`), what a score makes of a row
(`erm.benchmark.scoring`) and our own training pairs (`erm.dataset.pairs`).
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
"""An image as the benchmark holds it: a file, or the bytes of one."""

_IMAGE_COLUMNS = {
    "gt_img_path": ("gt_img_path", "gt_image", "gt_img"),
    "pred_img_path": ("pred_img_path", "pred_image", "pred_img"),
}
_PREDICTED = ("pred_json", "error_parse_failed_reason")
_KNOWN = {"id", "idx", "category", "human_errors", *_PREDICTED}
_KNOWN.update(name for names in _IMAGE_COLUMNS.values() for name in names)


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row: ``where`` is a line or entry, ``kind`` is what gets counted."""

    where: str
    kind: str
    message: str


@dataclass(frozen=True)
class Item:
    """One pair of VC-RewardBench with its annotated errors.

    Attributes:
        id, idx: the row's own names, as they stand in the file.
        task: the row's ``category``; may be a task that we don't know, which scores leave out.
        reference, candidate: the two images; None where the row names none.
        human_errors: as they stand in the file; category under ``type``.
        extra: every other field of the row, kept for writing.
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
    """An item with a critic's parsed report, or None and the reason why there is none."""

    item: Item
    pred_json: Any
    failure: str | None = None


def human_error(discrepancy: Discrepancy) -> dict[str, Any]:
    """An exact discrepancy as an entry of ``human_errors``, with its box where it is known."""
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
        path: JSONL, a JSON list, Parquet, or a folder: Parquet files as the hub holds them, or a
            data set that `datasets` saved.
        problems: collects what is wrong with single rows, which are kept. Without it the first
            reading of a faulty file raises.

    Raises:
        ErmError: not readable, a line that is not a JSON object; or any problem where `problems`
            is None.
    """
    rows = _rows(Path(path))
    found: list[Problem] = []
    items = [_item(row, where, Path(path), found) for where, row in rows]
    found += _duplicates(items, [where for where, _ in rows])
    _settle(found, problems, Path(path))
    return items


def read_predictions(path: str | Path, problems: list[Problem] | None = None) -> list[Prediction]:
    """The predictions of a file that `write_predictions` or the public inference script wrote.

    A row without ``pred_json`` has no report and counts as an empty one, as in public scores.
    Arguments and errors as for `read_benchmark`.
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
    _settle(found, problems, Path(path))
    return predictions


def write_benchmark(path: str | Path, items: Iterable[Item]) -> None:
    """Write items; the format follows the suffix: .jsonl, .json (a list) or .parquet.

    For JSON, images held as bytes are written into ``images/`` beside the file and paths are
    relative to the file's folder; Parquet holds the bytes themselves. Files appear whole or not
    at all.
    """
    _write_rows(Path(path), list(items), None)


def write_predictions(path: str | Path, predictions: Sequence[Prediction]) -> None:
    """Write predictions as `write_benchmark` writes items, with the two inference fields added."""
    added = [
        {"pred_json": p.pred_json, "error_parse_failed_reason": p.failure} for p in predictions
    ]
    _write_rows(Path(path), [p.item for p in predictions], added)


def describe(problems: Sequence[Problem], limit: int = 5) -> str:
    """One sentence that counts problems by kind and names the first rows."""
    counts = Counter(problem.kind for problem in problems)
    counted = ", ".join(f"{count} × {kind}" for kind, count in counts.items())
    named = "; ".join(f"{problem.where} {problem.message}" for problem in problems[:limit])
    more = f"; and {len(problems) - limit} more" if len(problems) > limit else ""
    return f"{counted} ({named}{more})"


def _settle(found: list[Problem], problems: list[Problem] | None, path: Path) -> None:
    if problems is not None:
        problems.extend(found)
    elif found:
        raise ErmError(f"{path}: {describe(found)}.")


def _rows(path: Path) -> list[tuple[str, dict[str, Any]]]:
    if path.suffix == ".parquet" or path.is_dir():
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
    # str.splitlines would also split at U+2028, which is allowed inside JSON strings.
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
    # A data set may hold both a path column and the image itself: the image needs no file.
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
    if path.suffix == ".parquet":
        from erm.benchmark.parquet import write_rows

        write_rows(path, rows)
        return
    if path.suffix not in (".jsonl", ".json"):
        raise ErmError(f"{path}: the suffix must be .jsonl, .json or .parquet.")
    lines = [json.dumps(finite(row), ensure_ascii=False, allow_nan=False) for row in rows]
    text = (
        "\n".join([*lines, ""]) if path.suffix == ".jsonl" else "[\n" + ",\n".join(lines) + "\n]\n"
    )
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def _image_field(path: Path, number: int, name: str, image: Image | None) -> Any:
    if path.suffix == ".parquet":
        content = image.read_bytes() if isinstance(image, Path) and image.is_file() else image
        if not isinstance(content, bytes):
            return None  # `datasets` fails on a path without bytes
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
    """Index and both RGB images of every item whose images can be read."""
    for index, item in enumerate(items):
        if item.reference is None or item.candidate is None:
            continue
        try:
            yield index, (open_image(item.reference), open_image(item.candidate))
        except ErmError:
            continue  # the distance stays NaN, and tables count the items behind each number
