"""The study of rewards: runs once, goes on, and writes a table with intervals over seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.rewards_study import (
    MEAN,
    as_compared,
    as_markdown,
    evaluation_of,
    over_seeds,
    parser,
    rewards,
    settings_of,
    study,
    table,
)
from erm.dataset.pairs import REJECTED_FILE
from erm.errors import ErmError
from erm.parameters import compose_params
from tests.squares import write_squares

SMALLEST = (
    *("profile=smoke", "reinforce.max_completion_tokens=16", "reinforce.render_workers=1"),
    *("evaluate.critic=exact", "evaluate.sources={svg: 2}", "evaluate.render_workers=1"),
)


def test_the_smallest_study_is_run_once(tiny_policy: Path, tmp_path: Path) -> None:
    pairs = write_squares(tmp_path / "pairs", train=2, validation=2)
    (pairs / REJECTED_FILE).touch()

    def asked(*changes: str, policy: Path = tiny_policy) -> str:
        chosen = [word for change in (*SMALLEST, *changes) for word in ("-S", change)]
        paths = ["--policy", str(policy), "--pairs", str(pairs), "--out", str(tmp_path / "out")]
        return study(parser().parse_args([*chosen, "--rewards", "renders", "--seeds", "1", *paths]))

    text = asked()
    gains, compared = text.split("\n\n")
    assert [line.split(" | ")[1] for line in gains.splitlines()[2:]] == ["start", "renders"]
    assert "| svg | renders | start | " in compared
    assert (tmp_path / "out" / "table.md").read_text() == text
    assert (tmp_path / "out" / "gains.png").stat().st_size > 1000
    assert not (tmp_path / "out" / "renders-0" / "work").exists()
    assert asked() == text
    with pytest.raises(ErmError, match="models or pairs"):
        asked(policy=tmp_path / "nowhere")
    with pytest.raises(ErmError, match="renders-0 was made with other parameters"):
        asked("reinforce.learning_rate=1e-3")


def test_intervals_are_over_seeds() -> None:
    assert over_seeds([1.0, 2.0, 3.0])[:2] == pytest.approx((2.0, 2 - 4.302653 / 3**0.5))
    names = ("severity_gain.table.greedy", "before.table.teds", "after.table.teds")
    runs = [dict(zip(names, values, strict=True)) for values in ((1, 0.5, 0.7), (3, 0.5, 0.9))]
    rows = table({"teds": runs}, {"teds": ("table",)})
    assert [(row["reward"], row["measure"], row["mean"]) for row in rows] == [
        ("teds", "gain, greedy", 2.0),
        ("start", "likeness", 0.5),
        ("teds", "likeness", pytest.approx(0.8)),
    ]
    assert "| table | teds | +2.00 (-10.71 to +14.71) | – |" in as_markdown(rows)


def test_the_mean_over_tasks_is_of_rewards_that_judge_all() -> None:
    runs = [
        {"severity_gain.table.greedy": table_gain, "severity_gain.svg.greedy": svg_gain}
        for table_gain, svg_gain in ((1.0, 2.0), (3.0, 0.0))
    ]
    rows = table({"ssim": runs, "teds": runs}, {"ssim": ("table", "svg"), "teds": ("table",)})
    means = [row for row in rows if row["task"] == MEAN]
    assert [(row["reward"], row["measure"], row["mean"]) for row in means] == [
        ("ssim", "gain, greedy", 1.5)
    ]


def test_rewards_are_compared_on_the_references_that_all_runs_share(tmp_path: Path) -> None:
    def write_run(name: str, severities: dict[str, tuple[float, float]]) -> Path:
        folder = tmp_path / name
        (folder / "evaluation").mkdir(parents=True)
        lines = [
            {"policy": policy, "mode": mode, "task": "svg", "source_id": source}
            | {"completion": f"{source} as it was", "exact_severity": value}
            for source, (greedy, sampled) in severities.items()
            for policy, mode, value in (
                ("before", "greedy", 9.0),
                ("after", "greedy", greedy),
                ("after", "sampled", sampled - 1),
                ("after", "sampled", sampled + 1),
            )
        ]
        text = "\n".join(map(json.dumps, lines))
        (folder / "evaluation" / "completions.jsonl").write_text(text)
        return folder

    folders = {
        "critic": [
            write_run("critic-0", {"a": (1, 3), "b": (2, 4)}),
            write_run("critic-1", {"a": (3, 3), "b": (2, 4)}),
        ],
        "ssim": [write_run("ssim-0", {"a": (5, 3), "b": (5, 4), "c": (50, 50)})],
    }
    assert as_compared(folders).splitlines()[2:] == [
        "| svg | critic | start | +7.00 (+7.00 to +7.00) | – |",
        "| svg | ssim | start | -11.00 (-41.00 to +4.00) | – |",
        "| svg | critic | ssim | +3.00 (+3.00 to +3.00) | +0.00 (+0.00 to +0.00) |",
    ]


def test_a_reward_is_given_to_the_tasks_that_it_judges() -> None:
    changes = ("reinforce.tasks=[table,svg]", "+reinforce.sources.table=5")
    params = compose_params([*changes, "reinforce.max_completion_tokens=512"])
    chosen = settings_of(params, "teds", seed=2)
    assert (chosen.tasks, chosen.sources, chosen.seed) == (("table",), {"table": 5}, 2)
    assert settings_of(params, rewards("x/y")["features"], 0).reward.parts[0].part == "features:x/y"
    chosen = settings_of(params, "critic", 0, ["table"])
    assert (chosen.tasks, set(chosen.sources or {})) == (("table",), {"table"})
    with pytest.raises(ErmError, match=r"^reinforce.tasks has no nope; it has table, svg\.$"):
        settings_of(params, "critic", 0, ["nope"])
    with pytest.raises(ErmError, match="'teds' says nothing of svg"):
        settings_of(compose_params([]), "teds", 0)
    with pytest.raises(ErmError, match="The reward 'exact': the part 'exact' of the reward needs"):
        settings_of(
            compose_params(["reinforce.sources=null", "+reinforce.images.svg=x"]), "exact", 0
        )
    with pytest.raises(ErmError, match="no number of table"):
        evaluation_of(compose_params(["evaluate.sources={svg: 2}"]), ("svg", "table"))
    with pytest.raises(ErmError, match="no_such"):
        compose_params(["reinforce.no_such=1"])
