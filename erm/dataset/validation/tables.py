"""The tables that the expectations check: shards, pairs, errors, images, sources and so on.

A folder of pairs is streamed once into small tables without pixels.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from erm.annotation import clear_difference, largest_difference
from erm.dataset.duplicates import Signature, digest, nearest_of_other, signature
from erm.dataset.pairs import PAIR_SCHEMA, SPLITS, Pair, decode_image, fraction, read_rows
from erm.dataset.routes import OTHER_REFERENCE
from erm.errors import ErmError
from erm.images import image_size
from erm.report import categories_of
from erm.tasks import task_names
from erm.tasks.shared.visible import VISIBLE_LEVEL

_NEAR_SAMPLE = 5000


def shard_table(folder: Path, may_be_empty: bool = False) -> pd.DataFrame:
    """One row per Parquet file: id (file name), split, rows, and the names of wrong columns."""
    files = sorted((folder / "data").glob("*.parquet"))
    if not files and not may_be_empty:
        raise ErmError(f"{folder} holds no shards of pairs (data/*.parquet).")
    rows = []
    for file in files:
        split = file.name.split("-", 1)[0]
        try:
            schema, count = pq.read_schema(file), pq.read_metadata(file).num_rows
            wrong = [name for name in PAIR_SCHEMA.names if not _same(schema, name)]
            wrong += [name for name in schema.names if name not in PAIR_SCHEMA.names]
        except (pa.ArrowException, OSError) as error:
            count, wrong = 0, [f"unreadable: {error}"]
        rows.append({"id": file.name, "split": split, "rows": count, "wrong": ", ".join(wrong)})
    return pd.DataFrame(rows, columns=["id", "split", "rows", "wrong"])


def _same(schema: pa.Schema, name: str) -> bool:
    return name in schema.names and bool(schema.field(name).type == PAIR_SCHEMA.field(name).type)


def read_tables(
    folder: Path, sample: int, other_dataset: Path | None = None
) -> dict[str, pd.DataFrame]:
    """Tables ``pairs``, ``errors``, ``images``, ``sources``, ``tasks`` and ``categories``.

    Args:
        sample: at most so many pairs, chosen by their ids, are decoded and compared with their
            report; of the others only hashes and image headers are read.
        other_dataset: another folder; those of its images and sources that `folder` also holds are
            added to the tables.
    """
    files = sorted((folder / "data").glob("*.parquet"))
    total = sum(pq.read_metadata(file).num_rows for file in files)
    share = min(1.0, sample / max(total, 1))
    pairs: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    images: dict[tuple[str, str], dict[str, Any]] = {}
    sources: dict[tuple[str, str], dict[str, Any]] = {}
    signatures: dict[tuple[str, str], Signature] = {}
    for row in read_rows(files):
        facts = _pair(row, share)
        pairs.append(facts)
        errors.extend(_errors(row, facts))
        for side in ("reference", "candidate"):
            image = {"id": row["id"], "image": facts[side], "split": row["split"]}
            images.setdefault((facts[side], row["split"]), image)
        if row["route"] not in OTHER_REFERENCE and facts["decodable"]:
            key = (row["source_id"], row["split"])
            if key not in signatures:
                png = row["reference"]["bytes"]
                one = signature(row["reference_source"], png, decode_image(png))
                signatures[key] = one
                sources[key] = {
                    "id": row["source_id"],
                    "task": row["task"],
                    "split": row["split"],
                    "text": one.text,
                }
    if not pairs:
        raise ErmError(f"{folder} holds no pairs: every shard is empty.")
    if other_dataset is not None:
        _add_shared(other_dataset, images, sources)
    frame = pd.DataFrame(pairs)
    listed = pd.DataFrame(errors, columns=_ERROR_COLUMNS)
    return {
        "pairs": frame,
        "errors": listed,
        "images": pd.DataFrame(images.values()),
        "sources": _sources(sources, signatures),
        "tasks": pd.DataFrame(_tasks(frame)),
        "categories": pd.DataFrame(_categories(frame, listed)),
    }


def _add_shared(
    other_dataset: Path,
    images: dict[tuple[str, str], dict[str, Any]],
    sources: dict[tuple[str, str], dict[str, Any]],
) -> None:
    """Add those images and sources of another folder that the tables already hold.

    The keys include the split, so an image or source with two rows is in two splits.
    """
    own_images = {image for image, _ in images}
    own_sources = {source_id for source_id, _ in sources}
    columns = ("id", "source_id", "task", "split", "reference", "candidate")
    for row in read_rows(sorted((other_dataset / "data").glob("*.parquet")), columns):
        split = row["split"]
        for side in ("reference", "candidate"):
            image = digest(row[side]["bytes"])
            if image in own_images:
                facts = {"id": row["id"], "image": image, "split": split}
                images.setdefault((image, split), facts)
        if row["source_id"] in own_sources:
            source = {"id": row["source_id"], "task": row["task"], "split": split, "text": None}
            sources.setdefault((row["source_id"], split), source)


def _pair(row: dict[str, Any], share: float) -> dict[str, Any]:
    sizes = [_size(row[side]["bytes"]) for side in ("reference", "candidate")]
    facts: dict[str, Any] = {name: row[name] for name in ("id", "source_id", "task", "split")}
    facts |= {"route": row["route"], "errors": len(row["errors"])}
    facts |= {"total_severity": row["total_severity"], "operators": len(row["operators"])}
    facts["reference"] = digest(row["reference"]["bytes"] or b"")
    facts["candidate"] = digest(row["candidate"]["bytes"] or b"")
    facts["decodable"] = None not in sizes
    for side, size in zip(("reference", "candidate"), sizes, strict=True):
        facts[f"{side}_width"], facts[f"{side}_height"] = size or (np.nan, np.nan)
    facts["label_of_equal_images"] = (
        len(row["errors"]) if facts["reference"] == facts["candidate"] else 0
    )
    facts["report_matches"] = _report_matches(row)
    facts["reference_source"] = len(row["reference_source"])
    facts["candidate_source"] = len(row["candidate_source"])
    checked = facts["decodable"] and fraction(row["id"]) < share
    facts["label_and_pixels"] = _label_and_pixels(row) if checked else None
    return facts


def _size(image: bytes | None) -> tuple[int, int] | None:
    try:
        return image_size(image or b"")
    except ErmError:
        return None


def _report_matches(row: dict[str, Any]) -> bool:
    """Whether the published text and the total severity agree with the list of errors."""
    try:
        pair = Pair.from_row(row)
        text = json.loads(row["report"])
    except (ErmError, TypeError, KeyError, json.JSONDecodeError):
        return False
    severity = pair.report.total_severity
    return bool(text == pair.report.to_dict() and severity == row["total_severity"])


def _label_and_pixels(row: dict[str, Any]) -> str:
    """``agree``, or how the report and the pixels disagree."""
    sides = [decode_image(row[side]["bytes"]) for side in ("reference", "candidate")]
    if row["errors"]:
        differs = largest_difference(*sides) > VISIBLE_LEVEL
        return "agree" if differs else "labelled, but the images are equal"
    return "not labelled, but the images differ" if clear_difference(*sides) else "agree"


_ERROR_COLUMNS = [
    "id",
    "task",
    "task_category",
    "severity",
    "location",
    "description",
    "box_in",
    "box_outside",
    "box_reversed",
]


def _errors(row: dict[str, Any], facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for error in row["errors"]:
        outside, is_reversed = 0.0, False
        if error["box"] is not None and facts["decodable"]:
            x0, y0, x1, y1 = error["box"]
            side = error["box_in"]
            width = facts.get(f"{side}_width", 0.0)
            height = facts.get(f"{side}_height", 0.0)
            outside = max(0.0, -x0, -y0, x1 - width, y1 - height)
            is_reversed = x1 < x0 or y1 < y0
        yield {
            "id": row["id"],
            "task": row["task"],
            "task_category": f"{row['task']}: {error['category']}",
            "severity": error["severity"],
            "location": error["location"],
            "description": error["description"],
            "box_in": error["box_in"],
            "box_outside": outside,
            "box_reversed": is_reversed,
        }


def _sources(
    sources: dict[tuple[str, str], dict[str, Any]], signatures: dict[tuple[str, str], Signature]
) -> pd.DataFrame:
    """Sources with the distance of their image to the nearest one of another split."""
    frame = pd.DataFrame(sources.values(), columns=["id", "task", "split", "text"])
    frame["nearest_in_other_split"] = np.nan
    keys = list(sources)
    for task in frame["task"].unique():
        chosen: list[int] = []
        for split in SPLITS:
            rows = frame.index[(frame["task"] == task) & (frame["split"] == split)].tolist()
            rows = [row for row in rows if keys[row] in signatures]
            chosen += sorted(rows, key=lambda row: fraction(keys[row][0]))[:_NEAR_SAMPLE]
        distances = nearest_of_other(
            [signatures[keys[row]] for row in chosen], [keys[row][1] for row in chosen]
        )
        frame.loc[chosen, "nearest_in_other_split"] = distances
    return frame


def _tasks(pairs: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for task, rows in pairs.groupby("task", sort=False):
        yield {
            "id": task,
            "pairs": len(rows),
            "empty_share": float((rows["errors"] == 0).mean()),
            "splits": int(rows["split"].nunique()),
        }


def _categories(pairs: pd.DataFrame, errors: pd.DataFrame) -> Iterator[dict[str, Any]]:
    counts = errors["task_category"].value_counts()
    of_task = errors["task"].value_counts()
    for task in pairs["task"].unique():
        for category in categories_of(str(task)) if str(task) in task_names() else ():
            name = f"{task}: {category}"
            share = float(counts.get(name, 0)) / max(float(of_task.get(task, 0)), 1.0)
            yield {"id": name, "share": share}
