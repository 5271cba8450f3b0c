"""Precision, recall and severity of the exact annotator on the hand-checked pairs.

``python -m tests.checked.measure [TASK …]`` prints one line a task for the compact and for the real
pairs, and each pair of which the report is not what the list says.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from erm.annotation import Annotation, annotate_rendered
from erm.render import Limits, Rendered, Renderer
from erm.tasks.settings import DrawingSettings
from tests.checked import (
    Checked,
    Expected,
    Listed,
    Real,
    charts,
    icons,
    real_charts,
    real_icons,
    real_tables,
    tables,
)
from tests.drawing import AS_STATED

COMPACT: list[tuple[str, Checked]] = [
    *(("chart", pair) for pair in charts.PAIRS),
    *(("table", pair) for pair in tables.PAIRS),
    *(("svg", pair) for pair in icons.PAIRS),
]
REAL: list[tuple[str, Real]] = [
    *(("chart", pair) for pair in real_charts.PAIRS),
    *(("table", pair) for pair in real_tables.PAIRS),
    *(("svg", pair) for pair in real_icons.PAIRS),
]
TASKS = ("chart", "table", "svg")


@dataclass(frozen=True)
class Outcome:
    """A pair's report held against its list.

    Attributes:
        found: what the report says; empty where there is none.
        right: how many listed differences the report has, matched one to one.
        severities: severity listed and severity found of each of these.
        failure: why there is no report, else None.
    """

    task: str
    name: str
    listed: Sequence[Expected | Listed]
    found: tuple[Expected, ...]
    right: int
    severities: tuple[tuple[int, int], ...]
    failure: str | None = None

    @property
    def is_exact(self) -> bool:
        return self.right == len(self.listed) == len(self.found) and self.failure is None

    def __str__(self) -> str:
        said = self.failure or "; ".join(map(str, self.found)) or "nothing"
        listed = "; ".join(map(str, self.listed)) or "nothing"
        return f"{self.task} '{self.name}': says {said}; list: {listed}"


@dataclass(frozen=True)
class Score:
    """Counts over pairs; shares are 0 to 1, and 1 where nothing was to be found."""

    listed: int
    found: int
    right: int
    within_one: int
    same_severity: int

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.listed if self.listed else 1.0

    @property
    def severity_within_one(self) -> float:
        return self.within_one / self.right if self.right else 1.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f} ({self.right}/{self.found}), "
            f"recall {self.recall:.3f} ({self.right}/{self.listed}), "
            f"severity within one {self.severity_within_one:.3f}, equal {self.same_severity}"
        )


def score(outcomes: Iterable[Outcome]) -> Score:
    """The counts of several pairs together."""
    each = list(outcomes)
    gaps = [abs(a - b) for one in each for a, b in one.severities]
    return Score(
        listed=sum(len(one.listed) for one in each),
        found=sum(len(one.found) for one in each),
        right=sum(one.right for one in each),
        within_one=sum(gap <= 1 for gap in gaps),
        same_severity=sum(gap == 0 for gap in gaps),
    )


def measure(tasks: Sequence[str] = TASKS) -> tuple[list[Outcome], list[Outcome]]:
    """Outcomes of the compact and of the real pairs of some tasks.

    Compact sources are drawn at the size that they state, real ones as by default.
    """
    compact_pairs = [(task, pair) for task, pair in COMPACT if task in tasks]
    real_pairs = [(task, pair) for task, pair in REAL if task in tasks]
    as_stated, by_default = _drawn(compact_pairs, AS_STATED), _drawn(real_pairs, DrawingSettings())
    compact = [
        _compact_outcome(task, pair, _annotated(task, pair, as_stated))
        for task, pair in compact_pairs
    ]
    real = []
    for task, pair in real_pairs:
        image = by_default[task, pair.reference]
        side = max(image.pixels.shape[:2]) if image.image is not None else 0
        unit = side / pair.units if pair.units else 1.0
        real.append(_real_outcome(task, pair, _annotated(task, pair, by_default), unit))
    return compact, real


def _drawn(
    pairs: Sequence[tuple[str, Checked | Real]], drawing: DrawingSettings
) -> dict[tuple[str, str], Rendered]:
    """What each source of some pairs gives; a source that several have is drawn once."""
    sources = [(task, text) for task, pair in pairs for text in (pair.reference, pair.candidate)]
    distinct = list(dict.fromkeys(sources))
    with Renderer(workers=1, limits=Limits(wall_seconds=120), drawing=drawing) as renderer:
        rendered = renderer.render_batch(distinct, scenes=True)
    return dict(zip(distinct, rendered, strict=True))


def _annotated(
    task: str, pair: Checked | Real, drawn: dict[tuple[str, str], Rendered]
) -> Annotation:
    return annotate_rendered(task, drawn[task, pair.reference], drawn[task, pair.candidate])


def _errors(annotation: Annotation) -> tuple[Expected, ...]:
    errors = annotation.report.errors if annotation.report is not None else ()
    return tuple(
        (error.category, error.severity, error.location, error.description) for error in errors
    )


def _failure(annotation: Annotation) -> str | None:
    failure = annotation.failure
    return f"no report ({failure.kind}: {failure.message})" if failure is not None else None


def _compact_outcome(task: str, pair: Checked, annotation: Annotation) -> Outcome:
    found = _errors(annotation)
    common = Counter(found) & Counter(pair.expected)
    severities = tuple((error[1], error[1]) for error in common.elements())
    return Outcome(
        task,
        pair.name,
        pair.expected,
        found,
        common.total(),
        severities,
        _failure(annotation),
    )


def _real_outcome(task: str, pair: Real, annotation: Annotation, unit: float) -> Outcome:
    found = _errors(annotation)
    fits = np.array(
        [
            [
                listed.is_said_by(category, location, description, unit)
                for category, _, location, description in found
            ]
            for listed in pair.listed
        ],
        dtype=bool,
    ).reshape(len(pair.listed), len(found))
    rows, columns = linear_sum_assignment(fits, maximize=True)
    matched = [(i, j) for i, j in zip(rows, columns, strict=True) if fits[i, j]]
    severities = tuple((pair.listed[i].severity, found[j][1]) for i, j in matched)
    return Outcome(
        task,
        pair.name,
        pair.listed,
        found,
        len(matched),
        severities,
        _failure(annotation),
    )


def summary(compact: Sequence[Outcome], real: Sequence[Outcome]) -> str:
    """One line for each task and each half of the pairs."""
    lines = []
    for name, outcomes in (("compact", compact), ("real", real)):
        for task in sorted({one.task for one in outcomes}):
            mine = [one for one in outcomes if one.task == task]
            lines.append(f"{name:8}{task:6}{len(mine)} pairs: {score(mine)}")
    return "\n".join(lines)


if __name__ == "__main__":
    halves = measure(sys.argv[1:] or TASKS)
    for outcome in [*halves[0], *halves[1]]:
        if not outcome.is_exact:
            sys.stdout.write(f"{outcome}\n")
    sys.stdout.write(f"{summary(*halves)}\n")
