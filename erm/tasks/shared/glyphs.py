"""Text that no font at hand can draw is refused: as equal boxes, two different texts look alike.

Covers which characters need a glyph, what fonts have, and the refusal. Not covered: which font a
library draws with; each task's drawing knows that.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

from erm.sources.errors import DrawError

_INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Unicode categories of characters that draw nothing: controls, formats, separators."""

_MOST_NAMED = 5
"""Characters that a message names."""


def refuse_missing_glyphs(missing: Collection[str]) -> None:
    """Refuse a source that holds characters without a glyph; none is fine.

    Raises:
        DrawError: ``missing_glyphs``, with the characters.
    """
    if not missing:
        return
    characters = sorted(set(missing))
    named = ", ".join(f"{char} (U+{ord(char):04X})" for char in characters[:_MOST_NAMED])
    more = f" and {len(characters) - _MOST_NAMED} more" if len(characters) > _MOST_NAMED else ""
    raise DrawError("missing_glyphs", f"No font at hand has the characters {named}{more}.")


def characters_without_glyph(text: str, fonts: Iterable[Path]) -> set[str]:
    """Characters of a text that need a glyph and that none of the font files has."""
    left = {char for char in text if needs_glyph(char)}
    for font in fonts:
        if not left:
            break
        left -= {char for char in left if ord(char) in _characters_of(font)}
    return left


def needs_glyph(char: str) -> bool:
    """Whether a character draws something: no control, space, joiner or variation selector."""
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return not selector and unicodedata.category(char) not in _INVISIBLE


@lru_cache(maxsize=256)
def _characters_of(font: Path) -> frozenset[int]:
    """Code points for which a font file has a glyph."""
    from fontTools.ttLib import TTFont

    with TTFont(font, fontNumber=0, lazy=True) as opened:
        return frozenset(opened.getBestCmap() or ())
