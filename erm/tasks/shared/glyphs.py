"""Text that no font at hand can draw is refused: as equal boxes, two different texts look alike.

Covers which characters need a glyph and the refusal. Not covered: which font a library draws with;
each task's drawing knows that.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path

from erm.sources.errors import DrawError
from erm.tasks.shared.fonts import characters_of, font_files, text_fonts

_INVISIBLE = ("Cc", "Cf", "Zs", "Zl", "Zp")
"""Unicode categories of characters that draw nothing: controls, formats, separators."""

_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters that draw nothing: fillers of Hangul, the empty pattern of Braille."""

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


def characters_without_glyph(text: str, folders: Sequence[Path]) -> set[str]:
    """Characters of a text that need a glyph, which no shipped font and none in the folders has.

    For back ends that search all fonts for each character.
    """
    left = {char for char in text if not char.isascii() and needs_glyph(char)}
    for font in (*text_fonts(), *font_files(folders)):
        if not left:
            break
        left -= {char for char in left if ord(char) in characters_of(font)}
    return left


def needs_glyph(char: str) -> bool:
    """Whether a character draws something: no control, space, joiner or variation selector."""
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    blank = selector or char in _BLANK
    return not blank and unicodedata.category(char) not in _INVISIBLE
