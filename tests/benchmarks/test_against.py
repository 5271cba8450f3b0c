"""Another program scores the same pairs: what it answers, what it lacks, and how it fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import chart_scores, table_scores
from benchmarks.against import Program, compare, measure, sample_of, timed
from erm.errors import ErmError

PAIRS = [("a", "ab"), ("abc", "abc"), ("", "none")]


def _command(score: str, start: str = "print('ready', flush=True)") -> list[str]:
    """A program that answers each pair with what an expression gives."""
    lines = ("import json, subprocess, sys", start, "for line in sys.stdin:")
    loop = f"    reference, candidate = json.loads(line); print({score}, flush=True)"
    return [sys.executable, "-c", "\n".join((*lines, loop))]


def _lengths(reference: str, candidate: str) -> dict[str, float]:
    return {"length": len(candidate) / 10, "other": 1.0} if reference else {}


def test_both_sides_are_compared_on_the_pairs_that_both_have_scores_of() -> None:
    score = "json.dumps({'length': len(reference) / 10} if candidate != 'abc' else {})"
    result = measure(_command(score), 3, PAIRS, _lengths)
    assert result["pairs"] == 3
    assert result["pairs_without_scores"] == 2
    assert result["largest_differences"] == {"length": pytest.approx(0.1)}


def test_processor_time_is_that_of_all_its_processes() -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    score = f"subprocess.call([sys.executable, '-c', {busy!r}]) or '{{\"length\": 1}}'"
    with Program(_command(score)) as program:
        one = timed(program.score, PAIRS[0])
    assert one.processor >= 0.28  # the system counts in hundredths


def test_the_sample_is_the_same_each_time() -> None:
    pairs = [(str(number), "") for number in range(100)]
    assert len(set(sample_of(pairs, None))) == 8
    assert sample_of(pairs, 5) == sample_of(pairs, 5)
    assert sorted(sample_of(pairs, 200)) == sorted(pairs)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (_command("1", "sys.exit(3)"), "ended with exit status 3"),
        (_command("sys.exit(4)"), "ended with exit status 4"),
        (_command("'good'"), "the answer 'good' is not a JSON object of numbers"),
        (_command("'{\"length\": NaN}'"), "is not a JSON object of numbers"),
        (_command("'{\"size\": 1}'"), "no score 'size'; known: length, other"),
        (_command("'{}'"), "no pair that both sides have scores of"),
    ],
)
def test_a_program_that_fails_is_named_with_the_reason(command: Sequence[str], reason: str) -> None:
    with pytest.raises(ErmError, match=reason):
        measure(command, 1, PAIRS[:2], _lengths)


def test_a_program_that_ends_before_it_has_read_a_pair_is_named() -> None:
    command = _command("1", "print('ready', flush=True); sys.exit(5)")
    with pytest.raises(ErmError, match="ended with exit status 5"):
        measure(command, 1, [("more than a pipe holds" * 10_000, "")], _lengths)


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(ErmError, match="no pair"):
        compare([])


def test_tables_are_scored_by_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "program.py"
    program.write_text(_command("json.dumps({'teds': reference.count('<td>') / 4})")[2])
    options = ["--rows", "2", "--columns", "2", "--json", str(tmp_path / "found.json")]
    against = ["--against", f"{sys.executable} {program}", "--against-pairs", "1"]
    monkeypatch.setattr(sys, "argv", ["table_scores", *options, *against])
    table_scores.main()
    result = json.loads((tmp_path / "found.json").read_text())["against"]
    assert result["pairs"] == 1
    assert 0 < result["largest_differences"]["teds"] < 1
    assert "  largest_differences" in capsys.readouterr().out


def test_charts_are_scored_by_both() -> None:
    pairs = [("import matplotlib.pyplot as plt\nplt.plot([1, 2])", "import math")]
    result = chart_scores.against(_command("'{\"chartmimic\": 0.25}'"), 1, pairs)
    assert result["largest_differences"] == {"chartmimic": 0.25}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--against", "no-such-program --now"], "'no-such-program --now' names no program"),
        (["--against", "'open"], "No closing quotation"),
        (["--against-pairs", "3"], "--against-pairs needs --against"),
        (["--against", sys.executable, "--against-pairs", "0"], "must be 1 or more"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_before_the_work(
    options: list[str],
    reason: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["chart_scores", *options])
    with pytest.raises(SystemExit):
        chart_scores.main()
    assert reason in capsys.readouterr().err
