"""Test-time revision: a policy's code is rendered and scored, and the policy tries again.

A policy that can revise gets its previous code and the critic's findings: one that follows
instructions, or was trained on own drafts (`erm.policies.revisions`). Another one knows only
images; it samples further drafts instead. In both cases the draft
with the lowest severity is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from erm.critics.base import Critic
from erm.endpoints.client import data_url
from erm.errors import ErmError
from erm.images import encode_png, open_image
from erm.policies.base import Policy, Request, RevisingPolicy, Revision, SamplingPolicy
from erm.render import Renderer
from erm.report import Replies, Report
from erm.rewards.reward import reward_completions
from erm.rewards.rollout import Outcome, Scored
from erm.rewards.settings import RewardSettings
from erm.tasks import get_task
from erm.tracking import span

_RANK = {"judged": 0, "unparsable": 1, "blank": 2, "not_rendered": 3, "no_code": 4, "unjudged": 5}


@dataclass(frozen=True)
class Refinement:
    """All drafts, in the order in which they were written.

    Attributes:
        drafts: each with its source, render, critique and reward.
        best: index of the draft to keep.
        revised: whether the policy used feedback; otherwise the drafts are independent samples.
    """

    drafts: tuple[Scored, ...]
    best: int
    revised: bool

    @property
    def kept(self) -> Scored:
        """The draft to keep."""
        return self.drafts[self.best]


def refine(
    task: str,
    image: bytes | str | Path | Image.Image,
    policy: Policy,
    critic: Critic,
    renderer: Renderer,
    *,
    rounds: int = 3,
    seed: int = 0,
    replies: Replies = "strict",
) -> Refinement:
    """Reproduce an image as source code in up to 1 + `rounds` drafts.

    A draft without discrepancies ends the search. The draft with the lowest severity is kept, the
    earliest of equals; a draft that renders is better than any that does not. In an active run of
    MLflow all steps are logged as a trace.

    Args:
        replies: how the critic's replies are read (`erm.report.parse_reply`).

    Raises:
        ErmError: the task is unknown, the image can't be read, `rounds` is negative, or the policy
            can neither revise nor sample.
    """
    get_task(task)
    if rounds < 0:
        raise ErmError(f"rounds must be 0 or more, not {rounds}.")
    reference = encode_png(open_image(image))
    request = Request(task, reference)

    def score(completions: Sequence[str]) -> list[Scored]:
        with span("draw and judge", "EVALUATOR", {"completions": list(completions)}) as ended:
            scored = reward_completions(
                [(task, reference, text) for text in completions],
                critic,
                renderer,
                RewardSettings(replies=replies),
            )
            ended([_shown(one) for one in scored])
        return scored

    shown = data_url(reference)
    with span("refine", "CHAIN", {"task": task, "image": shown}) as refined:
        with span("generate", "LLM", {"image": shown}) as ended:
            completion = policy.complete([request])[0]
            ended(completion)
        drafts = score([completion])
        revises = isinstance(policy, RevisingPolicy)
        if isinstance(policy, RevisingPolicy):
            for _ in range(rounds):
                if drafts[-1].severity == 0:
                    break
                revision = Revision(task, reference, completion, feedback_on(drafts[-1]))
                with span("revise", "LLM", {"feedback": revision.feedback}) as ended:
                    completion = policy.revise([revision])[0]
                    ended(completion)
                drafts += score([completion])
        elif isinstance(policy, SamplingPolicy):
            if rounds and drafts[0].severity != 0:
                with span("sample", "LLM", {"drafts": rounds, "seed": seed}) as ended:
                    sampled = policy.sample([request] * rounds, seed)
                    ended(sampled)
                drafts += score(sampled)
        elif rounds:
            raise ErmError(f"The policy '{policy.name}' can neither revise nor sample.")
        best = min(range(len(drafts)), key=lambda index: _rank(drafts[index]))
        refined({"kept": best, **_shown(drafts[best])})
    return Refinement(tuple(drafts), best, revises)


def _shown(draft: Scored) -> dict[str, object]:
    """A draft as a trace shows it."""
    render = None if draft.image is None else data_url(draft.image)
    return {**draft.verdict(), "render": render}


def _rank(draft: Scored) -> tuple[int, float]:
    return preference(draft.outcome, draft.severity)


def preference(outcome: Outcome, severity: float | None) -> tuple[int, float]:
    """What is least for the best of several drafts: one that renders, of low severity."""
    # The reward can't decide: a table that fails has a higher reward than one with S > 4.
    return _RANK[outcome], severity if severity is not None else 0.0


def feedback_on(draft: Scored) -> str:
    """`feedback` on a draft that a critic has judged."""
    return feedback(draft.outcome, draft.reason, draft.report)


def feedback(outcome: Outcome, reason: str, report: Report | None) -> str:
    """Feedback on a draft, for the policy: one line per discrepancy, the most severe first.

    Args:
        reason: why nothing is drawn.
    """
    if outcome == "no_code":
        return "Your answer holds no code block."
    if outcome == "not_rendered":
        return f"Your code does not render: {reason}"
    if outcome == "blank":
        return "Your code renders to a blank image."
    if report is None or not report.errors:
        return "The render could not be compared; check every detail against the image."
    lines = [
        f"- severity {error.severity}, {error.location}: {error.description}"
        for error in sorted(report.errors, key=lambda error: -error.severity)
    ]
    return "\n".join(["The render of your code differs from the image:", *lines])
