"""A reward by its settings."""

from __future__ import annotations

from erm.critics.base import Critic
from erm.errors import ErmError
from erm.render import Renderer
from erm.rewards.cache import CachedCritic
from erm.rewards.parts.base import Part
from erm.rewards.parts.critic import BatchCriticPart, CriticPart
from erm.rewards.parts.exact import ExactPart
from erm.rewards.parts.form import FormatPart, LengthPart, RendersPart
from erm.rewards.parts.gated import GatedCriticPart
from erm.rewards.parts.similarity import DrawingPart, ImagePart, TextPart
from erm.rewards.references import References
from erm.rewards.reward import Reward, Weighted
from erm.rewards.settings import (
    BATCH_CRITIC,
    CRITIC,
    CRITICS,
    EXACT,
    FORMAT,
    GATED_CRITIC,
    LENGTH,
    RENDERS,
    RewardSettings,
    compares_images,
    drawing_parts,
)

_CRITICS = {CRITIC: CriticPart, BATCH_CRITIC: BatchCriticPart, GATED_CRITIC: GatedCriticPart}


def load_reward(
    settings: RewardSettings,
    critic: Critic | None,
    renderer: Renderer,
    references: References | None = None,
) -> Reward:
    """The reward of settings.

    Args:
        critic: for the parts that ask one; None where there is none.
        references: see `erm.rewards.reward.Reward`.

    Raises:
        ErmError: a part needs a critic, its model can't be loaded, or the cache can't be opened.
    """
    if critic is not None and settings.cache is not None:
        critic = CachedCritic(critic, settings.cache, settings.cache_mb)
    return Reward(
        [
            Weighted(_part(each.part, settings, critic, renderer), each.weight)
            for each in settings.parts
        ],
        renderer,
        references,
    )


def needs_critic(settings: RewardSettings) -> bool:
    """Whether a part asks a critic."""
    return any(each.part in CRITICS for each in settings.parts)


def _part(name: str, settings: RewardSettings, critic: Critic | None, renderer: Renderer) -> Part:
    if name in _CRITICS:
        if critic is None:
            raise ErmError(f"The part '{name}' of the reward needs a critic.")
        return _CRITICS[name](critic, settings)
    if name == EXACT:
        return ExactPart()
    if compares_images(name):
        return ImagePart(name)
    if name == RENDERS:
        return RendersPart()
    if name == FORMAT:
        return FormatPart()
    if name == LENGTH:
        return LengthPart(settings.length_free, settings.length_most)
    if name in drawing_parts():
        return DrawingPart(name, renderer)
    return TextPart(name)
