"""What requests and answers hold, as JSON. The OpenAPI page is made from these classes."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from erm.report import Replies
from erm.rewards.settings import PartSettings


def _encodable(value: Any) -> Any:
    """Halves of surrogate pairs, which JSON can hold and UTF-8 can't, become question marks."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_encodable)]
Image = Annotated[str, Field(description="base64 of a PNG, JPEG, WebP or other image file")]
Task = Annotated[str, Field(description="name of a task, such as chart, table or svg")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SourceItem(_Request):
    """A source to draw."""

    task: Task
    source: Text


class RenderRequest(_Request):
    """Sources to draw."""

    items: list[SourceItem] = Field(min_length=1)


class SourcesItem(_Request):
    """Two sources to compare exactly."""

    task: Task
    reference: Text = Field(description="the source that should be reproduced")
    candidate: Text = Field(description="the source that tries to")


class AnnotateRequest(_Request):
    """Pairs of sources to compare exactly."""

    items: list[SourcesItem] = Field(min_length=1)


class ImagesItem(_Request):
    """Two images to compare."""

    task: Task
    reference: Image
    candidate: Image


class CritiqueRequest(_Request):
    """Pairs of images to compare."""

    items: list[ImagesItem] = Field(min_length=1)
    replies: Replies = Field("strict", description="how the critic's replies are read")


class RolloutItem(_Request):
    """A policy's answer to one image."""

    task: Task
    reference: Image = Field(description="base64 of the image that should be reproduced")
    completion: Text = Field(description="the policy's whole answer")
    reference_source: Text | None = Field(
        None, description="the source behind the reference, for parts that compare sources"
    )


class RewardChoice(_Request):
    """What a completion earns; what is left out is as the server was started."""

    parts: list[PartSettings] | None = Field(None, min_length=1)
    severity: Literal["reported", "expected"] | None = None
    replies: Replies | None = None
    length_free: int | None = Field(None, ge=0)
    length_most: int | None = Field(None, ge=1)


class RewardRequest(_Request):
    """Completions to reward. Parts that compare completions compare those of one request."""

    items: list[RolloutItem] = Field(min_length=1)
    reward: RewardChoice = RewardChoice()


class Problem(BaseModel):
    """Why an item was refused; the others of its request are answered."""

    status: int
    message: str


class _Result(BaseModel):
    error: Problem | None = Field(None, description="set where the item was refused")


class DrawingError(BaseModel):
    """Why a source has no picture."""

    kind: str
    message: str


class RenderResult(_Result):
    """A picture, or why there is none."""

    image: str | None = Field(None, description="base64 of a PNG")
    width: int | None = None
    height: int | None = None
    blank: bool = False
    seconds: float = 0.0
    failure: DrawingError | None = Field(None, description="why the source has no picture")


class AnnotationFailure(BaseModel):
    """Why there is no exact report."""

    kind: str
    message: str
    side: Literal["reference", "candidate"] | None


class AnnotateResult(_Result):
    """The exact report, with places, or why there is none."""

    report: dict[str, Any] | None = None
    total_severity: int | None = None
    failure: AnnotationFailure | None = None


class CritiqueResult(_Result):
    """What a critic says."""

    report: dict[str, Any] | None = Field(
        None, description="the published report; null where the reply holds none"
    )
    total_severity: float | None = None
    unlisted: int = Field(0, description="entries without a category of the task or a severity")
    expected: float | None = Field(
        None, description="the severity that a local model's own probabilities expect"
    )
    reply: str = ""


class PartFailure(BaseModel):
    """Why a part could not judge what was drawn; never the completion's own fault."""

    kind: str
    message: str


class PartResult(BaseModel):
    """What one part of the reward says."""

    value: float | None = Field(None, description="null where it does not apply, or failed")
    severity: float | None = None
    components: dict[str, float] = Field({}, description="severities by category")
    failure: PartFailure | None = None
    reply: str | None = Field(None, description="what the critic wrote")
    expected: float | None = None


class RewardResult(_Result):
    """What a completion earned, and why."""

    reward: float | None = Field(
        None,
        description="null where a reply could not be read; never train on that as if it were 0",
    )
    outcome: str = ""
    severity: float | None = None
    reason: str = Field("", description="why it was not judged; empty where it was")
    source: str | None = None
    render: RenderResult | None = None
    parts: dict[str, PartResult] = {}


class RenderAnswer(BaseModel):
    """One result an item, in order."""

    results: list[RenderResult]


class AnnotateAnswer(BaseModel):
    """One result an item, in order."""

    results: list[AnnotateResult]


class CritiqueAnswer(BaseModel):
    """One result an item, in order."""

    results: list[CritiqueResult]


class RewardAnswer(BaseModel):
    """One result an item, in order."""

    results: list[RewardResult]


class Refusal(BaseModel):
    """Why a request was refused: one sentence."""

    detail: str


class Health(BaseModel):
    """That the server works, and with what."""

    status: Literal["ok"]
    version: str
    critic: str
    critic_version: str | None = Field(
        description="version in use, where the critic is named by an alias of the registry"
    )
    critic_problem: str | None = Field(
        description="why the version that the alias names by now is not in use; null where it is"
    )
    tasks: list[str]
    under_way: int = Field(description="items that are accepted and whose work has not ended")
    queue: int = Field(description="most of them at a time")
