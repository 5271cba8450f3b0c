"""Tasks: one subpackage each, and others from any installed package.

A task is an instance of `Task` behind an entry point of the group ``erm.tasks``; there is no other
list of tasks. Loading one imports little (`Task`).
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import Distribution, EntryPoint, EntryPoints, entry_points
from importlib.util import find_spec
from pathlib import Path

from erm.errors import ErmError
from erm.tasks.contract import (
    CHROMIUM,
    Backend,
    BrowserPage,
    Drawing,
    Facts,
    FactScore,
    Instruction,
    Operator,
    PixelRegion,
    Scene,
    Task,
    TextDistance,
    Variety,
    View,
    WarmUp,
)

__all__ = [
    "CHROMIUM",
    "GROUP",
    "Backend",
    "BrowserPage",
    "Drawing",
    "FactScore",
    "Facts",
    "Instruction",
    "Operator",
    "PixelRegion",
    "Scene",
    "Task",
    "TextDistance",
    "Variety",
    "View",
    "WarmUp",
    "distribution_of",
    "get_task",
    "package_folder",
    "task_names",
]

GROUP = "erm.tasks"
"""Entry-point group: ``name = "module:INSTANCE"``."""


def task_names() -> tuple[str, ...]:
    """Every task, in the order in which tables and plots show them.

    Raises:
        ErmError: an installed task can't be loaded.
    """
    return tuple(_tasks())


def get_task(name: str) -> Task:
    """The task of a name; raises `ErmError` for an unknown one."""
    task = _tasks().get(name)
    if task is None:
        known = ", ".join(_tasks()) or "none; visual-erm itself is not installed"
        raise ErmError(f"Unknown task '{name}'; known tasks: {known}.")
    return task


def distribution_of(name: str) -> Distribution:
    """The installed package that brings a task."""
    found = _entry_points()[get_task(name).name].dist
    assert found is not None
    return found


def package_folder(name: str) -> Path:
    """Folder of the import package that brings a task, such as ``…/site-packages/erm``.

    Raises:
        ErmError: the task is unknown, or comes from a module that is no package.
    """
    package = _entry_points()[get_task(name).name].module.partition(".")[0]
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ErmError(f"The task '{name}' must lie in a package; '{package}' is a single file.")
    return Path(spec.submodule_search_locations[0])


@cache
def _tasks() -> dict[str, Task]:
    loaded = [_load(point) for point in _entry_points()]
    names = [task.name for task in loaded]
    for name in names:
        if names.count(name) > 1:
            raise ErmError(f"Several installed packages bring a task '{name}'; uninstall one.")
    return {task.name: task for task in sorted(loaded, key=lambda task: (task.rank, task.name))}


@cache
def _entry_points() -> EntryPoints:
    return entry_points(group=GROUP)


def _load(point: EntryPoint) -> Task:
    package = point.dist.name if point.dist is not None else point.module
    try:
        task = point.load()
    except Exception as error:  # a stranger's package, whose import can raise anything
        reason = f"{type(error).__name__}: {error}"
        raise ErmError(
            f"The task '{point.name}' of the package '{package}' can't be loaded ({reason})."
        ) from error
    if not isinstance(task, Task) or getattr(task, "name", None) != point.name:
        raise ErmError(
            f"The entry point '{point.name}' of the package '{package}' is no task of that name."
        )
    missing = [member for member in Task.__annotations__ if not hasattr(task, member)]
    if missing:
        raise ErmError(
            f"The task '{point.name}' of the package '{package}' lacks: {', '.join(missing)}."
        )
    return task
