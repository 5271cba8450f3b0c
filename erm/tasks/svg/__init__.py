"""The task of turning an icon's image into SVG."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from erm.sources.encodings import xml_encoding
from erm.tasks.contract import (
    Backend,
    Drawing,
    Operator,
    PixelRegion,
    Scene,
    Task,
    TextReader,
    Variety,
    View,
    WarmUp,
)
from erm.tasks.svg.judge_words import JUDGE_WORDS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from erm.tasks.discrepancy import Discrepancy
    from erm.tasks.settings import DrawingSettings


class SvgTask(Task):
    """Icons and diagrams as SVG documents, drawn by CairoSVG or resvg."""

    name = "svg"
    rank = 2
    kind = "document"
    subject = "an SVG icon or drawing"
    answer = "one SVG document in a ```svg block"
    categories: ClassVar = {
        "structure_error": "shapes missing, extra, or in another order or arrangement",
        "shape_error": "a shape of another kind, size, place, rotation or proportion",
        "style_error": "fill, stroke, opacity or gradient that differs",
        "text_symbol_error": "letters, words or symbols that differ",
    }
    unlabelled_categories = ("other_error",)
    languages = ("svg", "xml", "html")
    suffixes = (".svg",)
    columns = ("svg",)
    scalable = True
    backends = (Backend("cairosvg"), Backend("resvg", "resvg_py", "resvg"))
    warm_up = WarmUp(
        source=(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
            "<style>rect {fill: red}</style>"
            '<rect width="5" height="5"/><text y="8">a</text><path d="M0 0 L 3 3 Z"/></svg>'
        ),
    )
    scene_limits: ClassVar = {"shapes": 600}
    judge = JUDGE_WORDS
    reads_pictures = True

    @property
    def scene_type(self) -> Any:
        from erm.tasks.svg.schema import SvgScene

        return SvgScene

    def scene_size(self, scene: Scene) -> tuple[int, int]:
        return scene["width"], scene["height"]

    @property
    def operators(self) -> tuple[Operator, ...]:
        from erm.tasks.svg.edit import OPERATORS
        from erm.tasks.svg.equivalence import EQUIVALENT_OPERATORS

        return (*OPERATORS, *EQUIVALENT_OPERATORS)

    @property
    def hacks(self) -> Mapping[str, str]:
        from erm.tasks.svg.hacks import HACKS

        return HACKS

    def declared_encoding(self, content: bytes) -> str | None:
        """That of the XML declaration."""
        return xml_encoding(content)

    def draw(
        self, source: str, max_pixels: int, max_elements: int, settings: DrawingSettings
    ) -> Drawing:
        """Draw a document; see `erm.tasks.svg.draw.draw_svg`."""
        from erm.tasks.svg.draw import draw_svg

        return draw_svg(source, max_pixels, max_elements, settings)

    def read_scene(self, drawing: Drawing) -> Scene:
        from erm.tasks.svg.scene import read_scene

        return read_scene(drawing)

    def generate(self, rng: random.Random, variety: Variety) -> str:
        from erm.tasks.svg.generate import generate

        return generate(rng, variety)

    def compare(self, reference: View, candidate: View) -> list[Discrepancy]:
        from erm.tasks.svg.compare import compare

        return compare(reference, candidate)

    def extract(self, completion: str) -> str | None:
        from erm.tasks.svg.extract import extract

        return extract(completion)

    def read_picture(self, pixels: NDArray[np.uint8], reader: TextReader) -> Scene:
        from erm.tasks.svg.reading import read_icon

        return read_icon(pixels)

    def compare_read(self, reference: View, candidate: View) -> list[Discrepancy]:
        from erm.tasks.svg.compare_read import compare_pictures

        return compare_pictures(reference, candidate)

    def pixel_category(self, region: PixelRegion) -> str:
        """Style where only colours differ, structure where one side is empty, else shape."""
        if region.same_ink:
            return "style_error"
        return "structure_error" if region.one_sided else "shape_error"


TASK = SvgTask()
"""The one instance that `erm.tasks.get_task` hands out."""
