"""What fontconfig sees while a source is drawn: the shipped fonts and folders that are named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from erm.tasks.shared.fonts import FAMILIES, shipped_fonts

_NO_FOLDER = "/dev/null/none"
"""A path at which nobody can make a folder; without any, fontconfig takes one of its own choice."""


def fontconfig_text(folders: Sequence[Path] = ()) -> str:
    """A fontconfig configuration that sees the shipped fonts and further folders, nothing else.

    It keeps no cache: a worker looks for fonts once, and what it wrote down for later would be a
    file that programs can change.
    """
    directories = "".join(f"<dir>{escape(str(path))}</dir>" for path in (shipped_fonts(), *folders))
    aliases = "".join(
        f'<match target="pattern"><test name="family"><string>{escape(name)}</string></test>'
        f'<edit name="family" mode="append" binding="same"><string>{family}</string></edit></match>'
        for family, names in FAMILIES.items()
        for name in names
    )
    return (
        '<?xml version="1.0"?><fontconfig>'
        f"{directories}<cachedir>{_NO_FOLDER}</cachedir>{aliases}"
        '<match target="pattern"><edit name="family" mode="append_last">'
        "<string>DejaVu Sans</string></edit></match>"
        "<selectfont><rejectfont>"
        "<glob>*/LastResort*</glob><glob>*/cm*</glob><glob>*/STIXSiz*</glob><glob>*/STIXNonUni*</glob>"
        "<glob>*Display.ttf</glob></rejectfont></selectfont>"
        "</fontconfig>"
    )
