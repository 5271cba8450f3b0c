"""Tables of benchmark scores for people at a terminal, each domain of sources apart.

Covers one critic, several critics, and similarity scores. Not covered: the numbers themselves
(`erm.benchmark`) and the HTML report (`erm.benchmark.page`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from erm.cli.console import print_table
from erm.dataset.domains import domain_title

if TYPE_CHECKING:
    from erm.benchmark import Scores


def show_scores(scores: Scores) -> None:
    """One critic: a row overall and a row a task; the same for each of several domains."""
    failed = len(scores.summary["failed"])
    unparsed = scores.additions["items"]["without_report"]
    title = (
        f"{scores.summary['evaluated']} items scored, {failed} failed, "
        f"{unparsed} without a report, judge {scores.judge}{_sources(scores)}"
    )
    columns = ("task", "F1 hard", "F1 soft", "precision", "recall", "severity r", "severity MAE")
    print_table(columns, _section_rows(scores), title)
    if len(scores.by_domain) > 1:
        for domain, own in scores.by_domain.items():
            title = f"Sources: {domain_title(domain)}, {own.summary['evaluated']} items"
            print_table(columns, _section_rows(own), title)


def _sources(scores: Scores) -> str:
    names = [domain_title(domain) for domain in scores.by_domain]
    return f", sources: {', '.join(names)}" if names else ""


def _section_rows(scores: Scores) -> list[tuple[Any, ...]]:
    correlations = scores.summary["severity_correlation"]
    sections = [
        ("overall", scores.summary["overall"], correlations["overall"], scores.additions["overall"])
    ]
    for task, extra in scores.additions["by_task"].items():
        section, correlation = (
            part["by_category"][task] for part in (scores.summary, correlations)
        )
        sections.append((task, section, correlation, extra))
    return [
        (
            name,
            section["overall"]["f1_hard"],
            section["overall"]["f1_soft"],
            extra["precision_hard"],
            extra["recall_hard"],
            correlation["total"],
            extra["severity_mae"],
        )
        for name, section, correlation, extra in sections
    ]


def show_comparison(comparison: Sequence[Mapping[str, Any]], first: Scores) -> None:
    """Several critics: a row each, compared with the first one; the same for each of several
    domains."""
    tasks = list(first.additions["by_task"])
    columns = ("critic", "F1 hard", *tasks, "F1 soft", "severity r", "difference", "95 %", "p")
    for number, (domain, group) in enumerate(groupby(comparison, key=lambda row: row["domain"])):
        rows = _comparison_rows(list(group), tasks)
        title = f"Sources: {domain_title(domain)}"
        if number == 0:
            title = (
                f"{len(rows)} critics, judge {first.judge}; difference of F1 hard from the first "
                f"one{_sources(first)}"
            )
        print_table(columns, rows, title)


def _comparison_rows(
    comparison: Sequence[Mapping[str, Any]], tasks: Sequence[str]
) -> list[tuple[Any, ...]]:
    return [
        (
            row["name"],
            *(row["f1_hard"].get(task) for task in ("overall", *tasks)),
            row["f1_soft"],
            row["severity_correlation"],
            row["difference"],
            _interval(row["difference_interval_95"]),
            row["p_value"],
        )
        for row in comparison
    ]


def _interval(bounds: Sequence[float] | None) -> str | None:
    return None if bounds is None else f"{bounds[0]:+.3f} to {bounds[1]:+.3f}"


def show_similarities(rows: Sequence[Mapping[str, Any]]) -> None:
    """Distances set against annotated severity; nothing where none was asked for."""
    if not rows:
        return
    severity = ("pearson", "spearman", "ranking_accuracy", "within_group_ranking", "blind")
    keys = ("name", "task", "items", *severity)
    print_table(
        ("distance", "task", "items", "Pearson", "Spearman", "ranking", "in groups", "blind"),
        [tuple(row[key] for key in keys) for row in rows],
        "Against annotated severity; blind: share of the severer half that lies in the nearer half",
    )
