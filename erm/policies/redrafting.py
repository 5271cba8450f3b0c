"""Reinforcing revisions: prompts that show the policy a draft of its own and what is wrong with it.

Before a step samples its groups, the policy drafts some of the step's images. The drafts are drawn
and judged by the critic, and the group's prompt becomes the request to correct the draft: all
completions of a group answer to the same draft, as GRPO compares them. The draft itself earns
nothing here; other prompts of the step reinforce first drafts. A draft in which the critic finds
nothing, or of which nobody knows what is wrong, is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accelerate import PartialState
from accelerate.utils import gather_object

from erm.critics.base import Critic
from erm.images import open_image
from erm.models.generation import generate, visual_prompt
from erm.models.launch import share
from erm.models.processor import PairProcessor
from erm.models.prompts import conversation, revision_prompt
from erm.models.role import Role
from erm.models.settings import SamplingSettings
from erm.policies.refinement import feedback_on
from erm.render import Renderer
from erm.report import Replies
from erm.rewards.reward import reward_completions
from erm.rewards.rollout import Scored
from erm.rewards.settings import RewardSettings

REVISE = "revise"
"""Column of a sample: whether its prompt may become a request to correct a draft."""

_Key = tuple[str, bytes]


class Redrafting:
    """Turns samples of a step into revisions; `erm.models.grpo_trainer` calls it.

    Args:
        role: of the policy, which can revise.
        sampling: how drafts are sampled.
        most_tokens: of a draft.
        batch_size: drafts that are sampled together.
    """

    def __init__(
        self,
        role: Role,
        critic: Critic,
        renderer: Renderer,
        sampling: SamplingSettings,
        *,
        most_tokens: int,
        batch_size: int,
        replies: Replies = "strict",
    ) -> None:
        self._role, self._critic, self._renderer = role, critic, renderer
        self._sampling, self._most_tokens, self._batch_size = sampling, most_tokens, batch_size
        self._settings = RewardSettings(replies=replies)

    def __call__(
        self, model: Any, processor: PairProcessor, samples: Sequence[dict[str, Any]], step: int
    ) -> list[dict[str, Any]]:
        """The samples of this process, some with another prompt. All processes call it together.

        Raises:
            ErmError: a server of the critic gave no answer.
        """
        state = PartialState()
        own = [_key(one) for one in samples if one[REVISE]]
        wanted: list[_Key] = list(dict.fromkeys(gather_object(own)))
        if not wanted:
            return list(samples)
        turn = share(len(wanted), state.num_processes, state.process_index)
        asked = self._asked(model, processor, [wanted[index] for index in turn], step)
        prompts: dict[_Key, str] = dict(gather_object(asked))
        return [
            one
            if not one[REVISE] or _key(one) not in prompts
            else {**one, "prompt": conversation(prompts[_key(one)], 1)}
            for one in samples
        ]

    def _asked(
        self, model: Any, processor: PairProcessor, wanted: Sequence[_Key], step: int
    ) -> list[tuple[_Key, str]]:
        """The requests to correct drafts of some images, where there is something to correct."""
        drafts = generate(
            model,
            processor,
            [
                visual_prompt(self._role.prompts[task], [image], [open_image(image)])
                for task, image in wanted
            ],
            max_new_tokens=self._most_tokens,
            batch_size=self._batch_size,
            sampling=self._sampling,
            draw=step,
        )
        items = [(*key, draft) for key, draft in zip(wanted, drafts, strict=True)]
        scored = reward_completions(items, self._critic, self._renderer, self._settings)
        brief = not self._role.instructed
        return [
            ((task, image), revision_prompt(task, draft, feedback_on(one), brief=brief))
            for (task, image, draft), one in zip(items, scored, strict=True)
            if _is_wrong(one)
        ]


def _key(sample: dict[str, Any]) -> _Key:
    return sample["task"], sample["reference"]


def _is_wrong(scored: Scored) -> bool:
    if scored.outcome == "judged":
        return scored.report is not None and bool(scored.report.errors)
    return scored.outcome != "unparsable"
