"""Scenes from the contained process, checked before any code compares them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from erm.tasks.contract import Scene, Task

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MOST_VALUES = 400_000
"""Numbers, texts and truth values in a scene, at most."""

DEEPEST = 24
"""Nesting of lists and objects in a scene, at most."""

_LARGEST = 1e15


class SceneError(Exception):
    """What is wrong with a scene, said as the rest of a sentence that begins with the scene."""

    def __init__(self, kind: Literal["invalid scene", "too complex"], message: str) -> None:
        super().__init__(message)
        self.kind: Literal["invalid scene", "too complex"] = kind


def check_scene(task: Task, scene: Scene, height: int, width: int) -> None:
    """Check that a scene is finite, within the task's limits, of its schema, and of the picture.

    Args:
        height, width: of the picture that the scene belongs to, in pixels.

    Raises:
        SceneError: it is not.
    """
    from pydantic import ValidationError

    _check_values(scene, task.scene_limits)
    try:
        _adapter(task).validate_python(scene)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole"
        raise SceneError(
            "invalid scene", f"is not a {task.name} scene ({place}: {first['msg']})"
        ) from None
    size = task.scene_size(scene)
    if size is not None and size != (width, height):
        message = f"is of {size[0]} × {size[1]} px, but the picture has {width} × {height} px"
        raise SceneError("invalid scene", message)


@cache
def _adapter(task: Task) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(task.scene_type)


def _check_values(scene: Scene, limits: Mapping[str, int]) -> None:
    """Bound numbers, nesting and lengths; iterative, since nesting may be hostile."""
    values = 0
    todo: list[tuple[str, Any, int]] = [("", scene, 0)]
    while todo:
        key, value, depth = todo.pop()
        if isinstance(value, (dict, list)):
            if depth >= DEEPEST:
                raise SceneError("too complex", f"is nested more than {DEEPEST} deep")
            if isinstance(value, dict):
                todo += [(str(name), each, depth + 1) for name, each in value.items()]
                continue
            if len(value) > limits.get(key, MOST_VALUES):
                message = f"has {len(value)} {key}, more than {limits.get(key, MOST_VALUES)}"
                raise SceneError("too complex", message)
            todo += [(key, each, depth + 1) for each in value]
            continue
        values += 1
        if values > MOST_VALUES:
            raise SceneError("too complex", f"has more than {MOST_VALUES} values")
        if isinstance(value, (int, float)) and not abs(value) < _LARGEST:  # NaN, too
            raise SceneError("invalid scene", f"holds a number beyond {_LARGEST:.0e} as {key}")
