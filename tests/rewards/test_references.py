"""Views of references that are kept between batches."""

from __future__ import annotations

import numpy as np

from erm.rewards.references import References
from erm.tasks import View


def test_the_view_used_least_recently_goes_first() -> None:
    references = References(most=2)
    views = {name: View(np.zeros((1, 1, 3), np.uint8), {}) for name in "abc"}
    references.keep(("svg", "a"), views["a"])
    references.keep(("svg", "b"), views["b"])
    assert references.get(("svg", "a")) is views["a"]
    references.keep(("svg", "c"), views["c"])
    assert references.get(("svg", "b")) is None
    assert references.get(("svg", "a")) is views["a"]
    assert references.get(("table", "a")) is None
