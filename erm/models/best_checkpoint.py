"""Judging a model while it is trained, and keeping the weights that were judged best.

Covers when a model is judged, that nothing of its training changes by it, and that a killed run
goes on to the same course and the same best weights. Not covered: how a model is judged
(`erm.critics.validation`) and the training (`erm.models.sft`).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from accelerate.utils import broadcast_object_list
from transformers import Trainer, TrainerCallback
from trl.models.utils import unwrap_model_for_generation

from erm.models.launch import is_main_process
from erm.models.processor import PairProcessor
from erm.tracking import log_metrics, numbers


class Validation(NamedTuple):
    """How a model is judged while it is trained.

    Attributes:
        judge: (model, processor, step) → metrics. All processes call it at once, with the whole
            model in evaluation mode, and must get the same numbers.
        measure: the metric whose highest value makes the best weights; the later of equals.
        every: steps between judgements; the last step is judged in any case.
    """

    judge: Callable[[Any, PairProcessor, int], dict[str, float]]
    measure: str
    every: int | None


class BestCheckpoint(TrainerCallback):  # type: ignore[misc]
    """Judges the model of a trainer and keeps its best weights in a folder.

    A run that goes on from a checkpoint forgets what was judged after it. Weights that were best
    then are therefore deleted only when there is a checkpoint that knows better ones.

    Args:
        folder: of this callback alone, kept for as long as the trainer's checkpoints are.

    Attributes:
        rows: a row a judgement, ``step`` and the metrics.
    """

    def __init__(self, validation: Validation, trainer: Trainer, folder: Path) -> None:
        self.rows: list[dict[str, float]] = []
        self._validation = validation
        self._trainer = trainer
        self._folder = folder

    @property
    def best(self) -> dict[str, float]:
        """The row of the best weights."""
        return max(self.rows, key=lambda row: (row[self._validation.measure], row["step"]))

    @property
    def weights(self) -> Path:
        """Folder of the best weights, as the trainer saves them."""
        return self._folder / f"step-{self.best['step']:.0f}"

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        known = self._folder / "rows.json"
        rows = json.loads(known.read_text()) if is_main_process() and known.is_file() else []
        # The others may be on machines that don't see the folder.
        [rows] = broadcast_object_list([rows])
        self.rows = [row for row in rows if row["step"] <= state.global_step]

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        every, step = self._validation.every, state.global_step
        if step < state.max_steps and (every is None or step % every):
            return
        row = {"step": float(step), **self._judge(step)}
        self.rows.append(row)
        if self.best is row:
            self._keep()
        if is_main_process():
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / "rows.part"
            part.write_text(json.dumps(self.rows))
            os.replace(part, self._folder / "rows.json")
            values = {f"validation/{name}": value for name, value in row.items() if name != "step"}
            log_metrics(numbers(values), step=step)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if is_main_process() and self.rows:
            for kept in self._folder.glob("step-*"):
                if kept != self.weights:
                    shutil.rmtree(kept)

    def _judge(self, step: int) -> dict[str, float]:
        trainer = self._trainer
        device = trainer.args.device
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            unwrap_model_for_generation(
                trainer.model_wrapped,
                trainer.accelerator,
                gradient_checkpointing_kwargs=trainer.args.gradient_checkpointing_kwargs,
            ) as model,
        ):
            model.eval()
            metrics = self._validation.judge(model, trainer.processing_class, step)
            model.train()
        return metrics

    def _keep(self) -> None:
        part = self._folder / "weights.part"
        if is_main_process():
            shutil.rmtree(part, ignore_errors=True)
        self._trainer.save_model(str(part))
        if is_main_process():
            shutil.rmtree(self.weights, ignore_errors=True)
            os.replace(part, self.weights)
