"""The tables that ``erm evaluate`` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from erm.cli.console import print_table
from erm.evaluation.curve_files import curve_title, group_title
from erm.evaluation.metrics import DRAWN
from erm.evaluation.summary import COUNTS

_BETTER = {True: " ↓", False: " ↑", None: ""}
"""After a metric's title, the way in which it is better, by whether that is lower."""


def show_evaluation(summary: dict[str, Any], page: Path) -> None:
    """Means by metric for each task, those of samples, and what became of completions and items."""
    groups = summary["groups"]
    title = f"{summary['policy']} on {summary['data']}: {summary['evaluated']} of "
    _show(
        ["metric", "mean", "95 %", "of drawn", "items"],
        groups,
        [_metric_rows(group) for group in groups],
        f"{title}{summary['items']} items",
    )
    choices = list(dict.fromkeys(name for group in groups for name in group["best_of_n"]))
    if any(group["sampled"] for group in groups):
        most = max(group["samples"] for group in groups)
        _show(
            ["metric", "mean of samples", *(f"best by {name}" for name in choices)],
            groups,
            [_sample_rows(group, choices) for group in groups],
            f"{most} samples an item",
        )
    _show(
        ["what became of them", "number", "the first one"],
        groups,
        [_count_rows(group) for group in groups],
    )
    if summary["curves"]:
        _show_curves(summary["curves"])
    for sentence in summary["left_out"]:
        print(sentence)
    print(f"Page: {page}")


def _show(
    columns: list[str],
    groups: list[dict[str, Any]],
    rows: list[list[list[Any]]],
    title: str = "",
) -> None:
    """A table of each group's rows, with the groups' names where there are several."""
    if len(groups) == 1:
        print_table(columns, rows[0], title)
        return
    named = [[_title(group), *row] for group, own in zip(groups, rows, strict=True) for row in own]
    print_table(["of", *columns], named, title)


def _show_curves(curves: list[dict[str, Any]]) -> None:
    """What further drafts bring: a table a curve, a row a number of drafts."""
    several = len({group_title(curve) for curve in curves}) > 1
    for curve in curves:
        of = f"{group_title(curve)}: " if several else ""
        points = [point["metrics"].get(curve["measure"], {}) for point in curve["points"]]
        versus = ["to samples"] if any("to_samples" in one for one in points) else []
        print_table(
            ["n", "severity", "difference", *versus, "executed", "tokens", "repaired", "improved"],
            [_point_row(curve["measure"], point, bool(versus)) for point in curve["points"]],
            f"{of}n further drafts, {curve_title(curve)}",
        )


def _point_row(measure: str, point: dict[str, Any], versus: bool) -> list[Any]:
    metrics, changes = point["metrics"], point["changes"]
    nothing = {"mean": None, "difference": None, "difference_interval_95": (None, None)}
    measured = metrics.get(measure, nothing)
    compared = ["difference", "to_samples"] if versus else ["difference"]
    return [
        point["further"],
        _short(measured["mean"]),
        *(_with_interval(measured, name) for name in compared),
        _short(metrics[DRAWN]["mean"]),
        _short(point["spent"]["tokens"]),
        f"+{changes['repaired']['items']} −{changes['broken']['items']}",
        f"+{changes['improved']['items']} −{changes['worsened']['items']}",
    ]


def _with_interval(measured: dict[str, Any], name: str) -> str:
    if name not in measured:
        return ""
    return f"{_short(measured[name])} ({' to '.join(map(_short, measured[f'{name}_interval_95']))})"


def _title(group: dict[str, Any]) -> str:
    return " ".join(part for part in (group["task"], group["group"]) if part) or "unknown task"


def _metric_rows(group: dict[str, Any]) -> list[list[Any]]:
    return [
        [
            _metric_title(metric),
            _short(metric["mean"]),
            " to ".join(map(_short, metric["interval_95"])),
            _short(metric["mean_drawn"]),
            metric["items"],
        ]
        for metric in group["metrics"].values()
    ]


def _sample_rows(group: dict[str, Any], choices: list[str]) -> list[list[Any]]:
    return [
        [
            _metric_title(metric),
            _short(group["sampled"].get(name)),
            *(_short(group["best_of_n"].get(one, {}).get(name)) for one in choices),
        ]
        for name, metric in group["metrics"].items()
        if group["sampled"]
    ]


def _metric_title(metric: dict[str, Any]) -> str:
    return f"{metric['title']}{_BETTER[metric['lower_is_better']]}"


def _short(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _count_rows(group: dict[str, Any]) -> list[list[Any]]:
    return [
        [label.format(kind.replace("_", " ")), entry["number"], entry["example"]]
        for part, label in COUNTS.items()
        for kind, entry in group[part].items()
    ]
