"""Tables of benchmark scores for people at a terminal, each domain of sources apart.

Covers one critic, several critics, and similarity scores. Not covered: the numbers themselves
(`erm.benchmark`) and the HTML report (`erm.benchmark.page`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from erm.cli.console import print_table
from erm.dataset.domains import domain_title

if TYPE_CHECKING:
    from erm.benchmark import Scores


def show_scores(scores: Scores) -> None:
    """One critic: a row overall and a row a task; then the same for each of several domains."""
    rows = _section_rows(scores)
    if len(scores.by_domain) > 1:
        for own in scores.by_domain.values():
            rows += _section_rows(own)
    columns = (
        *("sources", "task", "items", "F1 hard", "95 %", "F1 soft", "precision", "recall"),
        *("severity r", "severity MAE"),
    )
    failed = len(scores.summary["failed"])
    unparsed = scores.additions["items"]["without_report"]
    title = (
        f"{scores.summary['evaluated']} items scored, {failed} failed, "
        f"{unparsed} without a report, judge {scores.judge}"
    )
    print_table(columns, rows, title)


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
    counted = Counter(item.task for item in scores.items if item.counted)
    return [
        (
            domain_title(scores.domain),
            name,
            counted.get(name, scores.summary["evaluated"]),
            section["overall"]["f1_hard"],
            _interval(extra["f1_hard_interval_95"]),
            section["overall"]["f1_soft"],
            extra["precision_hard"],
            extra["recall_hard"],
            correlation["total"],
            extra["severity_mae"],
        )
        for name, section, correlation, extra in sections
    ]


def show_comparison(comparison: Sequence[Mapping[str, Any]], first: Scores) -> None:
    """Several critics: a row each, in each of several domains, compared with the first one."""
    tasks = list(first.additions["by_task"])
    rows = [
        (
            domain_title(row["domain"]),
            row["name"],
            row["items"],
            *(row["f1_hard"].get(task) for task in ("overall", *tasks)),
            row["f1_soft"],
            row["severity_correlation"],
            row["difference"],
            _interval(row["difference_interval_95"], "+.3f"),
            row["p_value"],
        )
        for row in comparison
    ]
    columns = (
        *("sources", "critic", "items", "F1 hard", *tasks, "F1 soft", "severity r"),
        *("difference", "95 %", "p"),
    )
    critics = len({row["name"] for row in comparison})
    title = f"{critics} critics, judge {first.judge}; difference of F1 hard from the first one"
    print_table(columns, rows, title)


def _interval(bounds: Sequence[float] | None, style: str = ".3f") -> str | None:
    return None if bounds is None else f"{bounds[0]:{style}} to {bounds[1]:{style}}"


def show_similarities(rows: Sequence[Mapping[str, Any]]) -> None:
    """Distances set against annotated severity; nothing where none was asked for."""
    if not rows:
        return
    keys = ("name", "task", "items", "pearson", "spearman", "ranking_accuracy", "blind")
    print_table(
        ("distance", "task", "items", "Pearson", "Spearman", "ranking", "blind"),
        [tuple(row[key] for key in keys) for row in rows],
        "Against annotated severity; blind: share of the severer half that lies in the nearer half",
    )
