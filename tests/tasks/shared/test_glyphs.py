"""Characters that no font has."""

from __future__ import annotations

from pathlib import Path

import pytest

from erm.sources.errors import ERROR_KINDS, DrawError
from erm.tasks.shared.glyphs import characters_without_glyph, needs_glyph, refuse_missing_glyphs
from tests.fonts import write_font


def test_what_fonts_lack(tmp_path: Path) -> None:
    assert characters_without_glyph("Ärger, Σύνολο, Год, שלום, سلام 1\u200d", []) == set()
    assert characters_without_glyph("a茶b叶", []) == {"茶", "叶"}
    write_font(tmp_path / "fonts" / "deeper", "Tea", "茶")
    assert characters_without_glyph("a茶b叶", [tmp_path]) == {"叶"}


def test_a_file_that_is_no_font_has_no_characters(tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    assert characters_without_glyph("茶", [tmp_path]) == {"茶"}


@pytest.mark.parametrize(
    "char", [" ", "\u00a0", "\n", "\u200d", "\u200b", "\u00ad", "\ufe0f", "\u3164", "\u2800"]
)
def test_characters_that_draw_nothing(char: str) -> None:
    assert not needs_glyph(char)


def test_a_refusal_names_the_characters() -> None:
    assert "missing_glyphs" in ERROR_KINDS
    refuse_missing_glyphs(set())
    with pytest.raises(DrawError) as refused:
        refuse_missing_glyphs({"茶", "叶"})
    assert refused.value.kind == "missing_glyphs"
    assert refused.value.message == "No font at hand has the characters 叶 (U+53F6), 茶 (U+8336)."
    with pytest.raises(DrawError, match=r"U\+4E04\) and 15 more"):
        refuse_missing_glyphs([chr(0x4E00 + index) for index in range(20)])
