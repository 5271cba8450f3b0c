"""Reads one axis of a plot: scale, limits, ticks with their labels, grid lines, dates.

Runs only inside the contained worker.
"""

from __future__ import annotations

import math
from typing import Any

from matplotlib.category import StrCategoryLocator
from matplotlib.dates import AutoDateFormatter, ConciseDateFormatter, DateFormatter, get_epoch
from matplotlib.ticker import FixedLocator

from erm.sources.errors import DrawError
from erm.tasks.chart.canvas import Canvas, dash_name, number, stroke
from erm.tasks.chart.elements import Axis, Calendar, Stroke, Tick
from erm.tasks.chart.space import read_space_grid
from erm.tasks.chart.texts import font_weight, plain


def read_axis(axes: Any, name: str, canvas: Canvas) -> Axis:
    """The axis ``x``, ``y`` or, in three dimensions, ``z``.

    Raises `DrawError('unreadable', …)` where its limits are not finite.
    """
    axis = getattr(axes, f"{name}axis")
    limits = [float(value) for value in axis.get_view_interval()]
    if not all(math.isfinite(value) for value in limits):
        raise DrawError("unreadable", f"The limits of the {name} axis are not finite.")
    in_space = axes.name == "3d"
    shown = bool((axes._axis3don if in_space else axes.axison) and axis.get_visible())
    ticks, styles = _ticks(axis, limits, canvas) if shown else ([], None)
    locator = axis.get_major_locator()
    auto = getattr(axes, f"get_autoscale{name}_on")()
    offset = axis.get_offset_text()
    calendar = _calendar(axis)
    found = Axis(
        scale=axis.get_scale(),
        limits=[number(value) for value in limits],
        auto=bool(auto),
        fixed=isinstance(locator, (FixedLocator, StrCategoryLocator)),
        visible=shown,
        side=axis.get_ticks_position(),
        ticks=ticks,
        tick_font=styles.get_fontname() if styles else "",
        tick_weight=font_weight(styles) if styles else "normal",
        tick_size=round(styles.get_fontsize() * canvas.dpi / 72, 2) if styles else 0.0,
        tick_colour=canvas.hex(styles.get_color()) if styles else "#00000000",
        tick_angle=round(styles.get_rotation() % 360, 1) if styles else 0.0,
        offset_text=offset.get_text() if shown and offset.get_visible() else "",
        grid=_grid_lines(axis.get_major_ticks(), limits, canvas) if shown else None,
        minor_grid=_grid_lines(axis.get_minor_ticks(), limits, canvas) if shown else None,
    )
    if in_space and shown:
        found["grid"] = read_space_grid(axis, canvas)
    if calendar is not None:
        found["calendar"] = calendar
    return found


_DATE_FORMATTERS = (DateFormatter, AutoDateFormatter, ConciseDateFormatter)

_CALENDARS: dict[str, Calendar] = {
    "D": "days",
    "h": "hours",
    "M": "months",
    "Q": "quarters",
    "Y": "years",
}
"""What the values of pandas' periods count, by the first letter of their frequency."""


def _calendar(axis: Any) -> Calendar | None:
    """What the values of an axis of dates count since 1970; None for an axis of numbers."""
    frequency = getattr(axis, "freq", None)  # left by pandas, which plots periods
    if frequency is not None:
        return _CALENDARS.get(str(getattr(frequency, "freqstr", frequency))[:1])
    dated = isinstance(axis.get_major_formatter(), _DATE_FORMATTERS)
    return "days" if dated and get_epoch().startswith("1970") else None


def _inside(value: float, limits: list[float]) -> bool:
    low, high = min(limits), max(limits)
    margin = 1e-9 * (high - low)
    return low - margin <= value <= high + margin


def _ticks(axis: Any, limits: list[float], canvas: Canvas) -> tuple[list[Tick], Any]:
    """Major ticks, minor ones that carry a label (a logarithmic axis of less than a decade), and
    a label that shows how labels are set."""
    ticks, style = [], None
    major = axis.get_major_ticks()
    for tick in [*major, *axis.get_minor_ticks()]:
        at = tick.get_loc()
        if at is None or not tick.get_visible() or not _inside(float(at), limits):
            continue
        labels = [label for label in (tick.label1, tick.label2) if label.get_visible()]
        label = next((label for label in labels if label.get_text().strip()), None)
        if label is None:
            if tick in major:
                ticks.append(Tick(at=number(at), text="", box=[0.0, 0.0, 0.0, 0.0]))
            continue
        style = style or label
        box = canvas.box(label.get_window_extent(canvas.renderer))
        ticks.append(Tick(at=number(at), text=plain(label.get_text()), box=box))
    return sorted(ticks, key=lambda tick: tick["at"] * (-1 if limits[0] > limits[1] else 1)), style


def _grid_lines(ticks: list[Any], limits: list[float], canvas: Canvas) -> Stroke | None:
    for tick in ticks:
        line = tick.gridline
        at = tick.get_loc()
        if at is None or not tick.get_visible() or not line.get_visible():
            continue
        if not _inside(float(at), limits):
            continue
        dash = dash_name(line._dash_pattern[1], line.get_linewidth())
        return stroke(canvas, line.get_color(), line.get_linewidth(), dash, line.get_alpha())
    return None
