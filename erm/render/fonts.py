"""Fonts that drawing uses: those that matplotlib ships, so that two machines agree.

Covers fontconfig (tables and icons) and matplotlib. Not covered: scripts that DejaVu lacks
(Chinese, Japanese, Korean, …), unless a folder of fonts that has them is named.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

_NO_FOLDER = "/dev/null/none"
"""A path at which nobody can make a folder; without any, fontconfig takes one of its own choice."""

_FAMILIES = {
    "DejaVu Serif": ("serif", "Times", "Times New Roman", "Georgia", "Cambria", "Garamond"),
    "DejaVu Sans Mono": ("monospace", "Courier", "Courier New", "Consolas", "Menlo", "Monaco"),
    "DejaVu Sans": (
        *("sans-serif", "Arial", "Helvetica", "Helvetica Neue", "Verdana", "system-ui", "Tahoma"),
        *("Segoe UI", "Roboto", "Calibri", "Open Sans", "Inter", "cursive", "fantasy"),
    ),
}


def shipped_fonts() -> Path:
    """The folder of TrueType fonts inside the matplotlib package."""
    spec = importlib.util.find_spec("matplotlib")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "mpl-data" / "fonts" / "ttf"


def fontconfig_text(folders: Sequence[Path] = ()) -> str:
    """A fontconfig configuration that sees the shipped fonts and further folders, nothing else.

    It keeps no cache: a worker looks for fonts once, and what it wrote down for later would be a
    file that programs can change.
    """
    directories = "".join(f"<dir>{escape(str(path))}</dir>" for path in (shipped_fonts(), *folders))
    aliases = "".join(
        f'<match target="pattern"><test name="family"><string>{escape(name)}</string></test>'
        f'<edit name="family" mode="append" binding="same"><string>{family}</string></edit></match>'
        for family, names in _FAMILIES.items()
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
