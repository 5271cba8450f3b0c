"""The overall grade of a report: how much differs in all, as one digit.

A critic writes the grade before it lists errors. The probabilities of that one digit give the sum
of severities that the critic expects over all reports that it might write.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

OVERALL = "overall"
"""The field of a reply that holds the grade."""

BEGINNING = f'{{"{OVERALL}":'
"""What stands before the grade in a reply."""

GRADES = (0.0, 1.0, 2.0, 3.0, 4.5, 6.5, 9.0, 12.5, 18.0, 27.0)
"""The sum of severities that each grade stands for, about the middle of its range."""

_LOWEST = (0, 1, 2, 3, 4, 6, 8, 11, 15, 22)
"""The smallest sum of severities of each grade; small sums have finer grades."""


def overall_grade(severity: float) -> int:
    """The grade of a sum of severities, from 0, equivalent, to 9."""
    return bisect_right(_LOWEST, severity) - 1


def expected_severity(shares: Mapping[str, float]) -> float | None:
    """The sum of severities that the probabilities of grades expect: Σ p_g S_g / Σ p_g.

    S_g is `GRADES`; the division leaves out what is no grade.

    Args:
        shares: probabilities of the texts that may follow `BEGINNING`.

    Returns:
        None if no grade is among them.
    """
    grades = {grade: shares.get(str(grade), 0.0) for grade in range(len(GRADES))}
    total = sum(grades.values())
    if not total:
        return None
    return sum(share * GRADES[grade] for grade, share in grades.items()) / total
