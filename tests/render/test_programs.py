"""Programs of many kinds are drawn, twice with the same bytes, whatever runs beside them."""

from __future__ import annotations

from erm.render import Renderer
from tests.hostile.gallery import GALLERY


def test_programs_as_people_write_them_are_drawn_and_the_same_each_time(
    renderer: Renderer,
) -> None:
    results = renderer.render_batch([("chart", source) for source in GALLERY.values()])
    failed = {name: r.error for name, r in zip(GALLERY, results, strict=True) if r.error}
    assert not failed
    assert not [name for name, r in zip(GALLERY, results, strict=True) if r.blank]
    again = ["the clock", "statistics", "shown without waiting"]
    repeated = renderer.render_batch([("chart", GALLERY[name]) for name in again])
    first = dict(zip(GALLERY, results, strict=True))
    assert [result.image for result in repeated] == [first[name].image for name in again]
