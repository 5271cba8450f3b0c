"""The exact annotator as a part: no model, where the reference's source is known."""

from __future__ import annotations

from collections.abc import Sequence

from erm.annotation import Annotation, annotate_completion
from erm.annotation import Failure as ViewFailure
from erm.rewards.exact import exact_reward, exact_severity
from erm.rewards.parts.base import Part
from erm.rewards.parts.resemblance import shows_reference
from erm.rewards.rollout import Drawn, Failure, PartScore
from erm.tasks import get_task


class ExactPart(Part):
    """``exact``: see `erm.rewards.exact`, behind a gate.

    A picture that shows nothing of the reference (`shows_reference`) earns what a failure earns,
    although its report may be short: that all axes are missing is one error. A failure of the
    reference is nobody's reward: the rollout has no value.
    """

    name = "exact"
    judges = "scene"
    needs_source = True
    batch_size = 4

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        return [self._one(each) for each in drawn]

    def without(self, drawn: Drawn) -> PartScore:
        severity = exact_severity(None)
        return PartScore(exact_reward(drawn.rollout.task, None), severity=severity)

    def _one(self, drawn: Drawn) -> PartScore:
        task = drawn.rollout.task
        reference = drawn.reference_view
        assert drawn.rendered is not None
        assert reference is not None
        if isinstance(reference, ViewFailure):
            message = f"The reference has no exact report ({reference.message})."
            return PartScore(
                failure=Failure("reference", message), annotation=Annotation(failure=reference)
            )
        annotation = annotate_completion(task, reference, drawn.rendered)
        components: dict[str, float] = {}
        if annotation.report is not None:
            components = dict.fromkeys(get_task(task).categories, 0.0)
            for error in annotation.report.errors:
                components[error.category] += error.severity
        assert drawn.image is not None
        shown = shows_reference(drawn.rollout.reference, drawn.image)
        return PartScore(
            exact_reward(task, annotation if shown else None),
            severity=exact_severity(annotation),
            components=components,
            annotation=annotation,
        )
