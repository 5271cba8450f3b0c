"""What reinforcement with the exact report makes of a trained critic.

``python benchmarks/reinforced.py MODEL DATA -S steps=60 [-S learning_rate=2e-4] [--share 0.9]``
reinforces the critic in a folder on pairs of DATA and prints F1, severities and unparsable free
replies of both on held-out pairs, with intervals of a paired bootstrap. Settings are those of
``train_critic.reinforce``. With ``--share`` only so many of the training sources are used; what is
left is held out too, as it must have been from the critic's training (``train_critic.share``).
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from erm.benchmark import comparison_table, judge_from_spec, score
from erm.critics.base import ImagePair
from erm.critics.local import LocalCritic
from erm.critics.prediction import items_of, predictions_of
from erm.critics.reinforcement import reinforce_critic
from erm.critics.settings import TrainCriticSettings
from erm.dataset.pairs import Pair, fraction, read_pairs
from erm.errors import ErmError, reason_of
from erm.models.role import read_role


def held_out(data: Path, share: float, tasks: list[str]) -> list[Pair]:
    """Pairs of the test split, and training pairs of sources beyond the share."""
    unused = [
        pair for pair in read_pairs(data, "train", tasks) if fraction(pair.source_id) >= share
    ]
    return [*read_pairs(data, "test", tasks), *unused]


def compare(critics: dict[str, Path], pairs: list[Pair]) -> list[dict[str, Any]]:
    """The rows of `comparison_table`, with the share of free replies that hold no report."""
    items = items_of(pairs)
    views = [ImagePair(pair.task, pair.reference, pair.candidate) for pair in pairs]
    scores, unparsable = {}, {}
    for name, folder in critics.items():
        critiques = LocalCritic(folder).critique(views, progress=True)
        scores[name] = score(predictions_of(items, critiques), judge_from_spec("offline"))
        free = LocalCritic(folder, constrained=False).critique(views, progress=True)
        unparsable[name] = sum(critique.parsed is None for critique in free) / len(free)
    return [{**row, "unparsable": unparsable[row["name"]]} for row in comparison_table(scores)]


def settings_of(arguments: argparse.Namespace) -> TrainCriticSettings:
    """Settings of the stage train_critic with the reinforcement that the command line asks for."""
    asked = dict(each.partition("=")[::2] for each in arguments.set)
    try:
        return TrainCriticSettings.model_validate(
            {
                "share": arguments.share,
                "validation": {"pairs": arguments.validation_pairs},
                "reinforce": {name: yaml.safe_load(value) for name, value in asked.items()},
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise ErmError(f"{'.'.join(map(str, first['loc']))}: {reason_of(first)}.") from error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("-S", "--set", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--validation-pairs", type=int, default=32)
    parser.add_argument("--out", type=Path, default=Path("reinforced"), help="goes on if it exists")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    try:
        settings = settings_of(arguments)
        after, work = arguments.out / "critic", arguments.out / "work"
        metrics = reinforce_critic(settings, arguments.model, arguments.data, after, work)
        tasks = list(read_role(arguments.model, "critic").prompts)
        pairs = held_out(arguments.data, arguments.share, tasks)
        rows = compare({"before": arguments.model, "after": after}, pairs)
    except ErmError as error:
        sys.exit(f"reinforced: {error}")
    print(f"{len(pairs)} held-out pairs; best step {metrics['best/step']:.0f}")
    for row in rows:
        low, high = row["interval_95"]
        print(
            f"{row['name']:6} F1 hard {row['f1_hard']['overall']:.3f} [{low:.3f}, {high:.3f}], "
            f"soft {row['f1_soft']:.3f}, Pearson {row['severity_correlation']:.3f}, "
            f"severity off by {row['severity_mae']:.2f}, unparsable if free {row['unparsable']:.3f}"
        )
    low, high = rows[1]["difference_interval_95"]
    print(f"difference in F1 hard {rows[1]['difference']:+.3f} [{low:+.3f}, {high:+.3f}]")
    if arguments.json:
        arguments.json.write_text(json.dumps({"metrics": metrics, "critics": rows}, indent=1))


if __name__ == "__main__":
    main()
