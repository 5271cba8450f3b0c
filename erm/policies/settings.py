"""Settings of the stages that train, reinforce and evaluate a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from erm.critics.settings import CriticEndpointSettings
from erm.models.settings import GrpoSettings, LaunchSettings, LoraSettings, TrainingSettings
from erm.policies.hub_images import HUB, HubImages
from erm.report import Replies
from erm.rewards.settings import EXACT, RewardSettings
from erm.settings import Isolation, Settings
from erm.tasks import Variety, task_names
from erm.tasks.settings import DrawingSettings


def _known(tasks: tuple[str, ...]) -> tuple[str, ...]:
    for task in tasks:
        if task not in task_names():
            raise ValueError(f"unknown task '{task}'; tasks: {', '.join(task_names())}")
    return tasks


def _check_tasks(name: str, given: Mapping[str, Any] | None, tasks: Sequence[str]) -> None:
    """Raise ValueError where a parameter that is given by task names others than `tasks`."""
    if given is not None and set(given) != set(tasks):
        named = ", ".join(given) or "no task"
        raise ValueError(f"{name} names {named}, but tasks names {', '.join(tasks)}")


Tasks = Annotated[tuple[str, ...], AfterValidator(_known)]
"""Names of tasks; all installed ones by default."""


class RevisionSettings(Settings):
    """Training on own drafts after the one on sources (`erm.policies.revisions`): with it a policy
    can correct a draft by a critic's report."""

    sources: dict[str, Annotated[int, Field(ge=1)]] = Field(
        description="fresh sources of each task, whose images the policy drafts; it is trained on "
        "them as on the others, too"
    )
    completions: int = Field(
        2, ge=1, description="drafts of each image; the first is greedy, others are sampled"
    )
    temperature: float = Field(0.8, gt=0, description="of sampled drafts")
    batch_size: int = Field(64, ge=1, description="images that are drafted together")
    epochs: float = Field(1.0, gt=0)


class TrainPolicySettings(TrainingSettings):
    """Section ``train_policy`` of the parameters."""

    tasks: Tasks = Field(default_factory=task_names)
    sources: dict[str, Annotated[int, Field(ge=1)]] | None = Field(
        None,
        description="fresh sources of each task, generated for this stage; null takes those of the "
        "training split",
    )
    variety: Variety = Field("compact", description="of fresh sources")
    revisions: RevisionSettings | None = Field(
        None, description="null trains a policy that can't use feedback, unless it is pretrained"
    )
    render_workers: int | None = Field(None, ge=1)
    isolation: Isolation = "auto"
    drawing: DrawingSettings = DrawingSettings()

    @model_validator(mode="after")
    def _check_sources(self) -> TrainPolicySettings:
        _check_tasks("sources", self.sources, self.tasks)
        if self.revisions is not None:
            _check_tasks("revisions.sources", self.revisions.sources, self.tasks)
        return self

    @model_validator(mode="after")
    def _check_details(self) -> TrainPolicySettings:
        if self.model.details is not None:
            raise ValueError("model.details is for critics: a policy sees no pair of images")
        return self


class PolicyValidationSettings(Settings):
    """Validation during reinforcement (`erm.policies.validation`); its best weights are kept.

    Attributes:
        every: steps between validations; the start and the last step are always validated.
        references: of each task: so many fresh ones where fresh ones are trained on
            (`ReinforceSettings.sources`), else of the validation split, at most.
        samples: sampled completions of a reference, besides the greedy one.
        batch_size: completions that are generated together by one process.
        patience: validations without a better one after which the training stops; null is never.
        hacking_limit: points of severity. Where the reward has risen and the exact one has fallen
            since the start, the training stops if the lower end of the gap's 95 % interval is
            beyond it; null never stops it.
    """

    every: int | None = Field(None, ge=1)
    references: int = Field(16, ge=1)
    samples: int = Field(2, ge=1)
    batch_size: int = Field(64, ge=1)
    patience: int | None = Field(None, ge=1)
    hacking_limit: float | None = Field(1.0, ge=0)


class ReinforceSettings(GrpoSettings):
    """Section ``reinforce`` of the parameters.

    Attributes:
        dtype: of the policy's and the critic's weights; null is bfloat16 on a GPU and float32
            without one.
        lora: trains adapters, which are merged in the end; null trains all weights.
    """

    tasks: Tasks = Field(default_factory=task_names)
    sources: dict[str, Annotated[int, Field(ge=1)]] | None = Field(
        None,
        description="fresh references of each task, generated for this stage; null takes those of "
        "the training split",
    )
    variety: Variety = Field("compact", description="of fresh references")
    images: dict[str, str] | None = Field(
        None,
        description="of each task, a folder of images, a Parquet file or a data set of the hub "
        "(`erm.policies.hub_images`); what needs their sources is refused or left out",
    )
    critic: str | None = Field(
        None, description="its spec (`erm.critics.loading`); null is the one that was trained"
    )
    endpoint: CriticEndpointSettings = Field(
        CriticEndpointSettings(), description="of a critic openai:MODEL"
    )
    revisions: float = Field(
        0.0,
        ge=0,
        le=1,
        description="share of a step's prompts that show the policy a draft of its own and the "
        "critic's report on it (`erm.policies.redrafting`)",
    )
    reward: RewardSettings = RewardSettings()
    max_completion_tokens: int = Field(256, ge=16)
    render_workers: int | None = Field(None, ge=1)
    isolation: Isolation = "auto"
    drawing: DrawingSettings = DrawingSettings()
    critic_batch_size: int = Field(64, ge=1)
    validation: PolicyValidationSettings | None = Field(
        None, description="null keeps the last weights"
    )
    launch: LaunchSettings = LaunchSettings()
    dtype: Literal["float32", "bfloat16"] | None = None
    lora: LoraSettings | None = None
    activation_checkpointing: bool = False

    @model_validator(mode="after")
    def _check_processes(self) -> ReinforceSettings:
        self.completions_of_each(self.launch.world_size)
        return self

    @model_validator(mode="after")
    def _check_sources(self) -> ReinforceSettings:
        _check_tasks("sources", self.sources, self.tasks)
        _check_tasks("images", self.images, self.tasks)
        if self.images is not None:
            for place in self.images.values():
                if place.startswith(HUB):
                    HubImages.parse(place)
            if self.sources is not None:
                raise ValueError("images and sources exclude each other; set sources to null")
            if self.critic == EXACT:
                raise ValueError(
                    "the critic 'exact' needs the sources of references; images has none"
                )
            self.reward.without_sources()
        return self

    @model_validator(mode="after")
    def _check_reward(self) -> ReinforceSettings:
        self.reward.check_tasks(self.tasks)
        return self

    @model_validator(mode="after")
    def _check_revisions(self) -> ReinforceSettings:
        if not self.revisions:
            return self
        if not self.revised_prompts:
            raise ValueError(
                f"revisions: {self.revisions:g} of {self.prompts_per_step} prompts is none"
            )
        if self.critic == EXACT:
            raise ValueError("revisions need a critic that sees images alone, not 'exact'")
        if self.vllm is not None:
            raise ValueError("revisions are drafted by the model in training; set vllm to null")
        return self

    @property
    def revised_prompts(self) -> int:
        """Prompts of a step that show a draft."""
        return int(self.revisions * self.prompts_per_step)


class SampledSettings(Settings):
    """Samples of a policy on which the critic's ranking is measured (`erm.policies.ranking`)."""

    references: int = Field(40, ge=1, description="held-out references of a task, at most")
    completions: int = Field(4, ge=2, description="of each reference")
    temperature: float = Field(1.0, gt=0, description="as in reinforcement")


class EvaluateSettings(Settings):
    """Section ``evaluate`` of the parameters."""

    tasks: Tasks = Field(default_factory=task_names)
    references: int = Field(
        100, ge=1, description="references of a task in the test split, at most"
    )
    sources: dict[str, Annotated[int, Field(ge=1)]] | None = Field(
        None, description="fresh references of each task besides, which no training saw"
    )
    variety: Variety = Field("compact", description="of fresh references")
    pictured: int = Field(6, ge=1, description="references shown in the picture")
    critic: str | None = Field(
        None, description="its spec (`erm.critics.loading`); null is the one that was trained"
    )
    endpoint: CriticEndpointSettings = Field(
        CriticEndpointSettings(), description="of a critic openai:MODEL"
    )
    sampled: SampledSettings | None = Field(
        SampledSettings(), description="null leaves out the critic's ranking of samples"
    )
    replies: Replies = "strict"
    """How the critic's replies are read (`erm.report.parse_reply`)."""
    render_workers: int | None = Field(None, ge=1)
    isolation: Isolation = "auto"
    drawing: DrawingSettings = DrawingSettings()
    seed: int = 0

    @model_validator(mode="after")
    def _check_sources(self) -> EvaluateSettings:
        _check_tasks("sources", self.sources, self.tasks)
        return self
