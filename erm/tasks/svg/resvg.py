"""A second back end: prepared documents drawn by resvg, a renderer of its own."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from erm.sources.errors import DrawError
from erm.sources.markup import local_name
from erm.tasks.shared.fonts import FAMILIES, shipped_fonts
from erm.tasks.shared.glyphs import characters_without_glyph, refuse_missing_glyphs

_NAMESPACE = "http://www.w3.org/2000/svg"


def paint_with_resvg(
    root: Element, width: int, height: int, fonts: Sequence[Path] = ()
) -> NDArray[np.uint8]:
    """Pixels (height, width, 3) of a prepared document on white.

    ``fonts`` are folders of fonts, in addition to the shipped ones.

    Raises:
        DrawError: ``runtime_error`` where resvg can't read the document, or ``missing_glyphs``.
    """
    import resvg_py

    # resvg leaves out letters that no font has
    text = "".join(
        letters for node in root.iter() if local_name(node) == "text" for letters in node.itertext()
    )
    refuse_missing_glyphs(characters_without_glyph(text, fonts))
    for element in root.iter():
        families = element.get("font-family")
        if families is not None:
            element.set("font-family", f"{families}, '{_stand_in(families)}'")
    if not root.tag.startswith("{"):
        root.set("xmlns", _NAMESPACE)
    document = ElementTree.tostring(root, encoding="unicode")
    root.attrib.pop("xmlns", None)
    try:
        data = resvg_py.svg_to_bytes(
            svg_string=document,
            width=width,
            height=height,
            background="white",
            skip_system_fonts=True,
            font_dirs=[str(folder) for folder in (shipped_fonts(), *fonts)],
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
            serif_family="DejaVu Serif",
            monospace_family="DejaVu Sans Mono",
        )
    except ValueError as error:
        raise DrawError("runtime_error", f"resvg can't draw it: {error}"[:300]) from error
    with PIL.Image.open(io.BytesIO(bytes(data))) as picture:
        return np.asarray(picture.convert("RGB"))


def _stand_in(families: str) -> str:
    """The shipped family that fontconfig takes for a list of families, so that letters agree."""
    first = families.split(",")[0].strip("\"' ")
    return next((family for family, names in FAMILIES.items() if first in names), "DejaVu Sans")
