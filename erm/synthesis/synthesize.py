"""From sources to a folder of pairs, going on from what an interrupted run has finished.

Covers which sources are made or taken, and their splits. Not covered: what is paired with what
(`erm.synthesis.pairing`), one chunk (`erm.synthesis.chunks`), parallel processes
(`erm.synthesis.workers`), the final folder (`erm.synthesis.assembly`), Parquet
(`erm.dataset.pairs`), and a policy's own completions (`erm.synthesis.infer`).
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tqdm import tqdm

from erm.dataset.domains import generated_id
from erm.errors import ErmError
from erm.fingerprint import fingerprint
from erm.synthesis.assembly import assemble
from erm.synthesis.chunks import (
    Chunk,
    drop_damaged,
    has_replies,
    label_chunk,
    proposed_chunk,
    references_of,
    write_replies,
)
from erm.synthesis.collections import HELD_OUT, TRAIN
from erm.synthesis.ingest import IngestedSource, origins, read_ingested
from erm.synthesis.settings import FIRST_READING, WITHOUT_EFFECT, SynthesizeSettings
from erm.synthesis.workers import ChunkJob, make_chunks
from erm.tasks import task_names

_CHUNKS_ASKED = 16


def synthesize(
    settings: SynthesizeSettings, out: Path, work: Path, answers: Path | None = None
) -> dict[str, Any]:
    """Make the folder of pairs `out`, going on from what `work` holds of an interrupted run.

    `out` appears only when it is complete: ``data/`` with the shards, ``benchmark/`` with the test
    split in VC-RewardBench's format, ``set_aside.jsonl``, ``card.md`` and ``card.png``.

    Args:
        answers: folder that keeps the answers of models (``editor.jsonl``, ``annotator.jsonl``),
            so that none is paid for twice; `work` by default.

    Returns:
        Flat metrics: sources, pairs by split, task, category, severity and number of errors,
        what was rejected by reason, what models cost, and pairs a second of the part made now.

    Raises:
        ErmError: nothing to make, `ingested` can't be read, the cluster can't be used, no space
            left, a worker died, or a model can't be had, gave no answer or has spent its budget.
    """
    ingested = list(read_ingested(settings.ingested)) if settings.ingested is not None else []
    chunks = list(plan_chunks(settings, ingested))
    if not chunks:
        raise ErmError("There is nothing to synthesize: 'sources' is 0 for every task.")
    fields = settings.model_dump(
        mode="json",
        exclude={
            "workers": True,
            "rows_per_shard": True,
            "editor": {"endpoint": WITHOUT_EFFECT},
            "annotator": {"endpoint": WITHOUT_EFFECT},
        },
    )
    answers = answers or work
    read = [*([settings.ingested] if settings.ingested else []), *settings.drawing.fonts]
    done = work / fingerprint(fields, *read)
    job = ChunkJob(settings, settings, done, settings.variety, settings.second_backends)
    try:
        done.mkdir(parents=True, exist_ok=True)
        drop_damaged(done)
        made, seconds = make_chunks(job, chunks, "synthesize")
        chunks, costs = _propose(settings, chunks, done, answers)
        edited = [chunk for chunk in chunks if chunk.proposed]
        proposed, more = make_chunks(job, edited, "synthesize")
        costs |= _label(settings, chunks, done, answers)
        census = assemble(
            chunks, done, out, settings.rows_per_shard, settings.drawing, origins=origins(ingested)
        )
        shutil.rmtree(done)
    except OSError as error:
        raise ErmError(f"Pairs can't be written to {out}: {error.strerror or error}.") from error
    made, seconds = made + proposed, seconds + more
    rate = round(made / seconds, 2) if made else 0.0
    return {**census.metrics(), **costs, "timing/pairs_per_second": rate}


def plan_chunks(
    settings: SynthesizeSettings, ingested: Sequence[IngestedSource] = ()
) -> Iterator[Chunk]:
    """All units of work of a run, in the order of the result: tasks take turns."""
    by_task = [
        list(_chunks_of(task, settings, [one for one in ingested if one.task == task]))
        for task in task_names()
    ]
    for turn in zip_longest(*by_task):
        yield from (chunk for chunk in turn if chunk is not None)


def _chunks_of(
    task: str, settings: SynthesizeSettings, ingested: Sequence[IngestedSource]
) -> Iterator[Chunk]:
    generated, tested = settings.sources.get(task, 0), settings.test_sources.get(task, 0)
    free = [one for one in ingested if one.role is None]
    train = [one for one in ingested if one.role == TRAIN]
    held_out = [one for one in ingested if one.role == HELD_OUT]
    splits = _splits(task, generated + len(free), settings) + ["test"] * tested
    splits += _training_splits(task, len(train), settings) + ["test"] * len(held_out)
    ids = [generated_id(task, settings.variety, number) for number in range(generated + tested)]
    everything: list[tuple[str, str | None]] = [(name, None) for name in ids[:generated]]
    everything += [(one.source_id, one.source) for one in free]
    everything += [(name, None) for name in ids[generated:]]
    everything += [(one.source_id, one.source) for one in (*train, *held_out)]
    size = settings.sources_per_chunk
    for start in range(0, len(everything), size):
        part = [
            (source_id, splits[start + offset], text)
            for offset, (source_id, text) in enumerate(everything[start : start + size])
        ]
        yield Chunk(task, start // size, tuple(part))
    yield from _reading_chunks(task, settings)


def _reading_chunks(task: str, settings: SynthesizeSettings) -> Iterator[Chunk]:
    """The units of work of the sources to learn reading from."""
    number = settings.readings[task].sources if task in settings.readings else 0
    numbers = range(FIRST_READING, FIRST_READING + number)
    ids = [generated_id(task, settings.variety, one) for one in numbers]
    size = settings.sources_per_chunk
    for start in range(0, number, size):
        part = tuple((name, "train", None) for name in ids[start : start + size])
        yield Chunk(task, start // size, part, reading=True)


def _training_splits(task: str, number: int, settings: SynthesizeSettings) -> list[str]:
    """The splits of sources that are not to be tested with: some validate, the others train."""
    splits = ["train"] * number
    wanted = round(settings.validation_share * number)
    chosen = random.Random(f"{settings.seed}/{task}/packages").sample(range(number), wanted)
    for position in chosen:
        splits[position] = "validation"
    return splits


def _splits(task: str, number: int, settings: SynthesizeSettings) -> list[str]:
    """The split of each source of a task; at least one source in every split that has a share."""
    positions = list(range(number))
    random.Random(f"{settings.seed}/{task}/splits").shuffle(positions)
    splits = ["train"] * number
    shares = {"validation": settings.validation_share, "test": settings.test_share}
    for split, share in shares.items():
        wanted = max(1, round(share * number)) if share > 0 and number >= 3 else 0
        for position in positions[:wanted]:
            splits[position] = split
        del positions[:wanted]
    return splits


def _propose(
    settings: SynthesizeSettings, chunks: list[Chunk], done: Path, answers: Path
) -> tuple[list[Chunk], dict[str, float]]:
    """Have a model edit the sources of finished chunks: each chunk with that of its edits behind
    it, and what the model costs. Without a model, the chunks alone."""
    if settings.editor.model is None:
        return chunks, {}
    from erm.synthesis.model_edits import Editor

    editor = Editor(settings.editor, settings.seed, answers / "editor.jsonl")
    everything = [chunk for chunk in chunks if chunk.reading]
    asked = [chunk for chunk in chunks if not chunk.reading]
    with tqdm(total=len(asked), desc="propose", unit="chunk") as bar:
        for start in range(0, len(asked), _CHUNKS_ASKED):
            group = asked[start : start + _CHUNKS_ASKED]
            unasked = {
                chunk: references_of(chunk, done) for chunk in group if not has_replies(chunk, done)
            }
            replies = editor.propose([one for several in unasked.values() for one in several])
            for chunk, own in unasked.items():
                ids = {one.source_id for one in own}
                write_replies(chunk, [one for one in replies if one.source_id in ids], done)
            for chunk in group:
                everything += [chunk, proposed_chunk(chunk, done)]
            bar.update(len(group))
    return everything, editor.metrics()


def _label(
    settings: SynthesizeSettings, chunks: list[Chunk], done: Path, answers: Path
) -> dict[str, float]:
    """Have a model write the reports of the training pairs, where one is asked for; its cost."""
    if settings.annotator.model is None:
        return {}
    from erm.synthesis.model_edits import ModelAnnotator

    annotator = ModelAnnotator(settings.annotator, answers / "annotator.jsonl")
    for chunk in tqdm(chunks, desc="annotate", unit="chunk"):
        if not chunk.is_labelled(done):
            label_chunk(chunk, annotator, done)
    return annotator.metrics()
