"""Reinforcing a policy with the critic's reward by GRPO.

TRL's `GRPOTrainer` samples completions for training images; `erm.rewards.reward` renders them
and computes their rewards. Images alone are used, unless a part of the reward compares sources.
"""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

from erm.critics.base import Critic
from erm.dataset.pairs import read_references
from erm.errors import ErmError
from erm.models.launch import distribute, distributed, is_main_process, needed
from erm.models.prompts import conversation
from erm.policies.settings import ReinforceSettings
from erm.render import Renderer
from erm.rewards.adapters.trl import TrlReward
from erm.rewards.loading import load_reward, needs_critic
from erm.rewards.settings import RewardSettings

HISTORY_COLUMNS = (
    "step",
    "reward",
    "reward_std",
    "kl",
    "rendered",
    "unparsable",
    "severity",
    "failed",
    "exact_severity",
    "length",
)


def reinforce(
    settings: ReinforceSettings, policy: Path, critic: Path, pairs: Path, out: Path, work: Path
) -> dict[str, float]:
    """Reinforce a policy; write its weights and ``history.csv`` to `out`.

    Returns:
        ``steps``, ``reward_first`` and ``reward_last`` (means over the first and last quarter of
        the steps), ``rendered_last``, ``severity_last``, and ``timing/share_reward``, the share of
        the wall time spent on rewards.

    Raises:
        ErmError: a folder holds no policy or no critic, the policy does not know a task, or there
            are no references of the tasks.
    """
    if needed(settings.launch):
        paths = {"policy": policy, "critic": critic, "pairs": pairs, "out": out, "work": work}
        return distribute("erm.policies.reinforcement:reinforce", settings, settings.launch, paths)
    import torch
    from datasets import Dataset
    from datasets import Image as ImageFeature
    from transformers import set_seed
    from trl import GRPOConfig, GRPOTrainer

    from erm.critics.local import LocalCritic
    from erm.models.checkpoint import load_checkpoint
    from erm.models.role import write_role
    from erm.models.sft import TrackingCallback, last_checkpoint

    set_seed(settings.seed)
    on_gpu = torch.cuda.is_available()
    device = "cuda" if on_gpu else "cpu"
    dtype = "bfloat16" if on_gpu else "float32"
    model, processor, role = load_checkpoint(policy, "policy", device=device, dtype=dtype)
    unknown = sorted(set(settings.tasks) - set(role.prompts))
    if unknown:
        raise ErmError(f"{policy}: the policy was not trained on {', '.join(unknown)}.")
    rows = [
        {
            "prompt": conversation(role.prompts[reference.task], 1),
            "images": [{"bytes": reference.image, "path": None}],
            "task": reference.task,
            "reference": reference.image,
            "reference_source": reference.source,
        }
        for reference in read_references(pairs, "train", settings.tasks)
    ]
    if not rows:
        raise ErmError(f"{pairs}: no references of {', '.join(settings.tasks)} to reinforce on.")
    dataset = Dataset.from_list(rows).cast_column("images", [ImageFeature()])
    completions = settings.prompts_per_step * settings.generations
    micro = min(settings.micro_batch_size, completions)
    arguments = GRPOConfig(
        output_dir=str(work / "checkpoints"),
        max_steps=settings.steps,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=max(1, completions // micro),
        num_generations=settings.generations,
        num_iterations=settings.iterations,
        max_completion_length=settings.max_completion_tokens,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="constant",
        beta=settings.kl_coefficient,
        temperature=settings.temperature,
        scale_rewards="group",
        seed=settings.seed,
        data_seed=settings.seed,
        logging_steps=1,
        save_steps=settings.checkpoint_every,
        save_total_limit=1,
        report_to=[],
        remove_unused_columns=False,
        bf16=on_gpu,
        use_cpu=not on_gpu,
        ddp_backend="gloo" if distributed() and not on_gpu else None,
        gradient_checkpointing=False,
        dataloader_pin_memory=on_gpu,
        deepspeed=settings.launch.deepspeed,
        use_vllm=settings.vllm,
        disable_tqdm=False,
        log_level="error",
    )
    scorer = None
    if needs_critic(settings.reward):
        scorer = LocalCritic(critic, dtype=dtype, batch_size=settings.critic_batch_size)
    with Renderer(
        workers=settings.render_workers, isolation=settings.isolation, drawing=settings.drawing
    ) as renderer:
        reward = CriticReward(scorer, renderer, settings.reward)
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=[reward],
            args=arguments,
            train_dataset=dataset,
            processing_class=processor,
            callbacks=[TrackingCallback(("reward", "reward_std", "kl"))],
        )
        trainer.train(resume_from_checkpoint=last_checkpoint(work / "checkpoints"))
    trainer.save_model(str(out))
    history = _history(trainer.state.log_history)
    if is_main_process():
        write_role(role, out)
        with (out / "history.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, HISTORY_COLUMNS)
            writer.writeheader()
            writer.writerows(history)
    quarter = max(1, len(history) // 4)
    return {
        "steps": float(len(history)),
        "reward_first": _mean(history[:quarter], "reward"),
        "reward_last": _mean(history[-quarter:], "reward"),
        "rendered_last": _mean(history[-quarter:], "rendered"),
        "severity_last": _mean(history[-quarter:], "severity"),
        **reward.shares(),
    }


class CriticReward(TrlReward):
    """The reward function for TRL, by settings; it measures its own time.

    Each training step it logs what `erm.rewards.summary.summarize` gives.
    """

    def __init__(self, critic: Critic | None, renderer: Renderer, settings: RewardSettings) -> None:
        super().__init__(load_reward(settings, critic, renderer), settings.failures, "critic")
        self._started = time.perf_counter()
        self._seconds = 0.0

    def __call__(self, *arguments: Any, **columns: Any) -> list[float | None]:
        begun = time.perf_counter()
        values = super().__call__(*arguments, **columns)
        self._seconds += time.perf_counter() - begun
        return values

    def shares(self) -> dict[str, float]:
        """Share of the wall time since construction spent on rewards."""
        return {"timing/share_reward": self._seconds / (time.perf_counter() - self._started)}


def _history(log: list[dict[str, float | None]]) -> list[dict[str, float]]:
    def value(row: dict[str, float | None], name: str) -> float:
        logged = row.get("completions/mean_length" if name == "length" else name)
        return float("nan") if logged is None else float(logged)

    return [{name: value(row, name) for name in HISTORY_COLUMNS} for row in log if "reward" in row]


def _mean(rows: list[dict[str, float]], name: str) -> float:
    values = [row[name] for row in rows if row[name] == row[name]]
    return sum(values) / len(values) if values else float("nan")
