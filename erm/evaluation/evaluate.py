"""One evaluation from its plan to the files that it leaves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from erm.errors import ErmError
from erm.evaluation.curve_files import write_curves
from erm.evaluation.curves import curves
from erm.evaluation.items import Item, data_hash
from erm.evaluation.page import write_evaluation_page
from erm.evaluation.records import CACHE, SUMMARY, Records
from erm.evaluation.revision import revise
from erm.evaluation.run import run
from erm.evaluation.settings import EvaluationSettings
from erm.evaluation.summary import Summary, first_rows, summarize
from erm.settings import Isolation
from erm.tasks.settings import DrawingSettings

if TYPE_CHECKING:
    from pathlib import Path

    from erm.critics.base import Critic
    from erm.evaluation.completions import Author


@dataclass(frozen=True)
class Plan:
    """What is evaluated, and how.

    Attributes:
        data: name of the place of the items, for titles.
        critic: judges what is drawn; None for no critic.
    """

    data: str
    items: Sequence[Item]
    settings: EvaluationSettings = field(default_factory=EvaluationSettings)
    critic: Critic | None = None
    drawing: DrawingSettings = field(default_factory=DrawingSettings)
    isolation: Isolation = "auto"


def evaluate_author(author: Author, plan: Plan, out: Path, *, restart: bool = False) -> Summary:
    """Evaluate completions and write them, scores, summary and page into a folder.

    A folder with an interrupted evaluation of the same plan is gone on with.

    Args:
        restart: throw away the evaluation in the folder first.

    Returns:
        what ``scores.json`` holds: that of `erm.evaluation.summary.summarize`, with ``policy``,
        ``data``, ``critic``, and ``curves``, that of `erm.evaluation.curves.curves`, empty without
        a critic or without drafts to choose from.

    Raises:
        ErmError: the plan's rounds can't be done, the model of a similarity can't be loaded, the
            folder holds an evaluation of another plan, a server does not answer, or nothing can be
            drawn on this machine.
    """
    from erm.benchmark.similarity import load_image_distances
    from erm.policies.measuring import Measuring
    from erm.render import Renderer

    settings, critic = plan.settings, plan.critic
    _check_rounds(plan)
    load_image_distances(settings.similarities)  # a missing model is said before any completion
    decides = {
        "policy": author.identity,
        "data": data_hash(plan.items),
        "batch size": settings.batch_size,
        "critic": critic.identity if critic is not None else None,
        "replies": settings.replies if critic is not None else None,
        "similarities": settings.similarities,
        "drawing": plan.drawing.model_dump(mode="json"),
    }
    if settings.rounds:
        decides["revision"] = settings.model_dump(include={"rounds", "reflect"})
    records = Records(out, decides, restart=restart)
    with Renderer(isolation=plan.isolation, drawing=plan.drawing) as renderer:
        measuring = Measuring(
            renderer,
            critic,
            similarities=settings.similarities,
            replies=settings.replies,
            cache=out / CACHE if critic is not None else None,
        )
        rows = run(author, plan.items, settings, measuring, records, critic=critic is not None)
        first = first_rows(rows)
        drafts = (
            revise(author, plan.items, first, settings, measuring, records)
            if settings.rounds
            else []
        )
    summary = {
        "policy": author.name,
        "data": plan.data,
        "critic": critic.name if critic is not None else None,
        **summarize(plan.items, rows, settings, critic=critic is not None, drafts=drafts),
        "curves": curves(rows, drafts, settings) if critic is not None else [],
    }
    records.write_json(SUMMARY, summary)
    if summary["curves"]:
        write_curves(summary["curves"], out)
    write_evaluation_page(summary, plan.items, rows, drafts, settings, out)
    return summary


def _check_rounds(plan: Plan) -> None:
    """Raise `ErmError` where the items can't be revised by a critic's reports."""
    if not plan.settings.rounds:
        return
    if plan.critic is None:
        raise ErmError("Rounds of revision need a critic; name one with --critic.")
    for item in plan.items:
        if item.prompt is not None:
            raise ErmError(
                f"{item.id}: asks for another picture than the one that is shown, so no critic can "
                "compare drafts with it; leave out --rounds, or such items."
            )
