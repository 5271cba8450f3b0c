"""Rewards of batches: equal things are judged once, as they are drawn; failures stay visible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from erm.critics.base import ImagePair
from erm.critics.endpoint import EndpointCritic
from erm.endpoints.errors import EndpointError
from erm.errors import ErmError
from erm.render import Rendered, Renderer
from erm.rewards.loading import load_reward
from erm.rewards.parts.base import Part
from erm.rewards.reward import Reward, Weighted
from erm.rewards.rollout import Drawn, PartScore, Rollout
from erm.rewards.settings import PartSettings, RewardSettings
from erm.rewards.summary import filled_values, require_values, summarize, values_or_none
from tests.chat_server import ChatServer, completion
from tests.rewards.icons import BLUE, GREEN, RED, WHITE, Replying, fenced, style_errors

NOTHING = "I see no image."


@pytest.fixture(scope="module")
def red(renderer: Renderer) -> bytes:
    image = renderer.render_batch([("svg", RED)])[0].image
    assert image is not None
    return image


def reward_of(renderer: Renderer, judge: Replying | None = None, **weights: float) -> Reward:
    parts = tuple(PartSettings(part=part, weight=weight) for part, weight in weights.items())
    return load_reward(RewardSettings(parts=parts), judge, renderer)


def test_equal_renders_of_one_reference_are_judged_once(renderer: Renderer, red: bytes) -> None:
    critic = Replying(lambda _: style_errors(2))
    completions = [fenced(BLUE), NOTHING, BLUE, fenced(GREEN), fenced(BLUE.replace("/>", " />"))]
    rollouts = [Rollout("svg", red, text) for text in completions]
    scored = reward_of(renderer, critic, critic=1.0).score(rollouts)
    assert [each.value for each in scored] == [1.96, 0.0, 1.96, 1.96, 1.96]
    assert len(critic.pairs) == 2
    assert [each.outcome for each in scored].count("judged") == 4


class Grading(Replying):
    """Grades every pair with 2 points."""

    grades = True

    def grade_each(self, pairs: Sequence[ImagePair]) -> list[float | EndpointError]:
        self.pairs += pairs
        return [2.0] * len(pairs)


def test_the_picture_of_the_reference_itself_is_not_graded(renderer: Renderer, red: bytes) -> None:
    critic = Grading(lambda _: style_errors())
    reward = load_reward(RewardSettings(severity="graded"), critic, renderer)
    scored = reward.score([Rollout("svg", red, fenced(each)) for each in (RED, BLUE, GREEN)])
    assert [each.value for each in scored] == [2.0, 1.96, 1.96]
    assert [pair.candidate == red for pair in critic.pairs] == [False, False]


class Holding(Renderer):
    """Gives the last result only after the critic has begun with the first ones."""

    critic: Replying

    def render_each(
        self, items: Sequence[tuple[str, str]], *, scenes: bool = False
    ) -> Iterator[Rendered]:
        rendered = list(super().render_each(items, scenes=scenes))
        for place, each in enumerate(rendered, start=1):
            waited = place < len(rendered) or self.critic.begun.wait(60)
            assert waited, "the critic waits for all renders"
            yield each


def test_judging_begins_while_later_completions_are_drawn(red: bytes) -> None:
    critic = Replying(lambda _: style_errors())
    with Holding(workers=1) as renderer:
        renderer.critic = critic
        rollouts = [Rollout("svg", red, fenced(source)) for source in (RED, BLUE, GREEN)]
        scored = reward_of(renderer, critic, critic=1.0).score(rollouts)
    assert [each.value for each in scored] == [2.0, 2.0, 2.0]


class Counting(Renderer):
    """Counts the sources that it draws."""

    def __init__(self) -> None:
        super().__init__(workers=1)
        self.drawn: list[str] = []

    def render_each(
        self, items: Sequence[tuple[str, str]], *, scenes: bool = False
    ) -> Iterator[Rendered]:
        self.drawn += [source for _, source in items]
        return super().render_each(items, scenes=scenes)


def test_a_reference_is_drawn_once_for_all_batches(red: bytes) -> None:
    with Counting() as renderer:
        reward = reward_of(renderer, exact=1.0)
        batches = [[Rollout("svg", red, fenced(each), RED)] for each in (BLUE, GREEN, RED)]
        scored = [reward.score(batch)[0] for batch in batches]
        assert renderer.drawn == [RED, BLUE, GREEN, RED]  # the last one is a completion
        together = reward_of(renderer, exact=1.0).score([each for (each,) in batches])
    assert [each.value for each in scored] == [each.value for each in together]
    assert renderer.drawn[4:] == [RED, BLUE, GREEN]


def test_a_reference_that_is_not_drawn_is_tried_again(red: bytes) -> None:
    with Counting() as renderer:
        reward = reward_of(renderer, exact=1.0)
        for _ in range(2):
            (scored,) = reward.score([Rollout("svg", red, fenced(BLUE), "<svg")])
            assert scored.value is None
            assert scored.failure is not None
            assert scored.failure.kind == "reference"
    assert renderer.drawn == ["<svg", BLUE] * 2


def test_the_value_is_the_weighted_sum_and_weight_zero_earns_nothing(
    renderer: Renderer, red: bytes
) -> None:
    critic = Replying(lambda _: style_errors(3))
    reward = reward_of(renderer, critic, critic=0.5, renders=2.0, exact=0.0)
    (scored,) = reward.score([Rollout("svg", red, fenced(BLUE), RED)])
    assert scored.value == 0.5 * 1.94 + 2.0
    assert scored.parts["exact"].value is not None
    numbers = summarize([scored], reward.weights)
    assert numbers["weight/exact"] == 0.0
    assert numbers["exact_severity"] == scored.parts["exact"].severity
    assert numbers["critic/style_error"] == 3.0
    assert (numbers["rendered"], numbers["failed"], numbers["severity"]) == (1.0, 0.0, 3.0)


def test_asking_for_scenes_changes_no_reward(renderer: Renderer, red: bytes) -> None:
    unreadable = RED.replace("</svg>", '<text x="3" y="30" dx="1 2">ab</text></svg>')
    crowded = RED.replace("</svg>", 601 * '<circle cx="9" cy="9" r="1"/>' + "</svg>")
    completions = [fenced(each) for each in (RED, WHITE, "<svg", unreadable, crowded)]
    rollouts = [Rollout("svg", red, each, RED) for each in completions]
    critic = Replying(lambda _: style_errors(1))
    alone = reward_of(renderer, critic, critic=1.0).score(rollouts)
    both = reward_of(renderer, critic, critic=1.0, exact=0.0).score(rollouts)
    assert [each.value for each in both] == [each.value for each in alone]
    assert [each.image for each in both] == [each.image for each in alone]


def test_a_pair_without_an_answer_has_no_reward_and_hurts_no_other(
    renderer: Renderer, red: bytes
) -> None:
    def reply(pair: ImagePair) -> str | EndpointError:
        return EndpointError("too slow", "late") if pair.candidate == red else style_errors(1)

    rollouts = [Rollout("svg", red, fenced(each)) for each in (RED, BLUE, GREEN)]
    scored = reward_of(renderer, Replying(reply), critic=1.0).score(rollouts)
    assert [each.value for each in scored] == [None, 1.98, 1.98]
    assert [each.outcome for each in scored] == ["unjudged", "judged", "judged"]
    assert scored[0].failure is not None
    assert (scored[0].failure.kind, scored[0].reason) == ("late", "too slow")
    with pytest.raises(ErmError, match=r"1 of 3 completions have no reward \(1 late\).*too slow"):
        require_values(scored)
    assert values_or_none(scored) == [None, 1.98, 1.98]
    assert filled_values(scored) == [1.98, 1.98, 1.98]


def test_a_batch_in_which_nothing_could_be_judged_is_never_trained_on(
    renderer: Renderer, red: bytes
) -> None:
    critic = Replying(lambda _: EndpointError("nobody there", "unreachable"))
    rollouts = [Rollout("svg", red, fenced(each)) for each in (RED, BLUE)]
    scored = reward_of(renderer, critic, critic=1.0).score(rollouts)
    for values in (require_values, values_or_none, filled_values):
        with pytest.raises(ErmError, match="2 unreachable"):
            values(scored)


def test_a_server_that_is_down_is_asked_for_one_call_only(renderer: Renderer, red: bytes) -> None:
    critic = Replying(lambda _: EndpointError("nobody there", "unreachable"))
    sources = [RED.replace('r="9"', f'r="{radius}"') for radius in range(2, 14)]
    rollouts = [Rollout("svg", red, fenced(source)) for source in sources]
    scored = reward_of(renderer, critic, critic=1.0).score(rollouts)
    assert {each.value for each in scored} == {None}
    assert len(critic.pairs) == critic.batch_size


def test_the_critics_server_may_fail_for_one_pair(
    renderer: Renderer, red: bytes, chat_server: ChatServer
) -> None:
    def refuse_one(number: int, _: object) -> tuple[int, bytes]:
        refused = (400, b'{"error": {"message": "too long"}}')
        return refused if number == 0 else completion(style_errors(1))

    chat_server.behaviour = refuse_one
    critic = EndpointCritic("m", endpoint=chat_server.endpoint(concurrency=1))
    reward = load_reward(RewardSettings(), critic, renderer)
    scored = reward.score([Rollout("svg", red, fenced(each)) for each in (RED, BLUE, GREEN)])
    failures = [each.failure.kind for each in scored if each.failure is not None]
    assert failures == ["refused"]
    assert sorted(each.value for each in scored if each.value is not None) == [1.98, 1.98]


@pytest.mark.parametrize("reference", [b"", b"no image", b"\x89PNG\r\n\x1a\n"])
def test_a_damaged_reference_hurts_only_its_rollout(
    renderer: Renderer, red: bytes, reference: bytes
) -> None:
    rollouts = [Rollout("svg", reference, fenced(RED)), Rollout("svg", red, fenced(RED))]
    scored = reward_of(renderer, renders=1.0).score(rollouts)
    assert [each.value for each in scored] == [None, 1.0]
    assert "Rollout 1, reference" in scored[0].reason


def test_a_completion_of_ten_megabytes_holds_no_code(renderer: Renderer, red: bytes) -> None:
    rollouts = [Rollout("svg", red, "<svg " * 2_000_000), Rollout("svg", red, fenced(RED))]
    scored = reward_of(renderer, renders=1.0, format=1.0, length=1.0).score(rollouts)
    assert [each.value for each in scored] == [-1.0, 2.0]
    assert "10000000 characters" in scored[0].reason


def test_bad_input_is_named(renderer: Renderer, red: bytes) -> None:
    with pytest.raises(ErmError, match="Unknown task 'sheet'"):
        reward_of(renderer, renders=1.0).score([Rollout("sheet", red, "")])
    with pytest.raises(ErmError, match=r"Rollout 2: the part 'exact' needs the source"):
        reward_of(renderer, exact=1.0).score(
            [Rollout("svg", red, "", RED), Rollout("svg", red, "")]
        )
    with pytest.raises(ErmError, match=r"Rollout 1: no part with a weight applies to svg \(teds\)"):
        reward_of(renderer, teds=1.0).score([Rollout("svg", red, "", RED)])
    with pytest.raises(ErmError, match="'critic' of the reward needs a critic"):
        reward_of(renderer, critic=1.0)


class Broken(Part):
    """Raises what a bug raises."""

    name = "broken"

    def score(self, drawn: Sequence[Drawn]) -> list[PartScore]:
        raise RuntimeError("a bug")

    def without(self, drawn: Drawn) -> PartScore:
        return PartScore(0.0)


def test_a_fault_of_ours_ends_the_call(renderer: Renderer, red: bytes) -> None:
    with pytest.raises(RuntimeError, match="a bug"):
        Reward([Weighted(Broken())], renderer).score([Rollout("svg", red, fenced(RED))])
