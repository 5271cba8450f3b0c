"""The reward by the exact annotator, where the reference's source is known: no model at all.

A completion without an exact report gets the worst outcome of its task: it has no source, is not
drawn, can't be read, or sent a scene that its own pixels contradict. So being unreadable never
earns more than the same picture readable.
"""

from __future__ import annotations

from erm.annotation import Annotation
from erm.rewards.published import SEVERITY_SCALE
from erm.tasks import get_task

WORST_SEVERITY = SEVERITY_SCALE
"""S of a completion without an exact report, and of every report with at least as much."""


def exact_severity(annotation: Annotation | None) -> float:
    """S in [0, `WORST_SEVERITY`]; None is a completion without a source."""
    if annotation is None or annotation.report is None:
        return WORST_SEVERITY
    return min(float(annotation.report.total_severity), WORST_SEVERITY)


def exact_reward(task: str, annotation: Annotation | None) -> float:
    """The reward of a completion by its exact annotation.

    In the family ``rendered`` 2 − S / `SEVERITY_SCALE` for a report and 0 without one; in the
    family ``severity`` −S. The published formulas with two differences: every failure is the worst
    outcome, and S is bounded, so that a report never earns less than a failure.
    """
    severity = exact_severity(annotation)
    if get_task(task).reward == "severity":
        return -severity
    readable = annotation is not None and annotation.report is not None
    return 2.0 - severity / SEVERITY_SCALE if readable else 0.0
