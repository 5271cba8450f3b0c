"""A critic's predictions for benchmark items; a killed run resumes where it stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from erm.benchmark import Item, Prediction, human_error, write_predictions
from erm.benchmark.formats import SOURCES
from erm.critics.base import Critic, Critique, ImagePair, critique_with_retry
from erm.dataset.domains import DOMAIN
from erm.errors import ErmError
from erm.images import open_image
from erm.report import Replies
from erm.tasks import task_names

if TYPE_CHECKING:
    from erm.dataset.pairs import Pair


def items_of(pairs: Sequence[Pair]) -> list[Item]:
    """Pairs of a data set as benchmark items, with their sources and domains."""
    items = []
    for index, pair in enumerate(pairs):
        errors = [human_error(error) for error in pair.report.errors]
        sources = dict(zip(SOURCES, (pair.reference_source, pair.candidate_source), strict=True))
        images = pair.reference, pair.candidate
        extra = {**sources, DOMAIN: pair.domain}
        items.append(Item(pair.id, index, pair.task, *images, errors, extra))
    return items


def predictions_of(items: Sequence[Item], critiques: Sequence[Critique]) -> list[Prediction]:
    """Critiques of the items, in order, as predictions."""
    return [
        Prediction(item, critique.parsed, _failure(critique))
        for item, critique in zip(items, critiques, strict=True)
    ]


def _failure(critique: Critique) -> str | None:
    return None if critique.parsed is not None else f"no report in the reply {critique.excerpt}"


def predict(
    items: Sequence[Item],
    critic: Critic,
    out: Path,
    *,
    batch_size: int = 64,
    replies: Replies = "strict",
    progress: bool = False,
    keep_answers: bool = False,
) -> list[Prediction]:
    """Let a critic predict items and write the predictions to `out` (.jsonl, .json or .parquet).

    Answers are written at once to ``.<name>.answers`` in the folder of `out`. An interrupted run of
    the same critic on the same items uses them. The file is deleted at the end, or with
    `keep_answers` by `forget_answers`, when several critics run before all is finished.

    An item gets no report, but a reason, if its images can't be read, its task is unknown, or the
    reply holds no report, also after a second try.

    Args:
        replies: how replies are read (`erm.report.parse_reply`).

    Raises:
        ErmError: the critic fails, or the file of answers is of another critic, of other items, or
            was asked or read in another way.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    journal = _journal(out)
    asked = f"{critic.identity}, replies read as {replies}"
    answers = _read_journal(journal, items, asked)
    with journal.open("a", encoding="utf-8") as file:
        waiting = [index for index in range(len(items)) if index not in answers]
        for start in range(0, len(waiting), batch_size):
            chosen = waiting[start : start + batch_size]
            for index, answer in _critique(items, chosen, critic, replies, progress).items():
                answers[index] = answer
                row = {"critic": asked, "index": index, **_identity(items[index]), **answer}
                file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
            file.flush()
            os.fsync(file.fileno())
    predictions = [
        Prediction(item, answers[index]["pred_json"], answers[index]["failure"])
        for index, item in enumerate(items)
    ]
    write_predictions(out, predictions)
    if not keep_answers:
        journal.unlink()
    return predictions


def forget_answers(out: Path) -> None:
    """Delete the answers that `predict` kept with `keep_answers`."""
    _journal(out).unlink(missing_ok=True)


def _journal(out: Path) -> Path:
    return out.with_name(f".{out.name}.answers")


def _critique(
    items: Sequence[Item],
    chosen: Sequence[int],
    critic: Critic,
    replies: Replies,
    progress: bool,
) -> dict[int, dict[str, Any]]:
    answers: dict[int, dict[str, Any]] = {}
    pairs: dict[int, ImagePair] = {}
    for index in chosen:
        item = items[index]
        if item.task not in task_names():
            answers[index] = {"pred_json": None, "failure": f"unknown task '{item.task}'"}
            continue
        try:
            pairs[index] = _pair(item)
        except ErmError as error:
            answers[index] = {"pred_json": None, "failure": str(error)}
    critiques = critique_with_retry(critic, list(pairs.values()), replies, progress=progress)
    for index, critique in zip(pairs, critiques, strict=True):
        answers[index] = {"pred_json": critique.parsed, "failure": _failure(critique)}
    return dict(sorted(answers.items()))


def _pair(item: Item) -> ImagePair:
    if item.reference is None or item.candidate is None:
        raise ErmError("the row names no reference or no candidate image")
    return ImagePair(item.task, open_image(item.reference), open_image(item.candidate))


def _identity(item: Item) -> dict[str, str]:
    return {"id": str(item.id), "idx": str(item.idx), "task": item.task}


def _read_journal(journal: Path, items: Sequence[Item], critic: str) -> dict[int, dict[str, Any]]:
    if not journal.exists():
        return {}
    content = journal.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]  # a killed run may leave half a line
    if len(whole) < len(content):
        with journal.open("r+b") as file:
            file.truncate(len(whole))
    answers: dict[int, dict[str, Any]] = {}
    for line in whole.splitlines():
        try:
            row = json.loads(line)
            index, answer = int(row["index"]), {key: row[key] for key in ("pred_json", "failure")}
            same = row["critic"] == critic and index < len(items)
            same = same and all(row[key] == value for key, value in _identity(items[index]).items())
        except (ValueError, KeyError, TypeError) as error:
            raise ErmError(f"{journal}: not a record of answers; delete it.") from error
        if not same:
            raise ErmError(
                f"{journal}: holds answers of another critic or on other items; delete it."
            )
        answers[index] = answer
    return answers
