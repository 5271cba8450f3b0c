"""Packs a critic for a release: weights, licence, numbers, and a card that shows them.

``python -m benchmarks.release_weights CRITIC [--out FOLDER]`` writes
``FOLDER/visual-erm-critic-VERSION.tar.gz``. CRITIC is a folder as training leaves it, with
``scores.json`` of ``python benchmarks/critic.py CRITIC DATA --json CRITIC/scores.json``.
"""

from __future__ import annotations

import argparse
import json
import tarfile
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from erm.dataset.domains import domain_title
from erm.errors import ErmError
from erm.models.role import read_role
from erm.tasks import task_names

SCORES = "scores.json"
LICENCE = Path("LICENSE")


def card(name: str, scores: dict[str, Any]) -> str:
    """Text of the card, in Markdown."""
    tasks = ("overall", *task_names())
    lines = [
        f"# {name}",
        "",
        "A critic of Visual-ERM, trained from random weights on pairs with exact labels.",
        f"Unpack it and use it: `erm critique svg a.png b.png --critic {name}`. Apache-2.0.",
        "",
        "Held-out pairs, offline judge:",
        "",
        "| sources | pairs | " + " | ".join(f"F1 hard, {task}" for task in tasks) + " | Pearson |",
        "|---" * (len(tasks) + 3) + "|",
    ]
    for domain, found in scores.items():
        row = next(iter(found["critics"].values()))
        values = [*(row[f"f1 {task}"] for task in tasks), row["pearson"]]
        cells = ["–" if value is None else f"{value:.2f}" for value in values]
        lines.append(f"| {domain_title(domain)} | {row['pairs']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def release(critic: Path, out: Path) -> Path:
    """Write the archive and return its path.

    Raises:
        ErmError: the folder holds no critic, or no numbers of a benchmark.
    """
    read_role(critic, "critic")
    try:
        scores = json.loads((critic / SCORES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ErmError(
            f"{critic}: has no {SCORES}; write it with `python benchmarks/critic.py {critic} DATA "
            f"--json {critic / SCORES}`, so that the release says how good the critic is."
        ) from None
    name = f"visual-erm-critic-{version('visual-erm')}"
    out.mkdir(parents=True, exist_ok=True)
    archive = out / f"{name}.tar.gz"
    with tempfile.TemporaryDirectory() as folder, tarfile.open(archive, "w:gz") as tar:
        text = Path(folder) / "README.md"
        text.write_text(card(name, scores), encoding="utf-8")
        tar.add(text, f"{name}/README.md")
        tar.add(LICENCE, f"{name}/LICENSE")
        for file in sorted(path for path in critic.iterdir() if path.is_file()):
            tar.add(file, f"{name}/{file.name}")
    return archive


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("critic", type=Path)
    parser.add_argument("--out", type=Path, default=Path("dist"))
    arguments = parser.parse_args()
    try:
        archive = release(arguments.critic, arguments.out)
    except ErmError as error:
        parser.exit(1, f"{error}\n")
    print(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
