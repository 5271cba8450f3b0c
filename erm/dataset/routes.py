"""Routes: how a pair came to be."""

from __future__ import annotations

from typing import Literal, get_args

Route = Literal["edit", "equivalent", "identical", "cross", "infer"]
ROUTES: tuple[Route, ...] = get_args(Route)
"""How a pair came to be: an edited source · an edit that must not show · the same image twice ·
two edited sources, or the pair turned round · a policy's own completion."""
