"""The table task: HTML and GitHub Markdown tables.

Drawing and reading load WeasyPrint, and so are imported only where they run: in the worker.
"""

from __future__ import annotations

import random

from erm.tasks import Drawing, Scene, Task, Variety, View
from erm.tasks.discrepancy import Discrepancy
from erm.tasks.table.completion import extract_table
from erm.tasks.table.edit import OPERATORS
from erm.tasks.table.generate import generate_table


class TableTask(Task):
    """Table image to HTML or GitHub Markdown."""

    name = "table"
    languages = ("html", "markdown", "md")
    suffixes = (".html", ".md", ".htm", ".markdown")
    operators = OPERATORS

    def draw(self, source: str, max_pixels: int, max_elements: int) -> Drawing:
        from erm.tasks.table.draw import draw_table

        return draw_table(source, max_pixels, max_elements)

    def read_scene(self, drawing: Drawing) -> Scene:
        from erm.tasks.table.layout import Frame, read_document

        page = drawing.live
        frame = Frame(1.0, page.left, page.top)
        return read_document(page.page._page_box, frame).to_json()

    def generate(self, rng: random.Random, variety: Variety) -> str:
        return generate_table(rng, variety)

    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        from erm.tasks.table.compare import compare_documents
        from erm.tasks.table.scene import Document

        return compare_documents(
            Document.from_json(reference.scene), Document.from_json(candidate.scene)
        )

    def extract(self, completion: str) -> str | None:
        return extract_table(completion)


TASK = TableTask()
