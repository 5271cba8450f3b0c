"""What a reward sees of a completion, and what it says of it.

A `Rollout` comes in. Its source is extracted and drawn (`Drawn`), each part of the reward gives it
a `PartScore`, and all of them together are a `Scored`.

Not covered: how parts judge (`erm.rewards.parts`) and how a batch is judged (`erm.rewards.reward`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from erm.annotation import Annotation
from erm.annotation import Failure as ViewFailure
from erm.critics.base import Critique
from erm.errors import ErmError
from erm.render import Rendered
from erm.report import Report
from erm.tasks import View, get_task

Outcome = Literal["judged", "unparsable", "no_code", "not_rendered", "blank", "unjudged"]
"""How far a completion came. ``judged``: it was drawn; ``unparsable``: it was drawn, and the
critic's reply holds no report; ``unjudged``: something failed that is not the completion's fault
(`FailureKind`), and nobody knows what it earns."""

MOST_CHARACTERS = 2_000_000
"""Longest completion in which code is looked for; no source may be as long."""

FailureKind = Literal["unparsable", "late", "unreachable", "refused", "reference"]
"""Why a part can't judge what a completion drew; never the completion's own fault.

``unparsable``: the critic's reply holds no report; ``late``: no whole reply in time;
``unreachable``: no server answers; ``refused``: a server refuses the request; ``reference``: the
reference's image or source can't be read or drawn."""


@dataclass(frozen=True)
class Rollout:
    """A policy's answer to one image.

    Attributes:
        task: name of a task.
        reference: the image that should be reproduced, as encoded bytes.
        completion: the policy's whole answer, as text.
        reference_source: the source behind the reference, where it is known.
    """

    task: str
    reference: bytes
    completion: str
    reference_source: str | None = None


@dataclass(frozen=True)
class Drawn:
    """A rollout, its source and its render.

    Attributes:
        source: the code in the completion, or None.
        rendered: what became of `source`; with its scene where a part of the reward needs it. None
            where there is no source, or no part of the reward needs a picture.
        reference_view: what the exact annotator sees of the reference's source, or why it sees
            nothing; None where no part of the reward needs it.
    """

    rollout: Rollout
    source: str | None = None
    rendered: Rendered | None = None
    reference_view: View | ViewFailure | None = None

    @classmethod
    def undrawn(cls, rollout: Rollout) -> Drawn:
        """A rollout with the source in its completion."""
        if len(rollout.completion) > MOST_CHARACTERS:
            return cls(rollout)
        return cls(rollout, get_task(rollout.task).extract(rollout.completion))

    @property
    def image(self) -> bytes | None:
        """PNG of the render, or None."""
        return self.rendered.image if self.rendered is not None else None

    @property
    def outcome(self) -> Outcome:
        """How far the completion came before anything judged it."""
        if self.source is None:
            return "no_code"
        if self.rendered is None:
            return "judged"
        if self.rendered.image is None:
            return "not_rendered"
        return "blank" if self.rendered.blank else "judged"

    @property
    def reason(self) -> str:
        """Why there is nothing to judge; empty where there is."""
        if self.outcome == "no_code":
            length = len(self.rollout.completion)
            if length > MOST_CHARACTERS:
                return f"the completion has {length} characters, more than {MOST_CHARACTERS}"
            return "no code in the text"
        if self.outcome == "blank":
            return "the image is blank"
        if self.outcome == "not_rendered":
            error = self.rendered.error if self.rendered is not None else None
            return error.message if error is not None else "no image"
        return ""


@dataclass(frozen=True)
class Failure:
    """Why a part has no judgement: a kind and one sentence."""

    kind: FailureKind
    message: str


@dataclass(frozen=True)
class PartScore:
    """What one part says of one rollout.

    Attributes:
        value: None where the part does not apply to the task, or where there is a `failure` for
            which its formula has no value.
        failure: why the part could not judge what was drawn.
        severity: S, for parts that find discrepancies.
        components: further numbers by name, such as a critic's severities by category.
        critique: of a part that asks a critic.
        annotation: of the part ``exact``.
        note: one sentence, where something else than the comparison decided the value.
    """

    value: float | None = None
    failure: Failure | None = None
    severity: float | None = None
    components: Mapping[str, float] = field(default_factory=dict)
    critique: Critique | None = None
    annotation: Annotation | None = None
    note: str = ""


@dataclass(frozen=True)
class Scored:
    """What one rollout earned, and why.

    Attributes:
        value: weighted sum of the parts that apply; None where one of them with a weight has no
            value because of a failure. Such a rollout must not be trained on as if it earned 0.
        parts: by name, those of weight 0 too.
        drawn: the rollout, its source and its render.
    """

    value: float | None
    parts: Mapping[str, PartScore]
    drawn: Drawn

    @property
    def failure(self) -> Failure | None:
        """Why the rollout has no value, else the first part's failure, even where it cost nothing:
        the part has no weight, or its formula has a value for an unparsable reply."""
        failed = [score for score in self.parts.values() if score.failure is not None]
        failed.sort(key=lambda score: score.value is not None)
        return failed[0].failure if failed else None

    @property
    def critique(self) -> Critique | None:
        """The first critic's answer."""
        return next((score.critique for score in self.parts.values() if score.critique), None)

    @property
    def report(self) -> Report | None:
        """The first critic's report; None where there is none."""
        return self.critique.report if self.critique is not None else None

    @property
    def severity(self) -> float | None:
        """S by the first critic, else by the exact annotator; None where nothing was judged."""
        first = sorted(self.parts.values(), key=lambda score: score.annotation is not None)
        severities = (score.severity for score in first)
        return next((severity for severity in severities if severity is not None), None)

    @property
    def outcome(self) -> Outcome:
        """How far the completion came."""
        kinds = [score.failure.kind for score in self.parts.values() if score.failure is not None]
        if "unparsable" in kinds:
            return "unparsable"
        return "unjudged" if self.value is None else self.drawn.outcome

    @property
    def reason(self) -> str:
        """Why the completion was not judged; empty where it was."""
        if self.failure is not None and self.outcome in ("unparsable", "unjudged"):
            return self.failure.message
        return self.drawn.reason

    def verdict(self) -> dict[str, Any]:
        """``outcome``, ``severity``, ``reason`` and ``report`` as JSON values."""
        return {
            "outcome": self.outcome,
            "severity": self.severity,
            "reason": self.reason,
            "report": self.report.to_dict() if self.report is not None else None,
        }

    @property
    def source(self) -> str | None:
        """The code in the completion, or None."""
        return self.drawn.source

    @property
    def image(self) -> bytes | None:
        """PNG of the completion's render, or None."""
        return self.drawn.image

    def require(self) -> float:
        """The value; raises `ErmError` that says why there is none."""
        if self.value is None:
            raise ErmError(f"A completion has no reward: {self.reason}")
        return self.value
