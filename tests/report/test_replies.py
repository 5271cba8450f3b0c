"""Replies as critics write them: what each reading takes them for."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from erm.critics.base import read_reply
from erm.report import parse_reply, report_from_dict, total_severity
from erm.report.replies import SEVERITY_WORDS
from erm.rewards.published import reward_value

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "reward_replies.json").read_text())
ERROR = '{"category": "style_error", "severity": 2}'
OTHER = '{"type": "shape_error", "severity": 1}'


def rated(severity: str) -> str:
    """A report of one error with this severity."""
    return f'{{"errors": [{{"category": "style_error", "severity": {severity}}}]}}'


@pytest.mark.parametrize(
    ("reply", "severity"),
    [
        (f"[{ERROR}, {OTHER}]", 3),
        (f"```json\n[{ERROR}]\n```", 2),
        (f"There are two differences:\n```json\n[{ERROR}, {OTHER}]\n```\nHope it helps.", 3),
        (ERROR, 2),
        (f"{ERROR}\n{OTHER}\n", 3),
        ('{"report": {"errors": []}}', 0),
        (f'{{"report": {{"errors": [{ERROR}]}}, "confidence": 0.9}}', 2),
        (f'[{{"errors": [{ERROR}]}}]', 2),
        (f'{{"discrepancies": [{ERROR}]}}', 2),
        (f'{{"answer": {{"differences": [{OTHER}]}}}}', 1),
        (f'{{"errors": {ERROR}}}', 2),
        (f'The set {{a, b}} differs.\n{{"errors": [{ERROR}]}}', 2),
        (f'See [1].\n{{"errors": [{ERROR}]}}', 2),
        (f'<think>{{"errors": []}}</think>{{"errors": [{ERROR}]}}', 2),
        (f'Is {{"errors": []}} enough? No.</think>{{"errors": [{ERROR}]}}', 2),
        (f'{{"errors": [{ERROR}]}} Once more: {{"errors": [{ERROR}]}}', 2),
        (rated('"severe"'), 3),
        (rated('"Medium"'), 2),
        (rated('"very high"'), 3),
        (rated('"2"'), 2),
        (rated('"2 (medium)"'), 2),
        (rated('"2/3"'), 2),
        (rated('"Level 3 of 3"'), 3),
        (rated("0"), 0),
        (rated("7"), 7),
        (f'{{"errors": [{ERROR}, {{"category": "style_error"}}, "and more"]}}', 2),
        ('{"structure_error_count": 0, "errors": []}', 0),
    ],
)
def test_a_reply_is_read_for_what_it_says(reply: str, severity: float) -> None:
    parsed = parse_reply(reply)
    assert parsed is not None
    assert total_severity(parsed) == severity
    assert report_from_dict("svg", parsed).total_severity == min(severity, 3)


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "The two images are identical.",
        '{"message": "I cannot see the images."}',
        "{}",
        "[]",
        "null",
        '"errors"',
        '{"discrepancies": []}',
        '{"errors": null}',
        '{"errors": "none"}',
        '{"errors": ["the bar is too tall"]}',
        '{"errors": [{"category": "style_error"}]}',
        '{"category": "style_error", "description": "the fill is blue"}',
        '{"category": "style_error", "severity": 0}',
        f'{{"errors": [], "discrepancies": [{ERROR}]}}',
        '{"style_error_count": 1, "errors": []}',
        '{"total_severity": 4, "errors": []}',
        f'{{"errors": [{ERROR}], "errors": []}}',
        '{"style_error_count": 1, "report": {"errors": []}}',
        f'{{"errors": []}} or rather {{"errors": [{ERROR}]}}',
        f'{{"errors": []}}\n{ERROR}',
        '<think>Perhaps {"errors": []}',
        '<think>{"errors": []}</think>',
        f'{{"errors": [{ERROR}, {{"cat',
        f'[{ERROR}, {{"cat',
        f'{ERROR}\n{{"cat',
        '{"errors": []}\n{"errors": [{"cat',
        f'{{"errors": [{ERROR},]}}',
        "{'errors': []}",
        rated('"gigantic"'),
        rated('"1|2|3"'),
        rated('"1-3"'),
        rated("-3"),
        rated("true"),
        rated("[2]"),
        rated("NaN"),
        rated("9" * 400),
        rated("9" * 5000),
        '{"errors": ' + "[" * 100_000,
        '{"a": ' * 500 + '{"errors": []}' + "}" * 500,
    ],
)
def test_a_reply_that_is_no_report_has_none(reply: str) -> None:
    critique = read_reply("svg", reply)
    assert (critique.parsed, critique.report, critique.severity) == (None, None, None)


def test_strictly_read_golden_replies_never_earn_more() -> None:
    changed = []
    for row in GOLDEN:
        strict = total_severity(parse_reply(row["reply"]))
        if strict != row["total_severity"]:
            changed.append(row["reply"][:30])
            assert reward_value("svg", "judged", strict) < row["reward_if_rendered"]
    assert changed == ['{"summary": "no list"}', '```json\n{"structure_error_coun']


@pytest.mark.parametrize(
    ("reply", "severity"),
    [
        (f'```json\n{{"errors": [{ERROR}]}}', 2.0),
        ('{"errors": [{"severity": 1, "description": "text is ```x``` instead of y"}]}', 1.0),
        (f'Is {{"errors": []}} enough? No.</think>{{"errors": [{ERROR}]}}', 2.0),
        ('{"errors": [{"severity": 1, "description": "} { \\" }"}]} and {"errors": []}', 1.0),
        (f'{{"errors": [{{"severity": NaN}}, {{"severity": 1e400}}, {ERROR}]}}', 2.0),
        (f'{{"errors": [{{"severity": {"9" * 400}}}, {ERROR}]}}', 2.0),
        (f'{{"errors": [{{"severity": {"9" * 5000}}}]}}', None),
        ('{"errors": [{"severity": "1e308"}, {"severity": "1e308"}]}', 1e6),
        ('{"errors": [{"severity": true}, {"severity": "severe"}, {"severity": [2]}]}', 0.0),
        (f'{{"errors": [], "errors": [{ERROR}]}}', 2.0),
        (f'{{"errors": [{{"severity": 1, "description": "\\ud800"}}, {ERROR}]}}', 3.0),
        (f'{{"errors": [{ERROR},]}}', None),
        ("{'errors': []}", None),
        ('{"errors": null}', None),
        (f'{{"errors": [{ERROR}, {{"cat', None),
        ('{"errors": ' + "[" * 100_000, None),
        ('{"message": "I cannot see the images."}', 0.0),
        ("[]", None),
    ],
)
def test_replies_as_published(reply: str, severity: float | None) -> None:
    for replies in ("published", "strict"):
        critique = read_reply("svg", reply, replies)
        assert replies == "strict" or critique.severity == severity
        assert math.isfinite(reward_value("table", "judged", critique.severity))
        json.dumps(critique.parsed, ensure_ascii=False, allow_nan=False).encode()
        if critique.report is not None:
            critique.report.to_json().encode()


def test_words_are_numbers_in_the_report_that_predictions_hold() -> None:
    parsed = parse_reply(rated('"severe"'))
    assert parsed == {"errors": [{"category": "style_error", "severity": 3}]}
    assert set(SEVERITY_WORDS.values()) == {1, 2, 3}


def test_the_category_of_published_svg_critics_is_read() -> None:
    critique = read_reply("svg", rated("2").replace("style", "other"))
    assert critique.report is not None
    assert [error.category for error in critique.report.errors] == ["other_error"]
    assert (critique.severity, critique.unlisted) == (2, 0)
    assert critique.report.to_dict()["other_error_count"] == 1
    plain = read_reply("svg", rated("2")).report
    assert plain is not None
    assert "other_error_count" not in plain.to_dict()


def test_entries_of_no_category_count_and_are_not_listed() -> None:
    critique = read_reply("chart", rated("2").replace("style", "other"))
    assert critique.report is not None
    assert (critique.report.errors, critique.severity, critique.unlisted) == ((), 2, 1)
