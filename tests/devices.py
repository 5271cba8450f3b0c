"""Tests that run on a CPU and, where there is one, on a GPU too."""

from __future__ import annotations

import pytest

on_each_device = pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
)
"""The same body for both: `-m gpu` takes the GPU alone. Training chooses the GPU by itself."""
