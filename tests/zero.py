"""A training with each stage of ZeRO, one after the other in the same processes.

Starting processes takes longer than so short a training.
"""

from __future__ import annotations

from pathlib import Path

from erm.critics.settings import TrainCriticSettings
from erm.critics.training import train_critic

STAGES = (2, 3)


def train_with_each(
    settings: TrainCriticSettings, pairs: Path, out: Path, work: Path
) -> dict[str, float]:
    """Train a critic with each stage, into ``out/zero2`` and so on; returns the steps of each."""
    steps = {}
    for stage in STAGES:
        name = f"zero{stage}"
        launch = settings.launch.model_copy(update={"deepspeed": f"conf/deepspeed/{name}.json"})
        chosen = settings.model_copy(update={"launch": launch})
        steps[name] = train_critic(chosen, pairs, out / name, work / name)["steps"]
    return steps
