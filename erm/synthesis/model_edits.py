"""Models behind an endpoint that inject errors into sources or write labels.

Their candidates are rendered and annotated like all others; what a model claims to have changed is
not used.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from erm.annotation import clear_difference
from erm.critics.base import ImagePair
from erm.critics.endpoint import EndpointCritic, published_endpoint
from erm.dataset.pairs import Pair, Reference
from erm.endpoints.client import Endpoint, Question
from erm.errors import ErmError
from erm.report import Report, categories_of
from erm.synthesis.proposals import Annotator, Proposal, Proposer, Unlabelled, sample_references
from erm.synthesis.settings import AnnotatorSettings, EditorSettings
from erm.synthesis.spending import connection, costs, model_name, stopped
from erm.tasks import get_task

_TRIES = 2


class Editor(Proposer):
    """A model that injects errors into a source's text."""

    role = "editor"

    def __init__(self, settings: EditorSettings, seed: int, journal: Path) -> None:
        assert settings.model is not None
        self._settings, self._seed, self._journal = settings, seed, journal
        part = {"temperature": settings.temperature, "max_tokens": settings.max_tokens}
        options = settings.endpoint.request(part)
        name = model_name(settings.model, "synthesize.editor.model")
        self._endpoint = Endpoint(name, options=options, **connection(settings.endpoint, journal))

    def propose(self, references: Sequence[Reference]) -> list[Proposal]:
        chosen = list(sample_references(references, f"{self._seed}/editor", self._settings.share))
        try:
            answers = self._endpoint.ask_all([self._question(one) for one in chosen])
        except ErmError as error:
            raise stopped(self.role, self._endpoint, self._journal, error) from error
        return [
            Proposal(one.source_id, "edit", ("model",), answer.text)
            for one, answer in zip(chosen, answers, strict=True)
        ]

    def _question(self, reference: Reference) -> Question:
        rng = random.Random(f"{self._seed}/{reference.source_id}/editor")
        weights = self._settings.edits
        count = rng.choices(range(1, len(weights) + 1), weights)[0]
        kinds = [rng.choice(categories_of(reference.task)) for _ in range(count)]
        return Question(editor_prompt(reference.task, reference.source, kinds))

    def metrics(self) -> dict[str, float]:
        return costs(self.role, self._endpoint)


def editor_prompt(task: str, source: str, kinds: Sequence[str]) -> str:
    """The prompt for visible errors of the given kinds, one of each, in a source."""
    language = get_task(task).languages[0]
    wanted = ", ".join(kind.replace("_", " ") for kind in kinds)
    return (
        f"Below is the source of a {task}. Rewrite it so that its drawing has exactly these "
        f"mistakes, each in one place and easy to see: {wanted}. Leave everything else as it is, "
        f"and write no remark on what you changed. Answer with the whole source in one "
        f"```{language} block.\n\n```{language}\n{source.strip()}\n```"
    )


class ModelAnnotator(Annotator):
    """A critic behind an endpoint whose replies are used as labels.

    Raises:
        ErmError: the model's name is invalid, or no server is known.
    """

    def __init__(self, settings: AnnotatorSettings, journal: Path) -> None:
        assert settings.model is not None
        name = model_name(settings.model, "synthesize.annotator.model")
        self._settings, self._journal = settings, journal
        self._endpoint = published_endpoint(
            name, settings.endpoint, **connection(settings.endpoint, self._journal)
        )
        self._critic = EndpointCritic(
            name, endpoint=self._endpoint, constrained=settings.constrained
        )

    def annotate(self, pairs: Sequence[Pair]) -> tuple[list[Pair], list[Unlabelled]]:
        """The pairs with the model's reports, and the pairs without a usable report.

        Equal images get an empty report without asking the model. If a reply has no report, the
        model is asked once more. An empty report of images that clearly differ can't be used.

        Raises:
            ErmError: the endpoint refused or gave no answer, or the budget is spent.
        """
        reports: dict[str, Report] = {
            pair.id: Report(pair.task) for pair in pairs if pair.reference == pair.candidate
        }
        incomplete: set[str] = set()
        for _ in range(_TRIES):
            incomplete |= self._ask([pair for pair in pairs if pair.id not in reports], reports)
        labelled, unlabelled = [], []
        for pair in pairs:
            reason = self._fault(pair, reports.get(pair.id))
            if pair.id in incomplete:
                reason = "annotator lists what labels can't hold"
            if reason is None:
                labelled.append(replace(pair, report=reports[pair.id]))
            else:
                unlabelled.append(Unlabelled(pair, reason))
        return labelled, unlabelled

    def _ask(self, pairs: Sequence[Pair], reports: dict[str, Report]) -> set[str]:
        """Adds the reports in the replies; returns ids of those that a label can't hold whole."""
        asked = [ImagePair(pair.task, pair.reference, pair.candidate) for pair in pairs]
        try:
            critiques = self._critic.critique(asked)
        except ErmError as error:
            raise stopped("annotator", self._endpoint, self._journal, error) from error
        for pair, critique in zip(pairs, critiques, strict=True):
            if critique.report is not None:
                reports[pair.id] = critique.report
        return {
            pair.id
            for pair, critique in zip(pairs, critiques, strict=True)
            if critique.report is not None
            and (
                critique.unlisted
                or {error.category for error in critique.report.errors}
                - set(categories_of(pair.task))
            )
        }

    def _fault(self, pair: Pair, report: Report | None) -> str | None:
        if report is None:
            return "annotator wrote no report"
        if len(report.errors) > self._settings.max_errors:
            return "annotator lists too many discrepancies"
        if any(not error.location or not error.description for error in report.errors):
            return "annotator left words out"
        if not report.errors and clear_difference(pair.reference_pixels, pair.candidate_pixels):
            return "annotator overlooked a clear difference"
        return None

    def metrics(self) -> dict[str, float]:
        """Tokens and cost."""
        return costs("annotator", self._endpoint)
