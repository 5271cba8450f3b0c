"""The evaluation of a policy: completions and what is measured of them, batch by batch.

Not covered: what the numbers say together (`erm.evaluation.summary`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tqdm import tqdm

from erm.errors import ErmError
from erm.evaluation.completions import Author, Completion
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
        (`erm.rewards.rollout.Outcome`), ``kind`` and ``reason`` where nothing was drawn,
        ``metrics`` (value or null by name), ``gaps`` and ``notes`` (sentence by metric),
        ``report``, and ``render``, the name of its file, or null.

    Raises:
        ErmError: a server does not answer, or nothing can be drawn on this machine. What was
            measured before is kept.
    """
    usable = [item for item in items if not item.problem]
    written, scored = records.read(COMPLETIONS), records.read(SCORES)
    with tqdm(total=len(usable), desc="evaluate", unit="item") as bar:
        for number, batch in enumerate(batches(usable, settings.batch_size)):
            if number >= len(written):
                rows = _completed(author.complete(batch, number), batch)
                records.append(COMPLETIONS, rows)
                written.append(rows)
            if number >= len(scored):
                rows = _measured(written[number], batch, settings, measuring, records, critic)
                records.append(SCORES, rows)
                scored.append(rows)
            bar.update(len(batch))
    return [row for rows in scored for row in rows]


def _completed(completions: Sequence[Sequence[Completion]], batch: Sequence[Item]) -> list[Row]:
    return [
        {
            "id": item.id,
            "task": item.task,
            "group": item.group,
            "mode": one.mode,
            "sample": sample,
            "completion": one.text,
            "missing": one.missing,
        }
        for item, own in zip(batch, completions, strict=True)
        for sample, one in enumerate(own)
    ]


def _measured(
    written: Sequence[Row],
    batch: Sequence[Item],
    settings: EvaluationSettings,
    measuring: Measuring,
    records: Records,
    critic: bool,
) -> list[Row]:
    items = {item.id: item for item in batch}
    if {row["id"] for row in written} != set(items):
        raise ErmError(f"{records.folder / COMPLETIONS}: its items are not those of the data.")
    rollouts = [_rollout(items[row["id"]], row["completion"] or "") for row in written]
    rows = []
    for row, one in zip(written, measuring.measure(rollouts), strict=True):
        metrics = metrics_of(row["task"], settings.similarities, critic)
        render = None
        if one.drawn.image is not None:
            digest = hashlib.blake2b(row["id"].encode(), digest_size=8).hexdigest()
            render = f"{digest}-{row['sample']}.png"
            records.write_render(render, one.drawn.image)
        rows.append(
            {
                **{name: row[name] for name in ("id", "task", "group", "mode", "sample")},
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
