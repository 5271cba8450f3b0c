"""The overall grade of a report: how much differs in all, as one digit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

OVERALL = "overall"
"""The field of a reply that holds the grade, before the list of errors."""

_LOWEST = (0, 1, 2, 3, 4, 6, 8, 11, 15, 22)
"""The smallest sum of severities of each grade: the grades are finer where sums are small."""

GRADES = (0.0, 1.0, 2.0, 3.0, 4.5, 6.5, 9.0, 12.5, 18.0, 27.0)
"""The sum of severities that each grade stands for: the middle of its range."""


def overall_grade(severity: float) -> int:
    """The grade of a sum of severities, from 0, equivalent, to 9."""
    return bisect_right(_LOWEST, severity) - 1


def graded_severity(shares: Sequence[float]) -> float:
    """The sum of severities that probabilities of the ten grades expect."""
    return sum(share * value for share, value in zip(shares, GRADES, strict=True))
