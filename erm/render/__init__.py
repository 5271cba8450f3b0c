"""From source to pixels: one call, contained and fast.

`render_batch` draws (task, source) items in warm workers that the operating system keeps from
network, files and other processes; `Renderer` is the same with its own workers and limits. What is
contained, and what is not, is in ``docs/security.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from erm.render.limits import Limits, Rendered, RenderError, RenderItem
from erm.sources.errors import ERROR_KINDS, DrawError

if TYPE_CHECKING:
    from erm.render.pool import Renderer, render_batch

__all__ = [
    "ERROR_KINDS",
    "DrawError",
    "Limits",
    "RenderError",
    "RenderItem",
    "Rendered",
    "Renderer",
    "render_batch",
]


def __getattr__(name: str) -> Any:
    # settings need `Limits` alone, and must not wait for the pool's imports
    if name in ("Renderer", "render_batch"):
        from erm.render import pool

        return getattr(pool, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
