"""Settings of the stages ``synthesize`` and ``infer``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from erm.endpoints.settings import ConnectionSettings, RequestSettings
from erm.render.limits import Limits
from erm.settings import LOCAL, Cluster, Isolation, Settings
from erm.tasks import Variety, get_task, task_names
from erm.tasks.settings import DrawingSettings, check_backends


def _check_tasks(names: Iterable[str]) -> None:
    for name in names:
        if name not in task_names():
            raise ValueError(f"unknown task '{name}'; tasks: {', '.join(task_names())}")


def _check_operators(task: str, operators: Iterable[str]) -> None:
    known = [one.name for one in get_task(task).operators if one.category is not None]
    unknown = sorted(set(operators) - set(known))
    if unknown:
        raise ValueError(f"task {task} has no edit '{unknown[0]}'; it has {known}")
    if not operators:
        raise ValueError(f"no edits are left for task {task}")


FIRST_READING = 500_000
"""Number of the first generated source to learn reading from; all others have smaller ones."""


class ReadingSettings(Settings):
    """Further training sources, whose edits change one value each: pairs of the routes ``reading``
    and ``reading_cross``, from which a critic learns to read (`TrainCriticSettings.details_alone`).

    Attributes:
        sources: how many.
        operators: names of the edits.
        candidates: edited candidates of each source.
        pairs: most pairs of a source: its candidates, then reversed pairs and pairs of two.
    """

    sources: int = Field(ge=0)
    operators: tuple[str, ...]
    candidates: int = Field(default=2, ge=1)
    pairs: int = Field(default=4, ge=1)


class PairingSettings(Settings):
    """How many pairs of which kind come from one source.

    Attributes:
        seed: of all random choices. Each source has its own generators, so that results don't
            depend on the number of workers.
        candidates_per_source: edited candidates of each training source.
        pairs_per_source: most pairs of a training source.
        pairs_of_task: task → the same, where it differs from `pairs_per_source`.
        held_out_pairs_per_source: most pairs of a validation or test source; each has the
            unedited source as its reference.
        edits: weights of one, two, … edits in a candidate.
        operators: task → names of the edits that inject errors; None or no entry allows all. A
            small model learns a few kinds in minutes, and all kinds in hours.
        readings: task → further training sources to learn reading from.
        max_errors: pairs with more discrepancies are left out.
        max_proposed_errors: the same for candidates of a model (`erm.synthesis.proposals`).
        proposed_pairs_per_source: most pairs of a training source with candidates of a model. Each
            candidate is paired with the reference first; then come these pairs turned round, and
            pairs of two candidates. None makes the first kind only.
        equivalent_share: share of pairs whose candidate must look like the reference.
        identical_share: share of pairs of an image with itself.
    """

    seed: int = 0
    candidates_per_source: int = Field(default=4, ge=1)
    pairs_per_source: int = Field(default=10, ge=1)
    pairs_of_task: dict[str, int] = Field(default_factory=dict)
    held_out_pairs_per_source: int = Field(default=2, ge=1)
    edits: tuple[float, ...] = (0.55, 0.3, 0.15)
    operators: dict[str, tuple[str, ...] | None] = Field(default_factory=dict)
    readings: dict[str, ReadingSettings] = Field(default_factory=dict)
    max_errors: int = Field(default=4, ge=1)
    max_proposed_errors: int = Field(default=8, ge=1)
    proposed_pairs_per_source: int | None = Field(default=None, ge=1)
    equivalent_share: float = Field(default=0.06, ge=0, le=1)
    identical_share: float = Field(default=0.05, ge=0, le=1)

    @field_validator("pairs_of_task")
    @classmethod
    def _check_pairs(cls, pairs: dict[str, int]) -> dict[str, int]:
        _check_tasks(pairs)
        for task, number in pairs.items():
            if number < 1:
                raise ValueError(f"{number} pairs of a source of task {task}; at least 1")
        return pairs

    @field_validator("operators")
    @classmethod
    def _check_operators(
        cls, chosen: dict[str, tuple[str, ...] | None]
    ) -> dict[str, tuple[str, ...] | None]:
        _check_tasks(chosen)
        for name, operators in chosen.items():
            if operators is not None:
                _check_operators(name, operators)
        return chosen

    @field_validator("readings")
    @classmethod
    def _check_readings(cls, readings: dict[str, ReadingSettings]) -> dict[str, ReadingSettings]:
        _check_tasks(readings)
        for name, one in readings.items():
            _check_operators(name, one.operators)
        return readings

    @model_validator(mode="after")
    def _check_weights(self) -> PairingSettings:
        if not self.edits or min(self.edits) < 0 or sum(self.edits) <= 0:
            raise ValueError("edits must be weights of 1, 2, … edits, not all 0")
        if self.equivalent_share + self.identical_share > 1:
            raise ValueError("equivalent_share and identical_share add up to more than 1")
        return self

    def for_readings(self, task: str) -> PairingSettings:
        """How the sources of a task in `readings` are paired."""
        reading = self.readings[task]
        changes = {
            "candidates_per_source": reading.candidates,
            "pairs_per_source": reading.pairs,
            "pairs_of_task": {},
            "edits": (1.0,),
            "operators": {task: reading.operators},
            "equivalent_share": 0.0,
            "identical_share": 0.0,
        }
        return self.model_copy(update=changes)


class WorkSettings(Settings):
    """How pairs are rendered, distributed over processes and stored.

    Attributes:
        rows_per_shard: most pairs in one file of the result.
        workers: processes; None is one per core, of a cluster one per core of all its nodes. It
            does not change the result.
        limits: of each render.
        isolation: of the workers that draw (`erm.settings.Isolation`).
        drawing: how sources become pictures; a pipeline's stages share the section ``render``.
        cluster: where pairs are made (`erm.settings.Cluster`); a pipeline's stages share it. It
            does not change the result, so that it is left out where settings are written down.
    """

    rows_per_shard: int = Field(default=4000, ge=1)
    workers: int | None = Field(default=None, ge=1)
    limits: Limits = Limits()
    isolation: Isolation = "auto"
    drawing: DrawingSettings = DrawingSettings()
    cluster: Cluster = Field(default=LOCAL, exclude=True)


class EndpointSettings(ConnectionSettings):
    """A connection, the fields of its requests, and its budget.

    Attributes:
        token_budget: most tokens, in and out, of all runs with one folder of answers.
        price_in, price_out: of a million tokens, for the cost report.
    """

    token_budget: int | None = Field(default=None, ge=1)
    price_in: float = Field(default=0.0, ge=0)
    price_out: float = Field(default=0.0, ge=0)


WITHOUT_EFFECT = EndpointSettings.model_fields.keys() - RequestSettings.model_fields.keys()
"""Names of endpoint settings that don't change the answers, so that other values may resume."""


class EditorSettings(Settings):
    """A model that injects errors into sources: pairs of route ``edit``, operator ``model``.

    Attributes:
        model: ``openai:NAME``; None for no editor.
        share: of the sources to edit.
        edits: weights of one, two, … errors in one request.
        temperature, max_tokens: of its replies.
        endpoint: the connection, and fields of its requests in place of these.
    """

    model: str | None = None
    share: float = Field(default=0.3, gt=0, le=1)
    edits: tuple[float, ...] = (0.6, 0.3, 0.1)
    temperature: float = Field(default=0.7, ge=0)
    max_tokens: int = Field(default=4096, ge=1)
    endpoint: EndpointSettings = EndpointSettings()


class AnnotatorSettings(Settings):
    """A model that writes the reports of the training pairs.

    Attributes:
        model: ``openai:NAME``; None keeps the exact reports.
        max_errors: pairs with a longer report are rejected.
        constrained: sends the report's JSON schema, for servers with constrained decoding.
        endpoint: the connection.
    """

    model: str | None = None
    max_errors: int = Field(default=8, ge=1)
    constrained: bool = False
    endpoint: EndpointSettings = EndpointSettings()


class SynthesizeSettings(PairingSettings, WorkSettings):
    """Section ``synthesize`` of the parameters.

    All but `workers` and `cluster` determine the bytes of the result.

    Attributes:
        variety: of the procedural sources.
        sources: task → number of procedural sources.
        ingested: Parquet file of your own sources (`erm.synthesis.ingest`), or a folder of such
            files; used together with the procedural sources.
        validation_share: share of each task's sources held out for validation.
        test_share: share held out for the benchmark.
        test_sources: task → number of further procedural sources, all held out for the benchmark.
            What there is to train on does not depend on them.
        sources_per_chunk: sources in one unit of work; a killed run repeats the unfinished units.
        editor: a model that injects errors into sources.
        annotator: a model whose reports replace the exact ones of the training pairs.
        second_backends: task → back end that draws each of its sources too; where the two pictures
            differ visibly, the source is rejected. {} checks nothing.
    """

    variety: Variety = "compact"
    sources: dict[str, int] = Field(default_factory=lambda: dict.fromkeys(task_names(), 700))
    ingested: Path | None = None
    validation_share: float = Field(default=0.04, ge=0, lt=1)
    test_share: float = Field(default=0.08, ge=0, lt=1)
    test_sources: dict[str, int] = Field(default_factory=dict)
    sources_per_chunk: int = Field(default=25, ge=1)
    editor: EditorSettings = EditorSettings()
    annotator: AnnotatorSettings = AnnotatorSettings()
    second_backends: dict[str, str] = Field(default_factory=dict)

    @field_validator("second_backends")
    @classmethod
    def _check_backends(cls, backends: dict[str, str]) -> dict[str, str]:
        check_backends(backends)
        return backends

    @field_validator("sources", "test_sources")
    @classmethod
    def _check_sources(cls, sources: dict[str, int]) -> dict[str, int]:
        _check_tasks(sources)
        for task, number in sources.items():
            if number < 0:
                raise ValueError(f"{number} sources of task {task}")
        return sources

    @model_validator(mode="after")
    def _check_readings_apart(self) -> SynthesizeSettings:
        for task in self.readings:
            number = self.sources.get(task, 0) + self.test_sources.get(task, 0)
            if number > FIRST_READING:
                raise ValueError(
                    f"{number} sources of task {task}; next to readings at most {FIRST_READING}"
                )
        return self

    @model_validator(mode="after")
    def _check_second(self) -> SynthesizeSettings:
        for task, name in self.second_backends.items():
            if name == self.drawing.backend_of(task):
                raise ValueError(f"'{name}' draws task {task} already; a second one must differ")
        return self

    @model_validator(mode="after")
    def _check_shares(self) -> SynthesizeSettings:
        if self.validation_share + self.test_share >= 1:
            raise ValueError("validation_share and test_share leave nothing to train on")
        return self


class InferSettings(WorkSettings):
    """Section ``infer`` of the parameters: a policy's completions, pairs of route ``infer``.

    Attributes:
        seed: of the choice of sources and of sampling.
        policy: a model folder, an MLflow URI, ``openai:NAME`` or ``openai:NAME=FOLDER`` of a model
            that a server runs; None gives a folder without pairs.
        share: of the sources of all splits, of the tasks that the policy knows.
        sources: further references of each task, in the training split, generated for this stage;
            with the pixels of no image in the folder of pairs.
        variety: of these.
        completions: per image; completions with equal renders give one pair.
        test_share, test_completions: the same for the sources held out for the benchmark; None is
            as for the others.
        temperature, top_p: of sampling; with temperature 0 all completions are equal.
        max_tokens: longest completion of a policy behind an endpoint.
        device, dtype, batch_size: of a policy in this process.
        max_errors: completions with more discrepancies are rejected.
        pairs_per_source: most pairs of a training source: its completions, then these pairs turned
            round, then pairs of two completions (route ``infer_cross``). Rendering and sampling
            take all the time, so these cost little. None makes the first kind only.
        sources_per_chunk: sources in one unit of work; a killed run repeats the unfinished units.
        endpoint: connection to a policy behind an endpoint.
    """

    seed: int = 0
    policy: str | None = "models/policy-sft"
    share: float = Field(default=0.3, gt=0, le=1)
    sources: dict[str, Annotated[int, Field(ge=1)]] | None = None
    variety: Variety = "compact"
    completions: int = Field(default=1, ge=1)
    test_share: float | None = Field(default=None, gt=0, le=1)
    test_completions: int | None = Field(default=None, ge=1)
    temperature: float = Field(default=0.7, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=4096, ge=1)
    device: str | None = None
    dtype: str = "float32"
    batch_size: int = Field(default=64, ge=1)
    max_errors: int = Field(default=8, ge=1)
    pairs_per_source: int | None = Field(default=None, ge=1)
    sources_per_chunk: int = Field(default=64, ge=1)
    endpoint: EndpointSettings = EndpointSettings()

    def share_of(self, split: str) -> float:
        """The share of a split's sources that the policy completes."""
        return self.share if split != "test" or self.test_share is None else self.test_share

    def completions_of(self, split: str) -> int:
        """Completions per image of a split."""
        if split != "test" or self.test_completions is None:
            return self.completions
        return self.test_completions
