"""Training the critic on exact reports: (pair, prompt) → report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from erm.critics.base import write_reply
from erm.critics.rereading import QUOTED
from erm.critics.selection import all_training_pairs, trained_whole
from erm.critics.settings import TrainCriticSettings
from erm.dataset.pairs import Pair
from erm.dataset.routes import READINGS
from erm.errors import ErmError
from erm.images import encode_png
from erm.models.example import Example
from erm.models.launch import distribute, distributed, needed
from erm.models.prompts import critic_prompt, detail_prompt
from erm.models.role import Role
from erm.models.settings import DetailSettings
from erm.report import Report
from erm.state import made_once
from erm.tasks import task_names


def train_critic(
    settings: TrainCriticSettings,
    pairs: Path,
    out: Path,
    work: Path,
    inferred: Path | None = None,
) -> dict[str, float]:
    """Train a critic on exact reports, then reinforce it if the settings say so.

    Arguments and errors are those of `train_on_reports`. A launcher of one's own starts
    `train_on_reports` and `erm.critics.reinforcement.reinforce_critic` one after the other.

    Returns:
        As `train_on_reports`; with reinforcement also ``reinforce/<metric>`` of
        `erm.critics.reinforcement.reinforce_critic`.
    """
    if settings.reinforce is None:
        return train_on_reports(settings, pairs, out, work, inferred)
    from erm.critics.reinforcement import reinforce_critic

    if distributed():
        raise ErmError(
            "train_critic starts the processes of training and of reinforcement itself; under "
            "another launcher run train_on_reports, then reinforce_critic."
        )
    supervised = work / "supervised"
    metrics = made_once(
        supervised,
        work / "supervised.json",
        lambda: train_on_reports(settings, pairs, supervised, work, inferred),
    )
    place = work / "reinforcement"
    reinforced = reinforce_critic(settings, supervised, pairs, out, place, inferred)
    return metrics | {f"reinforce/{name}": value for name, value in reinforced.items()}


def train_on_reports(
    settings: TrainCriticSettings,
    pairs: Path,
    out: Path,
    work: Path,
    inferred: Path | None = None,
) -> dict[str, float]:
    """Train a critic on the train split of a folder of pairs and write it to `out`.

    With ``validation`` set, the critic is scored on pairs of the validation split during training,
    and the weights with the highest F1 hard are kept.

    Args:
        work: folder of the state to resume from.
        inferred: a second folder of pairs, a policy's own errors; its pairs are mixed in.

    Returns:
        As `erm.models.sft.train`.

    Raises:
        ErmError: there are no training pairs, or none to validate on.
    """
    if needed(settings.launch):
        paths = {"pairs": pairs, "out": out, "work": work}
        if inferred is not None:
            paths["inferred"] = inferred
        function = "erm.critics.training:train_on_reports"
        return distribute(function, settings, settings.launch, paths)
    from erm.models.sft import train

    brief, detailed = settings.model.from_scratch, settings.model.details is not None
    prompts = {
        task: critic_prompt(task, brief=brief, details=detailed, graded=True)
        for task in task_names()
    }
    role = Role(
        role="critic",
        prompts=prompts,
        max_new_tokens=settings.max_target_tokens,
        single_details=settings.details_alone,
        graded=True,
    )

    def texts() -> Iterator[str]:
        for pair in all_training_pairs(settings, pairs, inferred):
            yield prompts[pair.task]
            if settings.details_alone:
                yield detail_prompt(pair.task, "", brief=brief)
            yield write_reply(pair.report)

    examples = (
        _repeated(pair, settings, prompts[pair.task])
        for pair in all_training_pairs(settings, pairs, inferred)
    )

    validation = None
    if settings.validation is not None:
        from erm.critics.validation import HeldOutScoring
        from erm.models.best_checkpoint import Validation

        scoring = HeldOutScoring(settings.validation, pairs, role)
        validation = Validation(scoring, "f1_hard", settings.validation.every)
    return train(role, texts(), examples, settings, out, work, validation)


def _repeated(pair: Pair, settings: TrainCriticSettings, prompt: str) -> Iterator[Example]:
    """Samples of a pair as often as they are in an epoch."""
    times = settings.readings if pair.route in READINGS else 1
    yield from times * list(examples_of(pair, settings, prompt))


def examples_of(pair: Pair, settings: TrainCriticSettings, prompt: str) -> Iterator[Example]:
    """Samples of a pair: the whole one with its report, then single details (`details_alone`).

    Not all give a whole sample (`erm.critics.selection.trained_whole`).
    """
    if trained_whole(settings, pair):
        yield Example(prompt, (pair.reference, pair.candidate), write_reply(pair.report))
    alone = settings.model.details
    if settings.details_alone and alone is not None:
        yield from details_alone(pair, alone, brief=settings.model.from_scratch)


def details_alone(pair: Pair, settings: DetailSettings, *, brief: bool) -> Iterator[Example]:
    """Samples that show one detail, whose report holds only the error in it.

    They are much shorter than a pair with its report, and teach to read and to name. Of several
    errors that a detail shows, it is of the one with the smallest box. An error whose description
    quotes a text or a number is shown at full resolution, or with margins, which are. Any other is
    left out if another detail lies in its box too, since a cell that differs does not tell that its
    row is missing, or if its box is not shown as a whole.
    """
    from erm.models.details import details_of_files

    details = details_of_files(pair.reference, pair.candidate, **settings.model_dump())
    for detail in details:
        shown = [
            (error.box.area, number)
            for number, error in enumerate(pair.report.errors)
            if error.box is not None and detail.shows(error.box)
        ]
        if not shown:
            continue
        error = pair.report.errors[min(shown)[1]]
        assert error.box is not None
        if QUOTED.search(error.description):
            clear = detail.scale >= 1 or detail.with_margins
        else:
            alone = not any(one.lies_in(error.box) for one in details if one is not detail)
            clear = alone and (detail.with_margins or detail.shows_all_of(error.box))
        if not clear:
            continue
        prompt = detail_prompt(pair.task, detail.place, brief=brief, margins=detail.with_margins)
        target = write_reply(Report(pair.task, (error,)))
        yield Example(prompt, (encode_png(detail.picture),), target)
