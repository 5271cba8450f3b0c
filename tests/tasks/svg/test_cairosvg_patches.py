"""Patches of CairoSVG: they draw as the unpatched library where that is right, and check it."""

from __future__ import annotations

import io
import random

import cairosvg
import cairosvg.surface
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from erm.errors import ErmError
from erm.images import largest_gap
from erm.tasks import get_task
from erm.tasks.svg import cairosvg_patches
from tests.drawing import AS_STATED

TASK = get_task("svg")


def unpatched(source: str, monkeypatch: pytest.MonkeyPatch) -> NDArray[np.uint8]:
    """Pixels by CairoSVG's own entry point, its own functions put back."""
    for owner, name, function in cairosvg_patches.ORIGINALS:
        if isinstance(owner, dict):
            monkeypatch.setitem(owner, name, function)
        else:
            monkeypatch.setattr(owner, name, function)
    namespaced = source.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    data = cairosvg.svg2png(namespaced.encode(), background_color="white")
    with PIL.Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("seed", range(6))
def test_procedural_icons_look_as_without_patches(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = TASK.generate(random.Random(seed), "compact")
    drawn = TASK.draw(source, 10**6, 1000, AS_STATED).pixels
    tolerance = 40 if "rx=" in source else 0
    assert int(largest_gap(drawn, unpatched(source, monkeypatch)).max()) <= tolerance


@pytest.mark.parametrize(
    "body",
    [
        '<pattern id="p" width="8" height="8" patternUnits="userSpaceOnUse">'
        '<rect width="4" height="8"/></pattern><rect width="64" height="64" fill="url(#p)"/>',
        '<text x="4" y="20">plain</text><text x="32" y="50" text-anchor="middle">ab</text>',
        '<clipPath id="c"><circle cx="32" cy="32" r="20"/></clipPath>'
        '<rect width="64" height="64" fill="teal" clip-path="url(#c)"/>',
        '<style>.a{fill:red} #b{stroke:blue}</style><circle class="a" id="b" cx="30" cy="30" '
        'r="20" style="stroke-width:5"/>',
    ],
)
def test_what_was_right_stays(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = f'<svg width="64" height="64">{body}</svg>'
    drawn = TASK.draw(source, 10**6, 1000, AS_STATED).pixels
    assert int(largest_gap(drawn, unpatched(source, monkeypatch)).max()) <= 2


def test_another_cairosvg_is_refused_with_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cairosvg.surface, "paint_mask", lambda surface, mask: None)
    with pytest.raises(ErmError, match=r"CairoSVG .* doesn't fit: .*paint_mask"):
        cairosvg_patches.check()
