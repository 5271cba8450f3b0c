"""Reading again what a report quotes: which words are taken from which reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from erm.critics.base import ImagePair, write_reply
from erm.critics.local import LocalCritic
from erm.critics.rereading import quotes, reread
from erm.critics.settings import TrainCriticSettings
from erm.critics.training import train_critic
from erm.models.role import read_role
from tests.squares import square_pair, write_squares


def report(*errors: str) -> dict[str, Any]:
    """Errors as ``location: description``, each of another severity."""
    entries = []
    for severity, words in enumerate(errors, start=1):
        location, description = words.split(": ")
        entries.append({"location": location, "description": description, "severity": severity})
    return {"errors": entries}


def words(parsed: dict[str, Any]) -> list[str]:
    return [f"{error['location']}: {error['description']}" for error in parsed["errors"]]


def test_a_reading_of_the_same_form_replaces_place_and_words() -> None:
    whole = report("bin 4: value is 3 instead of 1", "title: is missing")
    read = reread(whole, [report("bin 3: value is 3 instead of 2")])
    assert words(read) == ["bin 3: value is 3 instead of 2", "title: is missing"]
    assert [error["severity"] for error in read["errors"]] == [1, 2]
    assert words(whole)[0] == "bin 4: value is 3 instead of 1"


@pytest.mark.parametrize(
    "reading",
    [
        "bin 3: is missing",
        "bar 'A': value is 3 instead of 2",
        "bin 'A': value is 3 instead of 2",
        "bin 3: value is '3' instead of 2",
    ],
)
def test_a_reading_of_another_form_changes_nothing(reading: str) -> None:
    whole = report("bin 4: value is 3 instead of 1")
    assert reread(whole, [report(reading)]) is whole


def test_each_reading_serves_one_error_confirmed_ones_first() -> None:
    whole = report("row 1: value is 5 instead of 6", "row 2: value is 7 instead of 8")
    read = reread(whole, [report("row 2: value is 7 instead of 8"), report("row 3: is missing")])
    assert read is whole
    both = [report("row 2: value is 7 instead of 9"), report("row 1: value is 5 instead of 0")]
    assert words(reread(whole, both)) == [
        "row 1: value is 5 instead of 0",
        "row 2: value is 7 instead of 9",
    ]


@pytest.mark.parametrize(
    "parsed", [{}, {"errors": None}, {"errors": [1, {"location": 3}, {"description": "is 5"}]}]
)
def test_what_is_no_error_is_left_alone(parsed: dict[str, Any]) -> None:
    assert not quotes(parsed)
    assert reread(parsed, [report("row 1: value is 5 instead of 6")]) is parsed


def test_entries_without_words_keep_their_place() -> None:
    whole = report("bin 4: value is 3 instead of 1")
    whole["errors"] = [{"severity": 3}, *whole["errors"], "?"]
    read = reread(whole, [report("bin 3: value is 3 instead of 2")])
    assert read["errors"][0] == {"severity": 3}
    assert read["errors"][1]["location"] == "bin 3"
    assert read["errors"][2] == "?"


def test_only_what_quotes_is_read_again() -> None:
    assert quotes(report("title: text is 'A' instead of 'B'"))
    assert not quotes(report("title: is missing"))


def test_a_critic_of_details_reads_again_and_keeps_number_and_severities(tmp_path: Path) -> None:
    pairs = write_squares(tmp_path / "pairs")
    settings = TrainCriticSettings.model_validate(
        {
            "model": {"name": "tiny", "details": {"most": 2, "side": 56}},
            "optimization": {"epochs": 2, "batch_size": 8, "learning_rate": 4e-3},
            "validation": None,
            "max_side": 56,
            "vocabulary": 600,
            "details_alone": True,
        }
    )
    train_critic(settings, pairs, tmp_path / "critic", tmp_path / "work")
    assert read_role(tmp_path / "critic", "critic").single_details
    seen = [square_pair(index, "test") for index in range(6)]
    views = [ImagePair(pair.task, pair.reference, pair.candidate) for pair in seen]
    plain = LocalCritic(tmp_path / "critic", rereads=False)
    again = LocalCritic(tmp_path / "critic")
    assert plain.identity != again.identity
    for first, second in zip(plain.critique(views), again.critique(views), strict=True):
        assert (first.reply, first.severity) == (second.reply, second.severity)
        assert first.expected_severity == second.expected_severity
        assert first.report is not None
        assert second.report is not None
        assert len(write_reply(first.report).split("severity")) == len(
            write_reply(second.report).split("severity")
        )
