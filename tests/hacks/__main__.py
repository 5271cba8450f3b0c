"""Write the table of ``docs/rewards.md``: ``python -m tests.hacks [PART …]``."""

from __future__ import annotations

import sys

from erm.critics.pixel import PixelCritic
from erm.render import Renderer
from erm.rewards.rollout import PartScore
from erm.tasks.settings import DrawingSettings
from tests.hacks.scores import score_hacks

PARTS = ("critic", "critic:gated", "exact", "ssim", "mse", "teds", "renders", "format", "length")


def main() -> None:
    """Print one row per answer; a number above the honest bad answer's is bold."""
    parts = tuple(sys.argv[1:]) or PARTS
    with Renderer(workers=1, drawing=DrawingSettings(raster_side=0)) as renderer:
        rows = score_hacks(parts, PixelCritic(), renderer)
    honest = {answer.task: scored.parts for answer, scored in rows if "honest" in answer.name}
    print("| task | completion |", *(f" `{part}` |" for part in parts), sep="")
    print("|---|---|", *("---|" for _ in parts), sep="")
    for answer, scored in sorted(rows, key=lambda row: row[0].task):
        cells = [_cell(scored.parts[part], honest[answer.task][part]) for part in parts]
        print(f"| {answer.task} | {answer.name} |", *(f" {cell} |" for cell in cells), sep="")


def _cell(score: PartScore, honest: PartScore) -> str:
    if score.value is None:
        return "none" if score.failure is not None else ""
    text = f"{score.value:.2f}"
    more = honest.value is not None and score.value > honest.value
    return f"**{text}**" if more else text


if __name__ == "__main__":
    main()
