"""Files of fonts: those that are shipped, those in named folders, and what they can draw.

Fonts ship inside the matplotlib package, so that two machines agree. Not covered: fontconfig's
configuration (`erm.render.fonts`), and text that no font can draw (`erm.tasks.shared.glyphs`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
"""Endings of files that count as fonts."""

FAMILIES = {
    "DejaVu Serif": ("serif", "Times", "Times New Roman", "Georgia", "Cambria", "Garamond"),
    "DejaVu Sans Mono": ("monospace", "Courier", "Courier New", "Consolas", "Menlo", "Monaco"),
    "DejaVu Sans": (
        *("sans-serif", "Arial", "Helvetica", "Helvetica Neue", "Verdana", "system-ui", "Tahoma"),
        *("Segoe UI", "Roboto", "Calibri", "Open Sans", "Inter", "cursive", "fantasy"),
    ),
}
"""Shipped family → names of families that it stands for; all others are DejaVu Sans."""

_OUTLINES = ("glyf", "CFF ", "CFF2")
"""Tables of outlines; a font without any holds coloured pictures."""


def shipped_fonts() -> Path:
    """The folder of TrueType fonts inside the matplotlib package."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


def font_files(folders: Sequence[Path]) -> list[Path]:
    """Files of fonts in folders and the folders in them, sorted within each."""
    return [
        file
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.suffix.lower() in SUFFIXES and file.is_file()
    ]


def text_fonts() -> list[Path]:
    """The shipped fonts that text falls back to."""
    return sorted(shipped_fonts().glob("DejaVu*.ttf"))


class NamedFont(NamedTuple):
    """A font in a folder that was named, of a collection the first one.

    Attributes:
        outlines: whether its glyphs are outlines and not coloured pictures.
    """

    family: str
    file: Path
    outlines: bool


@lru_cache(maxsize=8)
def named_fonts(folders: tuple[Path, ...]) -> tuple[NamedFont, ...]:
    """The fonts in folders, without files that can't be read, as fontconfig does without them."""
    from fontTools.ttLib import TTFont, TTLibError

    found = []
    for file in font_files(folders):
        try:
            with TTFont(file, fontNumber=0, lazy=True) as font:
                family = font["name"].getBestFamilyName() if "name" in font else None
                if family:
                    outlines = any(table in font for table in _OUTLINES)
                    found.append(NamedFont(family, file, outlines))
        except (TTLibError, OSError, KeyError, ValueError):
            continue
    return tuple(found)


@lru_cache(maxsize=256)
def characters_of(font: Path) -> frozenset[int]:
    """Code points for which a font file has a glyph; none of a file that is no font."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(font, fontNumber=0, lazy=True) as opened:
            return frozenset(opened.getBestCmap() or ())
    except (TTLibError, OSError, KeyError, ValueError):
        return frozenset()
