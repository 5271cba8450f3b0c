"""What is changed in WeasyPrint, against the unpatched library."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
import weasyprint
import weasyprint.css
import weasyprint.html
import weasyprint.layout.inline
import weasyprint.pdf.fonts
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

from erm.errors import ErmError
from erm.tasks.table import TASK
from erm.tasks.table.weasyprint_patches import apply_patches, check_weasyprint, without_hints
from tests.drawing import AS_STATED

SERIF = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSerif.ttf")


def pictures(sources: list[str]) -> list[Any]:
    return [TASK.draw(source, 1_000_000, 5000, AS_STATED).pixels for source in sources]


def test_speed_changes_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    styled = (
        "<style>table {--w: 7px; text-indent: calc(10% + 1px); text-decoration: underline}"
        " td {padding-inline-start: 9px; border-block-start-width: 4px; width: var(--w)}"
        " td td {padding: 1px; font: italic small-caps 600 11px serif}"
        " i {font-variation-settings: 'wght' 500} b {float: right; margin-inline-end: 3px}</style>"
        "<table><tr><td style='color: red'>one <b>two</b><td dir=rtl>three <i>four</i>"
        "<tr style='color: red'><td style='color: red' align=right>5"
        "<td><table dir=rtl><tr><td>six<td><s>seven</s></table></table>"
        "<ol><li>eight</ol><p><q>nine</q><br>ten</p>"
    )
    rng = random.Random(5)
    sources = [styled, *(TASK.generate(rng, "wide") for _ in range(12))]
    patched = pictures(sources)
    css, fonts = weasyprint.css, weasyprint.pdf.fonts
    missing = css.ComputedStyle.__missing__.__wrapped__
    monkeypatch.setattr(css.ComputedStyle, "__missing__", missing)
    plain_sheet = weasyprint.html.UA_STYLESHEET
    monkeypatch.setattr(weasyprint, "UA_STYLESHEET", plain_sheet)
    monkeypatch.setattr(css, "find_style_attributes", css.find_style_attributes.__wrapped__)
    if fonts.harfbuzz_subset:  # without it WeasyPrint's own pictures are others
        monkeypatch.setattr(fonts.Font, "subset", fonts.Font.subset.__wrapped__)
    for source, ours, plain in zip(sources, patched, pictures(sources), strict=True):
        assert np.array_equal(ours, plain), source


def test_a_space_at_a_lines_end_takes_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = ["<table><tr><td>two words\n</td></tr></table>", "<table><tr><td>two words</table>"]
    broken, whole = pictures(sources)
    assert np.array_equal(broken, whole)
    inline = weasyprint.layout.inline
    monkeypatch.setattr(inline, "split_first_line", inline.split_first_line.__wrapped__)
    assert pictures(sources[:1])[0].shape != whole.shape


def test_heads_and_collapsed_rows_are_what_the_library_gets_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sources = [
        "<table><tr><th>a<tr><td>some more text</table>",
        "<table><tr><td>a<tr style='visibility: collapse'><td>b</table>",
    ]
    patched = pictures(sources)
    computed = weasyprint.css.computed_values.COMPUTER_FUNCTIONS
    monkeypatch.delitem(computed, "text_align_all")
    monkeypatch.setitem(computed, "display", computed["display"].__wrapped__)
    for ours, plain in zip(patched, pictures(sources), strict=True):
        assert not np.array_equal(ours, plain)


def test_a_second_call_patches_nothing() -> None:
    before = weasyprint.css.find_style_attributes
    apply_patches()
    assert weasyprint.css.find_style_attributes is before


def test_a_library_that_no_longer_fits_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def split_first_line(words: str, style: Any) -> None:
        """Not what the patch calls."""

    monkeypatch.setattr(weasyprint.layout.inline, "split_first_line", split_first_line)
    with pytest.raises(ErmError) as refused:
        check_weasyprint()
    assert str(refused.value) == (
        f"WeasyPrint {weasyprint.__version__} doesn't fit: weasyprint.layout.inline."
        "split_first_line should take (text, style, context, max_width, …), as in 70.0, "
        "not (words, style)."
    )
    monkeypatch.delattr(weasyprint.layout.inline, "split_first_line")
    with pytest.raises(ErmError, match="split_first_line should take"):
        check_weasyprint()


def outlines(content: bytes) -> tuple[list[Any], list[int], list[bytes]]:
    """The outline, advance and instructions of each glyph of a TrueType font."""
    font = TTFont(io.BytesIO(content))
    shapes, advances, programs = [], [], []
    for name, glyph in zip(font.getGlyphOrder(), font.getGlyphSet().values(), strict=True):
        pen = DecomposingRecordingPen(font.getGlyphSet())
        glyph.draw(pen)
        shapes.append(pen.value)
        advances.append(glyph.width)
        program = getattr(font["glyf"][name], "program", None)
        programs.append(program.getBytecode() if program else b"")
    return shapes, advances, programs


def test_a_font_without_hints_has_the_same_outlines() -> None:
    content = SERIF.read_bytes()
    plain = without_hints(content, 0)
    assert plain is not None
    shapes, advances, programs = outlines(content)
    assert any(programs)
    assert outlines(plain) == (shapes, advances, [b""] * len(shapes))
    assert not {"fpgm", "prep", "cvt ", "GSUB", "GPOS"} & set(TTFont(io.BytesIO(plain)).keys())


@pytest.mark.parametrize("keep", [0, 4, 300, 20_000])
def test_a_damaged_font_is_left_to_weasyprint(keep: int) -> None:
    assert without_hints(SERIF.read_bytes()[:keep], 0) is None
