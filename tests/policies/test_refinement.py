"""Test-time revision: who reads feedback, which draft is kept, and when it stops."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlflow
import pytest

from erm.critics.base import Critic, Critique, ImagePair, read_reply
from erm.critics.pixel import PixelCritic
from erm.errors import ErmError
from erm.models.prompts import revision_prompt
from erm.policies.base import Policy, Request, RevisingPolicy, Revision
from erm.policies.local import LocalPolicy, LocalReviser, local_policy
from erm.policies.refinement import feedback, refine
from erm.render import Rendered, Renderer, RenderError
from erm.rewards.rollout import Drawn, Failure, PartScore, Rollout, Scored

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<circle cx="20" cy="20" r="{}" fill="{}"/></svg>'
)
RED, BLUE, SMALL = SVG.format(9, "red"), SVG.format(9, "blue"), SVG.format(4, "blue")


@pytest.fixture(scope="module")
def red(renderer: Renderer) -> bytes:
    image = renderer.render_batch([("svg", RED)])[0].image
    assert image is not None
    return image


class Painter(RevisingPolicy):
    """Writes prepared drafts and keeps what it was told."""

    name = "painter"

    def __init__(self, *drafts: str) -> None:
        self.drafts = list(drafts)
        self.told: list[Revision] = []

    def complete(self, requests: Sequence[Request], *, progress: bool = False) -> list[str]:
        return [self.drafts.pop(0) for _ in requests]

    def revise(self, revisions: Sequence[Revision]) -> list[str]:
        self.told += revisions
        return [self.drafts.pop(0) for _ in revisions]


class Deaf(Policy):
    """Neither reads nor draws again."""

    name = "deaf"

    def complete(self, requests: Sequence[Request], *, progress: bool = False) -> list[str]:
        return [BLUE for _ in requests]


def test_feedback_reaches_the_policy_and_a_perfect_draft_ends_the_search(
    renderer: Renderer, red: bytes
) -> None:
    policy = Painter(BLUE, RED, SMALL)
    result = refine("svg", red, policy, PixelCritic(), renderer, rounds=5)
    assert result.revised
    assert [draft.severity for draft in result.drafts][-1] == 0
    assert len(result.drafts) == 2
    assert (result.best, result.kept.source) == (1, RED)
    assert policy.told[0].completion == BLUE
    assert "colour is blue instead of red" in policy.told[0].feedback
    prompt = revision_prompt("svg", policy.told[0].completion, policy.told[0].feedback)
    assert BLUE in prompt
    assert policy.told[0].feedback in prompt


def test_all_steps_are_a_trace_of_the_active_run(
    renderer: Renderer, red: bytes, registry: Any
) -> None:
    refine("svg", red, Painter(BLUE, "nothing", RED), PixelCritic(), renderer, rounds=5)
    mlflow.flush_trace_async_logging()
    run = mlflow.active_run()
    assert run is not None
    (trace,) = registry.search_traces(
        locations=[run.info.experiment_id], run_id=run.info.run_id, include_spans=True
    )
    spans = {span.span_id: span for span in trace.data.spans}
    steps = [(span.name, span.parent_id and spans[span.parent_id].name) for span in spans.values()]
    judged = ("draw and judge", "refine")
    revised = [("revise", "refine"), judged]
    assert steps == [("refine", None), ("generate", "refine"), judged, *revised, *revised]
    root, *_, last = spans.values()
    assert root.outputs["kept"] == 2
    assert root.inputs["image"].startswith("mlflow-attachment://")
    assert [draft["severity"] for draft in last.outputs] == [0]


def test_the_best_draft_is_kept_even_if_later_ones_are_worse(
    renderer: Renderer, red: bytes
) -> None:
    result = refine("svg", red, Painter("nothing", BLUE, "<svg"), PixelCritic(), renderer, rounds=2)
    assert [draft.outcome for draft in result.drafts][:2] == ["no_code", "judged"]
    assert result.best == 1


class Harsh(Critic):
    """Finds more wrong than a table without render would cost."""

    name = "harsh"

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        errors = ",".join('{"type": "text_error", "severity": 3}' for _ in range(5))
        return [read_reply(pair.task, f'{{"errors": [{errors}]}}') for pair in pairs]


def test_a_drawn_table_beats_a_failed_one_whatever_its_severity(renderer: Renderer) -> None:
    table = "```html\n<table><tr><td>a</td></tr></table>\n```"
    image = renderer.render_batch([("table", "<table><tr><td>b</td></tr></table>")])[0].image
    assert image is not None
    result = refine("table", image, Painter("sorry", table), Harsh(), renderer, rounds=1)
    assert [draft.value for draft in result.drafts] == [-4.0, -15.0]
    assert result.best == 1


def test_a_policy_from_scratch_draws_again_and_repeatably(
    renderer: Renderer, red: bytes, tiny_policy: Path
) -> None:
    policy = local_policy(tiny_policy)
    assert isinstance(policy, LocalPolicy)
    assert not isinstance(policy, LocalReviser)
    runs = [refine("svg", red, policy, PixelCritic(), renderer, rounds=2, seed=1) for _ in range(2)]
    assert not runs[0].revised
    assert len(runs[0].drafts) == 3
    images = [[draft.image for draft in run.drafts] for run in runs]
    assert images[0] == images[1]
    assert policy.sampling.temperature == 0


def test_bad_input_is_refused(renderer: Renderer, red: bytes, tiny_critic: Path) -> None:
    with pytest.raises(ErmError, match="neither revise nor sample"):
        refine("svg", red, Deaf(), PixelCritic(), renderer)
    with pytest.raises(ErmError, match="rounds must be 0 or more"):
        refine("svg", red, Deaf(), PixelCritic(), renderer, rounds=-1)
    with pytest.raises(ErmError, match="Unknown task"):
        refine("sheet", red, Deaf(), PixelCritic(), renderer)
    with pytest.raises(ErmError, match="the image is empty"):
        refine("svg", b"", Deaf(), PixelCritic(), renderer)
    with pytest.raises(ErmError, match="holds a critic, not a policy"):
        local_policy(tiny_critic)


def test_feedback_names_every_way_to_fail(red: bytes) -> None:
    def said(scored: Scored) -> str:
        return feedback(scored.outcome, scored.reason, scored.report)

    rollout = Rollout("svg", red, "")
    failed = Rendered(None, None, RenderError("syntax_error", "line 3: invalid"), False, 0, 0)
    blank = Rendered(red, None, None, True, 0, 0)
    unparsable = PartScore(1.5, Failure("unparsable", "no report"))
    assert "no code" in said(Scored(0, {}, Drawn(rollout)))
    assert "line 3" in said(Scored(0, {}, Drawn(rollout, "<svg", failed)))
    assert "blank" in said(Scored(0, {}, Drawn(rollout, "<svg/>", blank)))
    drawn = Drawn(rollout, "<svg/>", Rendered(red, None, None, False, 0, 0))
    assert "could not be compared" in said(Scored(1.5, {"critic": unparsable}, drawn))
