"""Supervised training of a policy, before reinforcement: image → source.

Either all rendered sources of the train split are used, or fresh ones are drawn: they cost little,
and a policy learns more from different sources than from edits of few. An edited source is as good
a target for its own image as the original.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from erm.dataset.pairs import is_whole, read_pairs
from erm.models.example import Example
from erm.models.launch import distribute, is_main_process, needed, own_file
from erm.policies.references import (
    Picture,
    draw_pictures,
    images_in,
    read_pictures,
    write_pictures,
    write_used,
)
from erm.policies.settings import TrainPolicySettings
from erm.render import Renderer


def train_policy(
    settings: TrainPolicySettings, pairs: Path, out: Path, work: Path
) -> dict[str, float]:
    """Train a policy and write it to `out`, with ``references.csv`` where sources are fresh.

    Args:
        pairs: folder of pairs, whose distinct sources in the train split are used, or, where the
            settings ask for fresh sources, avoided.
        work: folder of the state to resume from, and of fresh sources.

    Returns:
        As `erm.models.sft.train`.

    Raises:
        ErmError: there is nothing to train on.
    """
    fresh = _draw(settings, pairs, work)
    if needed(settings.launch):
        paths = {"pairs": pairs, "out": out, "work": work}
        return distribute("erm.policies.training:train_policy", settings, settings.launch, paths)
    from erm.models.prompts import policy_prompt
    from erm.models.role import Role
    from erm.models.sft import train
    from erm.policies.base import write_completion

    brief = settings.model.from_scratch
    prompts = {task: policy_prompt(task, brief=brief) for task in settings.tasks}

    drawn = read_pictures(fresh) if fresh is not None else []

    def examples() -> Iterator[Example]:
        sources = _known_sources(settings, pairs) if fresh is None else _fresh_sources(drawn)
        for task, image, source in sources:
            yield Example(prompts[task], (image,), write_completion(task, source))

    texts = (text for each in examples() for text in (each.prompt, each.target))
    groups = ([example] for example in examples())
    role = Role(role="policy", prompts=prompts, max_new_tokens=settings.max_target_tokens)
    metrics = train(role, texts, groups, settings, out, work)
    if fresh is not None and is_main_process():
        write_used(drawn, (), out)
    return metrics


def _known_sources(settings: TrainPolicySettings, pairs: Path) -> Iterator[tuple[str, bytes, str]]:
    """(task, image, source) of each distinct source in the train split of a folder of pairs."""
    seen: set[tuple[str, str]] = set()
    for pair in read_pairs(pairs, "train", settings.tasks):
        for image, source in (
            (pair.reference, pair.reference_source),
            (pair.candidate, pair.candidate_source),
        ):
            if (pair.task, source) not in seen:
                seen.add((pair.task, source))
                yield pair.task, image, source


def _fresh_sources(drawn: Iterable[Picture]) -> Iterator[tuple[str, bytes, str]]:
    """(task, image, source) of what `_draw` has written."""
    for one in drawn:
        assert one.source is not None
        yield one.task, one.image, one.source


def _draw(settings: TrainPolicySettings, pairs: Path, work: Path) -> Path | None:
    """The file of fresh sources, drawn once by the process that starts the others; None where none
    are asked for."""
    if settings.sources is None:
        return None
    path = own_file(work / "sources.parquet")
    if not is_whole(path):
        with Renderer(
            workers=settings.render_workers, isolation=settings.isolation, drawing=settings.drawing
        ) as renderer:
            drawn = draw_pictures(
                settings.sources,
                settings.variety,
                settings.optimization.seed,
                images_in(pairs),
                renderer,
                "training",
            )
            write_pictures(drawn, path)
    return path
