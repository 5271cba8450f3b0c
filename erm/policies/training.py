"""Supervised training of a policy, before reinforcement: image → source.

All rendered sources of the train split are used. An edited source is as good a target for its own
image as the original.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from erm.models.example import Example
from erm.models.launch import distribute, needed
from erm.policies.settings import TrainPolicySettings


def train_policy(
    settings: TrainPolicySettings, pairs: Path, out: Path, work: Path
) -> dict[str, float]:
    """Train a policy and write it to `out`.

    Args:
        pairs: folder of pairs; each distinct source of the train split is used.
        work: folder of the state to resume from.

    Returns:
        As `erm.models.sft.train`.

    Raises:
        ErmError: there is nothing to train on.
    """
    if needed(settings.launch):
        paths = {"pairs": pairs, "out": out, "work": work}
        return distribute("erm.policies.training:train_policy", settings, settings.launch, paths)
    from erm.dataset.pairs import read_pairs
    from erm.models.prompts import policy_prompt
    from erm.models.sft import train
    from erm.policies.base import write_completion

    brief = settings.model.from_scratch
    prompts = {task: policy_prompt(task, brief=brief) for task in settings.tasks}

    def examples() -> Iterator[Example]:
        seen: set[tuple[str, str]] = set()
        for pair in read_pairs(pairs, "train", settings.tasks):
            for image, source in (
                (pair.reference, pair.reference_source),
                (pair.candidate, pair.candidate_source),
            ):
                if (pair.task, source) not in seen:
                    seen.add((pair.task, source))
                    target = write_completion(pair.task, source)
                    yield Example(prompts[pair.task], (image,), target)

    texts = (text for each in examples() for text in (each.prompt, each.target))
    return train("policy", prompts, texts, examples(), settings, out, work)
