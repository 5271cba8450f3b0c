"""Which pairs a critic is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import nsmallest
from pathlib import Path

from erm.critics.settings import TrainCriticSettings
from erm.dataset.pairs import Pair, fraction, read_pairs, read_rows, shards
from erm.dataset.routes import READINGS


def all_training_pairs(
    settings: TrainCriticSettings, pairs: Path, inferred: Path | None
) -> Iterator[Pair]:
    """The selected training pairs of both folders, at most ``max_pairs`` of each."""
    for folder in (pairs, inferred) if inferred is not None else (pairs,):
        yield from training_pairs(settings, folder)


def trained_whole(settings: TrainCriticSettings, pair: Pair) -> bool:
    """Whether a pair gives a whole sample: of those that are there to learn reading from, a critic
    that is trained on single details sees nothing else."""
    return not settings.details_alone or pair.route not in READINGS


def training_pairs(settings: TrainCriticSettings, folder: Path) -> Iterator[Pair]:
    """The training pairs of a folder that the settings select, in stored order.

    `max_pairs` takes a sample that the seed decides; fewer pairs are part of more of them.
    """
    sampled = _sample(settings, folder) if settings.max_pairs is not None else None
    for pair in read_pairs(folder, "train"):
        if _selects(settings, pair.source_id, pair.route) and (
            sampled is None or pair.id in sampled
        ):
            yield pair


def _selects(settings: TrainCriticSettings, source: str, route: str) -> bool:
    return fraction(source) < settings.share and route not in settings.exclude_routes


def _sample(settings: TrainCriticSettings, folder: Path) -> set[str]:
    """Ids of `max_pairs` pairs."""
    assert settings.max_pairs is not None
    rows = read_rows(shards(folder, "train"), ("id", "source_id", "route"))
    ids = (row["id"] for row in rows if _selects(settings, row["source_id"], row["route"]))
    seed = settings.optimization.seed
    return set(nsmallest(settings.max_pairs, ids, key=lambda one: fraction(f"{seed} {one}")))
