"""Means over references, with their uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RESAMPLES = 2000


class MeanInterval(NamedTuple):
    """A mean and its 95 % interval."""

    mean: float
    low: float
    high: float


def mean_interval(values: NDArray[np.float64], generator: np.random.Generator) -> MeanInterval:
    """Mean and percentile bootstrap 95 % interval (Efron).

    Args:
        values: (references,), at least one; paired differences for a paired interval.
    """
    means = generator.choice(values, (_RESAMPLES, len(values))).mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return MeanInterval(float(values.mean()), float(low), float(high))
