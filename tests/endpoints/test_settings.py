"""Endpoint options: what is sent, what is left out, and what is no option."""

from __future__ import annotations

from typing import Any

import pytest

from erm.endpoints.settings import ConnectionSettings, connection_settings
from erm.errors import ErmError

PART: dict[str, Any] = {"temperature": 0.7, "max_tokens": 4096, "extra_body": {"top_k": 20}}


@pytest.mark.parametrize(
    ("assignments", "request_fields"),
    [
        ([], PART),
        (["temperature=0.2", "top_p=0.5"], {**PART, "temperature": 0.2, "top_p": 0.5}),
        (["temperature=null"], {"max_tokens": 4096, "extra_body": {"top_k": 20}}),
        (["max_completion_tokens=99"], {**PART, "max_tokens": None, "max_completion_tokens": 99}),
        (
            ["max_completion_tokens=99", "max_tokens=5"],
            {**PART, "max_tokens": 5, "max_completion_tokens": 99},
        ),
        (["extra_body.top_k=null"], {**PART, "extra_body": None}),
        (
            ['extra_body.chat_template_kwargs={"enable_thinking": false}', "extra_body.mode=fast"],
            {
                **PART,
                "extra_body": {
                    "top_k": 20,
                    "chat_template_kwargs": {"enable_thinking": False},
                    "mode": "fast",
                },
            },
        ),
        (["reasoning_effort=low", "seed=4"], {**PART, "reasoning_effort": "low", "seed": 4}),
    ],
)
def test_options_replace_what_the_models_part_asks_for(
    assignments: list[str], request_fields: dict[str, Any]
) -> None:
    wanted = {name: value for name, value in request_fields.items() if value is not None}
    assert connection_settings(assignments, ConnectionSettings).request(PART) == wanted


def test_parameters_mean_the_same_and_survive_a_dump() -> None:
    given = {"temperature": None, "max_completion_tokens": 9, "extra_body": {"top_k": None}}
    settings = ConnectionSettings.model_validate(given)
    assert settings.request(PART) == {"max_completion_tokens": 9}
    assert ConnectionSettings.model_validate(settings.model_dump()) == settings
    assert set(settings.connection()) == {
        "base_urls",
        "concurrency",
        "attempts",
        "timeout",
        "first_delay",
    }


@pytest.mark.parametrize(
    ("assignment", "reason"),
    [
        ("speed=1", "Endpoint option 'speed'"),
        ("fast", "write NAME=VALUE"),
        ("temperature=-1", "'temperature': Input should be greater"),
        ("max_tokens=many", "'max_tokens': Input should be a valid integer"),
        ("seed=1.5", "'seed'"),
        ("concurrency=null", "'concurrency'"),
        ("extra_body=7", "known options: .*extra_body.NAME"),
    ],
)
def test_what_is_no_option_is_one_sentence(assignment: str, reason: str) -> None:
    with pytest.raises(ErmError, match=reason):
        connection_settings([assignment], ConnectionSettings)
