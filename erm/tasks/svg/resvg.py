"""A second back end: prepared documents drawn by resvg, a renderer of its own."""

from __future__ import annotations

import io
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from erm.errors import ErmError
from erm.sources.errors import DrawError

_NAMESPACE = "http://www.w3.org/2000/svg"


def paint_with_resvg(root: Element, width: int, height: int) -> NDArray[np.uint8]:
    """Pixels (height, width, 3) of a prepared document on white.

    Raises:
        DrawError: ``runtime_error`` where resvg can't read the document.
        ErmError: resvg-py is not installed.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise ErmError(
            "The back end 'resvg' needs the package resvg-py: pip install 'visual-erm[resvg]'."
        ) from error
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
            # what fontconfig chooses on Debian, so that both back ends draw the same letters
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
            serif_family="DejaVu Serif",
            monospace_family="DejaVu Sans Mono",
        )
    except ValueError as error:
        raise DrawError("runtime_error", f"resvg can't draw it: {error}"[:300]) from error
    with PIL.Image.open(io.BytesIO(bytes(data))) as picture:
        return np.asarray(picture.convert("RGB"))
