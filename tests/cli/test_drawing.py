"""Options that say how a command draws."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from erm.cli import main
from tests.fonts import write_font

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="12" viewBox="0 0 48 24">'
    '<rect x="4" y="4" width="20" height="16" fill="teal"/></svg>'
)
TABLE = "<table><tr><td>{}</table>"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.svg").write_text(ICON)
    Path("a.html").write_text(TABLE.format("茶"))
    Path("b.html").write_text(TABLE.format("叶"))
    Path("a.txt").write_text(f"```svg\n{ICON}\n```")


def run(monkeypatch: pytest.MonkeyPatch, *command: str) -> str:
    """What a command says when it fails; empty where it succeeds."""
    monkeypatch.setattr(sys, "argv", ["erm", *command])
    with pytest.raises(SystemExit) as ended:
        main()
    return "" if ended.value.code in (None, 0) else str(ended.value.code)


def size(path: str) -> tuple[int, int]:
    with PIL.Image.open(path) as image:
        return image.size


def test_icons_are_drawn_at_a_useful_size(monkeypatch: pytest.MonkeyPatch) -> None:
    for option, expected in (((), (336, 168)), (("96",), (96, 48)), (("0",), (24, 12))):
        chosen = ["--raster-side", *option] if option else []
        assert run(monkeypatch, "render", "svg", "a.svg", "-o", "a.png", *chosen) == ""
        assert size("a.png") == expected


def test_another_back_end_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("resvg_py")
    pictures = []
    for name in ("cairosvg", "resvg"):
        assert run(monkeypatch, "render", "svg", "a.svg", "-o", "a.png", "--backend", name) == ""
        with PIL.Image.open("a.png") as image:
            pictures.append(np.asarray(image).astype(int))
    assert int(np.abs(pictures[0] - pictures[1]).max()) <= 64


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            ("render", "svg", "a.svg", "-o", "a.png", "--backend", "paint"),
            "it has: cairosvg, resvg",
        ),
        (("annotate", "svg", "a.svg", "a.svg", "--backend", "weasyprint"), "it has: cairosvg"),
        (("ingest", "table", "a.html", "--raster-side", "9"), "--raster-side is not for it"),
        (("annotate", "table", "a.html", "b.html", "--installed-libraries"), "are no programs"),
        (
            ("render", "svg", "a.svg", "-o", "a.png", "--fonts", "none"),
            "--fonts: there is no folder",
        ),
        (("render", "svg", "a.svg", "-o", "a.png", "--raster-side", "-5"), "--raster-side: input"),
        (("annotate", "table", "a.html", "b.html"), "No font at hand has the characters 茶"),
    ],
)
def test_what_can_not_be_had_is_one_sentence(
    command: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run(monkeypatch, *command)
    assert sentence in said
    assert said.count("\n") == 0


def test_named_fonts_make_texts_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fonts = str(write_font(tmp_path / "fonts", "Tea", "茶叶").parent)
    assert run(monkeypatch, "annotate", "table", "a.html", "b.html", "--fonts", fonts) == ""
    assert "text is '叶' instead of '茶'" in capsys.readouterr().out
    command = ("ingest", "table", "a.html", "b.html", "-o", "own.parquet", "--fonts", fonts)
    assert run(monkeypatch, *command) == ""
    assert "rejected" not in capsys.readouterr().out


def test_a_completion_is_drawn_at_the_size_of_its_reference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for side in ("96", "336"):
        run(monkeypatch, "render", "svg", "a.svg", "-o", "a.png", "--raster-side", side)
        capsys.readouterr()
        assert run(monkeypatch, "reward", "svg", "a.png", "a.txt", "--critic", "pixel") == ""
        assert "reward 2: judged, severity 0" in capsys.readouterr().out


def test_a_large_reference_of_a_task_with_sizes_of_its_own_is_fine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    PIL.Image.new("RGB", (5000, 40), "white").save("wide.png")
    Path("none.txt").write_text("no code")
    assert run(monkeypatch, "reward", "table", "wide.png", "none.txt", "--critic", "pixel") == ""
    assert "no_code" in capsys.readouterr().out
