"""How tests draw whose sources state the size that they count pixels in."""

from __future__ import annotations

from erm.tasks.settings import DrawingSettings

AS_STATED = DrawingSettings(raster_side=0)
