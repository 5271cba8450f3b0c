"""Fonts for tests: small ones that are written here, and those of Debian's packages."""

from __future__ import annotations

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

INSTALLED = Path("/usr/share/fonts")


def write_font(folder: Path, family: str, letters: str) -> Path:
    """A TrueType font in a folder that other users may read; each letter is a triangle."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    names = [".notdef", *(f"u{ord(letter):04X}" for letter in letters)]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): f"u{ord(letter):04X}" for letter in letters})
    glyphs = {}
    for number, name in enumerate(names):
        pen = TTGlyphPen(None)
        pen.moveTo((50, 0))
        pen.lineTo((950, 0))
        pen.lineTo((100 + 150 * number, 900))
        pen.closePath()
        glyphs[name] = pen.glyph()
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 50)))
    builder.setupHorizontalHeader(ascent=900, descent=-100)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=900, usWinAscent=900, usWinDescent=100)
    builder.setupPost()
    file = folder / f"{family}.ttf"
    builder.save(file)
    file.chmod(0o644)
    return file


def installed(*names: str) -> list[Path]:
    """Folders of the installed font files with one of these names; empty where there is none."""
    found = [file for name in names for file in sorted(INSTALLED.rglob(name))]
    return list(dict.fromkeys(file.parent for file in found))
