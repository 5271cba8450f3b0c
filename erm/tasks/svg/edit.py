"""Edits that put a visible error into an SVG source, through its DOM.

Each operator aims at one category; the annotator alone reports what a person then sees.
"""

from __future__ import annotations

from erm.tasks import Operator
from erm.tasks.svg import edit_shape, edit_structure, edit_style, edit_text
from erm.tasks.svg.document import make_edit

OPERATORS: tuple[Operator, ...] = (
    make_edit("remove_shape", "structure_error", edit_structure.remove_shape),
    make_edit("duplicate_shape", "structure_error", edit_structure.duplicate_shape),
    make_edit("add_shape", "structure_error", edit_structure.add_shape),
    make_edit("restack", "structure_error", edit_structure.restack),
    make_edit("move_all", "structure_error", edit_structure.move_all),
    make_edit("scale_all", "structure_error", edit_structure.scale_all),
    make_edit("move_shape", "shape_error", edit_shape.move_shape),
    make_edit("scale_shape", "shape_error", edit_shape.scale_shape),
    make_edit("stretch_shape", "shape_error", edit_shape.stretch_shape),
    make_edit("rotate_shape", "shape_error", edit_shape.rotate_shape),
    make_edit("change_kind", "shape_error", edit_shape.change_kind),
    make_edit("move_corner", "shape_error", edit_shape.move_corner),
    make_edit("change_corner_radius", "shape_error", edit_shape.change_corner_radius),
    make_edit("recolor_fill", "style_error", edit_style.recolor_fill),
    make_edit("shade_fill", "style_error", edit_style.shade_fill),
    make_edit("recolor_stroke", "style_error", edit_style.recolor_stroke),
    make_edit("change_stroke_width", "style_error", edit_style.change_stroke_width),
    make_edit("toggle_dash", "style_error", edit_style.toggle_dash),
    make_edit("change_opacity", "style_error", edit_style.change_opacity),
    make_edit("outline_instead_of_fill", "style_error", edit_style.outline_instead_of_fill),
    make_edit("change_background", "style_error", edit_style.change_background),
    make_edit("change_gradient_stop", "style_error", edit_style.change_gradient_stop),
    make_edit("change_text", "text_symbol_error", edit_text.change_text),
    make_edit("drop_letter", "text_symbol_error", edit_text.drop_letter),
    make_edit("remove_text", "text_symbol_error", edit_text.remove_text),
    make_edit("add_text", "text_symbol_error", edit_text.add_text),
    make_edit("resize_text", "text_symbol_error", edit_text.resize_text),
    make_edit("move_text", "text_symbol_error", edit_text.move_text),
    make_edit("change_weight", "style_error", edit_style.change_weight),
)
"""Edits that introduce an error, by the category that they aim at."""
