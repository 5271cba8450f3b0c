"""Tables in Chromium: the same refusals and padding; one sentence where there is no Chromium."""

from __future__ import annotations

import pytest

from erm.errors import ErmError
from erm.render import Renderer
from erm.tasks.settings import DrawingSettings

TABLE = "<table><tr><td>a</td><td style='background: red'>b</td></tr></table>"
CHROMIUM = DrawingSettings(raster_side=0, backends={"table": "chromium"})
SCRIPT = "<script>document.body.textContent = 'longer than a table of one cell'</script>"


@pytest.mark.browser
def test_chromium_draws_tables() -> None:
    items = [
        ("table", TABLE),
        ("table", SCRIPT + TABLE),
        ("table", "<table><tr><td><img src='http://127.0.0.1/x.png'></td></tr></table>"),
        ("svg", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
        ("table", "<table></table>"),
    ]
    with Renderer(workers=1, drawing=CHROMIUM) as renderer:
        results = renderer.render_batch(items)
        with pytest.raises(ErmError, match="'chromium' gives no scenes"):
            renderer.render_batch(items[:1], scenes=True)
    drawn, scripted, embedded, icon, empty = results
    pixels = drawn.pixels
    assert (pixels[:12] == 255).all()
    assert (pixels[:, :12] == 255).all()
    assert (pixels == (255, 0, 0)).all(axis=2).any()
    assert scripted.image == drawn.image
    assert [result.error and result.error.kind for result in (embedded, empty)] == [
        "raster_refused",
        "nothing_drawn",
    ]
    assert icon.pixels.shape == (9, 9, 3)


def test_an_unknown_place_for_browsers_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erm.render.browser.EXECUTABLES", ("/no/such/browser",))
    with pytest.raises(ErmError, match="Drawing in Chromium needs"):
        Renderer(workers=1, drawing=CHROMIUM)
