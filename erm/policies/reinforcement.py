"""Reinforcing a policy with the critic's reward by GRPO.

The policy samples completions for training images (`erm.models.grpo`); `erm.rewards.reward` renders
them and computes their rewards. Images alone are used, unless a part of it compares sources.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from erm.critics.loading import EXACT, critic_from_spec
from erm.dataset.pairs import is_whole
from erm.errors import ErmError
from erm.models.launch import distribute, is_main_process, needed, own_file
from erm.models.prompts import conversation
from erm.models.role import read_role, write_role
from erm.models.settings import SamplingSettings
from erm.policies.completed import START
from erm.policies.references import (
    Picture,
    collect_images,
    digest,
    draw_pictures,
    hold_out,
    images_in,
    pictures_of,
    read_pictures,
    read_used,
    write_pictures,
    write_used,
)
from erm.policies.settings import PolicyValidationSettings, ReinforceSettings
from erm.render import Renderer
from erm.rewards.adapters.trl import TrlReward
from erm.rewards.loading import load_reward, needs_critic
from erm.rewards.reward import Reward
from erm.state import read_state

if TYPE_CHECKING:
    from erm.models.role import Role
    from erm.policies.validation import PolicyScoring

_log = logging.getLogger(__name__)

WITHOUT_SOURCES = (
    "reinforce.images: no sources are known, so the exact annotator is switched off and the "
    "weights with the highest held-out reward are kept."
)
"""What is said where images alone are reinforced on."""

HISTORY_COLUMNS = (
    "step",
    "reward",
    "reward_std",
    "no_spread",
    "kl",
    "entropy",
    "clipped",
    "rendered",
    "unparsable",
    "severity",
    "failed",
    "exact_severity",
    "length",
    "truncated",
)

_TIMES = ("time/rendering", "time/judging")
"""Of the machine, not the result, so that they are tracked and not part of the history."""


def reinforce(
    settings: ReinforceSettings, policy: Path, critic: Path, pairs: Path, out: Path, work: Path
) -> dict[str, float]:
    """Reinforce a policy; write its weights, ``history.csv`` and ``references.csv`` to `out`.

    With validation, the weights are the best ones, those of the start among them, and
    ``validation.csv`` holds what it found. ``references.csv`` lists the images that were used
    (`erm.policies.references.write_used`).

    Args:
        critic: folder of the critic that rewards, unless the settings name another one.
        pairs: folder of pairs, whose references are reproduced or, if fresh ones are, avoided.
        work: folder of the state to resume from, and of fresh references or images.

    Returns:
        What `erm.models.grpo.GrpoLog.summary` gives, ``rendered_last``, ``severity_last``, with
        validation ``start/<metric>``, and ``timing/share_reward``, the mean share of a step's time
        that is spent on rewards.

    Raises:
        ErmError: a folder holds no policy or no critic, the policy does not know a task, or there
            are no references of the tasks.
    """
    role = read_role(policy, "policy")
    unknown = sorted(set(settings.tasks) - set(role.prompts))
    if unknown:
        raise ErmError(f"{policy}: the policy was not trained on {', '.join(unknown)}.")
    if settings.revisions and not role.can_revise:
        raise ErmError(
            f"{policy}: the policy can't revise; train it with train_policy.revisions, or set "
            "reinforce.revisions to 0."
        )
    prepared = _prepare_pictures(settings, policy, pairs, work)
    if _is_start_lost(work):
        shutil.rmtree(work / "checkpoints", ignore_errors=True)
    if needed(settings.launch):
        paths = {"policy": policy, "critic": critic, "pairs": pairs, "out": out, "work": work}
        return distribute("erm.policies.reinforcement:reinforce", settings, settings.launch, paths)
    import torch
    from datasets import Dataset
    from datasets import Image as ImageFeature
    from transformers import set_seed

    from erm.models.checkpoint import load_checkpoint
    from erm.models.grpo import mean_of, prompt_order, reinforce_model
    from erm.models.sft import write_rows
    from erm.policies.redrafting import REVISE, Redrafting

    set_seed(settings.seed)
    dtype = settings.dtype or ("bfloat16" if torch.cuda.is_available() else "float32")
    checkpoint = load_checkpoint(policy, "policy", dtype=dtype)
    trained, held_out = _split(settings, prepared, pairs)
    rows = [
        {
            "prompt": conversation(role.prompts[picture.task], 1),
            "images": [{"bytes": picture.image, "path": None}],
            "task": picture.task,
            "reference": picture.image,
            "reference_source": picture.source,
        }
        for picture in trained
    ]
    order = prompt_order(len(rows), settings.prompts, settings.seed)
    dataset = Dataset.from_list(rows).cast_column("images", [ImageFeature()]).select(order)
    if settings.revisions:
        revised = settings.revised_prompts
        places = [place % settings.prompts_per_step for place in range(len(order))]
        dataset = dataset.add_column(REVISE, [place < revised for place in places])
    chosen, scorer = settings.reward, None
    if settings.critic == EXACT:
        chosen = chosen.by_exact_annotator()
    if settings.images is not None:
        chosen = chosen.without_sources()
        if is_main_process():
            _log.warning("%s", WITHOUT_SOURCES)
    if needs_critic(chosen) or settings.revisions:
        scorer = critic_from_spec(
            settings.critic or str(critic),
            dtype=dtype,
            batch_size=settings.critic_batch_size,
            endpoint=settings.endpoint,
            rereads=False,
        )
    with Renderer(
        workers=settings.render_workers, isolation=settings.isolation, drawing=settings.drawing
    ) as renderer:
        judged = load_reward(chosen, scorer, renderer)
        reward = TrlReward(judged, chosen.failures, "critic")
        scoring = None
        if settings.validation is not None:
            validated = chosen if settings.images is not None else chosen.with_exact()
            scoring = _scoring(
                settings,
                settings.validation,
                held_out,
                role,
                load_reward(validated, scorer, renderer),
                work,
            )
        redrafting = None
        if settings.revisions:
            assert scorer is not None
            redrafting = Redrafting(
                role,
                scorer,
                renderer,
                _sampling(settings),
                most_tokens=settings.max_completion_tokens,
                batch_size=settings.micro_batch_size,
                replies=settings.reward.replies,
            )
        log = reinforce_model(
            checkpoint,
            dataset,
            reward,
            settings,
            settings.launch,
            work / "checkpoints",
            out,
            columns=(*HISTORY_COLUMNS[1:], *_TIMES),
            tracked=None,
            max_completion_tokens=settings.max_completion_tokens,
            autocast=dtype == "bfloat16",
            activation_checkpointing=settings.activation_checkpointing,
            lora=settings.lora,
            validation=scoring.validation() if scoring is not None else None,
            clock=lambda: judged.seconds,
            prepare=redrafting,
        )
    if is_main_process():
        write_role(role, out)
        write_used(trained, held_out, out)
        history = [{name: row[name] for name in HISTORY_COLUMNS} for row in log.history]
        write_rows(history, HISTORY_COLUMNS, out / "history.csv")
        if log.validation:
            write_rows(log.validation, tuple(log.validation[0]), out / "validation.csv")
    start = log.validation[0] if log.validation else {}
    return {
        **log.summary(),
        "rendered_last": log.last_quarter("rendered"),
        "severity_last": log.last_quarter("severity"),
        **{f"start/{name}": value for name, value in start.items() if name != "step"},
        "timing/share_reward": sum(mean_of(log.history, name) for name in _TIMES),
    }


def _prepare_pictures(
    settings: ReinforceSettings, policy: Path, pairs: Path, work: Path
) -> list[Path]:
    """The file of images, or those of fresh references to train on and to validate with, written
    once by the process that starts the others; empty where neither is asked for."""
    most = settings.validation.references if settings.validation is not None else 0
    if settings.images is not None:
        path = own_file(work / "references.parquet")
        if not is_whole(path):
            collect_images(settings.images, path)
        return [path]
    if settings.sources is None:
        return []
    paths = [own_file(work / "references.parquet")]
    if most:
        paths.append(own_file(work / "held-out.parquet"))
    if all(is_whole(path) for path in paths):
        return paths
    known = images_in(pairs) | read_used(policy)
    with Renderer(
        workers=settings.render_workers, isolation=settings.isolation, drawing=settings.drawing
    ) as renderer:
        trained = list(
            draw_pictures(
                settings.sources, settings.variety, settings.seed, known, renderer, "fresh"
            )
        )
        write_pictures(trained, paths[0])
        if most:
            known |= {digest(one.image) for one in trained}
            numbers = dict.fromkeys(settings.tasks, most)
            write_pictures(
                draw_pictures(
                    numbers, settings.variety, settings.seed, known, renderer, "validation"
                ),
                paths[1],
            )
    return paths


def _is_start_lost(work: Path) -> bool:
    """Whether the scores of the start are damaged, without which no checkpoint can go on."""
    start = work / "validation" / START
    return start.exists() and read_state(start) is None


def _split(
    settings: ReinforceSettings, prepared: Sequence[Path], pairs: Path
) -> tuple[list[Picture], list[Picture]]:
    """The pictures to train on and those to validate with.

    Images alone are split. Where fresh references are trained on, others are held out; otherwise
    references of the validation split.
    """
    most = settings.validation.references if settings.validation is not None else 0
    pictures = (
        read_pictures(prepared[0]) if prepared else pictures_of(pairs, "train", settings.tasks)
    )
    if not most:
        return pictures, []
    if settings.images is not None:
        return hold_out(pictures, most)
    if settings.sources is not None:
        return pictures, read_pictures(prepared[1])
    return pictures, pictures_of(pairs, "validation", settings.tasks, most)


def _scoring(
    settings: ReinforceSettings,
    chosen: PolicyValidationSettings,
    held_out: Sequence[Picture],
    role: Role,
    reward: Reward,
    work: Path,
) -> PolicyScoring:
    from erm.policies.validation import PolicyScoring

    sampling, most = _sampling(settings), settings.max_completion_tokens
    return PolicyScoring(chosen, held_out, role, reward, sampling, most, work / "validation")


def _sampling(settings: ReinforceSettings) -> SamplingSettings:
    """How the training samples."""
    shaped = {name: settings.trl[name] for name in ("top_p", "top_k") if name in settings.trl}
    return SamplingSettings(temperature=settings.temperature, seed=settings.seed, **shaped)
