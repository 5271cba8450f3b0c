"""What a judge is asked and what its reply means: two lists of errors, aligned one to one.

Covers the selection of the errors that take part, the reading of a reply and its cleaning, all as
the public evaluator does them. Not covered: who judges (`erm.benchmark.judge.judges`) and what the
alignment is worth (`erm.benchmark.scoring`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from erm.benchmark.formats import Prediction
from erm.report import categories_of

Error = Mapping[str, Any]
Level = Literal["yes", "partial"]


class UnusableItemError(Exception):
    """An item that public scoring can't use: its lists or its judge's reply are malformed."""


@dataclass(frozen=True)
class ErrorLists:
    """The two lists that a judge aligns; an error's place in its list is its id in the reply."""

    id: Any
    idx: Any
    task: str
    predicted: tuple[Error, ...]
    annotated: tuple[Error, ...]


class Match(NamedTuple):
    """One aligned pair, by place in the two lists."""

    predicted: int
    annotated: int
    level: Level


@dataclass(frozen=True)
class Alignment:
    """A cleaned reply.

    Attributes:
        matches: one to one.
        unmatched_predicted, unmatched_annotated: the judge's own lists where it gave any, even
            where they contradict the matches; each id once.
    """

    matches: tuple[Match, ...]
    unmatched_predicted: tuple[int, ...]
    unmatched_annotated: tuple[int, ...]


def named_category(error: Error) -> Any:
    """An error's ``type``, or else its ``category``, whatever value stands there."""
    return error.get("type") or error.get("category")


def error_lists(prediction: Prediction) -> ErrorLists:
    """The errors of an item that take part in scoring, in the order of the file.

    Annotated errors need one of the task's categories under ``type``; predicted ones under
    ``type`` or else ``category``. A missing report or list counts as empty.

    Raises:
        UnusableItemError: a report that is no object, a list that is none, or an entry that is
            no object; the public evaluator drops the whole item then.
    """
    item = prediction.item
    allowed = categories_of(item.task)
    report = prediction.pred_json or {}
    if not isinstance(report, Mapping):
        raise UnusableItemError("the predicted report is not an object")
    predicted = _objects(report.get("errors"), "predicted")
    annotated = _objects(item.human_errors, "annotated")
    return ErrorLists(
        id=item.id,
        idx=item.idx,
        task=item.task,
        predicted=tuple(error for error in predicted if named_category(error) in allowed),
        annotated=tuple(error for error in annotated if error.get("type") in allowed),
    )


def _objects(errors: Any, side: str) -> list[Error]:
    if not errors:
        return []
    if not isinstance(errors, list) or not all(isinstance(error, Mapping) for error in errors):
        raise UnusableItemError(f"the {side} errors are not a list of objects")
    return errors


def read_reply(reply: str, lists: ErrorLists) -> Alignment:
    """The alignment in a judge's free-form reply (reference scoring, steps 2 to 4).

    Raises:
        UnusableItemError: no JSON object, or lists in it that can't be read; an unmatched id that
            names no error is such a case, while a match with such an id is only dropped.
    """
    value = _json_object(reply)
    predicted_count, annotated_count = len(lists.predicted), len(lists.annotated)
    matches: list[Match] = []
    seen_predicted: set[int] = set()
    seen_annotated: set[int] = set()
    for entry in _list(value.get("matches"), "matches"):
        if not isinstance(entry, Mapping):
            raise UnusableItemError("the judge's reply has a match that is not an object")
        level = entry.get("match_level")
        if level not in ("yes", "partial"):
            continue
        predicted, annotated = entry.get("pred_id"), entry.get("gt_id")
        if not isinstance(predicted, int) or not isinstance(annotated, int):
            continue
        if not (0 <= predicted < predicted_count and 0 <= annotated < annotated_count):
            continue
        if predicted in seen_predicted or annotated in seen_annotated:
            continue
        seen_predicted.add(predicted)
        seen_annotated.add(annotated)
        matches.append(Match(int(predicted), int(annotated), level))
    return Alignment(
        tuple(matches),
        _unmatched(value, "unmatched_pred", predicted_count, seen_predicted),
        _unmatched(value, "unmatched_gt", annotated_count, seen_annotated),
    )


def _json_object(reply: str) -> dict[str, Any]:
    first, last = reply.find("{"), reply.rfind("}")
    try:
        value = json.loads(reply[first : last + 1] if 0 <= first < last else reply)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UnusableItemError("the judge's reply holds no JSON object")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if not value:
        return []
    if not isinstance(value, list):
        raise UnusableItemError(f"the judge's reply has '{name}' that is not a list")
    return value


def _unmatched(value: Mapping[str, Any], name: str, count: int, seen: set[int]) -> tuple[int, ...]:
    given = _list(value.get(name), name)
    if not given:
        return tuple(index for index in range(count) if index not in seen)
    for index in given:
        # The public evaluator takes an id as it stands, so a negative one counts from the end.
        if not isinstance(index, int) or not -count <= index < count:
            raise UnusableItemError(f"the judge's reply names the unknown id {index!r} in '{name}'")
    return tuple(sorted({int(index) for index in given}))
