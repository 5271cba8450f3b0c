"""Reinforcing the critic by GRPO, with the exact report as the answer.

It starts from the critic that supervised training left. Sampled replies are free, not kept within
the grammar. The weights with the highest F1 hard on held-out pairs are kept, those of the start
among them, so that reinforcement leaves no critic that is worse there.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from erm.benchmark import Item, Judge, Prediction, human_error, judge_from_spec
from erm.benchmark.scoring import judge_items, ratio
from erm.critics.base import Critique, read_reply, write_reply
from erm.critics.selection import all_training_pairs, trained_whole
from erm.critics.settings import ReinforceCriticSettings, TrainCriticSettings
from erm.dataset.pairs import Pair
from erm.errors import ErmError
from erm.models.launch import distribute, is_main_process, needed, rank
from erm.report import Report, report_from_dict

if TYPE_CHECKING:
    from datasets import Dataset

    from erm.models.checkpoint import Checkpoint

WORST = 0.0
"""Both parts of the reward of a reply that holds no report; no part is lower."""

HISTORY_COLUMNS = (
    "reward",
    "reward_std",
    "kl",
    "f1_soft",
    "severity_agreement",
    "unparsable",
    "length",
)


class ReportReward(NamedTuple):
    """The reward of one reply; its two parts are in [0, 1], and 0 if the reply holds no report."""

    f1_soft: float
    severity_agreement: float

    @property
    def value(self) -> float:
        """The sum of the parts, in [0, 2]."""
        return self.f1_soft + self.severity_agreement


def report_rewards(
    critiques: Sequence[Critique], exact: Sequence[Report], judge: Judge
) -> list[ReportReward]:
    """Rewards of critiques, given the exact reports of their pairs.

    With P errors predicted, A annotated, y full and p partial matches, the soft F1 is
    (2y + p) / (P + A), and 1 if both reports are empty. Unlike in the published score, a partial
    match counts half in the numerator and whole in the denominator: otherwise naming wrong values
    would earn as much as reading them. Entries that a report can't hold (`Critique.unlisted`) count
    in P.

    With the sums of severities S and S*, the agreement is 1 − |S − S*| / max(S, S*, 1).

    Raises:
        ErmError: the judge gives no usable alignment; whatever else the judge raises passes too.
    """
    rated = [place for place, critique in enumerate(critiques) if critique.report is not None]
    predictions = []
    for place in rated:
        annotated = [human_error(error) for error in exact[place].errors]
        item = Item(place, place, exact[place].task, None, None, annotated)
        predicted = critiques[place].report
        predictions.append(Prediction(item, predicted.to_dict() if predicted else None))
    rewards = [ReportReward(WORST, WORST)] * len(critiques)
    for place, score in zip(rated, judge_items(predictions, judge.replies), strict=True):
        if score.failure is not None:
            raise ErmError(
                f"The judge {judge.name} gave no alignment for a sampled reply, "
                f"{critiques[place].excerpt}: {score.failure}."
            )
        rewards[place] = ReportReward(
            _f1_soft(critiques[place], exact[place], score.counts.soft),
            _agreement(critiques[place].severity or 0.0, exact[place].total_severity),
        )
    return rewards


def _f1_soft(critique: Critique, exact: Report, matched: float) -> float:
    predicted = len(critique.report.errors if critique.report else ()) + critique.unlisted
    errors = predicted + len(exact.errors)
    return ratio(2 * matched, errors) if errors else 1.0


def _agreement(severity: float, exact: float) -> float:
    return 1.0 - abs(severity - exact) / max(severity, exact, 1.0)


class ExactReportReward:
    """The reward function for TRL: replies → `report_rewards`.

    It also logs, per training step, the means of the rewards' parts and the share of replies that
    hold no report.
    """

    __name__ = "exact_report"

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def __call__(
        self,
        completions: list[list[dict[str, str]]],
        task: list[str],
        exact: list[str],
        log_metric: Callable[[str, float], None],
        **_: Any,
    ) -> list[float]:
        """Args: `exact` holds published reports as JSON; `log_metric` takes a name and a value."""
        critiques = [
            read_reply(name, completion[0]["content"])
            for name, completion in zip(task, completions, strict=True)
        ]
        reports = [
            report_from_dict(name, json.loads(text)) for name, text in zip(task, exact, strict=True)
        ]
        rewards = report_rewards(critiques, reports, self._judge)
        log_metric("f1_soft", sum(reward.f1_soft for reward in rewards) / len(rewards))
        agreement = sum(reward.severity_agreement for reward in rewards) / len(rewards)
        log_metric("severity_agreement", agreement)
        unparsable = sum(critique.parsed is None for critique in critiques)
        log_metric("unparsable", unparsable / len(rewards))
        return [reward.value for reward in rewards]


def reinforce_critic(
    settings: TrainCriticSettings,
    critic: Path,
    pairs: Path,
    out: Path,
    work: Path,
    inferred: Path | None = None,
) -> dict[str, float]:
    """Reinforce a trained critic as ``settings.reinforce`` says and write the better one to `out`.

    ``reinforcement.csv`` in `out` has a row per step, 0 for the start, with the validations.

    Args:
        critic: folder of the trained critic; its tables of training are copied.
        pairs: folder of pairs; training pairs are prompts, validation pairs choose the weights.
        work: folder of the state to resume from.
        inferred: a second folder of pairs, whose training pairs are mixed in.

    Returns:
        ``steps``, ``reward_first`` and ``reward_last`` (means over the first and last quarter of
        the steps), ``start/f1_hard``, ``best/step`` and ``best/<metric>``.

    Raises:
        ErmError: the folder holds no critic, there are no training pairs with errors, or no
            validation pairs.
    """
    if needed(settings.launch):
        paths = {"critic": critic, "pairs": pairs, "out": out, "work": work}
        if inferred is not None:
            paths["inferred"] = inferred
        function = "erm.critics.reinforcement:reinforce_critic"
        return distribute(function, settings, settings.launch, paths)
    from transformers import set_seed

    from erm.critics.validation import HeldOutScoring
    from erm.models.best_checkpoint import Validation
    from erm.models.checkpoint import load_checkpoint
    from erm.models.grpo import reinforce_model
    from erm.models.role import write_role
    from erm.models.sft import write_rows

    chosen, validated = settings.reinforce, settings.validation
    if chosen is None or validated is None:
        raise ErmError("The critic can't be reinforced without the settings of reinforcement.")
    set_seed(chosen.seed)
    checkpoint = load_checkpoint(critic, "critic", dtype=settings.model.dtype)
    name = "reinforce/validation"
    scoring = HeldOutScoring(validated, pairs, checkpoint.role, name)

    def whole_pairs() -> Iterator[Pair]:
        everything = all_training_pairs(settings, pairs, inferred)
        return (pair for pair in everything if trained_whole(settings, pair))

    samples = write_prompts(whole_pairs, checkpoint, chosen, work)
    log = reinforce_model(
        checkpoint,
        samples,
        ExactReportReward(judge_from_spec("offline")),
        chosen,
        settings.launch,
        work / "checkpoints",
        out,
        columns=HISTORY_COLUMNS,
        tracked={column: f"reinforce/{column}" for column in HISTORY_COLUMNS[:-1]},
        max_completion_tokens=checkpoint.role.max_new_tokens,
        activation_checkpointing=settings.optimization.activation_checkpointing,
        validation=Validation(scoring, "f1_hard", chosen.validate_every, at_start=True, name=name),
    )
    if is_main_process():
        write_role(checkpoint.role, out)
        for table in critic.glob("*.csv"):
            shutil.copyfile(table, out / table.name)
        rows = _with_validation(log.history, log.validation)
        write_rows(rows, tuple(rows[0]), out / "reinforcement.csv")
    return {**log.summary(), "start/f1_hard": log.validation[0]["f1_hard"]}


def write_prompts(
    pairs: Callable[[], Iterable[Pair]],
    checkpoint: Checkpoint,
    settings: ReinforceCriticSettings,
    work: Path,
) -> Dataset:
    """Training pairs as TRL's samples, in the order in which they are used, memory-mapped.

    Pairs whose exact report is longer than the critic's longest reply are left out.

    Args:
        pairs: called twice, each time with the same result.

    Raises:
        ErmError: the critic does not know a task, or no pair has errors and a report that it can
            write.
    """
    from datasets import Dataset, Features, Image, Sequence, Value
    from datasets.arrow_writer import ArrowWriter

    tokenizer, role = checkpoint.processor.tokenizer, checkpoint.role
    differing: list[int] = []
    equal: list[int] = []
    for place, pair in enumerate(pairs()):
        checkpoint.role.check_tasks([pair.task])
        if len(tokenizer(write_reply(pair.report))["input_ids"]) < role.max_new_tokens:
            (differing if pair.report.errors else equal).append(place)
    if not differing:
        raise ErmError("There are no training pairs with errors to reinforce the critic on.")
    order = sample_prompts(differing, equal, settings)
    message = {"role": Value("string"), "content": Value("string")}
    features = Features(
        {
            "prompt": [message],
            "images": Sequence(Image()),
            "task": Value("string"),
            "exact": Value("string"),
        }
    )
    path = work / f"prompts-{rank()}.arrow"
    path.parent.mkdir(parents=True, exist_ok=True)
    wanted, rows = set(order), dict[int, int]()
    with ArrowWriter(path=str(path), features=features) as writer:
        for place, pair in enumerate(pairs()):
            if place in wanted:
                rows[place] = len(rows)
                images = (pair.reference, pair.candidate)
                writer.write(
                    {
                        "prompt": [{"role": "user", "content": role.prompts[pair.task]}],
                        "images": [{"bytes": image, "path": None} for image in images],
                        "task": pair.task,
                        "exact": pair.report.to_json(),
                    }
                )
        writer.finalize()
    return Dataset.from_file(str(path)).select([rows[place] for place in order])


def sample_prompts(
    differing: Sequence[int], equal: Sequence[int], settings: ReinforceCriticSettings
) -> list[int]:
    """Which pair each prompt shows, for all steps; the settings' seed alone decides.

    Args:
        differing, equal: places of pairs with and without errors. A share of
            ``settings.empty_share`` of the prompts are equal ones, if there are any.
    """
    generator = np.random.default_rng(settings.seed)
    wanted = settings.prompts
    empty = round(settings.empty_share * wanted) if equal else 0
    drawn: list[int] = []
    for places, number in ((differing, wanted - empty), (equal, empty)):
        passes = -(-number // max(1, len(places)))
        shuffled = [places[at] for _ in range(passes) for at in generator.permutation(len(places))]
        drawn += shuffled[:number]
    return [drawn[at] for at in generator.permutation(wanted)]


def _with_validation(
    history: Sequence[Mapping[str, float]], validation: Sequence[Mapping[str, float]]
) -> list[dict[str, float]]:
    """The history from step 0 on, with columns ``validation_<metric>``; NaN where there is none."""
    nan = float("nan")
    validated = {row["step"]: row for row in validation}
    metrics = [name for name in validation[0] if name != "step"]
    start = {"step": 0.0} | dict.fromkeys(HISTORY_COLUMNS, nan)
    rows = []
    for row in (start, *history):
        found = validated.get(row["step"], {})
        rows.append({**row, **{f"validation_{name}": found.get(name, nan) for name in metrics}})
    return rows
