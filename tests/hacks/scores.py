"""What each part of a reward gives to each hack, and to the honest bad answer."""

from __future__ import annotations

from collections.abc import Sequence

from erm.critics.base import Critic
from erm.render import Renderer
from erm.rewards.loading import load_reward
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.settings import PartSettings, RewardSettings
from tests.hacks.completions import HACKS, HONEST, REFERENCES, Hack


def honest_answers() -> list[Hack]:
    """An honest bad answer to each reference."""
    return [Hack("honest bad answer", task, text) for task, text in HONEST.items()]


def score_hacks(
    parts: Sequence[str], critic: Critic, renderer: Renderer
) -> list[tuple[Hack, Scored]]:
    """Each honest bad answer and each hack with its scores by part."""
    images = renderer.render_batch(list(REFERENCES.items()))
    references = dict(zip(REFERENCES, (each.image for each in images), strict=True))
    answers = [*honest_answers(), *HACKS]
    rollouts = []
    for answer in answers:
        image = references[answer.task]
        assert image is not None
        rollouts.append(Rollout(answer.task, image, answer.completion, REFERENCES[answer.task]))
    settings = RewardSettings(parts=tuple(PartSettings(part=part) for part in parts))
    return list(zip(answers, load_reward(settings, critic, renderer).score(rollouts), strict=True))
