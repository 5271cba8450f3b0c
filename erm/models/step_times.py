"""Where the time of training goes: forward and backward pass, optimizer, everything else.

Validation and checkpoints are not part of a step and are not measured.
"""

from __future__ import annotations

import time
from typing import Any

import torch
from transformers import TrainerCallback

from erm.tracking import log_metrics

_WARM_UP = 5
"""The first steps are not measured: they allocate memory and compile."""


class StepTimes(TrainerCallback):  # type: ignore[misc]
    """Measures one step in `every` and logs the shares when training ends.

    It must be the last callback. ``time/forward_backward`` (including gradient clipping, and with
    DeepSpeed the optimizer), ``time/optimizer`` and ``time/other`` (reading, preparing and
    collating the next batch) sum to 1. ``time/samples_per_second`` is the speed of these steps.

    Args:
        batch_size: samples per step, over all processes.
        every: one of so many steps is measured, the middle one.

    Attributes:
        seconds: measured so far, by part.
        steps: number of steps measured so far.
    """

    def __init__(self, batch_size: int, every: int) -> None:
        self.seconds = {"forward_backward": 0.0, "optimizer": 0.0, "other": 0.0}
        self.steps = 0
        self._batch_size = batch_size
        self._every = every
        self._last: float | None = None

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        halfway = state.global_step % self._every == self._every // 2
        # Saving a checkpoint would count as preparing the next batch.
        measured = halfway and state.global_step >= _WARM_UP and not control.should_save
        self._last = _now() if measured else None

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._took("other")

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._took("forward_backward")

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._took("optimizer")
        self.steps += self._last is not None
        self._last = None

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            log_metrics(self.shares(), step=state.global_step)

    def shares(self) -> dict[str, float]:
        """The metrics; empty if no step was measured."""
        if not self.steps:
            return {}
        total = sum(self.seconds.values())
        shares = {f"time/{part}": seconds / total for part, seconds in self.seconds.items()}
        return {**shares, "time/samples_per_second": self.steps * self._batch_size / total}

    def _took(self, part: str) -> None:
        if self._last is not None:
            now = _now()
            self.seconds[part] += now - self._last
            self._last = now


def _now() -> float:
    """The time, after the GPU has finished all queued work."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()
