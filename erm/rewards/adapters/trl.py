"""Reward functions of TRL's `GRPOTrainer`.

TRL calls ``f(prompts, completions, completion_ids, **columns, log_metric, …)`` with every other
column of the data set, and expects a list of numbers. The columns read here are ``task``,
``reference`` (the image) and, where it is known, ``reference_source``. A completion whose reward is
None in all functions gets no advantage (TRL 1.16).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from erm.errors import ErmError
from erm.rewards.adapters.inputs import rollouts_from
from erm.rewards.adapters.scorer import Scorer
from erm.rewards.published import SEVERITY_SCALE, UNPARSABLE_SEVERITY
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.summary import require_values, summarize, values_or_none
from erm.tasks import get_task

Failures = Literal["stop", "skip"]
"""See `erm.rewards.settings.RewardSettings.failures`."""

LogMetric = Callable[[str, float], None]


class TrlReward:
    """The weighted sum of a reward's parts as one reward function.

    Each step it logs what `erm.rewards.summary.summarize` gives.

    Args:
        scorer: such as `erm.rewards.loading.load_reward` gives.
        failures: what becomes of completions that can't be judged.
        name: under which TRL logs the reward.
    """

    def __init__(self, scorer: Scorer, failures: Failures = "stop", name: str = "erm") -> None:
        self.__name__ = name
        self._scorer = scorer
        self._failures = failures

    def __call__(
        self,
        completions: Sequence[Any],
        task: Sequence[str],
        reference: Sequence[Any],
        reference_source: Sequence[str | None] | None = None,
        log_metric: LogMetric | None = None,
        **_: Any,
    ) -> list[float | None]:
        rollouts = rollouts_from(task, reference, completions, reference_source)
        return self._values(self._scorer.score(rollouts), log_metric)

    def _values(self, scored: list[Scored], log_metric: LogMetric | None) -> list[float | None]:
        _log(scored, self._scorer, log_metric)
        return [*require_values(scored)] if self._failures == "stop" else values_or_none(scored)


class AsyncTrlReward(TrlReward):
    """The same as an asynchronous function, which TRL runs together with others."""

    async def __call__(  # type: ignore[override]
        self,
        completions: Sequence[Any],
        task: Sequence[str],
        reference: Sequence[Any],
        reference_source: Sequence[str | None] | None = None,
        log_metric: LogMetric | None = None,
        **_: Any,
    ) -> list[float | None]:
        rollouts = rollouts_from(task, reference, completions, reference_source)
        return self._values(await self._scorer.score_async(rollouts), log_metric)


def part_rewards(
    scorer: Scorer, failures: Failures = "stop", components: Sequence[str] = ()
) -> tuple[list[PartReward], list[float]]:
    """One reward function for each part, and their weights, for ``reward_funcs`` and
    ``reward_weights``; with ``multi_objective_aggregation="normalize_then_sum"`` TRL normalises
    each part in its group before it adds them up.

    All functions share one scoring of the batch.

    Args:
        components: categories of the part ``critic`` or ``exact``, such as ``critic/style_error``,
            that get a function of weight 1 each (`component_value`).
    """
    batch = _SharedBatch(scorer, failures)
    functions = [PartReward(name, "", batch) for name in scorer.weights]
    for name in components:
        part, _, category = name.rpartition("/")
        if part not in scorer.weights:
            raise ErmError(f"'{name}' is no component of a part; write PART/CATEGORY.")
        functions.append(PartReward(part, category, batch))
    functions[0].logs = True
    return functions, [*scorer.weights.values(), *[1.0] * len(components)]


class PartReward:
    """One part, or one component of a part, as a reward function.

    Attributes:
        logs: whether it logs the batch; one of the functions that share a batch does.
    """

    def __init__(self, part: str, component: str, batch: _SharedBatch) -> None:
        self.__name__ = f"{part}/{component}" if component else part
        self.logs = False
        self._part = part
        self._component = component
        self._batch = batch

    def __call__(
        self,
        completions: Sequence[Any],
        task: Sequence[str],
        reference: Sequence[Any],
        reference_source: Sequence[str | None] | None = None,
        log_metric: LogMetric | None = None,
        **_: Any,
    ) -> list[float | None]:
        rollouts = rollouts_from(task, reference, completions, reference_source)
        scored = self._batch.scored(rollouts, log_metric if self.logs else None)
        return [self._value(each) for each in scored]

    def _value(self, scored: Scored) -> float | None:
        # None for all parts where one failed: TRL would add up the others.
        if scored.value is None:
            return None
        if self._component:
            return component_value(scored, self._part, self._component)
        return scored.parts[self._part].value


class _SharedBatch:
    """The scores of the last batch, for functions that TRL calls one after the other."""

    def __init__(self, scorer: Scorer, failures: Failures) -> None:
        self._scorer = scorer
        self._failures = failures
        self._rollouts: list[Rollout] = []
        self._scored: list[Scored] = []

    def scored(self, rollouts: list[Rollout], log_metric: LogMetric | None) -> list[Scored]:
        if rollouts != self._rollouts:
            self._scored = self._scorer.score(rollouts)
            self._rollouts = rollouts
            values = require_values if self._failures == "stop" else values_or_none
            values(self._scored)
        _log(self._scored, self._scorer, log_metric)
        return self._scored


def _log(scored: list[Scored], scorer: Scorer, log_metric: LogMetric | None) -> None:
    if log_metric is not None:
        for name, number in summarize(scored, scorer.weights).items():
            log_metric(name, number)


def component_value(scored: Scored, part: str, category: str) -> float | None:
    """Minus a category's severities over `SEVERITY_SCALE`, in [−1, 0]; None for other tasks.

    What draws nothing is worth −1, an unparsable reply `UNPARSABLE_SEVERITY`: a completion without
    a report must not earn more than one with it.
    """
    if category not in get_task(scored.drawn.rollout.task).categories:
        return None
    if scored.drawn.outcome != "judged":
        return -1.0
    severity = scored.parts[part].components.get(category, UNPARSABLE_SEVERITY)
    return -min(1.0, severity / SEVERITY_SCALE)
