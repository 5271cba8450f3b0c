"""What the critic learns from: curves over pairs and model sizes, and ablations.

``python benchmarks/learning.py pairs|sizes|ablations [--only POINTS] [--epochs E] [--json FILE]``

Each point is a DVC experiment named ``CURVE-POINT`` (`dvc exp show`, `dvc plots diff`), or
``unchanged`` where no parameter differs: the stages up to ``benchmark`` in a copy of the checkout,
so that the workspace stays as it is. All are judged on the same held-out pairs. An experiment of
this commit that is there already is not run again (``dvc exp remove NAME`` forgets it). The table
goes to ``reports/learning/CURVE.csv``, with a picture.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from tqdm import tqdm

from erm.models.settings import SCRATCH_SIZES
from erm.tasks import task_names

POINTS: dict[str, dict[str, dict[str, str]]] = {
    "pairs": {
        **{str(share): {"train_critic.share": str(share)} for share in (0.125, 0.25, 0.5)},
        "1.0": {},
    },
    "sizes": {
        size: {} if size == "tiny" else {"train_critic.model.name": size} for size in SCRATCH_SIZES
    },
    "ablations": {
        "none": {},
        "difference-frame": {"train_critic.model.pair_encoding": "two_images"},
        "equivalent-edits": {"train_critic.exclude_routes": "[equivalent]"},
        "policy-errors": {"train_critic.exclude_routes": "[infer,infer_cross]"},
    },
}
"""By curve and point: the parameters that differ. An ablation is named after what it leaves out."""

COLUMNS = {
    "examples": "pairs",
    "parameters": "parameters",
    "overall/f1_hard": "F1 hard",
    **{f"{task}/f1_hard": task for task in task_names()},
    "overall/severity_correlation": "Pearson",
    "overall/ranking_accuracy": "ranking",
    "overall/empty_report_accuracy": "empty",
    "inferred/overall/f1_hard": "policy's own",
}
"""Metrics in the table, and their headings."""


def experiments() -> dict[str, str]:
    """The experiments of this commit: their own commits by name."""
    head = _git("rev-parse", "HEAD").strip()
    found = {}
    for line in _git("for-each-ref", "refs/exps", "--format=%(objectname) %(refname)").splitlines():
        commit, reference = line.split(maxsplit=1)
        *_, first, rest, name = reference.split("/")
        if first + rest == head:
            found[name] = commit
    return found


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def run(name: str, parameters: Mapping[str, str]) -> None:
    """Run one experiment in a copy of the checkout; raises if it fails."""
    settings = [part for item in parameters.items() for part in ("-S", "=".join(item))]
    command = [sys.executable, "-m", "dvc", "exp", "run", "--temp", "--name", name, *settings]
    # stages are started as ``python``, which must be this environment's, activated or not
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    environment = {**os.environ, "PATH": path}
    done = subprocess.run([*command, "benchmark"], stdout=sys.stderr, env=environment, check=False)
    if done.returncode:
        sys.exit(f"learning: experiment {name} failed; its own words are above.")


def metrics(commit: str) -> dict[str, float]:
    """What the stages of an experiment measured."""
    found: dict[str, float] = {}
    for stage in ("train_critic", "benchmark"):
        found |= json.loads(_git("show", f"{commit}:reports/{stage}.json"))
    return found


def draw(curve: str, rows: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """F1 hard of all points: lines over numbers, bars over names."""
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.add_subplot()
    names = {"overall/f1_hard": "overall"} | {f"{task}/f1_hard": task for task in task_names()}
    if curve == "ablations":
        points = list(rows)[::-1]
        values = [rows[point]["overall/f1_hard"] for point in points]
        bars = axes.barh(points, values, color="tab:blue")
        axes.bar_label(bars, fmt="%.3f", padding=3)
        axes.margins(x=0.15)
        axes.set(xlabel="F1 hard, held-out pairs", ylabel="left out")
        axes.spines[["top", "right"]].set_visible(False)
    else:
        x = "examples" if curve == "pairs" else "parameters"
        for metric, label in names.items():
            axes.plot(
                [row[x] for row in rows.values()],
                [row[metric] for row in rows.values()],
                marker="o",
                label=label,
                linewidth=2.5 if label == "overall" else 1.2,
            )
        axes.set(xscale="log", xlabel=COLUMNS[x], ylabel="F1 hard, held-out pairs", ylim=(0, None))
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    figure.savefig(path, dpi=150, metadata={"Software": None})


def main() -> None:
    """Runs what is missing of a curve and prints its table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("curve", choices=POINTS)
    parser.add_argument("--only", metavar="POINTS", help="such as micro,tiny; all unless given")
    parser.add_argument("--epochs", type=float, help="of each training; the profile's unless given")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    curve = arguments.curve
    only = (arguments.only or ",".join(POINTS[curve])).split(",")
    if unknown := set(only) - set(POINTS[curve]):
        parser.error(f"{curve} has no point {', '.join(sorted(unknown))}")
    common, suffix = {}, ""
    if arguments.epochs is not None:
        common = {"train_critic.optimization.epochs": str(arguments.epochs)}
        suffix = f"-epochs-{arguments.epochs:g}"
    rows = {}
    for point in tqdm(only, desc=curve, unit="experiment"):
        parameters = POINTS[curve][point]
        # The point that all curves share is one experiment.
        name = (f"{curve}-{point}" if parameters else "unchanged") + suffix
        name = name.replace(".", "_")
        if name not in experiments():
            run(name, common | parameters)
        rows[point] = metrics(experiments()[name])
    folder = Path("reports/learning")
    folder.mkdir(parents=True, exist_ok=True)
    table = [[curve, *COLUMNS.values()]]
    for point, row in rows.items():
        table.append([point, *(f"{row[key]:.4g}" if key in row else "" for key in COLUMNS)])
    with (folder / f"{curve}.csv").open("w", newline="") as file:
        csv.writer(file).writerows(table)
    draw(curve, rows, folder / f"{curve}.png")
    widths = [max(len(line[at]) for line in table) for at in range(len(table[0]))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
