"""The table task: HTML and GitHub Markdown tables."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from erm.sources.encodings import html_encoding
from erm.tasks.contract import (
    CHROMIUM,
    Backend,
    BrowserPage,
    Drawing,
    Operator,
    PixelRegion,
    Scene,
    Task,
    TextDistance,
    TextReader,
    Variety,
    View,
    WarmUp,
)
from erm.tasks.table.judge_words import JUDGE_WORDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erm.tasks.discrepancy import Discrepancy
    from erm.tasks.settings import DrawingSettings


def _teds_distance(one: str, other: str) -> float:
    from erm.tasks.table.teds import teds

    return 1 - teds(one, other)


def _structure_distance(one: str, other: str) -> float:
    from erm.tasks.table.teds import teds

    return 1 - teds(one, other, True)


def _edit_distance(one: str, other: str) -> float:
    from erm.tasks.table.teds import edit_distance

    return edit_distance(one, other)


def _failed_tests(one: str, other: str) -> float:
    from erm.tasks.table.cell_tests import passed_share

    return 1 - passed_share(one, other)


class TableTask(Task):
    """Table image to HTML or GitHub Markdown."""

    name = "table"
    rank = 1
    kind = "document"
    subject = "a table"
    answer = "one HTML table in a ```html block"
    categories: ClassVar = {
        "layout_error": "rows, columns, cells or spans missing, extra, moved; alignment",
        "text_error": "words that differ",
        "numeric_error": "numbers that differ",
    }
    category_key = "type"
    languages = ("html", "markdown", "md")
    suffixes = (".html", ".md", ".htm", ".markdown")
    columns = ("html", "markdown")
    backends = (Backend("weasyprint"), Backend(CHROMIUM, "playwright", "browser"))
    reward = "severity"
    published_max_side = 768
    warm_up = WarmUp(
        source=(
            "<table><thead><tr><th>a</th><th><b>b</b> <i>c</i></th></tr></thead>"
            "<tr><td rowspan=2 style='color: red'>1</td><td>2</td></tr><tr><td>3</td></tr></table>"
        ),
    )
    scene_limits: ClassVar = {"tables": 50, "cells": 12_000, "paragraphs": 1000, "runs": 1000}
    judge = JUDGE_WORDS
    reads_pictures = True

    @property
    def scene_type(self) -> Any:
        from erm.tasks.table.scene import Document

        return Document

    @property
    def operators(self) -> tuple[Operator, ...]:
        from erm.tasks.table.edit import OPERATORS

        return OPERATORS

    @property
    def hacks(self) -> Mapping[str, str]:
        from erm.tasks.table.hacks import HACKS

        return HACKS

    @property
    def text_distances(self) -> Mapping[str, TextDistance]:
        return {
            "teds": TextDistance("1 − TEDS", _teds_distance),
            "teds_s": TextDistance("1 − TEDS-S", _structure_distance),
            "edit_distance": TextDistance("edit distance", _edit_distance),
            "table_tests": TextDistance("1 − table tests", _failed_tests),
        }

    @property
    def browser(self) -> BrowserPage:
        from erm.tasks.table.browser import BROWSER_PAGE

        return BROWSER_PAGE

    def declared_encoding(self, content: bytes) -> str | None:
        """That of ``<meta charset>`` or of an XML declaration."""
        return html_encoding(content)

    def draw(
        self, source: str, max_pixels: int, max_elements: int, settings: DrawingSettings
    ) -> Drawing:
        from erm.tasks.table.draw import draw_table

        return draw_table(source, max_pixels, max_elements)

    def read_scene(self, drawing: Drawing) -> Scene:
        from erm.tasks.table.layout import Frame, read_document

        page = drawing.live
        frame = Frame(1.0, page.left, page.top)
        return read_document(page.page._page_box, frame).to_json()

    def generate(self, rng: random.Random, variety: Variety) -> str:
        from erm.tasks.table.generate import generate_table

        return generate_table(rng, variety)

    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        from erm.tasks.table.compare import compare_documents
        from erm.tasks.table.scene import Document

        return compare_documents(
            Document.from_json(reference.scene), Document.from_json(candidate.scene)
        )

    def extract(self, completion: str) -> str | None:
        from erm.tasks.table.completion import extract_table

        return extract_table(completion)

    def read_picture(self, pixels: NDArray[np.uint8], reader: TextReader) -> Scene:
        from erm.tasks.table.reading import read_document

        return read_document(pixels, reader).to_json()

    def pixel_category(self, region: PixelRegion) -> str:
        """Layout where a region is taller than a line or wider than half the image, else text."""
        wide = (region.box.x1 - region.box.x0) > 0.5 * region.width
        return "layout_error" if wide or not region.low else "text_error"


TASK = TableTask()
"""The one instance that `erm.tasks.get_task` hands out."""
