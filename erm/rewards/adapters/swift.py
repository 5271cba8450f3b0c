"""A reward class of ms-swift, for ``orms`` in a plugin file (``--external_plugins``).

ms-swift makes an instance with ``args`` and calls it with ``completions`` and the data set's
columns as lists: ``task``, ``reference`` (the image) and, where it is known, ``reference_source``.

ms-swift counts a missing reward as 0: with ``failures: skip`` a completion that can't be judged
gets the mean of its reference's other completions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from erm.rewards.adapters.inputs import rollouts_from
from erm.rewards.adapters.scorer import ScorerSettings, scorer_settings, shared_scorer
from erm.rewards.rollout import Scored
from erm.rewards.summary import filled_values, require_values

Orm = TypeVar("Orm", bound="_Orm")


class _Orm:
    """What both rewards share; ms-swift hands its own arguments to the constructor."""

    settings = ScorerSettings()

    def __init__(self, args: Any = None, **_: Any) -> None:
        self.args = args

    def _values(self, scored: list[Scored]) -> list[float]:
        skips = self.settings.failures == "skip"
        return filled_values(scored) if skips else require_values(scored)


class ErmReward(_Orm):
    """The weighted sum of a reward's parts; `with_options` gives a class with other options."""

    def __call__(
        self,
        completions: Sequence[Any],
        task: Sequence[str],
        reference: Sequence[Any],
        reference_source: Sequence[str | None] | None = None,
        **_: Any,
    ) -> list[float]:
        rollouts = rollouts_from(task, reference, completions, reference_source)
        return self._values(shared_scorer(self.settings).score(rollouts))


class AsyncErmReward(_Orm):
    """The same for ms-swift's asynchronous rewards."""

    async def __call__(
        self,
        completions: Sequence[Any],
        task: Sequence[str],
        reference: Sequence[Any],
        reference_source: Sequence[str | None] | None = None,
        **_: Any,
    ) -> list[float]:
        rollouts = rollouts_from(task, reference, completions, reference_source)
        return self._values(await shared_scorer(self.settings).score_async(rollouts))


def with_options(reward: type[Orm], **options: Any) -> type[Orm]:
    """A reward class (`ErmReward`, `AsyncErmReward`) with options of `ScorerSettings`.

    Raises:
        ErmError: an option is unknown or invalid.
    """
    return type(reward.__name__, (reward,), {"settings": scorer_settings(options)})
