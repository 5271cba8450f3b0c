"""The overall grade of a report."""

from __future__ import annotations

from erm.report import GRADES, overall_grade


def test_each_grade_stands_for_a_sum_that_has_it() -> None:
    assert [overall_grade(severity) for severity in GRADES] == list(range(len(GRADES)))


def test_grades_grow_with_the_sum() -> None:
    grades = [overall_grade(severity) for severity in range(100)]
    assert grades[:7] == [0, 1, 2, 3, 4, 4, 5]
    assert grades == sorted(grades)
    assert set(grades) == set(range(len(GRADES)))
