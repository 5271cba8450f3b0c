"""Scores the reading critic on the 60 hand-edited pairs of real sources in ``tests/checked``.

    python benchmarks/reading.py [--critic reading]

Prints, for each task: F1 hard of the offline judge against the exact reports, the Pearson
correlation of severities among pairs that differ, how many equal pairs get an empty report, and
seconds a pair. The critic was developed on these pairs, so expect less elsewhere.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from PIL import Image

from erm.annotation import annotate_rendered
from erm.benchmark import Item, Prediction, human_error, judge_from_spec, score
from erm.critics.base import Critic, ImagePair
from erm.critics.loading import critic_from_spec
from erm.render import Limits, Renderer
from erm.tasks import task_names
from tests.checked.measure import REAL


def measured(critic: Critic, task: str, renderer: Renderer) -> str:
    """One line of numbers on the real pairs of a task."""
    predictions, severities, seconds = [], [], []
    empty = equal = 0
    for number, pair in enumerate(pair for name, pair in REAL if name == task):
        sources = [(task, pair.reference), (task, pair.candidate)]
        drawn = renderer.render_batch(sources, scenes=True)
        report = annotate_rendered(task, *drawn).require(pair.name)
        images = [Image.fromarray(one.pixels) for one in drawn]
        start = time.perf_counter()
        (critique,) = critic.critique([ImagePair(task, images[0], images[1])])
        seconds.append(time.perf_counter() - start)
        errors = [human_error(error) for error in report.errors]
        item = Item(pair.name, number, task, None, None, errors)
        predictions.append(Prediction(item, critique.parsed))
        if errors:
            severities.append((report.total_severity, critique.severity or 0.0))
        else:
            equal += 1
            empty += critique.severity == 0
    f1 = score(predictions, judge_from_spec("offline")).metrics()[f"{task}/f1_hard"]
    pearson = float(np.corrcoef(np.array(severities).T)[0, 1])
    return (
        f"{task:6} F1 hard {f1:.2f}, Pearson {pearson:.2f}, empty {empty} of {equal}, "
        f"{np.mean(seconds):.2f} s a pair, {max(seconds):.2f} at most"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--critic", default="reading", help="spec of the critic")
    critic = critic_from_spec(parser.parse_args().critic)
    with Renderer(workers=1, limits=Limits(wall_seconds=120)) as renderer:
        for task in task_names():
            sys.stdout.write(measured(critic, task, renderer) + "\n")


if __name__ == "__main__":
    main()
