"""What each kind of difference between two charts is: its category, its severity and why.

The same table stands in ``docs/annotation-chart.md``; a test keeps the two alike.
"""

from __future__ import annotations

from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE
from erm.tasks.shared.findings import Rule

_STRUCTURE, _DATA, _TEXT, _STYLE = "structure_error", "data_error", "text_error", "style_error"

RULES: dict[str, Rule] = {
    "subplot": Rule(_STRUCTURE, SEVERE, "a whole plot is missing or extra"),
    "chart type": Rule(_STRUCTURE, SEVERE, "another chart tells another story"),
    "series": Rule(_STRUCTURE, SEVERE, "all of a series' data is missing or extra"),
    "view": Rule(_STRUCTURE, MEDIUM, "the same data, seen from another side"),
    "orientation": Rule(_STRUCTURE, MEDIUM, "the data stays readable, the picture is turned"),
    "arrangement": Rule(_STRUCTURE, MEDIUM, "stacked bars compare other sums than grouped ones"),
    "category": Rule(_STRUCTURE, SEVERE, "every value of a category is missing or extra"),
    "bar": Rule(_STRUCTURE, SEVERE, "one of few values is missing or extra"),
    "point": Rule(_STRUCTURE, MEDIUM, "one of many values is missing or extra"),
    "bins": Rule(_STRUCTURE, MEDIUM, "another number of bins changes the shape"),
    "legend": Rule(_STRUCTURE, MEDIUM, "series can't be distinguished without it"),
    "colour bar": Rule(_STRUCTURE, MEDIUM, "colours can't be read as values without it"),
    "error bars": Rule(_STRUCTURE, MEDIUM, "the uncertainty is missing or invented"),
    "axes hidden": Rule(_STRUCTURE, MEDIUM, "values can't be read without an axis"),
    "shape": Rule(_STRUCTURE, MEDIUM, "a drawn mark is missing, extra or of another form"),
    "layout": Rule(_STRUCTURE, MINOR, "everything is there, at another place"),
    "value small": Rule(_DATA, MINOR, "less than 5 % of the axis: hardly seen"),
    "value": Rule(_DATA, MEDIUM, "5 to 25 % of the axis: a wrong number is read"),
    "value large": Rule(_DATA, SEVERE, "more than 25 % of the axis, or most of a series: misleads"),
    "limits small": Rule(_DATA, MINOR, "up to 10 % of the axis"),
    "limits": Rule(_DATA, MEDIUM, "bars and slopes look taller or flatter than they are"),
    "scale": Rule(_DATA, SEVERE, "linear and logarithmic pictures of data mislead when mixed up"),
    "inverted": Rule(_DATA, SEVERE, "up reads as down"),
    "ticks": Rule(_DATA, MINOR, "other tick places, same values"),
    "title": Rule(_TEXT, MEDIUM, "title or axis label says something else, is missing or extra"),
    "typo": Rule(_TEXT, MINOR, "a letter or two differ, the word is still understood"),
    "label": Rule(_TEXT, SEVERE, "a wrong name on a category, wedge or series misleads"),
    "annotation": Rule(_TEXT, MEDIUM, "a note says something else, is missing or extra"),
    "tick text": Rule(_TEXT, MEDIUM, "tick labels are missing, extra or written otherwise"),
    "series colour": Rule(_STYLE, MEDIUM, "series are recognised by colour"),
    "mark colour": Rule(_STYLE, MINOR, "one mark's colour, its value stays readable"),
    "shade": Rule(_STYLE, MINOR, "another shade of the same colour"),
    "colour map": Rule(_STYLE, MEDIUM, "cells are recognised by colour"),
    "line": Rule(_STYLE, MINOR, "dash or width"),
    "marker": Rule(_STYLE, MINOR, "shape or size of markers"),
    "outline": Rule(_STYLE, MINOR, "outline of filled marks"),
    "hatch": Rule(_STYLE, MINOR, "pattern of filled marks"),
    "bar width": Rule(_STYLE, MINOR, "width carries no value"),
    "pie": Rule(_STYLE, MINOR, "turn, hole or pulled-out wedge; shares stay readable"),
    "grid": Rule(_STYLE, MINOR, "grid lines only help reading"),
    "frame": Rule(_STYLE, MINOR, "frame lines carry nothing"),
    "font": Rule(_STYLE, MINOR, "size, weight, colour or turn of a text that stays the same"),
    "place": Rule(_STYLE, MINOR, "legend or note stands elsewhere"),
    "background": Rule(_STYLE, MEDIUM, "changes the whole picture at a glance"),
    "figure size": Rule(_STYLE, MINOR, "same chart at another size or aspect"),
}
"""Every kind of difference that the annotator lists."""

VALUE_RULES = ("value small", "value", "value large")
"""Rules of changed values of marks, by how much they changed."""
