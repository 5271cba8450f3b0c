"""Scores for the report page and for the tests of it in a browser."""

from __future__ import annotations

import pytest

from erm.benchmark import Scores
from tests.benchmark.page_scores import make_scores


@pytest.fixture(scope="module")
def scores() -> Scores:
    """The same for all tests of a file."""
    return make_scores()
