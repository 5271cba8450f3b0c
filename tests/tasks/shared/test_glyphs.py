"""Characters that no font has."""

from __future__ import annotations

import pytest

from erm.render.fonts import shipped_fonts
from erm.sources.errors import ERROR_KINDS, DrawError
from erm.tasks.shared.glyphs import characters_without_glyph, needs_glyph, refuse_missing_glyphs

SANS = shipped_fonts() / "DejaVuSans.ttf"
SERIF = shipped_fonts() / "DejaVuSerif.ttf"


def test_what_fonts_lack() -> None:
    assert characters_without_glyph("Ärger, Σύνολο, Год, שלום 1", [SANS]) == set()
    assert characters_without_glyph("a茶b叶", [SANS, SERIF]) == {"茶", "叶"}
    assert characters_without_glyph("שלום", [SERIF]) == set("שלום")
    assert characters_without_glyph("שלום", [SERIF, SANS]) == set()


@pytest.mark.parametrize("char", [" ", "\u00a0", "\n", "\u200d", "\u200b", "\u00ad", "\ufe0f"])
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
