"""Text in scripts that the shipped fonts lack: refused without fonts for it, drawn with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from erm.annotation import annotate_rendered
from erm.errors import ErmError
from erm.render import Rendered, Renderer
from erm.tasks import get_task, task_names
from erm.tasks.settings import DrawingSettings
from tests.fonts import installed, write_font

SOURCES = {
    "chart": "import matplotlib.pyplot as plt\nplt.figure(figsize=(3, 2))\nplt.plot([1, 2])\n"
    "plt.xlabel('{0}', family='SimHei')\nplt.title('a {0} 1')\nplt.show()\n",
    "table": "<table><tr><td>{0}<td>a {0} 1</table>",
    "svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 48"><text y="16" font-size="9">'
    '{0} a</text><text x="90" y="36" font-size="9" text-anchor="end">1 <tspan font-family="Arial">'
    "{0}</tspan></text></svg>",
}

OTHERS = [
    {task: backend.name}
    for task in SOURCES
    for backend in get_task(task).backends[1:]
    if backend.name != "chromium"
]


def draw(fonts: Sequence[Path], *texts: str) -> list[list[Rendered]]:
    """What each text gives in each task, by one worker: starting one takes seconds."""
    items = [(task, source.format(text)) for text in texts for task, source in SOURCES.items()]
    with Renderer(workers=1, drawing=DrawingSettings(fonts=tuple(fonts))) as renderer:
        rendered = renderer.render_batch(items, scenes=True)
    return [rendered[at : at + len(SOURCES)] for at in range(0, len(items), len(SOURCES))]


def reported(task: str, reference: Rendered, candidate: Rendered) -> list[str]:
    report = annotate_rendered(task, reference, candidate).require(task)
    return [error.description for error in report.errors]


def test_all_tasks_are_tried() -> None:
    assert set(task_names()) >= set(SOURCES)


def test_without_fonts_text_is_refused_and_with_them_drawn(tmp_path: Path) -> None:
    for rendered in draw([], "茶")[0]:
        assert rendered.error is not None
        assert rendered.error.kind == "missing_glyphs"
        assert "茶 (U+8336)" in rendered.error.message
    fonts = write_font(tmp_path / "fonts", "Tea", "茶叶").parent
    tea, leaves, unknown = draw([fonts], "茶", "叶", "茶米")
    for task, one, other in zip(SOURCES, tea, leaves, strict=True):
        assert one.error is None, (task, one.error)
        assert any("叶" in line and "茶" in line for line in reported(task, one, other)), task
    for rendered in unknown:
        assert rendered.error is not None
        assert "米 (U+7C73)" in rendered.error.message
        assert "茶" not in rendered.error.message


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_other_back_ends_draw_with_the_fonts_too(other: dict[str, str], tmp_path: Path) -> None:
    write_font(tmp_path, "Tea", "茶")
    (task,) = other
    errors = []
    for fonts in ((), (tmp_path,)):
        settings = DrawingSettings(fonts=fonts, backends=other)
        with Renderer(workers=1, drawing=settings) as renderer:
            (rendered,) = renderer.render_batch([(task, SOURCES[task].format("茶"))])
        errors.append(rendered.error and rendered.error.kind)
    assert errors == ["missing_glyphs", None]


@pytest.mark.browser
def test_chromium_draws_with_the_fonts_too(tmp_path: Path) -> None:
    write_font(tmp_path, "Tea", "茶叶")
    pictures = []
    for fonts in ([], [tmp_path]):
        settings = DrawingSettings(fonts=tuple(fonts), backends={"table": "chromium"})
        items = [("table", SOURCES["table"].format(text)) for text in ("茶", "叶")]
        with Renderer(workers=1, drawing=settings) as renderer:
            pictures.append(renderer.render_batch(items))
    assert all(one.error and one.error.kind == "missing_glyphs" for one in pictures[0])
    assert len({one.image for one in pictures[1]} - {None}) == 2


@pytest.mark.parametrize("place", ['x="1 20"', 'dx="1 2"', 'rotate="10"', 'letter-spacing="2"'])
def test_letters_with_places_of_their_own_are_refused_too(place: str, renderer: Renderer) -> None:
    source = f'<svg xmlns="http://www.w3.org/2000/svg"><text y="50" {place}>茶a</text></svg>'
    (rendered,) = renderer.render_batch([("svg", source)])
    assert rendered.error is not None
    assert rendered.error.kind == "missing_glyphs"


SCRIPTS = {
    "Arabic": ("سلام", "شكرا", ()),
    "Hebrew": ("שלום", "תודה", ()),
    "Chinese": ("品名", "价格", ("NotoSansCJK*", "wqy-*", "uming*")),
    "Japanese": ("価格です", "品名です", ("NotoSansCJK*", "ipag*", "fonts-japanese*")),
    "Korean": ("가격", "품명", ("NotoSansCJK*", "NanumGothic.ttf")),
    "Devanagari": ("नमस्ते", "धन्यवाद", ("NotoSansDevanagari*", "Lohit-Devanagari*")),
    "Thai": ("สวัสดี", "ขอบคุณ", ("NotoSansThai-*", "Garuda*", "Loma*")),
    "emoji": ("🦊", "🦄", ("Symbola*", "NotoEmoji*")),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_read_where_their_fonts_are_installed(script: str) -> None:
    one, other, names = SCRIPTS[script]
    fonts = installed(*names)
    if names and not fonts:
        pytest.skip(f"No fonts for {script} are installed.")
    for task, first, second in zip(SOURCES, *draw(fonts, one, other), strict=True):
        assert any(other in line and one in line for line in reported(task, first, second)), task


def test_fonts_that_the_worker_may_not_read_are_one_sentence(tmp_path: Path) -> None:
    file = write_font(tmp_path, "Tea", "茶")
    file.write_bytes(b"no font")
    with (
        pytest.raises(ErmError, match=rf"no font in '{tmp_path}' can be read"),
        Renderer(workers=1, drawing=DrawingSettings(fonts=(tmp_path,))) as renderer,
    ):
        renderer.render_batch([("svg", SOURCES["svg"].format("a"))])
