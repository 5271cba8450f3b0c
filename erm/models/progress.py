"""What a training shows while it runs: one bar, with its speed and a few of its last values."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from tqdm import tqdm
from transformers import ProgressCallback, Trainer


class StepBar(ProgressCallback):  # type: ignore[misc]
    """A bar over the steps of a training. A resumed run begins where the last one stopped, and its
    speed counts its own steps alone.

    Transformers' own bar prints all values of each log. History and tracking have them anyway.

    Args:
        name: stands before the bar.
        shown: values that stand behind it; those that are not logged are left out.
    """

    def __init__(self, name: str, shown: Sequence[str]) -> None:
        super().__init__()
        self._name = name
        self._shown = shown

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.current_step = state.global_step
        if state.is_world_process_zero:
            self.training_bar = tqdm(
                desc=self._name,
                unit="step",
                total=state.max_steps,
                initial=state.global_step,
                dynamic_ncols=True,
            )

    def on_log(
        self,
        args: Any,
        state: Any,
        control: Any,
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if self.training_bar is not None and logs is not None:
            values = {name: f"{logs[name]:.3g}" for name in self._shown if name in logs}
            if values:
                self.training_bar.set_postfix(values, refresh=False)


def hide_renamed_options() -> None:
    """Keep the bar whole: TRL uses the old name of an option of transformers, whose new versions
    print that at each step."""
    renamed = r"`(is_)?gradient_checkpointing` is deprecated"
    warnings.filterwarnings("ignore", message=renamed, category=FutureWarning)


def show_steps(trainer: Trainer, name: str, shown: Sequence[str]) -> None:
    """Let a trainer show a `StepBar` in the place of its own."""
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(StepBar(name, shown))
