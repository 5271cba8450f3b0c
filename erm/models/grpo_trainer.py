"""TRL's GRPO trainer for this project's processors, with the time of a step by its parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from transformers import TrainerCallback
from trl import GRPOTrainer

from erm.models.best_checkpoint import whole_model

Sample = dict[str, Any]
Prepare = Callable[[Any, Any, Sequence[Sample], int], list[Sample]]
"""(model, processor, samples of this process, step) → the samples whose prompts are completed. All
processes call it together, with the whole model in evaluation mode."""


class TimedTrainer(GRPOTrainer):  # type: ignore[misc]
    """TRL's trainer for samples whose images do not take one slot each.

    TRL counts a sample's images to find its rows of patches. `PairProcessor` may put two images
    into one slot and adds slots of details, so slots are counted here.

    Each step it logs the shares of its time, which sum to 1: ``time/generation``, the parts of the
    reward, and ``time/update``, all else. Validation and checkpoints are not part of a step.

    Args:
        clock: seconds by part of the reward since the start; without it the reward is one part,
            ``time/reward``.
        prepare: changes samples before they are completed; its time is one of generation.
    """

    def __init__(
        self,
        *args: Any,
        clock: Callable[[], Mapping[str, float]] | None = None,
        prepare: Prepare | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self._prepare = prepare
        self._seconds = {"step": 0.0, "generation": 0.0, "reward": 0.0}
        self._clock = clock
        self._clocked: dict[str, float] = dict(clock()) if clock is not None else {}

    def training_step(self, *args: Any, **options: Any) -> torch.Tensor:
        begun = time.perf_counter()
        loss: torch.Tensor = super().training_step(*args, **options)
        self.count("step", begun)
        return loss

    def count(self, part: str, begun: float) -> None:
        """Add what has passed since `begun` to a part."""
        self._seconds[part] += time.perf_counter() - begun

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if self.model.training and self._seconds["step"]:
            for part, share in self._shares().items():
                self._metrics["train"][f"time/{part}"].append(share)
        super().log(logs, start_time)

    def _shares(self) -> dict[str, float]:
        total, generation = self._seconds["step"], self._seconds["generation"]
        parts = {"generation": generation, "reward": self._seconds["reward"]}
        if self._clock is not None:
            before, self._clocked = self._clocked, dict(self._clock())
            del parts["reward"]
            parts |= {name: self._clocked[name] - before[name] for name in self._clocked}
        self._seconds = dict.fromkeys(self._seconds, 0.0)
        parts["update"] = total - sum(parts.values())
        return {name: seconds / total for name, seconds in parts.items()}

    def _generate(self, *args: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        generated = super()._generate(*args, **options)
        self.count("generation", begun)
        return generated

    def _calculate_rewards(self, *args: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        rewards = super()._calculate_rewards(*args, **options)
        self.count("reward", begun)
        return rewards

    def _generate_and_score_completions(self, inputs: list[Sample]) -> dict[str, Any]:
        if self._prepare is not None:
            inputs = self._prepared(self._prepare, inputs)
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)
        return {**batch, "num_images": self._slots(batch)}

    def _prepared(self, prepare: Prepare, inputs: list[Sample]) -> list[Sample]:
        begun = time.perf_counter()
        with whole_model(self) as model:
            prepared = prepare(model, self.processing_class, inputs, self.state.global_step)
        self.count("generation", begun)
        return prepared

    def _get_per_token_logps_and_entropies(self, *args: Any, **inputs: Any) -> Any:
        slots = self._slots(inputs)
        return super()._get_per_token_logps_and_entropies(*args, **{**inputs, "num_images": slots})

    def _slots(self, batch: Mapping[str, Any]) -> list[int]:
        merge = self.processing_class.image_processor.merge_size
        return count_slots(batch["mm_token_type_ids"], batch["image_grid_thw"], merge)


class UpdateClock(TrainerCallback):  # type: ignore[misc]
    """Counts the optimizer's time, which is not in `TimedTrainer.training_step`, as the step's."""

    def __init__(self, trainer: TimedTrainer) -> None:
        self._trainer = trainer
        self._begun = 0.0

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._begun = time.perf_counter()

    def on_optimizer_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._trainer.count("step", self._begun)


def count_slots(image_tokens: torch.Tensor, grids: torch.Tensor, merge: int) -> list[int]:
    """Number of image slots of each sample of a batch.

    Args:
        image_tokens: (batch, length), 1 for a token of an image and 0 for others.
        grids: (slots of all samples, 3): frames, rows and columns of patches.
        merge: patches that one token joins, along each side.
    """
    ends = (grids.prod(-1) // merge**2).cumsum(0)
    before = torch.searchsorted(ends, image_tokens.sum(1).cumsum(0), right=True)
    counts: list[int] = before.diff(prepend=before.new_zeros(1)).tolist()
    return counts
