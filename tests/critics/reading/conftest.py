"""The reading critic, once; its tests are skipped where the extra ``ocr`` is not installed."""

from __future__ import annotations

import pytest

from erm.critics.reading.critic import ReadingCritic
from erm.critics.reading.ocr import missing_reader


@pytest.fixture(scope="session")
def critic() -> ReadingCritic:
    reason = missing_reader()
    if reason is not None:
        pytest.skip(reason)
    return ReadingCritic()
