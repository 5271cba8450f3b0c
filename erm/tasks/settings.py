"""Settings of drawing: whatever decides how a source looks as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from erm.errors import ErmError
from erm.settings import Settings
from erm.tasks import CHROMIUM, Backend, get_task, task_names
from erm.tasks.shared.fonts import SUFFIXES, font_files

PUBLISHED_SIDE = 336
"""Longest side of the published pictures of scalable sources, in pixels."""


LARGEST_SIDE = 4000
"""Pixels; a square of it is the most that `erm.render.Limits` allow by default."""


class DrawingSettings(Settings):
    """Section ``render`` of the parameters: how sources become pictures.

    References and predictions must be drawn by the same settings, so that stages share one section.

    Attributes:
        raster_side: longest side in pixels of the pictures of scalable sources
            (`erm.tasks.Task.scalable`), whatever size a source states; 0 keeps that size.
        backends: task → name of what draws it (`erm.tasks.Task.backends`), where that is not the
            task's first one.
        fonts: folders of fonts, searched with the folders in them, for scripts that the shipped
            fonts lack.
        older_libraries: programs that were written for older versions of their libraries run.
    """

    raster_side: int = Field(default=PUBLISHED_SIDE, ge=0, le=LARGEST_SIDE)
    backends: dict[str, str] = Field(default_factory=dict)
    fonts: tuple[Path, ...] = ()
    older_libraries: bool = True

    @field_validator("backends")
    @classmethod
    def _check_backends(cls, backends: dict[str, str]) -> dict[str, str]:
        check_backends(backends)
        return backends

    @field_validator("fonts")
    @classmethod
    def _check_fonts(cls, folders: tuple[Path, ...]) -> tuple[Path, ...]:
        for folder in folders:
            if not folder.is_dir():
                raise ValueError(f"there is no folder of fonts '{folder}'")
            if not font_files((folder,)):
                endings = ", ".join(SUFFIXES)
                raise ValueError(f"the folder '{folder}' holds no fonts ({endings})")
        return folders

    def backend_of(self, task: str) -> str:
        """Name of what draws a task's sources."""
        return self.backends.get(task) or get_task(task).backends[0].name


def share_drawing(content: Mapping[str, Any], kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The sections of ``params.yaml``, with ``render`` as `drawing` in each that draws.

    Args:
        content: section → its parameters.
        kinds: section → its settings class.

    Raises:
        ErmError: a section has a `drawing` of its own (what one stage draws, others compare), or
            the shared back end gives no scenes, from which stages make exact reports.
    """
    if CHROMIUM in content["render"].get("backends", {}).values():
        raise ErmError(
            f"'render.backends' names {CHROMIUM}, which gives no scenes; exact reports need them."
        )
    shared = dict(content)
    for section, kind in kinds.items():
        if "drawing" in getattr(kind, "model_fields", {}):
            if "drawing" in content[section]:
                raise ErmError(
                    f"unknown parameter '{section}.drawing'; 'render' is for all stages."
                )
            shared[section] = {**content[section], "drawing": content["render"]}
    return shared


def check_backends(backends: dict[str, str]) -> None:
    """Check that tasks can be drawn by what is named for them.

    Raises:
        ValueError: with one sentence without its full stop, for an unknown task, a back end that
            the task does not have, or one whose package is not installed.
    """
    for task, name in backends.items():
        if task not in task_names():
            raise ValueError(f"unknown task '{task}'; tasks: {', '.join(task_names())}")
        known = {backend.name: backend for backend in get_task(task).backends}
        if name not in known:
            raise ValueError(f"task {task} has no back end '{name}'; it has: {', '.join(known)}")
        check_installed(known[name])


def check_installed(backend: Backend) -> None:
    """Raises `ValueError` where a back end's package is not installed."""
    if backend.module and find_spec(backend.module) is None:
        raise ValueError(
            f"the back end '{backend.name}' is not installed; "
            f"pip install 'visual-erm[{backend.extra}]'"
        )
