"""Limits that hold for each item, and what becomes of one item."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pydantic import Field

from erm.errors import ErmError
from erm.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erm.tasks import Facts, Scene


class Limits(Settings):
    """What one item may take; each limit has its own kind of error (`ERROR_KINDS`).

    Attributes:
        wall_seconds: from the start of drawing to the picture (``wall_time``).
        cpu_seconds: processor time of all threads (``cpu_time``), counted in whole seconds.
        memory_mb: MiB of address space on top of the warm worker's (``memory``); of data alone
            where the task's library reserves addresses (`erm.tasks.Task.reserved_mb`).
        max_pixels: width times height of the picture (``too_many_pixels``).
        max_source_bytes: length of the source in UTF-8 (``too_large``).
        max_elements: markup elements after ``use``; artists of a figure, each marker of a scatter
            or polygon of a collection being one, but a mesh one in all (``too_many_elements``).
        max_scene_bytes: length of a scene as JSON (``output_flood``).
        scratch_mb: MiB that a program may write into its scratch folder; beyond it, it gets
            "no space left".
    """

    wall_seconds: float = Field(default=15.0, gt=0, le=3600)
    cpu_seconds: int = Field(default=10, ge=1, le=3600)
    memory_mb: int = Field(default=1024, ge=64)
    max_pixels: int = Field(default=16_000_000, ge=1, le=400_000_000)
    max_source_bytes: int = Field(default=1_000_000, ge=1, le=64_000_000)
    max_elements: int = Field(default=20_000, ge=1)
    max_scene_bytes: int = Field(default=8_000_000, ge=1, le=256_000_000)
    scratch_mb: int = Field(default=64, ge=1, le=4096)


class RenderItem(NamedTuple):
    """One source to draw."""

    task: str
    source: str


@dataclass(frozen=True)
class RenderError:
    """Why an item has no picture: a kind of `ERROR_KINDS` and one sentence."""

    kind: str
    message: str


@dataclass(frozen=True)
class Rendered:
    """What became of one item; it has a picture or an error, and never both.

    Attributes:
        image: PNG, RGB, on white.
        scene: the task's scene, where it was asked for.
        facts: what the task's published scores compare, where it was asked for.
        error: why there is no picture.
        blank: all pixels have one colour.
        seconds: wall time in the worker.
        peak_memory: bytes of resident memory at the peak of the process that drew, what it shares
            with the warm worker included; documents are drawn by one process after another item,
            so a document's is the peak so far.
        draw_seconds: the part of `seconds` in which the task's own drawing code ran.
    """

    image: bytes | None
    scene: Scene | None
    error: RenderError | None
    blank: bool
    seconds: float
    peak_memory: int
    draw_seconds: float = 0.0
    facts: Facts | None = None

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(height, width, 3) uint8 RGB; raises `ErmError` where there is no picture."""
        import numpy as np
        from PIL import Image

        if self.image is None:
            reason = "it is missing" if self.error is None else self.error.message
            raise ErmError(f"There is no picture: {reason}")
        with Image.open(io.BytesIO(self.image), formats=("PNG",)) as image:
            return np.asarray(image.convert("RGB"))
