"""From source to pixels: one call, contained and fast.

`render_batch` draws (task, source) items in warm workers that the operating system keeps from
network, files and other processes; `Renderer` is the same with its own workers and limits. What is
contained, and what is not, is in ``docs/security.md``.
"""

from erm.render.limits import Limits, Rendered, RenderError, RenderItem
from erm.render.pool import Renderer, render_batch
from erm.sources.errors import ERROR_KINDS, DrawError

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
