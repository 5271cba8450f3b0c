"""Reinforcement by GRPO, shared by the policy and the critic.

TRL's `GRPOTrainer` samples completions and weighs them by their rewards. It can be killed at any
moment and goes on from its last checkpoint to the same curve. Not covered: what is rewarded
(`erm.policies.reinforcement`, `erm.critics.reinforcement`) and how processes are launched
(`erm.models.launch`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints

import torch
from datasets import Dataset
from pydantic import TypeAdapter, ValidationError
from trl import GRPOConfig

from erm.errors import ErmError, reason_of
from erm.models.best_checkpoint import KEPT, BestCheckpoint, Stop, Validation
from erm.models.checkpoint import Checkpoint
from erm.models.grpo_trainer import Prepare, TimedTrainer, UpdateClock
from erm.models.launch import distributed
from erm.models.progress import hide_renamed_options, show_steps
from erm.models.qwen3vl import lora_config
from erm.models.settings import GrpoSettings, LaunchSettings, LoraSettings
from erm.models.sft import TrackingCallback, largest_part, last_checkpoint, write_model

Rewarding = Callable[..., Sequence[float | None]]
"""A reward function as TRL calls it: completions and the columns of their samples → rewards. A
completion whose reward is None is left out of the update."""

_LOGGED_AS = {
    "length": "completions/mean_length",
    "truncated": "completions/clipped_ratio",
    "clipped": "clip_ratio/region_mean",
    "no_spread": "frac_reward_zero_std",
}
"""Columns of a history that TRL logs under another name: mean tokens of a completion, share of
completions cut off at their limit, share of tokens whose ratio of probabilities is clipped, and
share of prompts whose completions all earn the same."""


class GrpoLog(NamedTuple):
    """What a reinforcement logged.

    Attributes:
        history: a row per step: ``step`` and the columns asked for; NaN where nothing was logged,
            such as rewards at a step that samples nothing.
        validation: a row per validation: ``step`` and the metrics.
        best: the row of `validation` whose weights were kept; empty without validation.
        stop: why it ended before its last step, or None.
    """

    history: list[dict[str, float]]
    validation: list[dict[str, float]]
    best: dict[str, float]
    stop: Stop | None = None

    def summary(self) -> dict[str, float]:
        """``steps``, ``reward_first`` and ``reward_last`` (means over the first and last quarter of
        the steps), with validation ``best/<metric>``, and ``stopped/step`` and ``stopped/alarmed``
        if it ended early."""
        quarter = max(1, len(self.history) // 4)
        numbers = {
            "steps": float(len(self.history)),
            "reward_first": mean_of(self.history[:quarter], "reward"),
            "reward_last": mean_of(self.history[-quarter:], "reward"),
            **{f"best/{name}": value for name, value in self.best.items()},
        }
        if self.stop is not None:
            numbers["stopped/step"] = float(self.stop.step)
            numbers["stopped/alarmed"] = float(self.stop.alarmed)
        return numbers

    def last_quarter(self, column: str) -> float:
        """Mean of a column of the history over the last quarter of the steps."""
        return mean_of(self.history[-max(1, len(self.history) // 4) :], column)


def reinforce_model(
    checkpoint: Checkpoint,
    samples: Dataset,
    reward: Rewarding,
    settings: GrpoSettings,
    launch: LaunchSettings,
    work: Path,
    out: Path,
    *,
    columns: Sequence[str],
    tracked: Mapping[str, str] | None,
    max_completion_tokens: int,
    autocast: bool = True,
    activation_checkpointing: bool = False,
    lora: LoraSettings | None = None,
    validation: Validation | None = None,
    clock: Callable[[], Mapping[str, float]] | None = None,
    prepare: Prepare | None = None,
) -> GrpoLog:
    """Reinforce a model and write its weights and processor to `out`.

    Args:
        samples: `settings.prompts` of them, in the order in which they are used, with TRL's columns
            ``prompt`` and ``images``; the reward gets all other columns.
        reward: must not use torch's random state, which resumed runs restore.
        work: folder of resumable checkpoints.
        columns: of the history, besides ``step``: what TRL logs, under the names of `_LOGGED_AS`
            where that has one.
        tracked: logged value → name of its metric in the active tracking run; None tracks all.
        clock: seconds by part of the reward since the start, such as rendering and judging;
            without it a reward's time is one part.
        prepare: changes samples before they are completed.
        autocast: computes in bfloat16 where that is safe, on a GPU.
        lora: trains adapters, which are merged in the end; None trains all weights.
        validation: chooses the weights; without it they are the last.

    Raises:
        ErmError: TRL refuses an option, or the vLLM server can't be reached.
    """
    arguments = grpo_arguments(
        settings,
        work,
        max_completion_tokens=max_completion_tokens,
        autocast=autocast,
        activation_checkpointing=activation_checkpointing,
        deepspeed=launch.deepspeed,
    )
    if launch.deepspeed is not None and distributed():
        # Under ZeRO-3 TRL loads the model of the KL term before DeepSpeed knows of the processes.
        import deepspeed

        deepspeed.init_distributed(dist_backend=arguments.ddp_backend, verbose=False)
    try:
        trainer = TimedTrainer(
            model=checkpoint.model,
            reward_funcs=[reward],
            args=arguments,
            train_dataset=samples,
            processing_class=checkpoint.processor,
            callbacks=[TrackingCallback(tracked)],
            peft_config=None if lora is None else lora_config(lora),
            clock=clock,
            prepare=prepare,
        )
        show_steps(trainer, "reinforce", ("reward", "rendered"))
        trainer.add_callback(UpdateClock(trainer))
    except ConnectionError as error:
        raise ErmError(f"vllm: {error}") from error
    best_checkpoint = None
    if validation is not None:
        best_checkpoint = BestCheckpoint(validation, trainer, work / KEPT)
        trainer.add_callback(best_checkpoint)
    trainer.train(resume_from_checkpoint=last_checkpoint(work))
    best = None if best_checkpoint is None else best_checkpoint.weights
    write_model(trainer, checkpoint.processor, best, out)
    history = [_row(logged, columns) for logged in trainer.state.log_history if "loss" in logged]
    if best_checkpoint is None:
        return GrpoLog(history, [], {})
    stop = best_checkpoint.stop
    if stop is not None:
        history = [row for row in history if row["step"] <= stop.step]
    return GrpoLog(history, best_checkpoint.rows, best_checkpoint.best, stop)


def grpo_arguments(
    settings: GrpoSettings,
    work: Path,
    *,
    max_completion_tokens: int,
    autocast: bool,
    activation_checkpointing: bool,
    deepspeed: str | None,
) -> GRPOConfig:
    """TRL's arguments.

    Raises:
        ErmError: a value of ``settings.trl`` is not of its option's type, or TRL refuses it.
    """
    hide_renamed_options()
    on_gpu = torch.cuda.is_available()
    chosen: dict[str, Any] = {
        "output_dir": str(work),
        "max_steps": settings.steps,
        **batch_sizes(settings, int(os.environ.get("WORLD_SIZE", "1"))),
        "num_generations": settings.generations,
        "num_iterations": settings.iterations,
        "max_completion_length": max_completion_tokens,
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": "constant",
        "beta": settings.kl_coefficient,
        "temperature": settings.temperature,
        "scale_rewards": "group",
        "loss_type": settings.loss,
        "shuffle_dataset": False,
        "seed": settings.seed,
        "data_seed": settings.seed,
        "logging_steps": 1,
        "save_strategy": "no" if settings.checkpoint_every is None else "steps",
        "save_steps": settings.checkpoint_every or 1,
        "report_to": [],
        "remove_unused_columns": False,
        "bf16": on_gpu and autocast,
        "use_cpu": not on_gpu,
        "ddp_backend": "gloo" if distributed() and not on_gpu else None,
        "gradient_checkpointing": activation_checkpointing,
        "dataloader_pin_memory": on_gpu,
        "deepspeed": deepspeed,
        "use_vllm": settings.vllm is not None,
        "disable_tqdm": False,
        "log_level": "error",
    }
    if settings.clip_range is not None:
        chosen["epsilon"] = settings.clip_range
    if settings.clip_range_high is not None:
        chosen["epsilon_high"] = settings.clip_range_high
    if settings.vllm is not None:
        chosen["vllm_mode"] = settings.vllm
    types = get_type_hints(GRPOConfig)
    for name, value in settings.trl.items():
        try:
            chosen[name] = TypeAdapter(types[name]).validate_python(value)
        except ValidationError as error:
            reason = reason_of(error.errors()[0])
            raise ErmError(f"The option trl.{name} is {value!r}: {reason}.") from error
    try:
        return GRPOConfig(**chosen)
    except ValueError as error:
        raise ErmError(f"TRL refuses the settings of reinforcement: {error}") from error


def batch_sizes(settings: GrpoSettings, processes: int) -> dict[str, int]:
    """TRL's numbers for a batch, each of one process: TRL counts forward passes as steps."""
    each = settings.completions_of_each(processes)
    micro = largest_part(each, settings.micro_batch_size)
    return {
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": each // micro,
        "steps_per_generation": settings.steps_per_generation * (each // micro),
    }


def prompt_order(number: int, wanted: int, seed: int) -> list[int]:
    """Indices of `wanted` samples out of `number`: one shuffled pass after the other.

    The order depends on nothing but the arguments, so a resumed run sees the same samples; TRL's
    own sampler begins with the first pass again.
    """
    generator = torch.Generator().manual_seed(seed)
    order: list[int] = []
    while len(order) < wanted:
        order += torch.randperm(number, generator=generator).tolist()
    return order[:wanted]


def mean_of(rows: Sequence[Mapping[str, float]], column: str) -> float:
    """Mean of a column of a history, NaN left out; NaN if nothing is left."""
    values = [row[column] for row in rows if row[column] == row[column]]
    return sum(values) / len(values) if values else float("nan")


def _row(logged: Mapping[str, float | None], columns: Sequence[str]) -> dict[str, float]:
    def value(name: str) -> float:
        found = logged.get(_LOGGED_AS.get(name, name))
        return float("nan") if found is None else float(found)

    return {name: value(name) for name in ("step", *columns)}
