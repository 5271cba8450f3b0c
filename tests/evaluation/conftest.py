"""Icons with their sources, in a folder, as most tests of an evaluation have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from erm.render import Renderer

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30" width="40" height="30">'
    '<rect x="5" y="5" width="20" height="15" fill="{}"/></svg>'
)
COLOURS = ("red", "blue", "green")


def icon(colour: str) -> str:
    """The source of an icon."""
    return ICON.format(colour)


def fenced(source: str) -> str:
    """A completion with a source of an icon."""
    return f"Here it is:\n```svg\n{source}\n```"


@pytest.fixture
def icons(tmp_path: Path, renderer: Renderer) -> Path:
    """A folder of three icons, ``red.svg`` with ``red.png`` and so on."""
    folder = tmp_path / "icons"
    folder.mkdir()
    drawn = renderer.render_batch([("svg", icon(colour)) for colour in COLOURS])
    for colour, rendered in zip(COLOURS, drawn, strict=True):
        assert rendered.image is not None
        (folder / f"{colour}.svg").write_text(icon(colour))
        (folder / f"{colour}.png").write_bytes(rendered.image)
    return folder
