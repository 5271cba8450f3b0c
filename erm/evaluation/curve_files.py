"""Curves of further drafts as a CSV file, a row a point, and as a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erm.evaluation.curves import CHANGES, CRITIC_SCORE, Curve
from erm.evaluation.metrics import DRAWN, EXACT_SEVERITY
from erm.evaluation.records import CURVES, PICTURE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_METRICS = (DRAWN, EXACT_SEVERITY, CRITIC_SCORE)
_TITLES = {
    EXACT_SEVERITY: "exact severity",
    CRITIC_SCORE: "critic's severity",
    DRAWN: "execution rate",
}
_STYLES = {"critic": "-", "last": "--"}
_COLOURS = {"revised": "C0", "sampled": "C1", "reflected": "C2"}


def write_curves(curves: Sequence[Curve], folder: Path) -> None:
    """Write ``curves.csv`` and ``curves.png`` into a folder.

    Args:
        curves: of `erm.evaluation.curves.curves`, at least one.
    """
    text = io.StringIO()
    rows = [_row(curve, point) for curve in curves for point in curve["points"]]
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    (folder / CURVES).write_text(text.getvalue(), encoding="utf-8")
    _draw(curves, folder / PICTURE)


def curve_title(curve: Curve) -> str:
    """What the drafts of a curve are, and which of them counts."""
    kept = "best by the critic" if curve["kept"] == "critic" else "the last one"
    return f"{curve['drafts']}, {kept}"


def group_title(curve: Curve) -> str:
    """What items a curve is of."""
    return " ".join(part for part in (curve["task"], curve["group"]) if part) or "all"


def _row(curve: Curve, point: dict[str, Any]) -> dict[str, Any]:
    row = {name: curve[name] for name in ("task", "group", "drafts", "kept")}
    row |= {"further": point["further"], **point["spent"]}
    for name in _METRICS:
        found = point["metrics"].get(name)
        low, high = found["interval_95"] if found else (None, None)
        less, more = found["difference_interval_95"] if found else (None, None)
        row |= {name: found and found["mean"], f"{name}_low": low, f"{name}_high": high}
        row |= {f"{name}_difference": found and found["difference"]}
        row |= {f"{name}_difference_low": less, f"{name}_difference_high": more}
        beyond = (found or {}).get("to_samples")
        under, over = found["to_samples_interval_95"] if beyond is not None else (None, None)
        row |= {f"{name}_to_samples": beyond}
        row |= {f"{name}_to_samples_low": under, f"{name}_to_samples_high": over}
    return row | {kind: point["changes"][kind]["items"] for kind in CHANGES}


def _draw(curves: Sequence[Curve], path: Path) -> None:
    """Severity and execution rate against the number of drafts, and against what they cost."""
    from matplotlib.figure import Figure

    groups = list(dict.fromkeys(map(group_title, curves)))
    counted = all(point["spent"]["tokens"] is not None for one in curves for point in one["points"])
    unit = "tokens" if counted else "characters"
    figure = Figure(figsize=(13, 3 * len(groups) + 0.6), layout="constrained")
    rows = figure.subplots(len(groups), 4, squeeze=False)
    for panels, group in zip(rows, groups, strict=True):
        own = [curve for curve in curves if group_title(curve) == group]
        for place, name in enumerate((own[0]["measure"], DRAWN)):
            for axes, costs in zip(panels[2 * place : 2 * place + 2], (None, unit), strict=True):
                _draw_panel(axes, own, name, costs)
        panels[0].set_title(group, loc="left", fontsize=10)
    handles, labels = rows[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8)
    figure.savefig(path, dpi=110, metadata={"Software": None})


def _draw_panel(axes: Axes, curves: Sequence[Curve], name: str, unit: str | None) -> None:
    """A metric of each curve, with its interval.

    Args:
        unit: of what is spent; None for the number of drafts.
    """
    for curve in curves:
        points = [point for point in curve["points"] if name in point["metrics"]]
        across = [one["further"] if unit is None else one["spent"][unit] for one in points]
        found = [point["metrics"][name] for point in points]
        means = [one["mean"] for one in found]
        colour, style = _COLOURS[curve["drafts"]], _STYLES[curve["kept"]]
        label = curve_title(curve)
        axes.plot(across, means, style, color=colour, marker="o", markersize=3, label=label)
        low, high = ([one["interval_95"][side] for one in found] for side in (0, 1))
        axes.fill_between(across, low, high, color=colour, alpha=0.1, linewidth=0)
    axes.set_xlabel("drafts after the first" if unit is None else f"{unit} per item", fontsize=8)
    axes.set_ylabel(_TITLES[name], fontsize=8)
    axes.tick_params(labelsize=8)
    if unit is None:
        axes.set_xticks(range(max(len(curve["points"]) for curve in curves)))
