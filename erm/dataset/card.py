"""The data card of a folder of pairs: counts, category × severity, and examples as pictures.

A census is taken while pairs are written; it gives the flat metrics, ``card.md`` and ``card.png``.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erm.dataset.pairs import SPLITS, Pair
from erm.report import categories_of
from erm.tasks import get_task, task_names
from erm.tasks.discrepancy import MEDIUM, MINOR, SEVERE
from erm.tasks.settings import DrawingSettings

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SEVERITIES = (MINOR, MEDIUM, SEVERE)

ORIGINS_FILE = "origins.jsonl"
"""Lists, in a folder of pairs, where each source of a package comes from."""

_EXAMPLES = 3


@dataclass(frozen=True)
class Origin:
    """Where a source of a package comes from.

    Attributes:
        place: path inside the package, with a number if the file holds several sources.
        package: name, version and registry.
        licence: SPDX identifier, or words.
        role: ``train`` or ``held_out``: whether the package may be trained on.
    """

    place: str
    package: str
    licence: str
    role: str


@dataclass
class Census:
    """Counts of the pairs written so far, and a few examples of each task."""

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (split, task)."""
    routes: Counter[str] = field(default_factory=Counter)
    errors: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    """By (task, category, severity)."""
    errors_per_pair: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By (task, number of discrepancies)."""
    operators: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (task, operator)."""
    rejected: Counter[str] = field(default_factory=Counter)
    """By reason."""
    drawing: DrawingSettings = field(default_factory=DrawingSettings)
    """How the sources were drawn."""
    modelled: bool = False
    """Whether a model wrote the reports of the training pairs."""
    examples: dict[str, list[Pair]] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """By source id, of the sources of packages."""
    packages: Counter[tuple[str, str, str, str, str]] = field(default_factory=Counter)
    """Pairs by (task, package, licence, role, split)."""

    def count(self, pair: Pair) -> None:
        """Count one pair."""
        self.pairs[pair.split, pair.task] += 1
        self.routes[pair.route] += 1
        self.errors_per_pair[pair.task, len(pair.report.errors)] += 1
        for error in pair.report.errors:
            self.errors[pair.task, error.category, error.severity] += 1
        for operator in pair.operators:
            self.operators[pair.task, operator] += 1
        origin = self.origins.get(pair.source_id)
        if origin is not None:
            self.packages[pair.task, origin.package, origin.licence, origin.role, pair.split] += 1
        shown = self.examples.setdefault(pair.task, [])
        fresh = all(pair.source_id != other.source_id for other in shown)
        if len(shown) < _EXAMPLES and fresh and pair.report.errors:
            shown.append(pair)

    @property
    def total(self) -> int:
        """Number of pairs."""
        return self.pairs.total()

    @property
    def tasks(self) -> list[str]:
        """Tasks that have pairs, in the order of the taxonomy."""
        present = {task for _, task in self.pairs}
        return [task for task in task_names() if task in present]

    def metrics(self) -> dict[str, Any]:
        """Flat metrics: ``pairs/<split>``, ``errors/<task>/<category>`` and so on."""
        empty = sum(n for (_, errors), n in self.errors_per_pair.items() if errors == 0)
        rejected = self.rejected.total()
        values: dict[str, Any] = {
            "pairs": self.total,
            "empty_share": round(empty / max(self.total, 1), 4),
            "set_aside": rejected,
            "set_aside_share": round(rejected / max(rejected + self.total, 1), 4),
        }
        for split in SPLITS:
            values[f"pairs/{split}"] = sum(self.pairs[split, task] for task in self.tasks)
            for task in self.tasks:
                values[f"pairs/{split}/{task}"] = self.pairs[split, task]
        for route, number in sorted(self.routes.items()):
            values[f"routes/{route}"] = number
        for task in self.tasks:
            for category in categories_of(task):
                numbers = [self.errors[task, category, severity] for severity in SEVERITIES]
                values[f"errors/{task}/{category}"] = sum(numbers)
        for reason, number in sorted(self.rejected.items()):
            values[f"set_aside/{reason}"] = number
        return values


def write_card(folder: Path, census: Census) -> None:
    """Write ``card.md`` and, if there are pairs, ``card.png`` into the folder of pairs."""
    (folder / "card.md").write_text(_markdown(census), encoding="utf-8")
    if census.total:
        _picture(folder / "card.png", census)


def _table(header: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _side(census: Census, task: str) -> str:
    side = census.drawing.raster_side if get_task(task).scalable else 0
    return str(side or "as the source says")


def _markdown(census: Census) -> str:
    tasks = census.tasks
    labels = (
        "Every report is computed from both scenes and checked against the pixels; no report was "
        "written by a person or a model."
    )
    if census.modelled:
        labels = (
            "Reports of the training pairs were written by a model that saw the two images; those "
            "of validation and test are computed from both scenes and checked against the pixels."
        )
    rejected = [
        "## Rejected\n",
        "Listed one by one, with both sources, in `set_aside.jsonl`.\n",
        _table(["reason", "number"], [[r, n] for r, n in census.rejected.most_common()]),
    ]
    if not census.total:
        return "\n".join(["# No pairs\n", "Nothing could be used.\n", *rejected])
    most = max(number for _, number in census.errors_per_pair)
    sections = [
        "# Pairs with exact reports\n",
        f"{census.total} pairs of a reference image and a candidate image. {labels} "
        "Sources are split, so no source and no image is in two splits.\n",
        "```python\n"
        'datasets.load_dataset("parquet", data_files={"train": "data/train-*.parquet"})\n'
        "```\n",
        "![Counts and examples](card.png)\n",
        "## Pairs\n",
        _table(
            ["split", *tasks],
            [[split, *(census.pairs[split, task] for task in tasks)] for split in SPLITS],
        ),
        "## How sources were drawn\n",
        _table(
            ["task", "back end", "longest side"],
            [[task, census.drawing.backend_of(task), _side(census, task)] for task in tasks],
        ),
        *[f"Further fonts: {folder}\n" for folder in census.drawing.fonts],
        "## How they came to be\n",
        _table(["route", "pairs"], [[route, n] for route, n in sorted(census.routes.items())]),
        *_packages(census),
        "## Discrepancies by category and severity\n",
        _table(
            ["task", "category", "1 minor", "2 medium", "3 severe"],
            [
                [task, category, *(census.errors[task, category, s] for s in SEVERITIES)]
                for task in tasks
                for category in categories_of(task)
            ],
        ),
        "## Discrepancies in a pair\n",
        _table(
            ["task", *(str(number) for number in range(most + 1))],
            [[t, *(census.errors_per_pair[t, n] for n in range(most + 1))] for t in tasks],
        ),
        "## Edits\n",
        _table(
            ["task", "operator", "pairs"],
            [[task, name, n] for (task, name), n in sorted(census.operators.items())],
        ),
        *rejected,
    ]
    return "\n".join(sections)


def _packages(census: Census) -> list[str]:
    """The section on sources of packages; none where there are none."""
    if not census.packages:
        return []
    rows = [
        [*key, *(census.packages[*key, split] for split in SPLITS)]
        for key in sorted({key[:4] for key in census.packages})
    ]
    return [
        "## Real sources\n",
        "Packages whose files are sources. The licence is that of these files; "
        f"`{ORIGINS_FILE}` "
        "names the package and the file of each source. Sources of packages with the role "
        "`held_out` are only in the test split, those with the role `train` never.\n",
        _table(["task", "package", "licence", "role", *(f"{one} pairs" for one in SPLITS)], rows),
    ]


def _picture(path: Path, census: Census) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    tasks = census.tasks
    rows = 1 + _EXAMPLES
    figure = Figure(figsize=(6 * len(tasks), 2 * rows), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(rows, 3 * len(tasks), width_ratios=[1, 1, 1] * len(tasks))
    for column, task in enumerate(tasks):
        _counts(figure.add_subplot(grid[0, 3 * column : 3 * column + 3]), task, census)
        for row, pair in enumerate(census.examples.get(task, []), start=1):
            panels = [figure.add_subplot(grid[row, 3 * column + offset]) for offset in range(3)]
            _example(panels, pair)
    figure.savefig(path, metadata={"Software": None})


def _counts(axes: Axes, task: str, census: Census) -> None:
    starts = [0.0] * len(categories_of(task))
    for severity, colour in zip(SEVERITIES, ("#a6c8e4", "#4a90c2", "#12456b"), strict=True):
        numbers = [census.errors[task, category, severity] for category in categories_of(task)]
        axes.barh(
            categories_of(task), numbers, left=starts, color=colour, label=f"severity {severity}"
        )
        starts = [start + number for start, number in zip(starts, numbers, strict=True)]
    axes.invert_yaxis()
    axes.set_title(f"{task}: discrepancies")
    axes.legend(fontsize=7)


def _example(panels: list[Axes], pair: Pair) -> None:
    from matplotlib.patches import Rectangle

    sides = (("reference", pair.reference_pixels), ("candidate", pair.candidate_pixels))
    for axes, (side, pixels) in zip(panels, sides, strict=False):
        axes.imshow(pixels)
        axes.set_title(side, fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
        for error in pair.report.errors:
            if error.box is not None and error.box_in == side:
                x0, y0, x1, y1 = error.box
                frame = Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor="magenta")
                axes.add_patch(frame)
    lines = [
        textwrap.fill(
            f"{error.category} {error.severity}: {error.location}, {error.description}", 36
        )
        for error in pair.report.errors
    ]
    panels[2].axis("off")
    # A dollar sign would start a formula.
    text = "\n".join(lines).replace("$", r"\$")
    panels[2].text(0, 1, text, va="top", fontsize=7, transform=panels[2].transAxes)
