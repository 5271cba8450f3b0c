"""What a policy learns to use feedback from: its own wrong drafts of images whose source is known.

The policy completes fresh images, greedily and sampled; each draft is drawn and compared exactly
with the source behind its image. One that differs becomes a request to correct it, with the exact
report as feedback, and the source is the answer. Drafts that draw nothing are among them. Errors of
greedy drafts are those that another look at the image does not correct, so that they teach to
believe the report. Edits of sources in the place of own drafts do not serve: a policy trained on
them makes its own drafts worse.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
from tqdm import tqdm

from erm.dataset.pairs import ShardWriter, is_whole, read_rows
from erm.models.example import Example
from erm.models.prompts import revision_prompt
from erm.policies.base import Policy, Request, write_completion
from erm.policies.references import Picture
from erm.policies.refinement import feedback
from erm.policies.settings import RevisionSettings
from erm.render import Renderer
from erm.rewards.parts.exact import ExactPart
from erm.rewards.reward import Reward, Weighted
from erm.rewards.rollout import Rollout, Scored

_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("completion", pa.string()),
        ("feedback", pa.string()),
    ]
)


class Draft(NamedTuple):
    """A completion that differs from what it should draw.

    Attributes:
        name: of its picture.
        feedback: as at test time (`erm.policies.refinement.feedback`), of an exact report.
    """

    name: str
    completion: str
    feedback: str


def write_drafts(
    policy: Policy,
    pictures: Sequence[Picture],
    settings: RevisionSettings,
    seed: int,
    renderer: Renderer,
    folder: Path,
) -> list[Path]:
    """The files of a policy's wrong drafts of some pictures, one for each batch of these; files
    that are there are kept.

    Args:
        pictures: with their sources.
        seed: of the samples.
    """
    reward = Reward([Weighted(ExactPart())], renderer)
    files = []
    size = settings.batch_size
    with tqdm(total=len(pictures), desc="drafts", unit="image") as bar:
        for number, start in enumerate(range(0, len(pictures), size)):
            batch = pictures[start : start + size]
            path = folder / f"{number:05d}.parquet"
            if not is_whole(path):
                rng = random.Random(f"{seed}/{number}")
                with ShardWriter(path, _SCHEMA) as writer:
                    for draft in _drafts(policy, batch, settings, rng, reward):
                        writer.write(draft._asdict())
            files.append(path)
            bar.update(len(batch))
    return files


def read_drafts(files: Sequence[Path]) -> Iterator[Draft]:
    """What `write_drafts` has written."""
    return (Draft(**row) for row in read_rows(files, schema=_SCHEMA))


def revision_examples(
    pictures: Mapping[str, Picture], drafts: Iterable[Draft], *, brief: bool
) -> Iterator[Example]:
    """A request to correct each draft, and its picture's source.

    Args:
        pictures: by name.
        brief: for models trained from scratch.
    """
    for draft in drafts:
        picture = pictures[draft.name]
        assert picture.source is not None
        prompt = revision_prompt(picture.task, draft.completion, draft.feedback, brief=brief)
        target = write_completion(picture.task, picture.source)
        yield Example(prompt, (picture.image,), target)


def _drafts(
    policy: Policy,
    pictures: Sequence[Picture],
    settings: RevisionSettings,
    rng: random.Random,
    reward: Reward,
) -> Iterator[Draft]:
    """The distinct wrong drafts of a batch, picture by picture."""
    requests = [Request(picture.task, picture.image) for picture in pictures]
    greedy = policy.complete(requests)
    sampled = [
        policy.at_temperature(settings.temperature, rng.getrandbits(31)).complete(requests)
        for _ in range(settings.completions - 1)
    ]
    rollouts = {
        (picture.name, text): Rollout(picture.task, picture.image, text, picture.source)
        for picture, written in zip(pictures, zip(greedy, *sampled, strict=True), strict=True)
        for text in written
    }
    for (name, text), scored in zip(rollouts, reward.score(list(rollouts.values())), strict=True):
        said = _said(scored)
        if said is not None:
            yield Draft(name, text, said)


def _said(scored: Scored) -> str | None:
    """Feedback on a draft; None where nothing is wrong, or nobody knows what."""
    drawn, annotation = scored.drawn, scored.parts[ExactPart.name].annotation
    if drawn.outcome != "judged":
        return feedback(drawn.outcome, drawn.reason, None)
    if annotation is None or annotation.report is None or not annotation.report.errors:
        return None
    return feedback("judged", "", annotation.report)
