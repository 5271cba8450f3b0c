"""Training on own drafts: what becomes of a draft, and a policy that can revise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from erm.errors import ErmError
from erm.models.prompts import revision_prompt
from erm.models.role import read_role
from erm.models.settings import ModelSettings, OptimizationSettings
from erm.policies.base import Policy, Request, Revision, write_completion
from erm.policies.loading import can_revise
from erm.policies.local import LocalReviser, local_policy
from erm.policies.references import Picture, digest, read_pictures, read_used
from erm.policies.revisions import read_drafts, revision_examples, write_drafts
from erm.policies.settings import RevisionSettings, TrainPolicySettings
from erm.policies.training import train_policy
from erm.render import Renderer
from erm.synthesis.settings import SynthesizeSettings
from erm.synthesis.synthesize import synthesize
from tests.drawing import AS_STATED

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<circle cx="20" cy="20" r="9" fill="{}"/></svg>'
)
ANSWERS = {
    "red": [SVG.format("red"), SVG.format("blue")],
    "green": ["<svg", "I can't.", SVG.format("green")],
}
"""Of each picture, the source of each sample."""


class Painter(Policy):
    """Writes prepared answers, in each call the next one."""

    name = "painter"

    def __init__(self, pictures: Sequence[Picture], times: int) -> None:
        self._names = {one.image: one.name for one in pictures}
        self._left = list(range(times))

    def at_temperature(self, temperature: float, seed: int) -> Policy:
        return self

    def complete(self, requests: Sequence[Request], *, progress: bool = False) -> list[str]:
        found, number = [], self._left.pop(0)
        for request in requests:
            assert isinstance(request.image, bytes)
            answers = ANSWERS[self._names[request.image]]
            source = answers[number % len(answers)]
            found.append(source if source.startswith("I") else write_completion("svg", source))
        return found


@pytest.fixture(scope="module")
def pictures(renderer: Renderer) -> list[Picture]:
    sources = {colour: SVG.format(colour) for colour in ANSWERS}
    drawn = renderer.render_batch([("svg", source) for source in sources.values()])
    return [
        Picture(name, "svg", one.image, source)
        for (name, source), one in zip(sources.items(), drawn, strict=True)
        if one.image is not None
    ]


def test_wrong_drafts_become_requests_to_correct_them(
    pictures: list[Picture], renderer: Renderer, tmp_path: Path
) -> None:
    settings = RevisionSettings(sources={"svg": 2}, completions=3, batch_size=2)
    files = write_drafts(Painter(pictures, 3), pictures, settings, 0, renderer, tmp_path)
    drafts = list(read_drafts(files))
    assert [(draft.name, draft.completion) for draft in drafts] == [
        ("red", write_completion("svg", SVG.format("blue"))),
        ("green", write_completion("svg", "<svg")),
        ("green", "I can't."),
    ]
    wrong, broken, empty = (draft.feedback for draft in drafts)
    assert "is blue instead of red" in wrong
    assert broken.startswith("Your code does not render: ")
    assert empty == "Your answer holds no code block."
    first = next(revision_examples({one.name: one for one in pictures}, drafts, brief=True))
    assert first.prompt == revision_prompt("svg", drafts[0].completion, wrong, brief=True)
    assert first.prompt.startswith("draw svg\n```svg")
    assert first.images == (pictures[0].image,)
    assert first.target == write_completion("svg", SVG.format("red"))
    # files that are there are not made again, for which there are no samples left
    assert write_drafts(Painter(pictures, 0), pictures, settings, 0, renderer, tmp_path) == files


def test_a_policy_from_random_weights_learns_to_revise(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs"
    made = SynthesizeSettings(
        sources={"chart": 0, "table": 0, "svg": 8}, drawing=AS_STATED, workers=1
    )
    synthesize(made, pairs, tmp_path / "made")
    settings = TrainPolicySettings(
        model=ModelSettings(name="micro"),
        tasks=("svg",),
        sources={"svg": 6},
        revisions=RevisionSettings(sources={"svg": 4}, completions=1),
        optimization=OptimizationSettings(batch_size=8, log_every=1),
        max_target_tokens=128,
        render_workers=1,
        drawing=AS_STATED,
    )
    out, work = tmp_path / "out", tmp_path / "work"
    metrics = train_policy(settings, pairs, out, work)
    assert metrics["examples"] + metrics["set_aside"] == 6
    assert metrics["revisions/drafts"] == 4
    assert metrics["revisions/examples"] + metrics["revisions/set_aside"] == 8
    first = work / "sources"
    assert (can_revise(str(first)), can_revise(str(out))) == (False, True)
    assert read_role(out, "policy").prompts == {"svg": "draw svg"}
    drafted = read_pictures(work / "revisions" / "pictures.parquet")
    assert read_used(out) == read_used(first) | {digest(one.image) for one in drafted}
    policy = local_policy(out)
    assert isinstance(policy, LocalReviser)
    assert len(policy.revise([Revision("svg", drafted[0].image, "<svg", "Nothing.")])) == 1
    with pytest.raises(ErmError, match="follows no instructions, and this data has some"):
        policy.complete([Request("svg", drafted[0].image, "Draw it in blue.")])


def test_revisions_are_of_the_tasks() -> None:
    with pytest.raises(ValueError, match=r"revisions\.sources names svg, but tasks names chart"):
        TrainPolicySettings(tasks=("chart",), revisions=RevisionSettings(sources={"svg": 1}))
