"""Drafts after the first completion: a report on the last draft goes back to the policy, in rounds.

All drafts of an item go back to its first completion. *Revised* drafts answer to the critic's
report; they end at a draft in which the critic finds nothing. *Reflected* drafts are the control:
they answer to the policy's own report, asked for with the critic's prompt, and end where the policy
finds nothing. Either way an answer that is no completion is the last draft.

Not covered: which draft is kept, and what that brings (`erm.evaluation.curves`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from erm.critics.base import Critique, ImagePair, read_reply
from erm.evaluation.completions import REVISIONS, Author, Completion, Mode, no_answer
from erm.evaluation.items import Item, batches
from erm.evaluation.metrics import CRITIC_SEVERITY
from erm.evaluation.records import (
    COMPLETIONS,
    DRAFT_SCORES,
    DRAFTS,
    RENDERS,
    Records,
    Row,
)
from erm.evaluation.run import completed_row, measured_rows
from erm.policies.base import Revision
from erm.policies.refinement import feedback
from erm.report import Report, report_from_dict

if TYPE_CHECKING:
    from erm.evaluation.settings import EvaluationSettings
    from erm.policies.measuring import Measuring


@dataclass(frozen=True)
class _Draft:
    """The last draft of an item.

    Attributes:
        mode: of the drafts after it.
        text: the whole answer; None where there is none.
        score: its row of scores.
        final: whether the policy found nothing in it.
    """

    mode: Mode
    item: Item
    text: str | None
    score: Row
    final: bool = False

    @property
    def open(self) -> bool:
        """Whether another draft comes after it."""
        if self.text is None or self.final:
            return False
        return self.mode != "revised" or self.score["metrics"][CRITIC_SEVERITY] != 0


@dataclass(frozen=True)
class _OwnReport:
    """What the policy says of its own draft.

    Attributes:
        report: None where its reply holds none.
        missing: why there is no reply; empty where there is one.
        spent: ``tokens`` and ``characters`` of the reply.
    """

    report: Report | None
    missing: str
    spent: dict[str, int | None]

    @property
    def asks(self) -> bool:
        """Whether the policy finds something, or nobody knows."""
        return not self.missing and (self.report is None or bool(self.report.errors))


def revise(
    author: Author,
    items: Sequence[Item],
    first: Sequence[Row],
    settings: EvaluationSettings,
    measuring: Measuring,
    records: Records,
) -> list[Row]:
    """Write and measure the drafts of all rounds; what `records` hold is not done again.

    Args:
        first: the row of `erm.evaluation.run.run` on the first completion of each item without a
            problem.
        measuring: asks a critic.

    Returns:
        the rows of ``draft_scores.jsonl``, as those of `erm.evaluation.run.run`: ``mode`` is one of
        `REVISIONS`, ``sample`` the round from 1, and ``spent`` includes the policy's own report.

    Raises:
        ErmError: as `erm.evaluation.run.run`.
    """
    texts = {
        row["id"]: row["completion"]
        for batch in records.read(COMPLETIONS)
        for row in batch
        if row["sample"] == 0
    }
    scores = {row["id"]: row for row in first}
    modes = REVISIONS if settings.reflect else REVISIONS[:1]
    measure = partial(
        measured_rows, settings=settings, measuring=measuring, records=records, critic=True
    )
    usable = [item for item in items if not item.problem]
    found: list[Row] = []
    step = 0
    with tqdm(total=settings.rounds * len(usable), desc="revise", unit="draft") as bar:
        for batch in batches(usable, settings.batch_size):
            last = [
                _Draft(mode, item, texts[item.id], scores[item.id])
                for mode in modes
                for item in batch
            ]
            for number in range(1, settings.rounds + 1):
                last = [draft for draft in last if draft.open]
                own = {draft.item.id: draft.item for draft in last}
                write = partial(_written, author, last, number, settings, records)
                rows = records.batch(DRAFTS, step, write)
                scored = records.batch(
                    DRAFT_SCORES, step, partial(measure, rows, list(own.values()))
                )
                last = [
                    replace(draft, text=row["completion"], score=score, final=row["final"])
                    for draft, row, score in zip(last, rows, scored, strict=True)
                ]
                found += scored
                step += 1
                bar.update(len(batch))
    return found


def _written(
    author: Author,
    drafts: Sequence[_Draft],
    number: int,
    settings: EvaluationSettings,
    records: Records,
) -> list[Row]:
    """The rows of ``drafts.jsonl`` of a round: the next draft after each, in order."""
    own = _own_reports(author, drafts, settings, records)
    said = [_feedback(draft, one) for draft, one in zip(drafts, own, strict=True)]
    asked = [index for index, one in enumerate(own) if one is None or one.asks]
    revisions = [
        Revision(draft.item.task, draft.item.seen, draft.text or "", said[index])
        for index in asked
        for draft in [drafts[index]]
    ]
    answers = dict(zip(asked, author.revise(revisions) if asked else [], strict=True))
    return [
        _row(draft, one, answers.get(index), number) | {"feedback": said[index]}
        for index, (draft, one) in enumerate(zip(drafts, own, strict=True))
    ]


def _row(draft: _Draft, own: _OwnReport | None, answer: Completion | None, number: int) -> Row:
    """A draft's row; without an answer, the policy's own report has ended the drafts."""
    if answer is not None:
        row = completed_row(draft.item, replace(answer, mode=draft.mode), number)
        spent = row["spent"] if own is None else _sum(row["spent"], own.spent)
    else:
        assert own is not None
        kept = Completion(draft.mode, None if own.missing else draft.text, own.missing)
        row, spent = completed_row(draft.item, kept, number), own.spent
    return row | {"spent": spent, "final": answer is None}


def _feedback(draft: _Draft, own: _OwnReport | None) -> str:
    """What the policy reads of its draft."""
    score = draft.score
    if draft.mode == "revised":
        stated = score["report"]
        report = None if stated is None else report_from_dict(draft.item.task, stated)
    else:
        report = None if own is None else own.report
    return feedback(score["outcome"], score["reason"], report)


def _own_reports(
    author: Author, drafts: Sequence[_Draft], settings: EvaluationSettings, records: Records
) -> list[_OwnReport | None]:
    """The policy's report on each draft; None where it is not asked for one."""
    found: list[_OwnReport | None] = [None] * len(drafts)
    asked = [
        index
        for index, draft in enumerate(drafts)
        if draft.mode == "reflected" and draft.score["outcome"] == "judged"
    ]
    if not asked:
        return found
    pairs = [
        ImagePair(
            drafts[index].item.task,
            drafts[index].item.seen,
            records.folder / RENDERS / drafts[index].score["render"],
        )
        for index in asked
    ]
    for index, answer in zip(asked, author.as_critic().critique_each(pairs), strict=True):
        if isinstance(answer, Critique):
            report = read_reply(drafts[index].item.task, answer.reply, settings.replies).report
            spent = {"tokens": answer.tokens, "characters": len(answer.reply)}
            found[index] = _OwnReport(report, "", spent)
        else:
            found[index] = _OwnReport(None, no_answer(answer), {"tokens": 0, "characters": 0})
    return found


def _sum(one: dict[str, Any], other: dict[str, Any]) -> dict[str, int | None]:
    return {
        name: None if None in (one[name], other[name]) else one[name] + other[name] for name in one
    }
