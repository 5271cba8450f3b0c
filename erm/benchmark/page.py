"""The report page: an overview and a gallery of all items, as HTML that works from disk."""

from __future__ import annotations

import base64
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from numpy.typing import NDArray

from erm.benchmark.blindness import compare_distances, overlooked, task_colours
from erm.benchmark.figures import distance_panels, severity_scatter
from erm.benchmark.formats import Image
from erm.benchmark.json_values import finite
from erm.benchmark.judge.alignment import Error, named_category
from erm.benchmark.scores import Scores
from erm.benchmark.scoring import ItemScore
from erm.benchmark.statistics import severity_totals
from erm.dataset.domains import domain_title
from erm.report import categories_of
from erm.tasks import task_names

ImagePlacing = Literal["auto", "embedded", "files"]

EMBEDDED_LIMIT = 24 * 2**20
"""``auto`` embeds images of at most so many bytes in total: MLflow's artifact viewer shows only
single files, and a browser still opens such a page fast."""
MOST_ERRORS = 200
"""Most errors of an item on the page; the others are counted."""
MOST_CHARACTERS = 600
"""Most characters of a text on the page."""

_IMAGES = "page-images"
"""Folder of the page's images. It is emptied, so it is not a benchmark's ``images``."""
_ENDINGS = ((b"\x89PNG", "png"), (b"\xff\xd8", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "webp"))


def write_page(
    scores: Scores,
    folder: str | Path,
    title: str = "Benchmark",
    *,
    images: ImagePlacing = "auto",
    comparison: Sequence[Mapping[str, Any]] = (),
    links: Mapping[str, str] = MappingProxyType({}),
    distances: Mapping[str, NDArray[np.float64]] = MappingProxyType({}),
) -> Path:
    """Write ``index.html`` and, unless images are embedded, ``page-images/`` into a folder.

    Args:
        title: heading of the page.
        images: ``embedded`` for one self-contained file, ``files`` for a folder of images, ``auto``
            for one file if it is small (`EMBEDDED_LIMIT`).
        comparison: rows of `erm.benchmark.comparison.comparison_table`, shown as a table.
        links: name of a critic in `comparison` → address of its page.
        distances: name → (items,), compared with annotated severity (`erm.benchmark.blindness`).

    Returns:
        The path of ``index.html``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    store = _ImageStore(folder, _embeds(scores, images))
    items = [_item(score, number, store) for number, score in enumerate(scores.items)]
    benchmark_items = [score.prediction.item for score in scores.items]
    for name, values in distances.items():
        near = overlooked(benchmark_items, values)
        for row, unseen in zip(items, near.tolist(), strict=True):
            row["overlooked"] += [name] if unseen else []
    environment = Environment(
        loader=PackageLoader("erm.benchmark"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters["domain_title"] = domain_title
    html = environment.get_template("page.html.jinja").render(
        title=title,
        scores=scores,
        tasks=[task for task in task_names() if task in scores.additions["by_task"]],
        colours=task_colours(),
        categories={task: categories_of(task) for task in task_names()},
        scatter=severity_scatter(scores),
        comparison=comparison,
        stated=any(row["domain"] is not None for row in comparison),
        links=links,
        similarities=compare_distances(benchmark_items, distances),
        panels=distance_panels(benchmark_items, distances),
        failures=_failures(scores),
        items=_script_json(items),
    )
    path = folder / "index.html"
    partial = folder / ".index.html.partial"
    partial.write_text(html, encoding="utf-8")
    partial.replace(path)
    return path


def _script_json(value: Any) -> Markup:
    """JSON for a script element; no character can end the element or begin a comment."""
    text = json.dumps(finite(value), ensure_ascii=False, separators=(",", ":"))
    for character, escape in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(character, escape)
    # The only unescaped text of the page; the script sets all of it as textContent.
    return Markup(text)


def _embeds(scores: Scores, images: ImagePlacing) -> bool:
    if images != "auto":
        return images == "embedded"
    sizes = 0
    for score in scores.items:
        item = score.prediction.item
        for image in (item.reference, item.candidate):
            if isinstance(image, bytes):
                sizes += len(image)
            elif image is not None and image.is_file():
                sizes += image.stat().st_size
    return sizes <= EMBEDDED_LIMIT


class _ImageStore:
    """Stores the page's images and returns their addresses."""

    def __init__(self, folder: Path, embed: bool) -> None:
        self.embed = embed
        self.folder = folder / _IMAGES
        if self.folder.exists():
            shutil.rmtree(self.folder)
        if not embed:
            self.folder.mkdir()

    def add(self, image: Image | None, name: str) -> str | None:
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
        return f"{_IMAGES}/{name}.{ending}"


def _item(score: ItemScore, number: int, store: _ImageStore) -> dict[str, Any]:
    item = score.prediction.item
    row: dict[str, Any] = {
        "n": number,
        "id": _shown(item.id),
        "task": _shown(item.task),
        "images": [
            store.add(item.reference, f"{number:05d}_reference"),
            store.add(item.candidate, f"{number:05d}_candidate"),
        ],
        "failure": _shown(score.failure) if score.failure else None,
        "reason": _shown(score.prediction.failure) if score.prediction.failure else None,
        "known": score.task in task_names(),
        "reported": score.prediction.pred_json is not None,
        "counts": [
            score.counts.hard,
            score.counts.soft,
            score.counts.invented,
            score.counts.missed,
        ],
        "severity": [0.0, 0.0],
        "rows": [],
        "hidden": 0,
        "overlooked": [],
    }
    if score.lists is not None:
        predicted, annotated = severity_totals([score])
        row["severity"] = [float(predicted[0]), float(annotated[0])]
        rows = _joined(score)
        row["rows"], row["hidden"] = rows[:MOST_ERRORS], max(0, len(rows) - MOST_ERRORS)
    return row


def _joined(score: ItemScore) -> list[dict[str, Any]]:
    """Rows of the item's table: matches, then missed errors, then invented ones."""
    if score.lists is None:
        return []
    predicted, annotated = score.lists.predicted, score.lists.annotated
    matches = score.alignment.matches if score.alignment else ()
    seen_predicted = {match.predicted for match in matches}
    seen_annotated = {match.annotated for match in matches}
    missed, invented = ("missed", "invented") if score.alignment else ("not judged",) * 2
    rows: list[dict[str, Any]] = [
        {
            "level": match.level,
            "a": _error(annotated[match.annotated]),
            "p": _error(predicted[match.predicted]),
        }
        for match in sorted(matches, key=lambda match: match.annotated)
    ]
    rows += [
        {"level": missed, "a": _error(error), "p": None}
        for index, error in enumerate(annotated)
        if index not in seen_annotated
    ]
    rows += [
        {"level": invented, "a": None, "p": _error(error)}
        for index, error in enumerate(predicted)
        if index not in seen_predicted
    ]
    return rows


def _error(error: Error) -> dict[str, Any]:
    return {
        "c": _shown(named_category(error)),
        "s": _shown(error.get("severity")),
        "l": _shown(error.get("location", "")),
        "d": _shown(error.get("description", "")),
        "b": _box(error.get("box")),
        "i": 0 if error.get("box_in") == "reference" else 1,
    }


def _box(value: Any) -> list[float] | None:
    """[x0, y0, x1, y1] in pixels; None unless these are four finite numbers."""
    if not isinstance(value, (list, tuple)) or len(value) != 4:
        return None
    if not all(isinstance(side, (int, float)) and math.isfinite(side) for side in value):
        return None
    return [round(float(side), 1) for side in value]


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(finite(value), default=str)
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + " …"


def _failures(scores: Scores) -> list[tuple[str, int]]:
    census = scores.additions["items"]
    rows = list(census["failed_by_reason"].items())
    rows.append(("predictions without a readable report", census["without_report"]))
    rows.append(("items of an unknown task, left out", census["left_out_unknown_task"]))
    rows += [(f"rows with {kind}", count) for kind, count in census["problems_by_kind"].items()]
    return [(reason, count) for reason, count in rows if count]
