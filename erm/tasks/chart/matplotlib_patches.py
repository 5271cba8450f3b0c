"""What matplotlib works out again and again while it draws one figure, worked out once.

Covers the fonts of a text, the tables of a font, and the second of the two equal measurements that
a tight layout makes. Pictures stay the same to the byte. What a version of matplotlib does not have
is left as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from unittest import mock

import matplotlib
import matplotlib.artist
import matplotlib.font_manager
import matplotlib.layout_engine
import matplotlib.text

from erm.tasks.shared.cache import BoundedCache

_FONT_SETTINGS = (
    *("font.family", "font.style", "font.variant", "font.weight", "font.stretch", "font.size"),
    *("font.serif", "font.sans-serif", "font.cursive", "font.fantasy", "font.monospace"),
)
"""The settings that decide which font properties stand for which file."""

_MOST_FONTS = 4096
_MEASURE = "_get_tightbbox_for_layout_only"


def take_shortcuts() -> None:
    """Have matplotlib take them in this process from here on."""
    _wrap(matplotlib.font_manager.FontManager, "_find_fonts_by_props", _found_once)
    _wrap(matplotlib.text, "get_font", _with_tables_read_once)
    if hasattr(matplotlib.artist, _MEASURE):
        _wrap(matplotlib.layout_engine, "get_tight_layout_figure", _measured_once)


def _wrap(owner: Any, name: str, wrapper: Callable[[Any], Any]) -> None:
    if hasattr(owner, name):
        setattr(owner, name, wrapper(getattr(owner, name)))


def _found_once(find: Callable[..., Any]) -> Callable[..., Any]:
    """`FontManager._find_fonts_by_props` that remembers what equal properties were found to be."""
    cache = BoundedCache[list[Any]](_MOST_FONTS)

    @functools.wraps(find)
    def found(manager: Any, properties: Any, *args: Any, **kwargs: Any) -> Any:
        if args or kwargs or not isinstance(properties, matplotlib.font_manager.FontProperties):
            return find(manager, properties, *args, **kwargs)
        settings = map(matplotlib.rcParams._get, _FONT_SETTINGS)
        key = (
            *(manager, len(manager.ttflist), hash(properties)),
            *(tuple(one) if isinstance(one, list) else one for one in settings),
        )
        return list(cache.get_or_compute(key, lambda: find(manager, properties)))

    return found


class _Tables:
    """The part of a font that a text's layout asks for."""

    def __init__(self, font: Any) -> None:
        self.get_sfnt_table = functools.cache(font.get_sfnt_table)


def _with_tables_read_once(get_font: Callable[..., Any]) -> Callable[..., Any]:
    """`matplotlib.font_manager.get_font` for who wants nothing but tables of the font."""
    cache = BoundedCache[_Tables](_MOST_FONTS)

    @functools.wraps(get_font)
    def with_tables(paths: Any) -> _Tables:
        return cache.get_or_compute(tuple(paths), lambda: _Tables(get_font(paths)))

    return with_tables


def _measured_once(lay_out: Callable[..., Any]) -> Callable[..., Any]:
    """`get_tight_layout_figure`, which measures all axes twice in the same place."""

    @functools.wraps(lay_out)
    def measured_once(*args: Any, **kwargs: Any) -> Any:
        measure = getattr(matplotlib.artist, _MEASURE)
        known: dict[int, Any] = {}
        inside = False

        def remembered(artist: Any, *args: Any, **kwargs: Any) -> Any:
            nonlocal inside
            if inside:
                # what axes ask of their parts may change while they are measured
                return measure(artist, *args, **kwargs)
            if id(artist) not in known:
                inside = True
                try:
                    known[id(artist)] = measure(artist, *args, **kwargs)
                finally:
                    inside = False
            return known[id(artist)]

        with mock.patch.object(matplotlib.artist, _MEASURE, remembered):
            return lay_out(*args, **kwargs)

    return measured_once
