"""Trains a critic from random weights for as long as a GPU is lent.

``python -m benchmarks.gpu.critic PAIRS OUT [--seconds S] [--least]`` trains on ``PAIRS/wide`` (of
`benchmarks.gpu.pairs`) through the stage's own function. A first short training measures how many
samples the machine prepares and trains a second; the number of epochs, and of pairs where preparing
them all would take too long, follows from that, so that the learning rate's schedule ends when the
time does. OUT gets ``training.json``, ``history.csv``, ``validation.csv`` and the critic in
bfloat16. `benchmarks/critic.py` scores it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import torch

from erm.critics.selection import training_pairs
from erm.critics.settings import TrainCriticSettings
from erm.critics.training import train_on_reports
from erm.errors import ErmError
from erm.models.checkpoint import load_checkpoint
from erm.models.settings import DetailSettings, ModelSettings, OptimizationSettings
from erm.models.settings import ValidationSettings as Validations

VALIDATIONS = 4
"""Of the whole training: the learning curve's points."""

SPARE = 0.85
"""Share of the time that is planned: the measured speed is that of a few steps."""

PREPARING = 0.4
"""Share of the time that preparing samples may take."""


class Speed(NamedTuple):
    """What the first training measured.

    Attributes:
        samples: that it trained on, a second of its steps.
        samples_of_pair: a pair gives one, and one for each of its details that show an error.
        preparing: seconds of a pair before the first step.
        around: further seconds of a training: start, a validation, and writing the weights.
    """

    samples: float
    samples_of_pair: float
    preparing: float
    around: float


class Plan(NamedTuple):
    """How many pairs are trained on, and how often."""

    pairs: int
    epochs: float


def settings(least: bool) -> TrainCriticSettings:
    """As in the profile wide, but for a larger model and a larger batch."""
    return TrainCriticSettings(
        model=ModelSettings(
            name="micro" if least else "medium",
            details=DetailSettings(most=4, side=56, margins=True),
        ),
        optimization=OptimizationSettings(
            batch_size=4 if least else 64,
            optimizer="muon",
            learning_rate=0.002,
            matrix_learning_rate=0.005,
            matrix_block=128,
            schedule="cosine",
            checkpoint_every=None,
            log_every=2 if least else 10,
        ),
        validation=Validations(pairs=2 if least else 40, batch_size=60),
        max_side=112 if least else 448,
        max_target_tokens=512,
        details_alone=True,
        vocabulary=2048,
    )


def planned(speed: Speed, pairs: int, seconds: float) -> Plan:
    """What fits into `seconds`, of `pairs` that there are.

    Raises:
        ErmError: the time does not even suffice for a training's start.
    """
    left = SPARE * seconds - VALIDATIONS * speed.around
    if left <= 0:
        raise ErmError(
            f"{seconds:.0f} s are too few: the start of a training takes {speed.around:.0f} s and "
            f"each of {VALIDATIONS} validations up to as many."
        )
    used = min(pairs, max(1, int(PREPARING * left / speed.preparing)))
    samples = (left - used * speed.preparing) * speed.samples
    return Plan(used, samples / (used * speed.samples_of_pair))


def measured(chosen: TrainCriticSettings, pairs: Path, number: int, work: Path) -> Speed:
    """Speed of a training for one epoch of `number` pairs."""
    trial = chosen.model_copy(update={"max_pairs": number})
    begun = time.time()
    metrics = train_on_reports(trial, pairs, work / "out", work)
    seconds = time.time() - begun
    rate = json.loads((work / "times.json").read_text())["time/samples_per_second"]
    # Samples are on disk before the first step.
    preparing = max(file.stat().st_mtime for file in work.glob("samples-*.arrow")) - begun
    around = max(1.0, seconds - preparing - metrics["examples"] / rate)
    return Speed(rate, metrics["examples"] / number, max(preparing, 0.01) / number, around)


def train(pairs: Path, out: Path, seconds: float, least: bool) -> dict[str, Any]:
    """Train the critic; returns and writes what was planned and what came of it."""
    begun = time.monotonic()
    chosen = settings(least)
    there = sum(1 for _ in training_pairs(chosen, pairs))
    work = out / "work"
    speed = measured(chosen, pairs, min(there, 40 if least else 1600), work / "trial")
    plan = planned(speed, there, seconds - (time.monotonic() - begun))
    if least:
        plan = plan._replace(epochs=min(plan.epochs, 1.0))
    optimization = chosen.optimization.model_copy(update={"epochs": plan.epochs})
    samples = plan.pairs * speed.samples_of_pair * plan.epochs
    steps = samples / chosen.optimization.batch_size
    assert chosen.validation is not None
    every = max(1, round(steps / VALIDATIONS))
    final = chosen.model_copy(
        update={
            "optimization": optimization,
            "max_pairs": plan.pairs,
            "validation": chosen.validation.model_copy(update={"every": every}),
        }
    )
    critic = out / "critic"
    metrics = train_on_reports(final, pairs, critic, work / "whole")
    half = load_checkpoint(critic, "critic", device="cpu", dtype="bfloat16").model
    half.save_pretrained(critic)
    for name in ("history.csv", "validation.csv"):
        shutil.copy(critic / name, out / name)
    result = {
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "seconds": time.monotonic() - begun,
        "pairs there": there,
        "planned": plan._asdict(),
        "measured": speed._asdict(),
        **metrics,
        "times": json.loads((work / "whole" / "times.json").read_text()),
        "settings": final.model_dump(mode="json"),
    }
    (out / "training.json").write_text(json.dumps(result, indent=1) + "\n")
    shutil.rmtree(work)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=240, help="of the training (240)")
    parser.add_argument(
        "--least", action="store_true", help="a tiny model, tiny pictures, one epoch"
    )
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    try:
        result = train(arguments.pairs / "wide", arguments.out, arguments.seconds, arguments.least)
    except ErmError as error:
        parser.exit(1, f"{error}\n")
    print(json.dumps({name: result[name] for name in ("planned", "loss", "seconds")}))


if __name__ == "__main__":
    main()
