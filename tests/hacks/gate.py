"""How honest pictures pass the gate: ``python -m tests.hacks.gate``.

Generated sources of each task are edited four times at random; an edited one is an honest bad
answer to the first.
"""

from __future__ import annotations

import random

from erm.render import Renderer
from erm.rewards.parts.resemblance import shows_reference
from erm.tasks import get_task, task_names

SOURCES, EDITS = 6, 4


def main() -> None:
    """Print how many edited sources pass, by task."""
    with Renderer(workers=1) as renderer:
        for task in task_names():
            items = [(task, source) for pair in _pairs(task) for source in pair]
            images = [each.image for each in renderer.render_batch(items)]
            passed = [
                shows_reference(reference, candidate)
                for reference, candidate in zip(images[::2], images[1::2], strict=True)
                if reference is not None and candidate is not None
            ]
            print(f"{task}: {sum(passed)} of {len(passed)} pass")


def _pairs(task: str) -> list[tuple[str, str]]:
    rng = random.Random(5)
    operators = [operator for operator in get_task(task).operators if operator.category]
    pairs = []
    for _ in range(SOURCES):
        source = edited = get_task(task).generate(rng, "wide")
        for _ in range(EDITS):
            edited = rng.choice(operators).apply(edited, rng) or edited
        pairs.append((source, edited))
    return pairs


if __name__ == "__main__":
    main()
