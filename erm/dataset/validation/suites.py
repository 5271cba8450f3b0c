"""The expectations of the data: one Great Expectations suite per table.

They are critical, since data that miss one are wrong. Only the balance of tasks and categories has
the severity that the settings say: data may be right and skewed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erm.dataset.duplicates import NEAR
from erm.dataset.pairs import SPLITS
from erm.dataset.routes import ROUTES
from erm.report import categories_of
from erm.tasks import task_names
from erm.tasks.discrepancy import MINOR, SEVERE

if TYPE_CHECKING:
    from erm.dataset.settings import ValidateSettings


def suites(settings: ValidateSettings, *, alone: bool = True) -> dict[str, list[Any]]:
    """Expectations by table.

    Args:
        alone: also check sizes and balance, since the data set is used without another one.
    """
    from great_expectations import expectations as gxe

    def unique(column: str) -> Any:
        return gxe.ExpectColumnValuesToBeUnique(column=column)

    def among(column: str, values: list[Any]) -> Any:
        return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=values)

    def between(
        column: str, low: float | None, high: float | None = None, severity: str = "critical"
    ) -> Any:
        return gxe.ExpectColumnValuesToBeBetween(
            column=column, min_value=low, max_value=high, severity=severity
        )

    def present(column: str) -> Any:
        return gxe.ExpectColumnValuesToNotBeNull(column=column)

    sides = ("reference", "candidate")
    lengths = [f"{side}_{length}" for side in sides for length in ("width", "height")]
    balance = {
        "tasks": [
            between("pairs", settings.min_pairs_per_task),
            between("empty_share", *settings.empty_share, severity=settings.balance),
            between("splits", len(SPLITS), len(SPLITS)),
        ],
        "categories": [
            between("share", settings.min_category_share, severity=settings.balance),
        ],
    }
    return {
        "shards": [among("wrong", [""]), among("split", list(SPLITS)), between("rows", 1)],
        "pairs": [
            present("id"),
            unique("id"),
            among("task", list(task_names())),
            among("split", list(SPLITS)),
            among("route", list(ROUTES)),
            among("decodable", [True]),
            *(between(length, 1, settings.max_side) for length in lengths),
            *(between(f"{side}_source", 1) for side in sides),
            between("errors", 0, settings.max_errors),
            between("total_severity", 0, SEVERE * settings.max_errors),
            among("report_matches", [True]),
            among("label_of_equal_images", [0]),
            among("label_and_pixels", ["agree"]),
        ],
        "errors": [
            among("task_category", [f"{t}: {c}" for t in task_names() for c in categories_of(t)]),
            between("severity", MINOR, SEVERE),
            among("box_in", list(sides)),
            between("box_outside", 0, settings.box_tolerance),
            among("box_reversed", [False]),
            gxe.ExpectColumnValueLengthsToBeBetween(column="location", min_value=1),
            gxe.ExpectColumnValueLengthsToBeBetween(column="description", min_value=1),
        ],
        "images": [unique("image")],
        "sources": [
            unique("id"),
            unique("text"),
            gxe.ExpectColumnValuesToBeBetween(
                column="nearest_in_other_split", min_value=NEAR, strict_min=True
            ),
        ],
        **(balance if alone else {}),
    }
