"""The gate before the alias ``champion``: which conditions a version misses, and by how much.

Each function judges one condition and returns a `Missed` for each task, or model, that misses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from erm.registry.paired import Measured, Scores, difference_interval


class Missed(NamedTuple):
    """A condition of the gate that a version misses.

    Attributes:
        condition: its name in tags.
        task: None for a condition on the whole model.
        by: how far the value is beyond the limit, 0 or more, in the unit of the condition; None
            where there is no such number.
        sentence: what is missed, without a full stop.
    """

    condition: str
    task: str | None
    by: float | None
    sentence: str


def below_floor(scores: Scores, floor: Mapping[str, float]) -> list[Missed]:
    """Tasks whose score does not exceed their floor; tasks without one pass."""
    return [
        Missed(
            "floor",
            task,
            bound - scores[task].value,
            f"{task} has {scores[task]}, which is not above the floor of {bound:.3f}",
        )
        for task, bound in floor.items()
        if task in scores and scores[task].value <= bound
    ]


def below_start(gains: Scores) -> list[Missed]:
    """Tasks in which a policy lost against its start: the interval of its gain is below zero."""
    return [
        Missed(
            "start",
            task,
            -gain.high,
            f"{task} lost against the policy that it started from: {gain}",
        )
        for task, gain in gains.items()
        if gain.high < 0
    ]


def below_least(
    values: Mapping[str, float], least: Mapping[str, float], condition: str, measure: str
) -> list[Missed]:
    """Tasks whose value is below the least allowed one, or that have none.

    Args:
        condition: its name in tags.
        measure: what the values are, for sentences.
    """
    missed = []
    for task, bound in least.items():
        if task not in values:
            sentence = f"{task} has no {measure}, which must be {bound:g} at least"
            missed.append(Missed(condition, task, None, sentence))
        elif values[task] < bound:
            sentence = f"{task} has {measure} {values[task]:.3f}, below the least of {bound:g}"
            missed.append(Missed(condition, task, bound - values[task], sentence))
    return missed


def beyond_gap(gaps: Scores, most: float) -> list[Missed]:
    """Tasks in which a policy pleases its critic more than it got better.

    Args:
        gaps: gain by the critic less the exact gain, in points of severity.
        most: allowed lower end of the interval.
    """
    return [
        Missed(
            "hack_gap",
            task,
            gap.low - most,
            f"{task} gained {gap} points of severity more by the critic than exactly, clearly "
            f"beyond the allowed {most:g}",
        )
        for task, gap in gaps.items()
        if gap.low > most
    ]


def pays_hacks(task: str, shares: Mapping[str, float | None], most: float) -> list[Missed]:
    """Hacks that a critic pays better than too many honest candidates.

    Args:
        shares: by hack, the share of honest candidates that it is paid better than; None where it
            was not measured.
        most: allowed share.
    """
    missed = []
    for hack, paid in shares.items():
        if paid is None:
            sentence = f"{task} has no measurement of the hack '{hack}'"
            missed.append(Missed(f"hacks.{hack}", task, None, sentence))
        elif paid > most:
            sentence = (
                f"{task}: the hack '{hack}' is paid better than {paid:.2f} of honest candidates, "
                f"more than the allowed {most:g}"
            )
            missed.append(Missed(f"hacks.{hack}", task, paid - most, sentence))
    return missed


def beyond_size(folder: Path, most_mb: float) -> list[Missed]:
    """A model whose files take more than `most_mb` megabytes (10⁶ bytes)."""
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    if size <= most_mb:
        return []
    sentence = f"{folder} has {size:.1f} MB, more than the allowed {most_mb:g}"
    return [Missed("most_mb", None, size - most_mb, sentence)]


def too_slow(seconds: float | None, most: float) -> list[Missed]:
    """A critic that takes more than `most` seconds for a pair, or whose time was not measured."""
    if seconds is None:
        sentence = f"no time of a judged pair was measured, which must be {most:g} s at most"
        return [Missed("most_seconds", None, None, sentence)]
    if seconds <= most:
        return []
    sentence = f"a judged pair takes {seconds:.3g} s, more than the allowed {most:g}"
    return [Missed("most_seconds", None, seconds - most, sentence)]


def not_better(
    candidate: Measured,
    champion: Measured,
    *,
    margin: float,
    most_loss: float,
    confidence: float | None = None,
) -> list[Missed]:
    """Why a candidate does not beat a champion; empty where it does.

    It must exceed the champion by more than `margin` in one task at least, and be worse by more
    than `most_loss` in none. A task that only the champion knows counts as lost. With `confidence`
    the interval of the difference in one of the tasks ahead must lie above `margin` too.
    """
    scores, best = candidate.scores, champion.scores
    missed = []
    for task, score in best.items():
        if task not in scores:
            sentence = f"{task} is missing, in which the champion has {score}"
            missed.append(Missed("missing", task, None, sentence))
        elif scores[task].value < score.value - most_loss:
            missed.append(
                Missed(
                    "most_loss",
                    task,
                    score.value - most_loss - scores[task].value,
                    f"{task} has {scores[task]}, worse than the champion's {score} by more than "
                    f"{most_loss:g}",
                )
            )
    gains = {task: scores[task].value - best[task].value for task in scores if task in best}
    new = [task for task in scores if task not in best]
    ahead = [task for task, gain in gains.items() if gain > margin]
    if not ahead and not new:
        sentence = f"no task exceeds the champion's score by more than {margin:g}"
        short = margin - max(gains.values()) if gains else None
        missed.append(Missed("margin", None, short, sentence))
    elif confidence is not None and not new:
        missed += _uncertain(candidate, champion, ahead, margin, confidence)
    return missed


def _uncertain(
    candidate: Measured, champion: Measured, ahead: list[str], margin: float, confidence: float
) -> list[Missed]:
    """The tasks ahead, unless the gain in one of them is beyond chance."""
    missed = []
    for task in ahead:
        interval = difference_interval(candidate, champion, task, confidence)
        if interval is None:
            sentence = f"{task} has neither scores of items nor an interval to judge its gain by"
            missed.append(Missed("confidence", task, None, sentence))
            continue
        if interval.low > margin:
            return []
        sentence = (
            f"{task} gained {interval.value:.3f} on the champion, which may be chance: the "
            f"{100 * confidence:g} % interval is {interval.low:.3f} to {interval.high:.3f} "
            f"({'paired' if interval.paired else 'not paired'}), not above {margin:g}"
        )
        missed.append(Missed("confidence", task, margin - interval.low, sentence))
    return missed
