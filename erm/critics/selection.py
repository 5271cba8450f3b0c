"""Which pairs a critic is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from erm.critics.settings import TrainCriticSettings
from erm.dataset.pairs import Pair, fraction, read_pairs


def all_training_pairs(
    settings: TrainCriticSettings, pairs: Path, inferred: Path | None
) -> Iterator[Pair]:
    """The selected training pairs of both folders, at most ``max_pairs`` of each."""
    for folder in (pairs, inferred) if inferred is not None else (pairs,):
        yield from islice(training_pairs(settings, folder), settings.max_pairs)


def training_pairs(settings: TrainCriticSettings, folder: Path) -> Iterator[Pair]:
    """The training pairs of a folder that the settings select."""
    for pair in read_pairs(folder, "train"):
        if fraction(pair.source_id) < settings.share and pair.route not in settings.exclude_routes:
            yield pair
