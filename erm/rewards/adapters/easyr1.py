"""The batch reward function of EasyR1.

EasyR1 loads ``PATH:compute_score`` of ``worker.reward.reward_function`` and adds
``reward_function_kwargs``, which are options of `ScorerSettings`. It hands over ``response`` and
``ground_truth`` of each sample, so the column of ``data.answer_key`` holds an object, or its JSON
text, with ``task``, ``reference`` (a path or a data URL) and, where it is known,
``reference_source``.

EasyR1 knows no completion without a reward: with ``failures: skip`` such a one gets the mean of its
reference's other completions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from erm.errors import ErmError
from erm.rewards.adapters.inputs import rollout_from
from erm.rewards.adapters.scorer import scorer_settings, shared_scorer
from erm.rewards.rollout import Rollout
from erm.rewards.summary import filled_values, require_values

REWARD_NAME = "erm"
REWARD_TYPE = "batch"


def compute_score(
    reward_inputs: Sequence[Mapping[str, Any]], **options: Any
) -> list[dict[str, float]]:
    """The rewards of a batch; ``overall`` is what EasyR1 trains on, the rest it logs.

    Raises:
        ErmError: an option or a value is invalid, or a completion can't be judged.
    """
    settings = scorer_settings(options)
    scored = shared_scorer(settings).score(
        [_rollout(row, number) for number, row in enumerate(reward_inputs, start=1)]
    )
    values = filled_values(scored) if settings.failures == "skip" else require_values(scored)
    return [
        {
            "overall": value,
            "rendered": float(each.drawn.outcome == "judged"),
            "failed": float(each.value is None),
        }
        for each, value in zip(scored, values, strict=True)
    ]


def _rollout(row: Mapping[str, Any], number: int) -> Rollout:
    truth = row["ground_truth"]
    if isinstance(truth, str):
        try:
            truth = json.loads(truth)
        except ValueError as error:
            raise ErmError(f"Rollout {number}: ground_truth is not JSON ({error}).") from error
    if not isinstance(truth, Mapping) or not {"task", "reference"} <= set(truth):
        raise ErmError(f"Rollout {number}: ground_truth must be an object with task and reference.")
    source = truth.get("reference_source")
    return rollout_from(truth["task"], truth["reference"], row["response"], source, number)
