"""Routes: how a pair came to be."""

from __future__ import annotations

from typing import Literal, get_args

Route = Literal[
    "edit",
    "equivalent",
    "identical",
    "cross",
    "infer",
    "infer_cross",
    "reading",
    "reading_cross",
]
ROUTES: tuple[Route, ...] = get_args(Route)
"""How a pair was made: ``edit``, an edited source; ``equivalent``, an edit that leaves the image
unchanged; ``identical``, the same image twice; ``cross``, two edited sources or a reversed pair;
``infer``, a policy's completion; ``infer_cross``, two completions, or a completion as reference;
``reading``, a source with one changed value, of those that a critic learns to read from;
``reading_cross``, two of their edits or a reversed pair."""
OTHER_REFERENCE: tuple[Route, ...] = ("cross", "infer_cross", "reading_cross")
"""Routes of pairs whose reference is not the source itself."""
READINGS: tuple[Route, ...] = ("reading", "reading_cross")
"""Routes of pairs of which a critic that is shown single details is trained on these alone."""
