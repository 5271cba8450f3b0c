"""Supervised training of a policy, before reinforcement: image → source.

Either all rendered sources of the train split are used, or fresh ones are drawn: they cost little,
and a policy learns more from different sources than from edits of few. An edited source is as good
a target for its own image as the original.

A second training, on the policy's own drafts of other images, teaches it to correct a draft by
feedback (`erm.policies.revisions`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from erm.dataset.pairs import is_whole, read_pairs
from erm.errors import ErmError
from erm.models.example import Example
from erm.models.launch import distribute, distributed, is_main_process, needed, own_file
from erm.models.prompts import policy_prompt
from erm.models.role import Role
from erm.policies.base import write_completion
from erm.policies.references import (
    Picture,
    draw_pictures,
    images_in,
    read_pictures,
    read_used,
    write_pictures,
    write_used,
)
from erm.policies.refinement import feedback
from erm.policies.revisions import read_drafts, revision_examples, write_drafts
from erm.policies.settings import RevisionSettings, TrainPolicySettings
from erm.render import Renderer
from erm.state import made_once

_SOURCES, _PICTURES, _DRAFTS = "sources.parquet", "pictures.parquet", "drafts"
"""In a working folder: fresh sources, those that are drafted, and the folder of their drafts."""


def train_policy(
    settings: TrainPolicySettings, pairs: Path, out: Path, work: Path
) -> dict[str, float]:
    """Train a policy on sources, then on its own drafts if the settings say so.

    Arguments and errors are those of `train_on_sources`. A launcher of one's own starts that alone.

    Returns:
        As `train_on_sources`; with revisions also ``revisions/<metric>`` of the second training and
        ``revisions/drafts``, the number of wrong drafts.
    """
    if settings.revisions is None:
        return train_on_sources(settings, pairs, out, work)
    if distributed():
        raise ErmError(
            "train_policy starts the processes of both trainings itself; under another launcher "
            "run train_on_sources, without revisions."
        )
    first = work / "sources"
    metrics = made_once(
        first, work / "sources.json", lambda: train_on_sources(settings, pairs, first, work)
    )
    place = work / "revisions"
    drafts = _write_drafts(settings, settings.revisions, first, pairs, place)
    revised = train_on_drafts(settings, first, out, place)
    revised["drafts"] = float(drafts)
    return metrics | {f"revisions/{name}": value for name, value in revised.items()}


def train_on_sources(
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
        function = "erm.policies.training:train_on_sources"
        return distribute(function, settings, settings.launch, paths)
    from erm.models.sft import train

    role = _role(settings)
    drawn = read_pictures(fresh) if fresh is not None else []

    def examples() -> Iterator[Example]:
        sources = _known_sources(settings, pairs) if fresh is None else _sources(drawn)
        for task, image, source in sources:
            yield Example(role.prompts[task], (image,), write_completion(task, source))

    def texts() -> Iterator[str]:
        for each in examples():
            yield from (each.prompt, each.target)
        if settings.revisions is not None:  # so that feedback will take few tokens
            for pair in read_pairs(pairs, "train", settings.tasks):
                yield feedback("judged", "", pair.report)

    groups = ([example] for example in examples())
    metrics = train(role, texts(), groups, settings, out, work)
    if fresh is not None and is_main_process():
        write_used(drawn, (), out)
    return metrics


def train_on_drafts(
    settings: TrainPolicySettings, first: Path, out: Path, work: Path
) -> dict[str, float]:
    """Train the policy `first` on what `train_policy` has drafted in `work`, and write it to `out`.

    Arguments, metrics and errors are those of `train_on_sources`.
    """
    if needed(settings.launch):
        paths = {"first": first, "out": out, "work": work}
        function = "erm.policies.training:train_on_drafts"
        return distribute(function, settings, settings.launch, paths)
    from erm.models.sft import train

    assert settings.revisions is not None
    model = settings.model.model_copy(update={"start": str(first)})
    optimization = settings.optimization.model_copy(update={"epochs": settings.revisions.epochs})
    chosen = settings.model_copy(update={"model": model, "optimization": optimization})
    role = _role(settings).model_copy(update={"revises": True})
    pictures = {one.name: one for one in read_pictures(work / _PICTURES)}
    drafts = sorted((work / _DRAFTS).glob("*.parquet"))

    def examples() -> Iterator[Example]:
        for task, image, source in _sources(pictures.values()):
            yield Example(role.prompts[task], (image,), write_completion(task, source))
        brief = settings.model.from_scratch
        yield from revision_examples(pictures, read_drafts(drafts), brief=brief)

    metrics = train(role, (), ([one] for one in examples()), chosen, out, work)
    if is_main_process():
        trained = [] if settings.sources is None else read_pictures(first.parent / _SOURCES)
        write_used([*trained, *pictures.values()], (), out)
    return metrics


def _role(settings: TrainPolicySettings) -> Role:
    brief = settings.model.from_scratch
    prompts = {task: policy_prompt(task, brief=brief) for task in settings.tasks}
    return Role(role="policy", prompts=prompts, max_new_tokens=settings.max_target_tokens)


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


def _sources(drawn: Iterable[Picture]) -> Iterator[tuple[str, bytes, str]]:
    """(task, image, source) of fresh pictures."""
    for one in drawn:
        assert one.source is not None
        yield one.task, one.image, one.source


def _draw(settings: TrainPolicySettings, pairs: Path, work: Path) -> Path | None:
    """The file of fresh sources, drawn once by the process that starts the others; None where none
    are asked for."""
    if settings.sources is None:
        return None
    path = own_file(work / _SOURCES)
    if not is_whole(path):
        with _renderer(settings) as renderer:
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


def _write_drafts(
    settings: TrainPolicySettings, chosen: RevisionSettings, first: Path, pairs: Path, work: Path
) -> int:
    """Have the policy `first` draft fresh images; the number of its wrong drafts."""
    from erm.policies.local import LocalPolicy

    path, seed = work / _PICTURES, settings.optimization.seed
    with _renderer(settings) as renderer:
        if not is_whole(path):
            known = images_in(pairs) | read_used(first)
            drawn = draw_pictures(
                chosen.sources, settings.variety, seed, known, renderer, "revision"
            )
            write_pictures(drawn, path)
        policy = LocalPolicy(first, dtype=settings.model.dtype, batch_size=chosen.batch_size)
        files = write_drafts(policy, read_pictures(path), chosen, seed, renderer, work / _DRAFTS)
    return sum(1 for _ in read_drafts(files))


def _renderer(settings: TrainPolicySettings) -> Renderer:
    return Renderer(
        workers=settings.render_workers, isolation=settings.isolation, drawing=settings.drawing
    )
