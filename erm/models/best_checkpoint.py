"""Validation during training; the best weights are kept.

Validation does not change the training: losses are the same with and without it. A killed run that
resumes ends with the same validation curve and the same best weights.
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
    """How a model is validated during training.

    Attributes:
        score: (model, processor, step) → metrics. All processes call it together, with the whole
            model in evaluation mode, and must get the same metrics.
        measure: the metric to maximise; of equal values, the later one counts.
        every: steps between validations; the last step is always validated.
        at_start: whether the weights that training starts from are validated too, as step 0.
        name: of the metrics in the active tracking run.
    """

    score: Callable[[Any, PairProcessor, int], dict[str, float]]
    measure: str
    every: int | None
    at_start: bool = False
    name: str = "validation"


class BestCheckpoint(TrainerCallback):  # type: ignore[misc]
    """Validates the trainer's model and keeps its best weights in a folder.

    A run that resumes from a checkpoint forgets all later validations. Older best weights are
    therefore deleted only when a checkpoint is saved after better ones.

    Args:
        folder: used by this callback alone; it must live as long as the trainer's checkpoints.

    Attributes:
        rows: one per validation: ``step`` and the metrics.
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
        saved = self._folder / "rows.json"
        rows = json.loads(saved.read_text()) if is_main_process() and saved.is_file() else []
        # Other processes may run on machines without this folder.
        [rows] = broadcast_object_list([rows])
        self.rows = [row for row in rows if row["step"] <= state.global_step]
        if self._validation.at_start and not self.rows:
            self._validate(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        every, step = self._validation.every, state.global_step
        if step == state.max_steps or (every is not None and step % every == 0):
            self._validate(step)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if is_main_process() and self.rows:
            for kept in self._folder.glob("step-*"):
                if kept != self.weights:
                    shutil.rmtree(kept)

    def _validate(self, step: int) -> None:
        row = {"step": float(step), **self._score(step)}
        self.rows.append(row)
        if self.best is row:
            self._keep()
        if is_main_process():
            self._folder.mkdir(parents=True, exist_ok=True)
            part = self._folder / "rows.part"
            part.write_text(json.dumps(self.rows))
            os.replace(part, self._folder / "rows.json")
            prefix = self._validation.name
            values = {f"{prefix}/{name}": value for name, value in row.items() if name != "step"}
            log_metrics(numbers(values), step=step)

    def _score(self, step: int) -> dict[str, float]:
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
            metrics = self._validation.score(model, trainer.processing_class, step)
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
