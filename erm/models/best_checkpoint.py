"""Validation during training; the best weights are kept, and the training may stop early.

Validation does not change the training: losses are the same with and without it. A killed run that
resumes ends with the same validation curve, the same best weights and at the same step.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from accelerate.utils import broadcast_object_list
from transformers import Trainer, TrainerCallback
from trl.models.utils import unwrap_model_for_generation

from erm.models.launch import is_main_process
from erm.models.processor import PairProcessor
from erm.state import is_sealed, read_state, seal, write_state
from erm.tracking import log_metrics, numbers

KEPT = "validation"
"""Folder of a `BestCheckpoint` in that of the trainer's checkpoints."""

_ROWS = "rows.json"

_log = logging.getLogger(__name__)


@contextmanager
def whole_model(trainer: Trainer) -> Iterator[Any]:
    """A trainer's model in evaluation mode, whole in each process, for the block."""
    with unwrap_model_for_generation(
        trainer.model_wrapped,
        trainer.accelerator,
        gradient_checkpointing_kwargs=trainer.args.gradient_checkpointing_kwargs,
    ) as model:
        model.eval()
        yield model
        model.train()


class Validation(NamedTuple):
    """How a model is validated during training.

    Attributes:
        score: (model, processor, step) → metrics. All processes call it together, with the whole
            model in evaluation mode, and must get the same metrics.
        measure: the metric to maximise; of equal values, the later one counts.
        minimise: whether the smallest value of the metric is the best one instead.
        every: steps between validations; the last step is always validated.
        at_start: whether the weights that training starts from are validated too, as step 0.
        name: of the metrics in the active tracking run.
        patience: the training stops at so many validations in a row without a better value than
            all before; None never stops it.
        alarm: metrics of a validation → the sentence with which it stops the training, or None.
    """

    score: Callable[[Any, PairProcessor, int], dict[str, float]]
    measure: str
    every: int | None
    at_start: bool = False
    name: str = "validation"
    minimise: bool = False
    patience: int | None = None
    alarm: Callable[[Mapping[str, float]], str | None] | None = None

    def value(self, row: Mapping[str, float]) -> float:
        """What is maximised."""
        return -row[self.measure] if self.minimise else row[self.measure]


class Stop(NamedTuple):
    """Why a training ended before its last step.

    Attributes:
        step: after which it ended.
        alarmed: whether `Validation.alarm` ended it, and not `Validation.patience`.
        sentence: for people.
    """

    step: int
    alarmed: bool
    sentence: str


def early_stop(rows: Sequence[Mapping[str, float]], validation: Validation) -> Stop | None:
    """The first validation that stops the training.

    Args:
        rows: of all validations: ``step`` and the metrics.
    """
    best, since = float("-inf"), 0
    for row in rows:
        step, value = int(row["step"]), validation.value(row)
        since = 0 if value > best else since + 1
        best = max(best, value)
        sentence = validation.alarm(row) if validation.alarm is not None else None
        if sentence is not None:
            return Stop(step, True, sentence)
        if validation.patience is not None and since >= validation.patience:
            sentence = (
                f"Step {step}: {validation.measure} has not become better in {since} validations; "
                "the training stops."
            )
            return Stop(step, False, sentence)
    return None


def can_go_on(folder: Path) -> bool:
    """Whether a training can resume with what a `BestCheckpoint` left in its folder."""
    rows = folder / _ROWS
    is_read = not rows.exists() or read_state(rows) is not None
    return is_read and all(is_sealed(weights) for weights in folder.glob("step-*"))


class BestCheckpoint(TrainerCallback):  # type: ignore[misc]
    """Validates the trainer's model and keeps its best weights in a folder.

    A run that resumes from a checkpoint forgets all later validations. Older best weights are
    therefore deleted only when a checkpoint is saved after better ones.

    Args:
        folder: used by this callback alone; it must live as long as the trainer's checkpoints.

    Attributes:
        rows: one per validation: ``step`` and the metrics.
        stop: why the training ended early; None as long as it goes on.
    """

    def __init__(self, validation: Validation, trainer: Trainer, folder: Path) -> None:
        self.rows: list[dict[str, float]] = []
        self.stop: Stop | None = None
        self._validation = validation
        self._trainer = trainer
        self._folder = folder

    @property
    def best(self) -> dict[str, float]:
        """The row of the best weights."""
        return max(self.rows, key=lambda row: (self._validation.value(row), row["step"]))

    @property
    def weights(self) -> Path:
        """Folder of the best weights, as the trainer saves them."""
        return self._folder / f"step-{self.best['step']:.0f}"

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        rows = (read_state(self._folder / _ROWS) or []) if is_main_process() else []
        # Other processes may run on machines without this folder.
        [rows] = broadcast_object_list([rows])
        self.rows = [row for row in rows if row["step"] <= state.global_step]
        self.stop = early_stop(self.rows, self._validation)
        if self._validation.at_start and not self.rows:
            self._validate(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        every, step = self._validation.every, state.global_step
        due = step == state.max_steps or (every is not None and step % every == 0)
        # A run that resumes after its stop makes one more step, which counts for nothing.
        if due and self.stop is None:
            self._validate(step)
        if self.stop is not None:
            control.should_training_stop = True

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
            write_state(self._folder / _ROWS, self.rows)
            prefix = self._validation.name
            values = {f"{prefix}/{name}": value for name, value in row.items() if name != "step"}
            log_metrics(numbers(values), step=step)
        self.stop = early_stop(self.rows, self._validation)
        if self.stop is not None and is_main_process():
            _log.warning("%s", self.stop.sentence)

    def _score(self, step: int) -> dict[str, float]:
        trainer = self._trainer
        device = trainer.args.device
        with (
            torch.random.fork_rng([device] if device.type == "cuda" else []),
            whole_model(trainer) as model,
        ):
            return self._validation.score(model, trainer.processing_class, step)

    def _keep(self) -> None:
        part = self._folder / "weights.part"
        if is_main_process():
            shutil.rmtree(part, ignore_errors=True)
        self._trainer.save_model(str(part))
        if is_main_process():
            seal(part)
            shutil.rmtree(self.weights, ignore_errors=True)
            os.replace(part, self.weights)
