"""Distance of two images in the features of a vision model such as DINO or CLIP."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from erm.benchmark.formats import Item, image_pairs
from erm.errors import ErmError


def feature_distances(
    items: Sequence[Item], model: str, *, batch_size: int = 16
) -> NDArray[np.float64]:
    """(items,) 1 − cosine of the two images' features, in [0, 2]; NaN if an image is missing.

    The features are the projected image embedding (CLIP, SigLIP) or the class token of the last
    layer (DINO, ViT and others).

    Args:
        model: a folder or a hub name; the model may be downloaded.

    Raises:
        ErmError: there is no such model, or it takes no images.
    """
    embed = _Embedder(model)
    values = np.full(len(items), np.nan)
    pairs = image_pairs(items)
    while batch := list(islice(pairs, batch_size)):
        features = embed([image for _, pair in batch for image in pair])
        reference, candidate = features[0::2], features[1::2]
        values[[index for index, _ in batch]] = 1 - np.sum(reference * candidate, axis=1)
    return values


class _Embedder:
    def __init__(self, model: str) -> None:
        import torch
        from transformers import AutoImageProcessor, AutoModel

        try:
            self.processor = AutoImageProcessor.from_pretrained(model, backend="pil")
            self.model = AutoModel.from_pretrained(model).eval()
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:300].rstrip(".")
            raise ErmError(f"{model}: can't be loaded as a vision model ({reason}).") from error
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.model.to(self.device)
        self.projects = "vision_config" in self.model.config.to_dict()

    def __call__(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """(images, features) of unit length."""
        import torch

        pixels = self.processor(images=list(images), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            if self.projects:
                found = self.model.get_image_features(pixel_values=pixels.to(self.device))
                features = found.pooler_output
            else:
                features = self.model(pixel_values=pixels.to(self.device)).last_hidden_state[:, 0]
        unit: NDArray[np.float64] = (
            torch.nn.functional.normalize(features.double(), dim=-1).cpu().numpy()
        )
        return unit
