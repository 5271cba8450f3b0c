"""Rewards of a batch against the public way, end to end and with the same served critic.

``python -m benchmarks.reward [--completions N] [--sample N] [--rounds N] [--tasks chart,svg,table]
[--varieties compact,wide] [--critic SPEC] [--browser FILE] [--json FILE]``

The completions answer procedural references: of three to one reference one is good, one is cut in
half, and one repeats one of the two. Ours is one `erm.rewards.reward.Reward` without a cache, once
with one drawing worker and once with two. The public way takes one completion after the other and
knows nothing of repeats: it draws in a Python process a chart, a process and a `multiprocessing`
manager an SVG, a headless browser a table (`benchmarks/render.py`), asks the critic for the one
pair, and computes the published reward. It is measured on the first completions only; seconds are
per completion. Both sides ask one ``erm serve``, draw SVGs 336 pixels wide, and take turns in
rounds, so that a busy machine slows both; the numbers are medians. Processor time is that of all
processes together, the server among them, and depends less on what else runs.

The critic runs on the same processors as the drawing, so that two workers share them with it.
``drawing alone`` is the same batch with the part ``renders``, which asks no critic.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.against import descendant_seconds
from benchmarks.render import (
    Draw,
    UndrawnError,
    browser_drawing,
    draw_in_fresh_process,
    draw_in_managed_process,
    procedural,
)
from benchmarks.serving import Process
from erm.critics.base import Critic, ImagePair
from erm.critics.loading import critic_from_spec
from erm.images import open_image
from erm.policies.base import write_completion
from erm.render import Renderer
from erm.rewards.loading import load_reward
from erm.rewards.published import reward_value
from erm.rewards.rollout import Outcome, Rollout
from erm.rewards.settings import CRITIC, RENDERS, PartSettings, RewardSettings
from erm.tasks import Variety, get_task, task_names

BARS = {"chart": 8.0, "svg": 15.0, "table": 25.0}
"""Least ratio of the public way's seconds to ours."""

TWO_WORKERS = 1.7
"""Least ratio of one worker's seconds to those of two."""


class Way(NamedTuple):
    """Seconds and processor seconds per completion of one way by round, and its last values."""

    seconds: list[float]
    processor: list[float]
    values: list[float | None]

    @property
    def median(self) -> float:
        """Seconds per completion."""
        return statistics.median(self.seconds)


def processor_seconds() -> float:
    """Processor time of this process and its descendants so far, the server among them."""
    return time.process_time() + descendant_seconds()


def completions(task: str, variety: Variety, number: int, renderer: Renderer) -> list[Rollout]:
    """Rollouts of a task: good, broken and repeated ones in turn."""
    sources = procedural(task, variety)
    generator = random.Random(0)
    made: list[Rollout] = []
    while len(made) < number:
        reference, other = next(sources), next(sources)
        image = renderer.render_batch([(task, reference)])[0].image
        if image is None:
            continue
        both = [
            Rollout(task, image, write_completion(task, source))
            for source in (other, other[: len(other) // 2])
        ]
        made += [*both, generator.choice(both)]
    return made[:number]


def public_values(rollouts: Sequence[Rollout], draw: Draw, critic: Critic) -> list[float | None]:
    """Published rewards, one completion after the other."""
    values: list[float | None] = []
    for rollout in rollouts:
        source = get_task(rollout.task).extract(rollout.completion)
        outcome: Outcome = "no_code"
        severity = None
        if source is not None:
            try:
                image = draw(source)
            except UndrawnError:
                outcome = "not_rendered"
            else:
                extrema = open_image(image).getextrema()
                outcome = "blank" if extrema == ((255, 255),) * 3 else "judged"
        if outcome == "judged":
            pair = ImagePair(rollout.task, rollout.reference, image)
            severity = critic.critique([pair])[0].severity
            outcome = "judged" if severity is not None else "unparsable"
        values.append(reward_value(rollout.task, outcome, severity))
    return values


def our_values(
    rollouts: Sequence[Rollout], part: str, critic: Critic, renderer: Renderer
) -> list[float | None]:
    """Rewards by one part, of one batch."""
    settings = RewardSettings(parts=(PartSettings(part=part),))
    return [scored.value for scored in load_reward(settings, critic, renderer).score(rollouts)]


def compare(
    rollouts: Sequence[Rollout],
    sample: int,
    rounds: int,
    draw: Draw,
    critic: Critic,
    workers: tuple[Renderer, Renderer],
) -> dict[str, Way]:
    """Each way by its name, measured in turn."""
    one, two = workers
    work: dict[str, Callable[[], list[float | None]]] = {
        "public": lambda: public_values(rollouts[:sample], draw, critic),
        "one": lambda: our_values(rollouts, CRITIC, critic, one),
        "two": lambda: our_values(rollouts, CRITIC, critic, two),
        "one drawing": lambda: our_values(rollouts, RENDERS, critic, one),
        "two drawing": lambda: our_values(rollouts, RENDERS, critic, two),
    }
    ways = {name: Way([], [], []) for name in work}
    for renderer in workers:  # loads what it draws with
        our_values(rollouts[:6], CRITIC, critic, renderer)
    for _ in range(rounds):
        for name, values in work.items():
            began, used = time.perf_counter(), processor_seconds()
            ways[name].values[:] = values()
            scored = len(ways[name].values)
            ways[name].seconds.append((time.perf_counter() - began) / scored)
            ways[name].processor.append((processor_seconds() - used) / scored)
    return ways


def verdict(ratio: float, bar: float) -> str:
    """A ratio, and whether it reaches its bar."""
    return f"{ratio:.1f}" if ratio >= bar else f"{ratio:.1f} (< {bar:g})"


def line(name: str, row: Mapping[str, float]) -> str:
    """A row of the table."""
    return (
        f"{name:14} {row['public_ms']:7.1f} {row['one_worker_ms']:11.2f} "
        f"{row['two_workers_ms']:12.2f}  {verdict(row['speed_up'], row['bar']):>10}  "
        f"{verdict(row['two_against_one'], TWO_WORKERS):>7}  "
        f"{verdict(row['two_against_one_drawing_alone'], TWO_WORKERS):>13}  "
        f"{row['public_processor_ms']:.0f}/{row['our_processor_ms']:.1f}"
    )


def main() -> None:
    """Run, print a table, and write JSON where asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--completions", type=int, default=512, help="of each task")
    parser.add_argument("--sample", type=int, default=24, help="of them for the public way")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", default=",".join(task_names()))
    parser.add_argument("--varieties", default="compact")
    parser.add_argument("--critic", default="pixel", metavar="SPEC", help="that is served")
    parser.add_argument("--browser", default="/usr/bin/chromium", help="for tables")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    tasks = options.tasks.split(",")
    if "table" in tasks and not Path(options.browser).exists():
        parser.error(f"{options.browser} is missing; --browser names a Chromium")
    draws = {
        "chart": draw_in_fresh_process,
        "svg": draw_in_managed_process,
        "table": browser_drawing(options.browser),
    }
    server = Process("--critic", options.critic, "--workers", "1")
    report: dict[str, dict[str, float]] = {}
    lost = 0
    try:
        server.wait()
        critic = critic_from_spec(f"server:{server.address}")
        print(
            f"{options.completions} completions of each task, the public way on {options.sample}, "
            f"critic {options.critic}; ms per completion, medians of {options.rounds} rounds"
        )
        print(
            "                public  one worker  two workers  public/two  one/two  drawing alone  "
            "processor",
            flush=True,
        )
        with Renderer(workers=1) as one, Renderer(workers=2) as two:
            for task, variety in itertools.product(tasks, options.varieties.split(",")):
                rollouts = completions(task, variety, options.completions, two)
                sample = min(options.sample, len(rollouts))
                ways = compare(rollouts, sample, options.rounds, draws[task], critic, (one, two))
                lost += sum(value is None for way in ways.values() for value in way.values)
                row = report[f"{task} {variety}"] = {
                    "completions": len(rollouts),
                    "sample": sample,
                    "public_ms": 1000 * ways["public"].median,
                    "one_worker_ms": 1000 * ways["one"].median,
                    "two_workers_ms": 1000 * ways["two"].median,
                    "speed_up": ways["public"].median / ways["two"].median,
                    "bar": BARS[task],
                    "public_processor_ms": 1000 * statistics.median(ways["public"].processor),
                    "our_processor_ms": 1000 * statistics.median(ways["two"].processor),
                    "two_against_one": ways["one"].median / ways["two"].median,
                    "two_against_one_drawing_alone": ways["one drawing"].median
                    / ways["two drawing"].median,
                }
                print(line(f"{task} {variety}", row), flush=True)
    finally:
        server.process.terminate()
        server.process.wait()
    if options.json is not None:
        options.json.write_text(json.dumps(report, indent=1) + "\n")
    if lost:
        sys.exit(f"{lost} completions have no reward.")


if __name__ == "__main__":
    main()
