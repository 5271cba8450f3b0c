"""What tests of adapters share: one reference, and one reward in this process."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from erm.render import Renderer
from erm.rewards.adapters.scorer import Scorer, scorer_settings, shared_scorer
from tests.rewards.icons import RED


@pytest.fixture(scope="session")
def red(renderer: Renderer) -> bytes:
    """A red disk."""
    image = renderer.render_batch([("svg", RED)])[0].image
    assert image is not None
    return image


@pytest.fixture(scope="session")
def red_file(red: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A red disk as a file."""
    file = tmp_path_factory.mktemp("images") / "red.png"
    file.write_bytes(red)
    return file


@pytest.fixture(scope="session")
def red_url(red: bytes) -> str:
    """A red disk as a data URL."""
    return f"data:image/png;base64,{base64.b64encode(red).decode()}"


@pytest.fixture
def options() -> dict[str, Any]:
    """Options as a framework hands them over; equal ones share one reward with its worker."""
    return {
        "critic": "pixel",
        "parts": {"critic": 1.0, "renders": 0.5},
        "workers": 1,
        "drawing": {"raster_side": 0},
    }


@pytest.fixture
def scorer(options: dict[str, Any]) -> Scorer:
    """The reward of the options."""
    return shared_scorer(scorer_settings(options))
