"""Fonts that are named for charts: matplotlib gets to know them, and text falls back to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from matplotlib.font_manager import FontManager, FontProperties, fontManager

from erm.tasks.shared.fonts import named_fonts

_find = getattr(FontManager, "_find_fonts_by_props", None)


@cache
def add_fonts(folders: tuple[Path, ...]) -> tuple[str, ...]:
    """Have matplotlib know the fonts in folders, once a process; returns their families.

    Coloured fonts are left out, which matplotlib can't draw.
    """
    known = len(fontManager.ttflist)
    families = {}
    for font in named_fonts(folders):
        if font.outlines:
            fontManager.addfont(font.file)
            # a collection has further families, whose glyphs the first one has too
            families[fontManager.ttflist[known].name] = True
            known = len(fontManager.ttflist)
    return tuple(families)


def falling_back_to(families: Sequence[str]) -> Callable[..., list[Any]]:
    """Stands in for matplotlib's search: the fonts that it finds, then those of the families."""

    def find(manager: FontManager, prop: Any, *args: Any, **kwargs: Any) -> list[Any]:
        assert _find is not None
        found = list(_find(manager, prop, *args, **kwargs))
        for family in families:
            wanted = prop.copy() if isinstance(prop, FontProperties) else FontProperties(prop)
            wanted.set_family(family)
            font = manager.findfont(wanted, fallback_to_default=False)
            if font not in found:
                found.append(font)
        return found

    return find
