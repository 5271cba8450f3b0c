"""Scoring a critic on held-out pairs during its training.

The pairs are always the same; the training's processes share them, and the offline judge aligns the
errors.
"""

from __future__ import annotations

import heapq
import zlib
from pathlib import Path
from typing import Any

from accelerate import PartialState
from accelerate.utils import gather_object

from erm.benchmark import judge_from_spec
from erm.benchmark.scoring import judge_items, summarize
from erm.critics.base import ImagePair, read_reply
from erm.critics.figures import critique_picture, spread
from erm.critics.local import LoadedCritic
from erm.critics.prediction import items_of, predictions_of
from erm.dataset.pairs import Pair, read_pairs
from erm.errors import ErmError
from erm.models.checkpoint import Checkpoint
from erm.models.launch import is_main_process, share
from erm.models.processor import PairProcessor
from erm.models.role import Role
from erm.models.settings import ValidationSettings
from erm.tasks import task_names
from erm.tracking import is_tracked, log_figure

PICTURED = 10
"""Pairs in the picture of a validation."""


class HeldOutScoring:
    """Scores a critic in training on pairs of the validation split.

    Args:
        pairs: folder of pairs.
        role: the critic's prompts and its longest reply.
        pictures: folder of the pictures among the tracking run's artifacts.

    Raises:
        ErmError: there are no pairs to validate on.
    """

    def __init__(
        self, settings: ValidationSettings, pairs: Path, role: Role, pictures: str = "validation"
    ) -> None:
        self._pictures = pictures
        self._pairs = held_out(pairs, settings.pairs)
        if not self._pairs:
            raise ErmError(f"{pairs}: the validation split is empty.")
        self._items = items_of(self._pairs)
        self._role = role
        self._batch_size = settings.batch_size
        self._critic: LoadedCritic | None = None

    def __call__(self, model: Any, processor: PairProcessor, step: int) -> dict[str, float]:
        """Compute ``f1_hard``, ``f1_soft`` and ``severity_pearson``, equal in all processes.

        The Pearson correlation is of total severities, and NaN if those of one side are constant.
        If an MLflow run is active, a picture of some pairs is logged.
        """
        if self._critic is None or self._critic.checkpoint.model is not model:
            checkpoint = Checkpoint(model, processor, self._role)
            self._critic = LoadedCritic(
                "in training", checkpoint, batch_size=self._batch_size, rereads=False
            )
        state = PartialState()
        own = share(len(self._pairs), state.num_processes, state.process_index)
        views = [
            ImagePair(pair.task, pair.reference, pair.candidate)
            for pair in (self._pairs[index] for index in own)
        ]
        own_critiques = self._critic.critique(views, progress=is_main_process())
        replies = dict(
            gather_object(
                [(index, one.reply) for index, one in zip(own, own_critiques, strict=True)]
            )
        )
        critiques = [
            read_reply(pair.task, replies[index]) for index, pair in enumerate(self._pairs)
        ]
        chosen = spread(self._pairs, PICTURED)
        if chosen and is_main_process() and is_tracked():
            picture = critique_picture(
                [self._pairs[index] for index in chosen], [critiques[index] for index in chosen]
            )
            log_figure(picture, f"{self._pictures}/step-{step:06d}.png")
        judge = judge_from_spec("offline")
        scores = judge_items(predictions_of(self._items, critiques), judge.replies)
        summary = summarize(scores)
        counts = summary["overall"]["overall"]
        pearson = summary["severity_correlation"]["overall"]["total"]
        return {
            "f1_hard": counts["f1_hard"],
            "f1_soft": counts["f1_soft"],
            "severity_pearson": float("nan") if pearson is None else pearson,
        }


def held_out(folder: Path, per_task: int) -> list[Pair]:
    """At most `per_task` pairs of each task in the validation split, chosen by their ids."""
    return [
        pair
        for task in task_names()
        for pair in heapq.nsmallest(
            per_task,
            read_pairs(folder, "validation", [task]),
            key=lambda pair: (zlib.crc32(pair.id.encode()), pair.id),
        )
    ]
