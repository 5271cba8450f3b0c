"""A second, harder share of the data: pairs of references and what a policy makes of them.

Covers which images a policy tries, in units that survive a kill, and the folder that its
completions become. Not covered: the policy itself (`erm.synthesis.rollouts`), rendering and labels
(`erm.synthesis.pairing`), the folder's form (`erm.synthesis.assembly`).
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from tqdm import tqdm

from erm.cluster import connected
from erm.dataset.pairs import SPLITS, Reference, is_whole, read_references
from erm.errors import ErmError
from erm.fingerprint import fingerprint
from erm.models.location import ENDPOINT, endpoint_model, model_folder
from erm.policies.references import draw_pictures, images_in, read_pictures, write_pictures
from erm.render import Renderer
from erm.settings import LOCAL
from erm.synthesis.assembly import assemble
from erm.synthesis.chunks import Chunk, drop_damaged, has_replies, write_replies
from erm.synthesis.proposals import sample_references
from erm.synthesis.rollouts import PolicyProposer
from erm.synthesis.settings import WITHOUT_EFFECT, InferSettings, PairingSettings
from erm.synthesis.workers import ChunkJob, make_chunks


def infer(
    settings: InferSettings, pairs: Path, out: Path, work: Path, answers: Path | None = None
) -> dict[str, Any]:
    """Make the folder of pairs `out` of a policy's completions for the references of `pairs`.

    `out` has the form of the folder that `erm.synthesis.synthesize.synthesize` makes and appears
    only when it is complete. A pair has the split of its source. `work` holds what an interrupted
    run has finished. Where no completion can be used, the folder holds no pairs and is complete
    otherwise.

    Args:
        answers: folder that keeps what a policy behind an endpoint answered (``policy.jsonl``), so
            that no answer is paid for twice; `work` by default.

    Returns:
        Flat metrics: sources, completions, ``pairs_per_completion``, pairs and discrepancies
        as of `synthesize`, what was rejected by reason, and what an endpoint costs.

    Raises:
        ErmError: the policy can't be had, gave no answer or has spent its budget, `pairs` can't be
            read, the cluster can't be used, no space left, or a worker died.
    """
    fields = settings.model_dump(
        mode="json",
        exclude={"workers": True, "rows_per_shard": True, "endpoint": WITHOUT_EFFECT},
    )
    read = [pairs / "data", *settings.drawing.fonts]
    folder = settings.policy
    if folder is not None and folder.startswith(ENDPOINT):
        folder = endpoint_model(folder).folder
    if folder is not None:
        read.append(model_folder(folder, "policy"))
    done = work / fingerprint(fields, *read)
    policy = None
    if settings.policy is not None:
        if settings.cluster != LOCAL:
            with connected(settings.cluster):
                pass  # it can be used, which matters only once the policy has worked for long
        policy = PolicyProposer(settings.policy, settings, (answers or work) / "policy.jsonl")
    try:
        done.mkdir(parents=True, exist_ok=True)
        drop_damaged(done)
        chunks = []
        if policy is not None:
            fresh = _draw(settings, policy.tasks, pairs, done / "fresh.parquet")
            chunks = _attempt(settings, policy, pairs, fresh, done)
        pairing = PairingSettings(
            seed=settings.seed,
            max_proposed_errors=settings.max_errors,
            proposed_pairs_per_source=settings.pairs_per_source,
        )
        make_chunks(ChunkJob(pairing, settings, done), chunks, "render")
        rows, drawing = settings.rows_per_shard, settings.drawing
        census = assemble(chunks, done, out, rows, drawing, other_dataset=pairs)
        shutil.rmtree(done)
    except OSError as error:
        raise ErmError(f"Pairs can't be written to {out}: {error.strerror or error}.") from error
    sources = sum(len(chunk.sources) for chunk in chunks)
    completions = sum(
        settings.completions_of(split) for chunk in chunks for _, split, _ in chunk.sources
    )
    return {
        "sources": sources,
        "completions": completions,
        "pairs_per_completion": round(census.total / max(completions, 1), 4),
        **census.metrics(),
        **(policy.metrics() if policy is not None else {}),
    }


def _draw(
    settings: InferSettings, tasks: Sequence[str], pairs: Path, path: Path
) -> list[Reference]:
    """The fresh references, drawn into a file that is complete where it exists.

    Raises:
        ErmError: they are of a task that the policy does not know, or a task gives too few.
    """
    if settings.sources is None:
        return []
    if unknown := [task for task in settings.sources if task not in tasks]:
        raise ErmError(f"infer.sources: the policy {settings.policy} does not know {unknown[0]}.")
    if not is_whole(path):
        with Renderer(
            workers=settings.workers,
            limits=settings.limits,
            isolation=settings.isolation,
            drawing=settings.drawing,
        ) as renderer:
            known = images_in(pairs)
            drawn = draw_pictures(
                settings.sources, settings.variety, settings.seed, known, renderer, "critic"
            )
            write_pictures(drawn, path)
    return [
        Reference(one.name, one.task, "train", one.image, one.source)
        for one in read_pictures(path)
        if one.source is not None
    ]


def _attempt(
    settings: InferSettings,
    policy: PolicyProposer,
    pairs: Path,
    fresh: Sequence[Reference],
    done: Path,
) -> list[Chunk]:
    """Have the policy try its images: chunks with their replies."""
    chunks = []
    total = len(fresh) + sum(1 for _ in _chosen(settings, policy.tasks, pairs))
    with tqdm(total=total, desc="infer", unit="source") as bar:
        chosen = chain(_chosen(settings, policy.tasks, pairs), fresh)
        for chunk, references in _plan(settings, policy.tasks, chosen):
            # One call a chunk, whatever is finished: completions depend on those drawn with them.
            if not has_replies(chunk, done):
                write_replies(chunk, policy.propose(references), done)
            chunks.append(chunk)
            bar.update(len(references))
    return chunks


def _chosen(settings: InferSettings, tasks: Sequence[str], pairs: Path) -> Iterator[Reference]:
    for split in SPLITS:
        references = read_references(pairs, split, tasks)
        yield from sample_references(references, f"{settings.seed}/infer", settings.share_of(split))


def _plan(
    settings: InferSettings, tasks: Sequence[str], chosen: Iterable[Reference]
) -> Iterator[tuple[Chunk, list[Reference]]]:
    """Units of work, each of one task; streamed, for references hold images."""
    waiting: dict[str, list[Reference]] = {task: [] for task in tasks}
    numbers: Counter[str] = Counter()

    def chunk_of(task: str) -> tuple[Chunk, list[Reference]]:
        references, waiting[task] = waiting[task], []
        sources = tuple((one.source_id, one.split, one.source) for one in references)
        numbers[task] += 1
        return Chunk(task, numbers[task] - 1, sources, proposed=True), references

    for reference in chosen:
        waiting[reference.task].append(reference)
        if len(waiting[reference.task]) == settings.sources_per_chunk:
            yield chunk_of(reference.task)
    for task in tasks:
        if waiting[task]:
            yield chunk_of(task)
