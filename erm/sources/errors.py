"""Ways in which a source can fail to become an image."""

from __future__ import annotations

ERROR_KINDS: dict[str, str] = {
    "no_source": "the source is empty",
    "too_large": "the source has more bytes than `max_source_bytes`",
    "syntax_error": "the program can't be parsed",
    "invalid_markup": "the SVG, HTML or Markdown can't be parsed, or holds nothing of its task",
    "runtime_error": "the program raised, or the document broke the library that draws it",
    "nothing_drawn": "the source ran or was read, but left nothing to draw",
    "wall_time": "drawing took longer than `wall_seconds`",
    "cpu_time": "drawing took more processor time than `cpu_seconds`",
    "memory": "drawing wanted more memory than `memory_mb`",
    "too_many_pixels": "the picture has more pixels than `max_pixels`",
    "too_many_elements": "more elements than `max_elements`, or nested too deeply",
    "missing_glyphs": "the source has characters that no font at hand can draw",
    "unsupported": "the source asks for something that this back end can't draw",
    "raster_refused": "the source embeds or opens a raster image",
    "external_refused": "the source refers to something outside itself",
    "output_flood": "the drawing process wrote more than a result can hold",
    "worker_died": "the process that drew the item ended without a result",
    "unreadable": "a scene was asked for and a part of what is drawn can't be read",
}
"""Every kind of `erm.render.RenderError`, with what it means."""


class DrawError(Exception):
    """Raised inside the worker; crosses to the parent as plain JSON (kind, message).

    Kinds are the keys of `ERROR_KINDS`.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
