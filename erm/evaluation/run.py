"""The evaluation of a policy: completions and what is measured of them, batch by batch.

Not covered: what the numbers say together (`erm.evaluation.summary`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from tqdm import tqdm

from erm.errors import ErmError
from erm.evaluation.completions import REVISIONS, Author, Completion
from erm.evaluation.items import Item, batches
from erm.evaluation.metrics import metrics_of, values_of
from erm.evaluation.records import COMPLETIONS, SCORES, Records, Row
from erm.policies.base import write_completion
from erm.rewards.rollout import Rollout
from erm.tasks import get_task

if TYPE_CHECKING:
    from erm.evaluation.settings import EvaluationSettings
    from erm.policies.measuring import Measured, Measuring


def run(
    author: Author,
    items: Sequence[Item],
    settings: EvaluationSettings,
    measuring: Measuring,
    records: Records,
    *,
    critic: bool,
) -> list[Row]:
    """Complete and measure all items without a problem; what `records` hold is not done again.

    Args:
        critic: whether `measuring` asks one.

    Returns:
        the rows of ``scores.jsonl``: ``id``, ``task``, ``group``, ``mode``, ``sample``, ``outcome``
        (`erm.rewards.rollout.Outcome`), ``kind`` and ``reason`` where nothing was drawn, ``spent``
        (number or null of the completion's ``tokens`` and ``characters``),
        ``metrics`` (value or null by name), ``gaps`` and ``notes`` (sentence by metric),
        ``report``, and ``render``, the name of its file, or null.

    Raises:
        ErmError: a server does not answer, or nothing can be drawn on this machine. What was
            measured before is kept.
    """
    usable = [item for item in items if not item.problem]
    scored: list[Row] = []
    measure = partial(measured_rows, settings=settings, measuring=measuring, records=records)
    with tqdm(total=len(usable), desc="evaluate", unit="item") as bar:
        for number, batch in enumerate(batches(usable, settings.batch_size)):
            rows = records.batch(COMPLETIONS, number, partial(_completed, author, batch, number))
            scored += records.batch(SCORES, number, partial(measure, rows, batch, critic=critic))
            bar.update(len(batch))
    return scored


def _completed(author: Author, batch: Sequence[Item], number: int) -> list[Row]:
    completions = author.complete(batch, number)
    return [
        completed_row(item, one, sample)
        for item, own in zip(batch, completions, strict=True)
        for sample, one in enumerate(own)
    ]


def completed_row(item: Item, completion: Completion, sample: int) -> Row:
    """A row of ``completions.jsonl``.

    Args:
        sample: number of the completion among those of its mode.
    """
    text = completion.text
    nothing = 0 if text is None else None
    return {
        "id": item.id,
        "task": item.task,
        "group": item.group,
        "mode": completion.mode,
        "sample": sample,
        "completion": text,
        "missing": completion.missing,
        "spent": {
            "tokens": nothing if completion.tokens is None else completion.tokens,
            "characters": len(text or ""),
        },
    }


def measured_rows(
    written: Sequence[Row],
    batch: Sequence[Item],
    settings: EvaluationSettings,
    measuring: Measuring,
    records: Records,
    *,
    critic: bool,
) -> list[Row]:
    """The rows of ``scores.jsonl`` on completions of a batch; writes their renders."""
    items = {item.id: item for item in batch}
    if {row["id"] for row in written} != set(items):
        raise ErmError(f"{records.folder}: its completions are of other items than the data has.")
    rollouts = [_rollout(items[row["id"]], row["completion"] or "") for row in written]
    rows = []
    for row, one in zip(written, measuring.measure(rollouts), strict=True):
        metrics = metrics_of(row["task"], settings.similarities, critic)
        render = None
        if one.drawn.image is not None:
            digest = hashlib.blake2b(row["id"].encode(), digest_size=8).hexdigest()
            mode = f"{row['mode']}-" if row["mode"] in REVISIONS else ""
            render = f"{digest}-{mode}{row['sample']}.png"
            records.write_render(render, one.drawn.image)
        rows.append(
            {
                **{name: row[name] for name in ("id", "task", "group", "mode", "sample", "spent")},
                "outcome": one.drawn.outcome,
                **_failure(one, row["missing"]),
                "metrics": values_of(one, metrics, row["completion"] or ""),
                "gaps": dict(one.gaps),
                "notes": dict(one.notes),
                "unparsable": one.reason if one.unparsable else "",
                "report": one.report,
                "render": render,
            }
        )
    return rows


def _rollout(item: Item, completion: str) -> Rollout:
    """A completion as it is measured: with the item's preamble in front of its source."""
    if item.preamble:
        source = get_task(item.task).extract(completion)
        if source is not None:
            completion = write_completion(item.task, f"{item.preamble}\n{source}")
    return Rollout(item.task, item.reference, completion, item.source)


def _failure(measured: Measured, missing: str) -> dict[str, str]:
    """Why nothing was drawn: ``kind`` and ``reason``; empty where something was."""
    drawn = measured.drawn
    if missing:
        kind, _, reason = missing.partition(": ")
        return {"kind": kind, "reason": reason}
    if drawn.outcome == "not_rendered" and drawn.rendered is not None and drawn.rendered.error:
        return {"kind": drawn.rendered.error.kind, "reason": drawn.reason}
    kind = "" if drawn.outcome == "judged" else drawn.outcome
    return {"kind": kind, "reason": drawn.reason}
