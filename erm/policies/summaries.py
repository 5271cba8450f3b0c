"""What reinforcement and evaluation have found, as Markdown for interfaces that show it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from erm.policies.gains import severity_gains

_COLUMNS = {
    "step": ("step", ".0f"),
    "greedy/exact_severity": ("severity, greedy", ".2f"),
    "sampled/exact_severity": ("severity, sampled", ".2f"),
    "greedy/rendered": ("rendered, greedy", ".2f"),
    "sampled/rendered": ("rendered, sampled", ".2f"),
    "greedy/reward": ("reward, greedy", ".3f"),
    "sampled/reward": ("reward, sampled", ".3f"),
    "watch/reward_gain": ("gain by the reward", "+.2f"),
    "watch/exact_gain": ("gain, exact", "+.2f"),
    "watch/gap_low": ("gap, from", "+.2f"),
    "watch/gap_high": ("gap, to", "+.2f"),
}
"""Columns of ``validation.csv``: heading and format. Those that a run lacks are left out."""


def reinforcement_summary(
    policy: Path, metrics: Mapping[str, float], links: Mapping[str, str]
) -> str:
    """The validations of a reinforcement as a table, and why it ended where it did.

    Args:
        policy: folder of the reinforced policy.
        metrics: of `erm.policies.reinforcement.reinforce`.
        links: label → address, at the end.
    """
    lines = [
        f"{metrics['steps']:.0f} steps; reward {metrics['reward_first']:.3f} in the first quarter, "
        f"{metrics['reward_last']:.3f} in the last."
    ]
    if "best/step" in metrics:
        lines.append(f"The weights after step {metrics['best/step']:.0f} were kept.")
    if "stopped/step" in metrics:
        why = "reward hacking" if metrics["stopped/alarmed"] else "nothing better came"
        lines.append(f"It was stopped after step {metrics['stopped/step']:.0f}: {why}.")
    validation = policy / "validation.csv"
    if validation.is_file():
        with validation.open(newline="") as file:
            rows = [{name: float(value) for name, value in row.items()} for row in _full(file)]
        columns = {name: how for name, how in _COLUMNS.items() if name in rows[0]}
        lines.append("")
        lines += _table(
            [heading for heading, _ in columns.values()],
            [[_number(row[name], how) for name, (_, how) in columns.items()] for row in rows],
        )
    return _document("Reinforcement", lines, links)


def evaluation_summary(
    metrics: Mapping[str, float], tasks: Sequence[str], links: Mapping[str, str]
) -> str:
    """The gains in exact severity as a table.

    Args:
        metrics: of `erm.policies.evaluation.evaluate`.
        links: label → address, at the end.
    """
    lines = [
        "Points of severity by the exact annotator; a gain above zero is for the better.",
        "",
        *_table(
            ["task", "completions", "start", "reinforced", "gain", "95 %"],
            [
                [
                    *(row["task"], row["of"]),
                    *(f"{row['before']:.2f}", f"{row['after']:.2f}", f"{row['gain']:+.2f}"),
                    f"{row['low']:+.2f} to {row['high']:+.2f}",
                ]
                for row in severity_gains(metrics, tasks)
            ],
        ),
    ]
    return _document("Policy before and after reinforcement", lines, links)


def _full(file: Iterable[str]) -> Iterator[dict[str, str]]:
    """The rows of a table, without values that were not measured."""
    for row in csv.DictReader(file):
        yield {name: value or "nan" for name, value in row.items()}


def _number(value: float, how: str) -> str:
    return format(value, how) if value == value else "–"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _document(title: str, lines: Sequence[str], links: Mapping[str, str]) -> str:
    named = " · ".join(f"[{label}]({address})" for label, address in links.items())
    return "\n".join([f"# {title}", "", *lines, "", named, ""])
