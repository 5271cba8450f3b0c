"""Settings of the stage ``validate``."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from erm.settings import Settings


class ValidateSettings(Settings):
    """Bounds that a valid data set keeps.

    Attributes:
        sample: at most so many pairs are decoded and compared with their report; all pairs are
            hashed, and their image headers are read.
        max_side: longest side of an image, in pixels.
        max_errors: most discrepancies of a pair.
        box_tolerance: pixels by which a box may exceed its image.
        empty_share: lowest and highest share of empty reports in a task.
        min_category_share: smallest share of a category in its task's discrepancies.
        balance: severity of the two shares: ``critical`` stops the pipeline, ``warning`` is shown.
        min_pairs_per_task: fewest pairs of a task.
    """

    sample: int = Field(default=1500, ge=0)
    max_side: int = Field(default=4096, ge=1)
    max_errors: int = Field(default=8, ge=1)
    box_tolerance: float = Field(default=2.0, ge=0)
    empty_share: tuple[float, float] = (0.02, 0.35)
    min_category_share: float = Field(default=0.02, ge=0, le=1)
    balance: Literal["critical", "warning"] = "warning"
    min_pairs_per_task: int = Field(default=1, ge=1)
