"""``erm doctor``: a line each, JSON, and a status that says whether something is missing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from erm.cli import main


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """The sentence at the end; empty where nothing is missing."""
    monkeypatch.setattr(sys, "argv", ["erm", "doctor", *options])
    with pytest.raises(SystemExit) as ended:
        main()
    return "" if ended.value.code in (None, 0) else str(ended.value.code)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("MLFLOW_TRACKING_URI", "PREFECT_API_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(variable, raising=False)


def test_each_finding_is_a_line_and_an_object(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == ""
    lines = capfd.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} <= {"ok", "warning"}
    assert run(monkeypatch, "--json") == ""
    findings = json.loads(capfd.readouterr().out)
    assert len(findings) == len(lines)
    assert set(findings[0]) == {"status", "check", "what", "mend"}


def test_something_required_that_is_missing_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert run(monkeypatch) == "erm: required and missing: Prefect."
    line = next(one for one in capfd.readouterr().out.splitlines() if " Prefect: " in one)
    assert line.startswith("missing  Prefect: Prefect at http://127.0.0.1:9/api does not answer (")
    assert line.endswith("; `unset PREFECT_API_URL`, or start it")
