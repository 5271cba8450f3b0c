"""Reward functions of verl: for one sample, for a batch, and for its asynchronous reward loop.

verl loads a function by the path of a file and its name (``custom_reward_function.path`` and
``.name``) and adds ``reward_kwargs``, which are options of `ScorerSettings`. A row of the data has
the task as ``data_source`` or ``extra_info["task"]``, the reference image as ``ground_truth`` (a
path, bytes or a data URL), and where it is known its source as ``extra_info["reference_source"]``.

verl knows no completion without a reward. `compute_score` and `compute_score_async` therefore raise
where a completion can't be judged; `compute_score_batch` with ``failures: skip`` gives it the mean
of its reference's other completions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from erm.errors import ErmError
from erm.rewards.adapters.batching import micro_batches
from erm.rewards.adapters.inputs import rollout_from
from erm.rewards.adapters.scorer import ScorerSettings, scorer_settings, shared_scorer
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.summary import filled_values, require_values

_OF_VERL = ("reward_router_address", "reward_model_tokenizer")
"""What verl adds for reward models that it serves itself."""

Row = dict[str, float]
"""``score`` and further numbers, which verl logs."""


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **options: Any,
) -> Row:
    """The reward of one sample; samples of other threads are scored together with it.

    Raises:
        ErmError: an option or a value is invalid, or the completion can't be judged.
    """
    rollout = _rollout(data_source, solution_str, ground_truth, extra_info, 1)
    scored = micro_batches(shared_scorer(_single(options))).score(rollout)
    return _row(scored, require_values([scored])[0])


async def compute_score_async(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    **options: Any,
) -> Row:
    """`compute_score` for the reward loop: samples that wait are scored together."""
    rollout = _rollout(data_source, solution_str, ground_truth, extra_info, 1)
    scored = await micro_batches(shared_scorer(_single(options))).score_async(rollout)
    return _row(scored, require_values([scored])[0])


def compute_score_batch(
    data_sources: Sequence[str],
    solution_strs: Sequence[str],
    ground_truths: Sequence[Any],
    extra_infos: Sequence[Mapping[str, Any] | None],
    **options: Any,
) -> list[Row]:
    """The rewards of a batch, for the reward manager ``batch``.

    Raises:
        ErmError: an option or a value is invalid, or a completion can't be judged.
    """
    settings = _settings(options)
    rows = zip(data_sources, solution_strs, ground_truths, extra_infos, strict=True)
    scored = shared_scorer(settings).score(
        [_rollout(*row, number) for number, row in enumerate(rows, start=1)]
    )
    values = filled_values(scored) if settings.failures == "skip" else require_values(scored)
    return [_row(each, value) for each, value in zip(scored, values, strict=True)]


def _settings(options: Mapping[str, Any]) -> ScorerSettings:
    return scorer_settings({name: value for name, value in options.items() if name not in _OF_VERL})


def _single(options: Mapping[str, Any]) -> ScorerSettings:
    settings = _settings(options)
    if settings.failures == "skip":
        raise ErmError(
            "Reward option failures: 'skip' needs a whole batch; use compute_score_batch."
        )
    return settings


def _rollout(
    data_source: str,
    solution: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None,
    number: int,
) -> Rollout:
    extra = extra_info or {}
    task, source = extra.get("task", data_source), extra.get("reference_source")
    return rollout_from(task, ground_truth, solution, source, number)


def _row(scored: Scored, value: float) -> Row:
    """Each sample's row has the same names; NaN stands for what a sample lacks."""
    row = {
        "score": value,
        "rendered": float(scored.drawn.outcome == "judged"),
        "severity": float("nan") if scored.severity is None else scored.severity,
        "failed": float(scored.value is None),
    }
    for name, score in scored.parts.items():
        row[f"part/{name}"] = float("nan") if score.value is None else score.value
    return row
