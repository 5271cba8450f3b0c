"""Rewards: the golden replies to the digit, the formula's properties, and real renders."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from erm.critics.base import Critic, Critique, ImagePair, critique_with_retry, read_reply
from erm.render import Renderer
from erm.report import Replies
from erm.rewards.published import FAILURE_SEVERITY, reward_value
from erm.rewards.reward import reward_completions
from erm.rewards.rollout import Outcome
from erm.rewards.settings import RewardSettings
from erm.tasks import task_names

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "reward_replies.json").read_text())
FAILURES: tuple[Outcome, ...] = ("no_code", "not_rendered", "blank")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40">'
    '<circle cx="20" cy="20" r="9" fill="{}"/></svg>'
)

quick = settings(deadline=None, derandomize=True, max_examples=60)
severities = st.floats(0, 1000)


class Scripted(Critic):
    """Answers with prepared texts, one a pair."""

    name = "scripted"
    varies = True

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked = 0

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        self.asked += len(pairs)
        return [read_reply(pair.task, self.replies.pop(0)) for pair in pairs]


@pytest.mark.parametrize("row", GOLDEN, ids=range(len(GOLDEN)))
@pytest.mark.parametrize("task", ["chart", "svg"])
def test_golden_replies_give_the_published_severity_and_reward(
    row: dict[str, object], task: str
) -> None:
    severity = read_reply(task, str(row["reply"]), "published").severity
    outcome: Outcome = "unparsable" if severity is None else "judged"
    assert severity == row["total_severity"]
    assert reward_value(task, outcome, severity) == row["reward_if_rendered"]


@quick
@given(reply=st.text() | st.from_regex(r"[\[\]{}\"':,0-9a-z\\]{0,60}"))
def test_no_reply_stops_a_run(reply: str) -> None:
    for text in (reply, f'{{"errors": [{{"severity": {reply}}}]}}', f'{{"errors": [{reply}'):
        for replies in get_args(Replies):
            critique = read_reply("svg", text, replies)
            assert (critique.severity is None) == (critique.parsed is None)
            assert 0 <= reward_value("svg", "judged", critique.severity) <= 2


@quick
@given(less=severities, more=severities, task=st.sampled_from(task_names()))
def test_more_severity_never_earns_more(less: float, more: float, task: str) -> None:
    less, more = sorted((less, more))
    assert reward_value(task, "judged", less) >= reward_value(task, "judged", more)


@quick
@given(severity=severities)
def test_rewards_stay_in_their_bounds(severity: float) -> None:
    assert 1.0 <= reward_value("chart", "judged", severity) <= 2.0
    assert reward_value("table", "judged", severity) == -severity


@pytest.mark.parametrize("outcome", FAILURES)
def test_a_failure_earns_nothing_or_the_tables_failure(outcome: Outcome) -> None:
    assert reward_value("chart", outcome, None) == reward_value("svg", outcome, None) == 0.0
    assert reward_value("table", outcome, None) == -FAILURE_SEVERITY


def test_an_unparsable_critique_counts_half_the_scale() -> None:
    assert reward_value("svg", "unparsable", None) == 1.5
    assert reward_value("table", "unparsable", None) == -FAILURE_SEVERITY


def test_only_unparsable_critiques_are_asked_again() -> None:
    critic = Scripted('{"errors": []}', "no", '{"errors": [{"severity": 2}]}')
    pairs = [ImagePair("svg", b"", b"")] * 2
    assert [one.severity for one in critique_with_retry(critic, pairs)] == [0.0, 2.0]
    assert critic.asked == 3


def test_a_critique_stays_unparsable_after_two_tries() -> None:
    critic = Scripted("no", "never", "too late")
    assert critique_with_retry(critic, [ImagePair("svg", b"", b"")])[0].severity is None
    assert critic.asked == 2


def test_each_try_is_read_as_asked_for() -> None:
    pair = ImagePair("svg", b"", b"")
    refusal, empty = '{"message": "I cannot see the images."}', '{"errors": []}'
    assert critique_with_retry(Scripted(refusal, empty), [pair])[0].reply == empty
    published = critique_with_retry(Scripted(refusal, empty), [pair], "published")[0]
    assert (published.reply, published.severity) == (refusal, 0)


@pytest.mark.parametrize(
    ("replies", "outcome", "value"), [("strict", "unparsable", 1.5), ("published", "judged", 2.0)]
)
def test_a_refusal_earns_the_best_reward_only_as_published(
    renderer: Renderer, replies: Replies, outcome: Outcome, value: float
) -> None:
    red = renderer.render_batch([("svg", SVG.format("red"))])[0].image
    assert red is not None
    critic = Scripted(*['{"message": "I cannot see the images."}'] * 2)
    items = [("svg", red, SVG.format("blue"))]
    (reward,) = reward_completions(items, critic, renderer, RewardSettings(replies=replies))
    assert (reward.outcome, reward.value) == (outcome, value)
    assert ("I cannot see" in reward.reason) == (replies == "strict")


def test_completions_are_rewarded_by_how_far_they_come(renderer: Renderer) -> None:
    reference = renderer.render_batch([("svg", SVG.format("red"))])[0].image
    assert reference is not None
    completions = [
        f"```svg\n{SVG.format('blue')}\n```",
        "I cannot see an image.",
        "```svg\n<svg\n```",
        f"```svg\n{SVG.format('white')}\n```",
        SVG.format("red"),
    ]
    critic = Scripted('{"errors": [{"category": "style_error", "severity": 3}]}', '{"errors": []}')
    items = [("svg", reference, text) for text in completions]
    rewards = reward_completions(items, critic, renderer)
    assert [reward.outcome for reward in rewards] == [
        "judged",
        "no_code",
        "not_rendered",
        "blank",
        "judged",
    ]
    assert [reward.value for reward in rewards] == [1.94, 0.0, 0.0, 0.0, 2.0]
    assert rewards[4].image == reference
    assert all(reward.reason for reward in rewards if reward.outcome != "judged")


class Doubting(Scripted):
    """Expects less than it reports."""

    name = "doubting"

    def critique(self, pairs: Sequence[ImagePair], *, progress: bool = False) -> list[Critique]:
        return [replace(one, expected_severity=0.5) for one in super().critique(pairs)]


def test_expected_severities_make_the_reward_where_they_are_asked_for_and_given(
    renderer: Renderer,
) -> None:
    red = renderer.render_batch([("svg", SVG.format("red"))])[0].image
    assert red is not None
    items = [("svg", red, f"```svg\n{SVG.format('blue')}\n```")]
    reply = '{"errors": [{"category": "style_error", "severity": 3}]}'
    expected = RewardSettings(severity="expected")
    (reward,) = reward_completions(items, Doubting(reply), renderer, expected)
    assert (reward.severity, reward.value) == (0.5, 2 - 0.5 / 50)
    (reward,) = reward_completions(items, Doubting(reply), renderer)
    assert (reward.severity, reward.value) == (3, 2 - 3 / 50)
    (reward,) = reward_completions(items, Scripted(reply), renderer, expected)
    assert (reward.severity, reward.value) == (3, 2 - 3 / 50)


def test_a_critic_that_never_varies_is_asked_once() -> None:
    critic = Scripted("nothing", "nothing")
    critic.varies = False
    pair = ImagePair("svg", b"", b"")
    assert [one.parsed for one in critique_with_retry(critic, [pair])] == [None]
    assert critic.asked == 1
