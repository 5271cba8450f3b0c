"""Distances of images: pixel MSE, SSIM, features of a vision model, LPIPS and UniSVG's score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

Image = PillowImage.Image
Pixels = NDArray[np.uint8]
Values = NDArray[np.float64]
ImageDistance = Callable[[Sequence[tuple[Image, Image]]], Values]
"""(pairs,) distances of RGB images, each reference before its candidate; 0 is equal."""

LONGEST_SIDE = 512
"""Images are shrunk to this many pixels before their pixels are compared, to save time."""
SSIM_WINDOW = 7

FEATURES, UNISVG = "features:", "unisvg:"
LPIPS = ("lpips:alex", "lpips:vgg")
"""Specs; `FEATURES` and `UNISVG` are followed by the folder or hub name of a model."""

UNISVG_WEIGHTS = {"ssim": 0.2, "lpips:alex": 0.2, FEATURES: 0.6}
"""The score of UniSVG (Li et al. 2025): 0.2 SSIM + 0.2 (1 − LPIPS) + 0.6 cosine of CLIP."""


def pixel_mse(reference: Pixels, candidate: Pixels) -> float:
    """Mean squared difference of values in [0, 1]; in [0, 1], 0 for equal images."""
    candidate = _resized(candidate, reference)
    return float(np.mean((reference / 255.0 - candidate / 255.0) ** 2))


def one_minus_ssim(reference: Pixels, candidate: Pixels) -> float:
    """1 − mean SSIM over colours (Wang et al. 2004, window 7); in [0, 2], 0 for equal images."""
    from skimage.metrics import structural_similarity

    candidate = _resized(candidate, reference)
    window = min(SSIM_WINDOW, *reference.shape[:2])
    window -= 1 - window % 2
    if window < 3:
        return pixel_mse(reference, candidate)
    return 1 - float(structural_similarity(reference, candidate, channel_axis=2, win_size=window))


def _resized(candidate: Pixels, reference: Pixels) -> Pixels:
    """The candidate stretched to the reference's size, as in public similarity rewards."""
    if reference.shape == candidate.shape:
        return candidate
    size = (reference.shape[1], reference.shape[0])
    return np.asarray(PillowImage.fromarray(candidate).resize(size))


PIXEL_DISTANCES: dict[str, tuple[str, Callable[[Pixels, Pixels], float]]] = {
    "mse": ("pixel MSE", pixel_mse),
    "ssim": ("1 − SSIM", one_minus_ssim),
}
"""Distances of pixels, by spec: name in tables and function."""


def is_image_distance(spec: str) -> bool:
    """Whether `load_image_distance` knows the spec."""
    return spec in (*PIXEL_DISTANCES, *LPIPS) or spec.startswith((FEATURES, UNISVG))


def image_distance_title(spec: str) -> str:
    """The name of a distance in tables; that of 1 − a similarity begins with "1 − "."""
    if spec in PIXEL_DISTANCES:
        return PIXEL_DISTANCES[spec][0]
    kind, _, model = spec.partition(":")
    title = {"features": "1 − cosine", "lpips": "LPIPS", "unisvg": "1 − UniSVG"}[kind]
    return f"{title}, {model.rstrip('/').rpartition('/')[2]}"


def load_image_distance(spec: str) -> ImageDistance:
    """A distance of images by its spec; a model may be downloaded, and is loaded once in a process.

    Args:
        spec: ``mse``, ``ssim``, ``lpips:alex``, ``lpips:vgg``, ``features:MODEL`` or
            ``unisvg:MODEL``, with a model as of `erm.benchmark.features.load_embedder`.

    Raises:
        ErmError: the model can't be loaded.
    """
    if spec in PIXEL_DISTANCES:
        # Rewards measure in threads, and the modules of scikit-image import each other in a circle:
        # two threads that first import different ones wait for each other.
        import skimage.color
        import skimage.metrics  # noqa: F401

        return partial(_of_pixels, PIXEL_DISTANCES[spec][1])
    kind, _, model = spec.partition(":")
    if kind == "lpips":
        from erm.benchmark.lpips import load_lpips

        return partial(_of_shrunk, load_lpips(model))
    if kind == "unisvg":
        return _unisvg(model)
    from erm.benchmark.features import feature_distances, load_embedder

    return partial(feature_distances, load_embedder(model))


def _unisvg(clip: str) -> ImageDistance:
    terms = [
        (weight, load_image_distance(f"{spec}{clip}" if spec == FEATURES else spec))
        for spec, weight in UNISVG_WEIGHTS.items()
    ]

    def measure(pairs: Sequence[tuple[Image, Image]]) -> Values:
        found: Values = np.sum([weight * distance(pairs) for weight, distance in terms], axis=0)
        return found

    return measure


def _of_pixels(
    distance: Callable[[Pixels, Pixels], float], pairs: Sequence[tuple[Image, Image]]
) -> Values:
    return np.array([distance(*(np.asarray(_shrunk(one)) for one in pair)) for pair in pairs])


def _of_shrunk(
    distance: Callable[[Image, Image], float], pairs: Sequence[tuple[Image, Image]]
) -> Values:
    return np.array([distance(_shrunk(first), _shrunk(second)) for first, second in pairs])


def _shrunk(image: Image) -> Image:
    small = image.copy()
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return small
