"""Where a camera of three axes shows points of the data."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from erm.tasks.chart.elements import Camera


def to_pixels(camera: Camera, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where points (n, 3) of the data stand in the image, (n, 2) in pixels, y down."""
    matrix = np.array(camera["matrix"])
    u, v, w = matrix[:, :3] @ points.T + matrix[:, 3:]
    return np.stack([u / w, v / w], axis=1)
