"""Reports of discrepancies between a reference image and the render of a prediction.

Not covered: categories, what makes two images differ (`erm.tasks`) and how a report becomes a
reward (`erm.rewards.published`).
"""

from erm.report.overall import BEGINNING, GRADES, OVERALL, expected_severity, overall_grade
from erm.report.replies import (
    MOST_SEVERE,
    Replies,
    parse_reply,
    report_from_dict,
    total_severity,
    unlisted,
)
from erm.report.typed import Report, categories_of, readable_categories

__all__ = [
    "BEGINNING",
    "GRADES",
    "MOST_SEVERE",
    "OVERALL",
    "Replies",
    "Report",
    "categories_of",
    "expected_severity",
    "overall_grade",
    "parse_reply",
    "readable_categories",
    "report_from_dict",
    "total_severity",
    "unlisted",
]
