"""Supervised fine-tuning, shared by the critic and the policy.

One function trains any Qwen3-VL size on (images, prompt) → target with TRL's `SFTTrainer`; loss
falls on the target's tokens only. It can be killed at any moment and goes on from its last
checkpoint to the same curve. Not covered: what the examples are (`erm.critics.training`,
`erm.policies.training`), how they are stored (`erm.models.samples`), validation
(`erm.models.best_checkpoint`) and how processes are launched (`erm.models.launch`).
"""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from datasets import Dataset
from numpy.typing import NDArray
from peft import PeftModel, load_peft_weights, set_peft_model_state_dict
from transformers import Trainer, TrainerCallback, set_seed
from transformers.integrations.deepspeed import is_deepspeed_zero3_enabled
from transformers.trainer_utils import get_last_checkpoint
from trl import SFTConfig, SFTTrainer

from erm.errors import ErmError
from erm.models.best_checkpoint import KEPT, BestCheckpoint, Validation, can_go_on
from erm.models.example import Example
from erm.models.launch import distributed, is_main_process
from erm.models.muon import Muon
from erm.models.precision import multiplies_bfloat16, without_fused_attention
from erm.models.processor import PairProcessor
from erm.models.progress import hide_renamed_options, show_steps
from erm.models.qwen3vl import build_model, build_processor
from erm.models.role import Role, write_role
from erm.models.samples import shared_samples
from erm.models.settings import LaunchSettings, OptimizationSettings, TrainingSettings
from erm.models.step_times import StepTimes
from erm.state import SEAL, is_sealed, seal
from erm.tracking import log_metrics, numbers

STRETCH = 8
"""Batches that are sorted by length together. More leave less padding (4 % of the laptop profile's
tokens with 8, 2 % with 32), but batches in which one task prevails."""

_LOGGED = ("loss", "learning_rate")


class TrainingLog(NamedTuple):
    """Losses, validations and times of a training.

    Attributes:
        history: a row a logged step: ``step``, ``samples``, ``loss``, ``learning_rate``.
        validation: one row per validation: ``step``, ``samples`` and the metrics.
        best: the row of `validation` whose weights were kept; empty without validation.
        times: where the time of a step went (`StepTimes`); empty where no step was measured.
    """

    history: list[dict[str, float]]
    validation: list[dict[str, float]]
    best: dict[str, float]
    times: dict[str, float]


def train(
    role: Role,
    texts: Iterable[str],
    examples: Iterable[Iterable[Example]],
    settings: TrainingSettings,
    out: Path,
    work: Path,
    validation: Validation | None = None,
) -> dict[str, float]:
    """Train a model on examples and write its weights and ``history.csv`` to `out`.

    With a validation, the weights are the best ones, and ``validation.csv`` holds what
    it found.

    Args:
        role: what the model will be for.
        texts: prompts and targets, from which a new tokenizer is learnt.
        examples: in groups, each of which one of the processes computes (`shared_samples`).
        work: folder of resumable state; ``times.json`` in it holds `TrainingLog.times`.

    Returns:
        ``examples``, ``set_aside`` (targets longer than the limit), ``steps``, ``loss`` (mean of
        the last tenth of the logged steps), ``parameters``; with a validation ``best/step`` and
        ``best/<metric>``.

    Raises:
        ErmError: there is nothing to learn from.
    """
    processor = build_processor(
        settings.model,
        texts,
        vocabulary=settings.vocabulary,
        max_side=settings.max_side,
    )
    samples, rejected = shared_samples(examples, processor, settings.max_target_tokens, work)
    if not len(samples):
        raise ErmError(f"There is nothing to train the {role.role} on ({rejected} rejected).")
    set_seed(settings.optimization.seed)
    model = build_model(settings.model, processor)
    parameters = sum(weight.numel() for weight in model.parameters())
    log = fine_tune(
        model,
        processor,
        samples,
        settings.optimization,
        settings.launch,
        work / "checkpoints",
        out,
        validation,
    )
    if is_main_process():
        (work / "times.json").write_text(json.dumps(log.times))
        write_role(role, out)
        write_rows(log.history, ("step", "samples", *_LOGGED), out / "history.csv")
        if log.validation:
            write_rows(log.validation, tuple(log.validation[0]), out / "validation.csv")
    return {
        "examples": float(len(samples)),
        "set_aside": float(rejected),
        "steps": log.history[-1]["step"] if log.history else 0.0,
        "loss": final_loss(log.history),
        "parameters": float(parameters),
        **{f"best/{name}": value for name, value in log.best.items() if name != "samples"},
    }


def fine_tune(
    model: Any,
    processor: PairProcessor,
    samples: Dataset,
    settings: OptimizationSettings,
    launch: LaunchSettings,
    work: Path,
    out: Path | None,
    validation: Validation | None = None,
) -> TrainingLog:
    """Train a model and write its weights and processor to `out`; None writes nothing.

    Args:
        samples: as `erm.models.samples` makes them; batches are grouped by length.
        launch: names the DeepSpeed configuration, if any; processes are started by the caller.
        work: folder of resumable checkpoints; training goes on from the last complete one.
        validation: chooses the weights; without it they are the last.
    """
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    per_process = settings.samples_of_each(processes)
    micro = largest_part(per_process, settings.micro_batch_size or per_process)
    on_gpu = torch.cuda.is_available()
    bf16 = settings.bf16
    if bf16 is None:
        bf16 = multiplies_bfloat16() and (on_gpu or launch.deepspeed is None)
    if bf16 and not on_gpu:
        without_fused_attention(model)
    order = training_order(
        samples.with_format("numpy", columns=["length"])["length"][:],
        settings.batch_size,
        settings.epochs,
        settings.seed,
    )
    steps = -(-len(order) // settings.batch_size)
    stable = settings.schedule == "stable"
    hide_renamed_options()
    arguments = SFTConfig(
        output_dir=str(work),
        num_train_epochs=1,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=per_process // micro,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="warmup_stable_decay" if stable else settings.schedule,
        lr_scheduler_kwargs=(
            {"num_decay_steps": max(1, round(0.3 * steps)), "decay_type": "linear"}
            if stable
            else None
        ),
        warmup_steps=settings.warmup,
        weight_decay=settings.weight_decay,
        adam_beta2=settings.beta2,
        seed=settings.seed,
        data_seed=settings.seed,
        logging_steps=settings.log_every,
        save_strategy="no" if settings.checkpoint_every is None else "steps",
        save_steps=settings.checkpoint_every or 1,
        report_to=[],
        remove_unused_columns=False,
        train_sampling_strategy="sequential",
        dataset_kwargs={"skip_prepare_dataset": True},
        max_length=None,
        packing=False,
        completion_only_loss=True,
        bf16=bf16,
        use_cpu=not on_gpu,
        ddp_backend="gloo" if distributed() and not on_gpu else None,
        ddp_find_unused_parameters=False,
        gradient_checkpointing=settings.activation_checkpointing,
        dataloader_pin_memory=on_gpu,
        dataloader_num_workers=8 if on_gpu else 0,
        deepspeed=launch.deepspeed,
        disable_tqdm=False,
        log_level="error",
    )
    optimizer = None
    if settings.optimizer == "muon":
        optimizer = Muon(
            model,
            learning_rate=settings.learning_rate,
            matrix_learning_rate=settings.matrix_learning_rate,
            weight_decay=settings.weight_decay,
            beta2=settings.beta2,
            matrix_block=settings.matrix_block,
            bf16=bf16,
        )
    trainer = SFTTrainer(
        model=model,
        args=arguments,
        optimizers=(optimizer, None),
        train_dataset=samples.select(order).remove_columns("length"),
        processing_class=processor,
        callbacks=[TrackingCallback({name: name for name in _LOGGED})],
    )
    show_steps(trainer, "train", ("loss",))
    # The mean over a batch's tokens, in however many processes and parts the batch is computed;
    # without this, since transformers' Qwen3-VL takes no count of them, each part's own mean.
    trainer.model_accepts_loss_kwargs = True
    best_checkpoint = None
    if validation is not None:
        best_checkpoint = BestCheckpoint(validation, trainer, work / KEPT)
        trainer.add_callback(best_checkpoint)
    times = StepTimes(settings.batch_size, settings.log_every)
    trainer.add_callback(times)
    trainer.train(resume_from_checkpoint=last_checkpoint(work))
    if out is not None:
        best = None if best_checkpoint is None else best_checkpoint.weights
        write_model(trainer, processor, best, out)

    def counted(row: Mapping[str, float], names: Iterable[str]) -> dict[str, float]:
        place = {"step": float(row["step"]), "samples": float(row["step"] * settings.batch_size)}
        return place | {name: float(row[name]) for name in names}

    return TrainingLog(
        [counted(row, _LOGGED) for row in trainer.state.log_history if "loss" in row],
        [counted(row, row) for row in best_checkpoint.rows] if best_checkpoint else [],
        counted(best_checkpoint.best, best_checkpoint.best) if best_checkpoint else {},
        times.shares(),
    )


def write_model(trainer: Trainer, processor: PairProcessor, best: Path | None, out: Path) -> None:
    """Weights and processor to `out`, adapters merged; of the last step, or what `best` holds."""
    model = trainer.model
    if isinstance(model, PeftModel):
        with _gathered(model):
            if is_main_process():
                if best is not None:
                    set_peft_model_state_dict(model, load_peft_weights(str(best), "cpu"))
                model.merge_and_unload().save_pretrained(out)
                processor.save_pretrained(out)
    elif best is None:
        trainer.save_model(str(out))
    elif is_main_process():
        shutil.copytree(best, out, ignore=shutil.ignore_patterns(SEAL), dirs_exist_ok=True)


@contextmanager
def _gathered(model: Any) -> Iterator[None]:
    """The whole of a model's weights in every process, where ZeRO-3 has shared them out."""
    if not is_deepspeed_zero3_enabled():
        yield
        return
    from deepspeed.runtime.zero import GatheredParameters

    with GatheredParameters(list(model.parameters())):
        yield


def last_checkpoint(work: Path) -> str | None:
    """The last complete checkpoint in a folder; half-written and damaged ones are removed.

    Without the best weights so far, or what they were measured by, there is none.
    """
    while work.is_dir() and (found := get_last_checkpoint(str(work))) is not None:
        if is_sealed(Path(found)) and can_go_on(work / KEPT):
            return str(found)
        shutil.rmtree(found, ignore_errors=True)
    return None


class TrackingCallback(TrainerCallback):  # type: ignore[misc]
    """Logs to the active tracking run; keeps the last checkpoint, marked once it is fully written.

    The metric ``progress`` says how many of all steps are done, in per cent.

    Args:
        names: logged value → name of its metric; None logs all numbers under their own names.
    """

    def __init__(self, names: Mapping[str, str] | None) -> None:
        self._names = names

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any
    ) -> None:
        logged = logs or {}
        names = self._names if self._names is not None else {name: name for name in logged}
        values = numbers({names[name]: logged[name] for name in names if name in logged})
        if state.is_world_process_zero and values:
            log_metrics({**values, **self._done(state)}, step=state.global_step)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            log_metrics(self._done(state), step=state.global_step)

    @staticmethod
    def _done(state: Any) -> dict[str, float]:
        return {"progress": 100 * state.global_step / state.max_steps}

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            last = Path(args.output_dir) / f"checkpoint-{state.global_step}"
            seal(last)
            # The trainer would delete the one before too early, and choose it by the clock.
            for older in last.parent.glob("checkpoint-*"):
                if older != last:
                    shutil.rmtree(older, ignore_errors=True)


def training_order(
    lengths: NDArray[np.int32], batch_size: int, epochs: float, seed: int
) -> list[int]:
    """Indices of samples in the order in which they are trained on, all epochs in a row.

    Each epoch is shuffled, cut into stretches of `STRETCH` batches and sorted by length within a
    stretch, so that a batch holds samples of like length; then the batches of a stretch are
    shuffled. The order depends on nothing but the arguments, so a resumed run sees the same
    samples.
    """
    generator = np.random.default_rng(seed)
    wanted = max(1, round(len(lengths) * epochs))
    order: list[int] = []
    while len(order) < wanted:
        shuffled = generator.permutation(len(lengths))
        for start in range(0, len(shuffled), STRETCH * batch_size):
            stretch = shuffled[start : start + STRETCH * batch_size]
            ranked = stretch[np.argsort(lengths[stretch], kind="stable")]
            batches = [ranked[at : at + batch_size] for at in range(0, len(ranked), batch_size)]
            for index in generator.permutation(len(batches)):
                order += batches[index].tolist()
    return order[:wanted]


def largest_part(whole: int, limit: int) -> int:
    """The largest divisor of `whole` that is at most `limit`."""
    return next(part for part in range(min(whole, limit), 0, -1) if whole % part == 0)


def write_rows(rows: Iterable[Mapping[str, float]], columns: tuple[str, ...], path: Path) -> None:
    """Rows of a `TrainingLog` as CSV, for plots."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def final_loss(history: list[dict[str, float]]) -> float:
    """Mean loss of the last tenth of the logged steps; nan where nothing was logged."""
    last = history[-max(1, len(history) // 10) :]
    return sum(row["loss"] for row in last) / len(last) if last else float("nan")
