"""Summaries in Markdown: a table of what is there."""

from __future__ import annotations

from pathlib import Path

from erm.policies.summaries import evaluation_summary, reinforcement_summary

LINKS = {"Run": "http://127.0.0.1:5000/#/run"}


def test_validations_stand_in_a_table(tmp_path: Path) -> None:
    (tmp_path / "validation.csv").write_text(
        "step,greedy/exact_severity,watch/gap_low\n0,12.345,\n7,9.5,-0.25\n"
    )
    metrics = {"steps": 7.0, "reward_first": 1.5, "reward_last": 1.6, "best/step": 7.0}
    stopped = {"stopped/step": 7.0, "stopped/alarmed": 1.0}
    text = reinforcement_summary(tmp_path, metrics | stopped, LINKS)
    assert "The weights after step 7 were kept." in text
    assert "stopped after step 7: reward hacking" in text
    assert "| step | severity, greedy | gap, from |\n| --- | --- | --- |\n" in text
    assert "| 0 | 12.35 | – |\n| 7 | 9.50 | -0.25 |" in text
    assert "[Run](http://127.0.0.1:5000/#/run)" in text


def test_a_reinforcement_without_validation_has_no_table(tmp_path: Path) -> None:
    metrics = {"steps": 1.0, "reward_first": 1.5, "reward_last": 1.5}
    assert "|" not in reinforcement_summary(tmp_path, metrics, LINKS)


def test_gains_stand_in_a_table() -> None:
    name = "severity_gain.svg.greedy"
    metrics = {name: 2.5, f"{name}_low": -0.5, f"{name}_high": 5.0}
    metrics |= {f"{name}_before": 12.0, f"{name}_after": 9.5}
    text = evaluation_summary(metrics, ("svg", "chart"), LINKS)
    assert "| svg | greedy | 12.00 | 9.50 | +2.50 | -0.50 to +5.00 |" in text
    assert "chart" not in text
