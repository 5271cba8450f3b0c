"""From finished chunks to the final folder of pairs.

Near-duplicates and images of other splits are rejected. The folder gets the shards of each split,
the list of rejections, the data card, and the test split in VC-RewardBench's format.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from erm.dataset.card import ORIGINS_FILE, Census, Origin, write_card
from erm.dataset.domains import DOMAIN
from erm.dataset.duplicates import Signature, digest, redundant
from erm.dataset.pairs import REJECTED_FILE, SPLITS, Pair, SplitWriter, read_rows
from erm.errors import ErmError
from erm.synthesis.chunks import Chunk
from erm.synthesis.planning import Rejection
from erm.tasks.settings import DrawingSettings


def assemble(
    chunks: Sequence[Chunk],
    done: Path,
    out: Path,
    rows_per_shard: int,
    drawing: DrawingSettings,
    other_dataset: Path | None = None,
    origins: Mapping[str, Origin] | None = None,
) -> Census:
    """Write finished chunks to the folder `out`, which appears only when it is complete.

    Args:
        done: folder of the chunks.
        drawing: how the sources were drawn, for the card.
        other_dataset: a folder of pairs that will be used together with the result. A pair with an
            image of another split of it is rejected, and the result may be empty.
        origins: where sources of packages come from, by source id; those with a pair are listed in
            `ORIGINS_FILE` and on the card.

    Returns:
        The counts of the folder.

    Raises:
        ErmError: no pair is left, and there is no other data set.
    """
    part = out.with_name(out.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    census = _fill(part, chunks, done, rows_per_shard, other_dataset, origins or {})
    census.drawing = drawing
    if census.total == 0 and other_dataset is None:
        reasons = ", ".join(f"{reason}: {n}" for reason, n in census.rejected.most_common(3))
        raise ErmError(f"No pair came out of the sources; rejected were {reasons or 'none'}.")
    write_card(part, census)
    shutil.rmtree(out, ignore_errors=True)
    os.replace(part, out)
    return census


def _fill(
    out: Path,
    chunks: Sequence[Chunk],
    done: Path,
    rows_per_shard: int,
    other_dataset: Path | None,
    origins: Mapping[str, Origin],
) -> Census:
    """Write everything except the card."""
    modelled = any(chunk.is_labelled(done) for chunk in chunks)
    census = Census(modelled=modelled, origins=origins)
    used: dict[str, Origin] = {}
    with (out / REJECTED_FILE).open("w", encoding="utf-8") as listing:

        def reject(item: Rejection) -> None:
            census.rejected[item.reason] += 1
            listing.write(json.dumps(item.to_dict(), ensure_ascii=False) + "\n")

        dropped = set()
        for item in _rejections(chunks, done):
            reject(item)
        for source_id in _redundant(chunks, done):
            dropped.add(source_id)
            reject(Rejection(source_id, "near-duplicate source"))
        # A candidate may happen to be the image of a held-out source.
        owners = _held_out_images(chunks, done, dropped)
        if other_dataset is not None:
            _add_owners(owners, other_dataset)
        writers = {split: SplitWriter(out, split, rows_per_shard) for split in SPLITS}
        benchmark: list[dict[str, Any]] = []
        for chunk in chunks:
            for row in read_rows([chunk.pairs(done)]):
                if row["source_id"] in dropped:
                    continue
                pair = Pair.from_row(row)
                if any(owners.get(image, pair.split) != pair.split for image in _images(row)):
                    reject(Rejection(pair.source_id, "image of another split", pair.operators))
                    continue
                writers[pair.split].write(row)
                census.count(pair)
                if pair.source_id in origins:
                    used[pair.source_id] = origins[pair.source_id]
                if pair.split == "test":
                    benchmark.append(_benchmark_item(pair, len(benchmark), out / "benchmark"))
    for writer in writers.values():
        writer.close()
    if used:
        listed = [{"source_id": name, **asdict(origin)} for name, origin in used.items()]
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in listed)
        (out / ORIGINS_FILE).write_text(lines, encoding="utf-8")
    if benchmark:
        lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in benchmark)
        (out / "benchmark" / "benchmark.jsonl").write_text(lines, encoding="utf-8")
    return census


def _record(path: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def _rejections(chunks: Sequence[Chunk], done: Path) -> Iterator[Rejection]:
    for chunk in chunks:
        records = [_record(done / f"{chunk.name}.json")]
        if chunk.is_labelled(done):
            records.append(_record(done / f"{chunk.name}.labelled.json"))
        for record in records:
            for item in record["rejected"]:
                yield Rejection(**{**item, "operators": tuple(item["operators"])})


def _redundant(chunks: Sequence[Chunk], done: Path) -> Iterator[str]:
    """Ids of duplicate sources (`erm.dataset.duplicates`), task by task."""
    for task in sorted({chunk.task for chunk in chunks}):
        ids: list[str] = []
        held_out: list[bool] = []
        signatures: list[Signature] = []
        for chunk in chunks:
            if chunk.task != task:
                continue
            splits = {source_id: split for source_id, split, _ in chunk.sources}
            for source_id, fields in _record(done / f"{chunk.name}.json")["signatures"].items():
                thumbnail = base64.b64decode(fields["thumbnail"])
                ids.append(source_id)
                held_out.append(splits[source_id] != "train")
                signatures.append(Signature(fields["text"], fields["image"], thumbnail))
        flags = redundant(signatures, held_out)
        yield from (source_id for source_id, drop in zip(ids, flags, strict=True) if drop)


def _images(row: dict[str, Any]) -> tuple[str, str]:
    return digest(row["reference"]["bytes"]), digest(row["candidate"]["bytes"])


def _held_out_images(chunks: Sequence[Chunk], done: Path, dropped: set[str]) -> dict[str, str]:
    """The split of each image of validation and test, by digest; of both splits, test."""
    images: dict[str, str] = {}
    columns = ("source_id", "split", "reference", "candidate")
    for chunk in chunks:
        if all(split == "train" for _, split, _ in chunk.sources):
            continue
        for row in read_rows([chunk.pairs(done)], columns):
            if row["split"] != "train" and row["source_id"] not in dropped:
                for image in _images(row):
                    if row["split"] == "test" or image not in images:
                        images[image] = row["split"]
    return images


def _add_owners(owners: dict[str, str], other_dataset: Path) -> None:
    """Set the split of each image to the one it has in another folder of pairs.

    Training images, which are many, are looked up only if `owners` has them already.
    """
    columns = ("split", "reference", "candidate")
    for row in read_rows(sorted((other_dataset / "data").glob("*.parquet")), columns):
        for image in _images(row):
            if row["split"] != "train" or image in owners:
                owners[image] = row["split"]


def _benchmark_item(pair: Pair, index: int, folder: Path) -> dict[str, Any]:
    """Write the images of an item; return it in VC-RewardBench's format."""
    images = folder / "images"
    images.mkdir(parents=True, exist_ok=True)
    paths = {}
    for side, image in (("gt", pair.reference), ("pred", pair.candidate)):
        paths[side] = f"images/{index:06d}-{side}.png"
        (folder / paths[side]).write_bytes(image)
    errors = [
        {
            "type": error.category,
            "severity": error.severity,
            "location": error.location,
            "description": error.description,
        }
        for error in pair.report.errors
    ]
    return {
        "id": pair.id,
        "idx": index,
        "category": pair.task,
        "gt_img_path": paths["gt"],
        "pred_img_path": paths["pred"],
        "human_errors": errors,
        DOMAIN: pair.domain,
    }
