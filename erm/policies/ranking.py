"""How well a critic orders a policy's own samples of one image, which is all that GRPO sees.

The exact annotator says which of two samples is worse; the critic, pixel MSE and SSIM are compared
with it. Samples that draw nothing are left out: a reward decides them without a critic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from erm.benchmark import Item
from erm.benchmark.similarity import measure_distances
from erm.benchmark.statistics import within_group_ranking
from erm.dataset.pairs import Reference
from erm.policies.scoring import Row

_SIMILARITIES = ("mse", "ssim")


def ranking_of_samples(
    references: Sequence[Reference], samples: Sequence[Row], seed: int
) -> dict[str, float]:
    """Compare the orders of the samples of each reference.

    Args:
        samples: rows of `erm.policies.scoring.score_completions`, with the index of their
            ``reference``.
        seed: of the bootstrap.

    Returns:
        ``<task>.within_group_ranking.<name>`` with ``_low`` and ``_high``, as
        `erm.benchmark.statistics.within_group_ranking` of the critic's ``reported`` and
        ``expected`` severity, ``mse`` and ``ssim``; ``<task>.within_group_references``, how many
        references have samples of different exact severity. What is undefined is missing.
    """
    rows = [
        (row["reference"], row)
        for row in samples
        if row["image"] is not None and row["exact_failure"] is None
    ]
    metrics: dict[str, float] = {}
    for task in dict.fromkeys(row["task"] for _, row in rows):
        own = [(index, row) for index, row in rows if row["task"] == task]
        groups = [index for index, _ in own]
        truth = np.array([row["exact_severity"] for _, row in own], dtype=np.float64)
        items = [
            Item(number, number, task, references[index].image, row["image"], [])
            for number, (index, row) in enumerate(own)
        ]
        scores = {
            "reported": [row["critic_severity"] for _, row in own],
            "expected": [row["critic_expected"] for _, row in own],
        }
        for name in _SIMILARITIES:
            ((_, values),) = measure_distances(items, (name,)).items()
            scores[name] = values.tolist()
        for name, one in scores.items():
            if all(value is None for value in one):
                continue
            found = within_group_ranking(groups, np.array(one, dtype=np.float64), truth, seed)
            metrics[f"{task}.within_group_references"] = found["within_group_references"]
            if (value := found["within_group_ranking"]) is not None:
                low, high = found["within_group_ranking_interval_95"]
                key = f"{task}.within_group_ranking.{name}"
                metrics |= {key: value, f"{key}_low": low, f"{key}_high": high}
    return metrics
