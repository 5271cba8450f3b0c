"""Chunks of sources: the unit of resumable work on disk, and how one is made into pairs.

Covers candidates and labels that models wrote for a chunk. Not covered: who makes which chunk when
(`erm.synthesis.workers`, `erm.synthesis.synthesize`, `erm.synthesis.infer`) and the final folder
(`erm.synthesis.assembly`).
"""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from erm.annotation import differ_visibly
from erm.dataset.duplicates import signature
from erm.dataset.pairs import Pair, Reference, ShardWriter, is_whole, read_rows, references_in
from erm.dataset.routes import Route
from erm.render import Rendered, Renderer
from erm.state import read_state, write_state
from erm.synthesis.pairing import pair_up
from erm.synthesis.planning import Plan, Rejection, plan_proposed, plan_source
from erm.synthesis.proposals import Annotator, Proposal
from erm.synthesis.settings import PairingSettings
from erm.tasks import Variety, get_task

_READING_ROUTES: dict[str, Route] = {"edit": "reading", "cross": "reading_cross"}


@dataclass(frozen=True)
class Chunk:
    """A unit of work: consecutive sources of one task. A text of None is generated."""

    task: str
    index: int
    sources: tuple[tuple[str, str, str | None], ...]
    """(source id, split, text) of each source."""
    proposed: bool = False
    """Whether its candidates are a model's, in ``<name>.replies.json``, instead of edits."""
    reading: bool = False
    """Whether its sources are among `PairingSettings.readings`."""

    @property
    def name(self) -> str:
        """File name of the finished chunk, without its ending."""
        kind = "-proposed" if self.proposed else "-reading" if self.reading else ""
        return f"{self.task}-{self.index:06d}{kind}"

    def is_made(self, done: Path) -> bool:
        """Whether the folder holds it complete."""
        return _is_there(done / f"{self.name}.json")

    def is_labelled(self, done: Path) -> bool:
        """Whether the folder holds it with a model's labels (`label_chunk`)."""
        return _is_there(done / f"{self.name}.labelled.json")

    def needs(self, done: Path) -> dict[str, bytes]:
        """The files, by name, that another folder must hold to make it there."""
        needed = [_replies(self, done)] if self.proposed else []
        return {path.name: path.read_bytes() for path in needed}

    def made(self, done: Path) -> dict[str, bytes]:
        """The files, by name, of the finished chunk; the last one marks it as finished."""
        return {
            name: (done / name).read_bytes()
            for name in (f"{self.name}.parquet", f"{self.name}.json")
        }

    def pairs(self, done: Path) -> Path:
        """The Parquet file of its pairs."""
        return done / f"{self.name}{'.labelled' if self.is_labelled(done) else ''}.parquet"


def make_chunk(
    chunk: Chunk,
    settings: PairingSettings,
    variety: Variety,
    renderer: Renderer,
    done: Path,
    second: Renderer | None = None,
) -> int:
    """Render, pair and annotate one chunk; returns its number of pairs.

    A source that `second`, with another back end, draws visibly differently is rejected.

    Leaves ``<name>.parquet`` (pairs), then ``<name>.json`` (signatures and what was rejected); the
    second one marks the chunk as finished.
    """
    if chunk.reading:
        settings = settings.for_readings(chunk.task)
    plans, rejected = _plans(chunk, settings, variety, done)
    items = [(chunk.task, source) for plan in plans for source in plan.sources]
    rendered = iter(renderer.render_batch(items, scenes=True))
    signatures: dict[str, Any] = {}
    again: list[Rendered] = []
    # proposals have the sources of another chunk, which were checked there
    if second is not None and not chunk.proposed:
        again = second.render_batch([(chunk.task, plan.source) for plan in plans])
    with ShardWriter(done / f"{chunk.name}.parquet") as writer:
        for plan, other in zip_longest(plans, again):
            renders = [next(rendered) for _ in plan.sources]
            difference = None if other is None else _difference(renders[0], other)
            if difference is not None:
                reason = "back ends draw it differently"
                rejected.append(Rejection(plan.source_id, reason, (), difference, plan.source))
                continue
            made = pair_up(plan, renders, settings)
            rejected += made.rejected
            # Proposals have the sources of another chunk, which has their signatures.
            if made.reference is not None and not chunk.proposed:
                one = signature(plan.source, made.reference_image, made.reference.pixels)
                thumbnail = base64.b64encode(one.thumbnail).decode()
                signatures[plan.source_id] = {**asdict(one), "thumbnail": thumbnail}
            for pair in made.pairs:
                route = _READING_ROUTES[pair.route] if chunk.reading else pair.route
                writer.write(replace(pair, route=route).to_row())
    record = {"signatures": signatures, "rejected": [one.to_dict() for one in rejected]}
    write_state(done / f"{chunk.name}.json", record)
    return writer.rows


def _difference(first: Rendered, second: Rendered) -> str | None:
    """What two back ends draw differently; None for nothing that shows.

    A source that the first one can't draw is left to `pair_up`, which says why.
    """
    if first.image is None:
        return None
    if second.image is None:
        assert second.error is not None
        return f"the second does not draw it: {second.error.message}"
    if not differ_visibly(first.pixels, second.pixels):
        return None
    return "their pictures differ visibly"


def label_chunk(chunk: Chunk, annotator: Annotator, done: Path) -> None:
    """Replace the reports of a finished chunk's training pairs by a model's.

    Leaves ``<name>.labelled.parquet``, then ``<name>.labelled.json`` as `make_chunk` does.
    """
    pairs = [Pair.from_row(row) for row in read_rows([done / f"{chunk.name}.parquet"])]
    labelled, unlabelled = annotator.annotate([pair for pair in pairs if pair.split == "train"])
    with ShardWriter(done / f"{chunk.name}.labelled.parquet") as writer:
        for pair in [*labelled, *(pair for pair in pairs if pair.split != "train")]:
            writer.write(pair.to_row())
    rejected = [
        Rejection(
            pair.source_id,
            one.reason,
            pair.operators,
            reference_source=pair.reference_source,
            candidate_source=pair.candidate_source,
        )
        for one in unlabelled
        for pair in (one.pair,)
    ]
    record = {"rejected": [one.to_dict() for one in rejected]}
    write_state(done / f"{chunk.name}.labelled.json", record)


def _is_there(record: Path) -> bool:
    return record.exists() and record.with_suffix(".parquet").exists()


def drop_damaged(done: Path) -> None:
    """Delete what a kill left half-written, and what a power cut damaged: it is made anew."""
    for path in done.iterdir():
        if (
            path.suffix == ".part"
            or (path.suffix == ".json" and read_state(path) is None)
            or (path.suffix == ".parquet" and not is_whole(path))
        ):
            path.unlink()


def _plans(
    chunk: Chunk, settings: PairingSettings, variety: Variety, done: Path
) -> tuple[list[Plan], list[Rejection]]:
    """What to render of a chunk, and what of it can be rejected without rendering."""
    task = get_task(chunk.task)
    plans: list[Plan] = []
    rejected: list[Rejection] = []
    replies = _read_replies(chunk, done) if chunk.proposed else []
    for source_id, split, text in chunk.sources:
        if chunk.proposed:
            assert text is not None
            own = [one for one in replies if one.source_id == source_id]
            plan, unusable = plan_proposed(task, source_id, split, text, own)
            rejected += unusable
            if plan.variants:
                plans.append(plan)
            continue
        if text is None:
            text = task.generate(random.Random(f"{settings.seed}/{source_id}"), variety)
        plans.append(plan_source(task, source_id, split, text, settings))
    return plans, rejected


def write_replies(chunk: Chunk, proposals: Sequence[Proposal], done: Path) -> None:
    """Keep what models wrote for the sources of a finished chunk."""
    rows = [{**asdict(one), "operators": list(one.operators)} for one in proposals]
    write_state(_replies(chunk, done), rows)


def has_replies(chunk: Chunk, done: Path) -> bool:
    """Whether `write_replies` has been here."""
    return _replies(chunk, done).exists()


def proposed_chunk(chunk: Chunk, done: Path) -> Chunk:
    """The unit of work that makes pairs of what models wrote for a finished chunk."""
    sources = [(one.source_id, one.split, one.source) for one in references_of(chunk, done)]
    return replace(chunk, sources=tuple(sources), proposed=True)


def references_of(chunk: Chunk, done: Path) -> list[Reference]:
    """The sources of a finished chunk that could be drawn and have a pair."""
    return list(references_in([done / f"{chunk.name}.parquet"]))


def _read_replies(chunk: Chunk, done: Path) -> list[Proposal]:
    rows = read_state(_replies(chunk, done))
    return [Proposal(**{**row, "operators": tuple(row["operators"])}) for row in rows]


def _replies(chunk: Chunk, done: Path) -> Path:
    return done / f"{chunk.task}-{chunk.index:06d}.replies.json"
