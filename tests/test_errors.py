"""Messages for users hold no secrets."""

from __future__ import annotations

import pickle

import pytest

from erm.errors import SECRETS, ErmError, masked


@pytest.mark.parametrize("name", SECRETS)
def test_values_of_secret_variables_are_replaced(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "planted-value")
    error = ErmError("Incorrect key: planted-value, in full.")
    assert str(error) == f"Incorrect key: <{name}>, in full."
    monkeypatch.delenv(name)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_short_values_are_words_and_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    assert masked("there is none") == "there is none"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at http://me:secret@host:5000/v1 and", "at http://host:5000/v1 and"),
        ("postgresql://me:p%40ss@host/db", "postgresql://host/db"),
        ("https://token@host", "https://host"),
        ("http://host/a@b, me@example.org", "http://host/a@b, me@example.org"),
    ],
)
def test_addresses_lose_user_and_password(text: str, shown: str) -> None:
    assert masked(text) == shown
