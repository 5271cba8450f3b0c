"""Pages with a gallery of items, as HTML that works from disk: pictures, reports, filters, keys.

Covers the gallery that the pages of benchmarks (`erm.benchmark.page`) and of policies
(`erm.policies.page`) share. Not covered: what stands above it, which is each page's template.
"""

from __future__ import annotations

import base64
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from erm.benchmark.formats import Image
from erm.benchmark.json_values import finite
from erm.benchmark.judge.alignment import Error, named_category

ImagePlacing = Literal["auto", "embedded", "files"]

EMBEDDED_LIMIT = 24 * 2**20
"""``auto`` embeds images of at most so many bytes in total: MLflow's artifact viewer shows only
single files, and a browser still opens such a page fast."""
MOST_ERRORS = 200
"""Most errors of an item on the page; the others are counted."""
MOST_CHARACTERS = 600
"""Most characters of a text on the page."""

PAGE_IMAGES = "page-images"
"""Folder of the page's images. It is emptied, so it is not a benchmark's ``images``."""
_ENDINGS = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "webp"))


@dataclass(frozen=True)
class GalleryImage:
    """An image of an item.

    Attributes:
        src: its address; None where there is none.
        caption: what stands above it.
        missing: what stands in its place where there is none.
    """

    src: str | None
    caption: str
    missing: str = "image missing"


@dataclass(frozen=True)
class GalleryItem:
    """An item of the gallery, with texts that the page shows as they are.

    Attributes:
        n: its place in the file.
        images: the reference first.
        rows: of the table of errors, each with a ``level``, which colours its badge and its boxes,
            and ``cells``: `error_cell` or None for each of `Gallery.heads`.
        hidden: rows that are left out.
        show: names of `Gallery.shows` that it belongs to.
        order: by name of `Gallery.sorts`; the largest first.
    """

    n: int
    id: str
    task: str
    images: Sequence[GalleryImage]
    rows: Sequence[Mapping[str, Any]]
    note: str = ""
    warnings: Sequence[str] = ()
    hidden: int = 0
    show: Sequence[str] = ()
    order: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Gallery:
    """All items, and what can be chosen among them.

    Attributes:
        heads: columns of the tables of errors.
        empty: what stands in a table without errors.
        shows, sorts: name → label.
    """

    items: Sequence[GalleryItem]
    heads: Sequence[str]
    empty: str
    shows: Mapping[str, str]
    sorts: Mapping[str, str]


def write_gallery_page(
    folder: Path, template: str, package: str, gallery: Gallery, **values: Any
) -> Path:
    """Write ``index.html`` into a folder; returns its path.

    Args:
        template: its name in ``templates`` of the package; it includes ``head.html.jinja`` and
            ``gallery.html.jinja``.
        values: further variables of the template, ``title`` among them.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("erm.benchmark")]),
        autoescape=True,
        undefined=StrictUndefined,
    )
    items = [asdict(item) for item in gallery.items]
    html = environment.get_template(template).render(
        shows=gallery.shows,
        sorts=gallery.sorts,
        data=_script_json({"heads": gallery.heads, "empty": gallery.empty, "items": items}),
        **values,
    )
    path = folder / "index.html"
    partial = folder / ".index.html.partial"
    partial.write_text(html, encoding="utf-8")
    partial.replace(path)
    return path


class ImageStore:
    """Stores a page's images, which it is made for anew, and returns their addresses.

    Args:
        images: all that may be stored, for their size.
        placing: ``embedded`` for one self-contained file, ``files`` for a folder of images,
            ``auto`` for one file if it is small (`EMBEDDED_LIMIT`).
    """

    def __init__(self, folder: Path, images: Sequence[Image | None], placing: ImagePlacing) -> None:
        self.embed = placing == "embedded"
        if placing == "auto":
            self.embed = sum(map(_size, images)) <= EMBEDDED_LIMIT
        self.folder = folder / PAGE_IMAGES
        if self.folder.exists():
            shutil.rmtree(self.folder)
        if not self.embed:
            self.folder.mkdir()

    def add(self, image: Image | None, name: str) -> str | None:
        """The address of an image; None where there is none that a browser can show."""
        if isinstance(image, Path):
            image = image.read_bytes() if image.is_file() else None
        if image is None:
            return None
        ending = next((end for magic, end in _ENDINGS if image.startswith(magic)), None)
        if ending is None:
            return None
        if self.embed:
            return f"data:image/{ending};base64,{base64.b64encode(image).decode()}"
        (self.folder / f"{name}.{ending}").write_bytes(image)
        return f"{PAGE_IMAGES}/{name}.{ending}"


def error_cell(error: Error, image: int = 1) -> dict[str, Any]:
    """An error as the page shows it.

    Args:
        image: index of the candidate among the item's images; a box lies in it or in the
            reference, and shows thinly in the other one.
    """
    in_reference = error.get("box_in") == "reference"
    return {
        "c": shown_text(named_category(error)),
        "s": shown_text(error.get("severity")),
        "l": shown_text(error.get("location", "")),
        "d": shown_text(error.get("description", "")),
        "b": _box(error.get("box")),
        "i": 0 if in_reference else image,
        "o": image if in_reference else 0,
    }


def joined_errors(reports: Sequence[Mapping[str, Any] | None]) -> list[dict[str, Any]]:
    """Rows of an item's table: an error stands once, in the columns of all that have it.

    Args:
        reports: as JSON, one a column; None where there is none.
    """
    joined: dict[tuple[str, ...], list[dict[str, Any] | None]] = {}
    for column, report in enumerate(reports):
        for error in report["errors"] if report is not None else ():
            cell = error_cell(error, column + 1)
            key = (cell["c"], cell["l"], cell["d"])
            joined.setdefault(key, [None] * len(reports))[column] = cell
    return [{"level": "", "cells": cells} for cells in joined.values()]


def shown_text(value: Any) -> str:
    """Text of at most `MOST_CHARACTERS` characters; other values as JSON."""
    text = value if isinstance(value, str) else json.dumps(finite(value), default=str)
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + " …"


def _size(image: Image | None) -> int:
    if isinstance(image, bytes):
        return len(image)
    return image.stat().st_size if image is not None and image.is_file() else 0


def _box(value: Any) -> list[float] | None:
    """[x0, y0, x1, y1] in pixels; None unless these are four finite numbers."""
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        return None
    if not all(isinstance(side, (int, float)) and math.isfinite(side) for side in value):
        return None
    return [round(float(side), 1) for side in value]


def _script_json(value: Any) -> Markup:
    """JSON for a script element; no character can end the element or begin a comment."""
    text = json.dumps(finite(value), ensure_ascii=False, separators=(",", ":"))
    for character, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(character, escape)
    # The only unescaped text of the page; the script sets all of it as textContent.
    return Markup(text)
