"""Means over references, with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
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
    return stratified_interval([values], generator)


def stratified_interval(
    strata: Sequence[NDArray[np.float64]], generator: np.random.Generator
) -> MeanInterval:
    """As `mean_interval`, of the mean over strata of their means; each is resampled on its own."""
    resampled = [
        generator.choice(values, (_RESAMPLES, len(values))).mean(axis=1) for values in strata
    ]
    low, high = np.quantile(np.mean(resampled, axis=0), [0.025, 0.975])
    mean = np.mean([values.mean() for values in strata])
    return MeanInterval(float(mean), float(low), float(high))
