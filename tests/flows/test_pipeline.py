"""What a pipeline refuses to start with, and what an experiment with a profile leaves alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from erm.parameters import PARAMS
from flows import pipeline
from tests.flows.scratch import environment

ROOT = Path(__file__).parents[2]
EXPERIMENT = """
from flows import pipeline
from flows.entry import run_alone

pipeline.check_run = lambda *_: None  # it knows the real sections only
parameters = {"profile": "smoke", "changes": ["size=4"]}
raise SystemExit(run_alone(pipeline.pipeline, parameters))
"""
DVC_YAML = """
stages:
  copy:
    cmd: cp params.yaml out
    params: [profile, size]
    deps: [code]
    outs: [{out: {cache: false}}]
"""
CONF = {
    "config.yaml": "defaults: [_self_, {profile: laptop}]\nsize: 1\n",
    "profile/laptop.yaml": "# @package _global_\nprofile: laptop\n",
    "profile/smoke.yaml": "# @package _global_\nprofile: smoke\nsize: 2\n",
}


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository of one stage, with edits that nobody has committed."""
    for name, content in CONF.items():
        path = tmp_path / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML)
    (tmp_path / PARAMS).write_text("profile: laptop\nsize: 1\n")
    (tmp_path / "code").write_text("committed")
    run(tmp_path, "git", "init", "--quiet")
    run(tmp_path, sys.executable, "-m", "dvc", "init", "--quiet")
    (tmp_path / ".dvc" / "config").write_bytes((ROOT / ".dvc" / "config").read_bytes())
    (tmp_path / ".gitignore").write_text(".erm/\n")
    run(tmp_path, "git", "add", ".")
    author = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    run(tmp_path, "git", *author, "commit", "--quiet", "-m", "Start")
    (tmp_path / PARAMS).write_text("# mine\nprofile: laptop\nsize:   3\n")
    (tmp_path / "code").write_text("edited")
    return tmp_path


def test_an_experiment_leaves_local_edits_alone(checkout: Path, served: dict[str, str]) -> None:
    before = {path: path.read_bytes() for path in (checkout / PARAMS, checkout / "code")}
    status = run(checkout, "git", "status", "--porcelain")
    variables = environment(ROOT) | {"PREFECT_API_URL": served["PREFECT_API_URL"]}
    command = [sys.executable, "-c", EXPERIMENT]
    done = subprocess.run(
        command, cwd=checkout, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in before} == before
    assert run(checkout, "git", "status", "--porcelain") == status
    assert not (checkout / "out").exists()
    (experiment,) = run(
        checkout, "git", "for-each-ref", "--format=%(refname)", "refs/exps/*/*/*"
    ).split()
    assert run(checkout, "git", "show", f"{experiment}:out") == "size: 4\nprofile: smoke\n"
    assert run(checkout, "git", "show", f"{experiment}:code") == "edited"


@pytest.mark.parametrize(
    ("params", "arguments", "sentence"),
    [
        ("profile: laptop\npears: 1\n", [], "unknown section 'pears'"),
        (None, [], "params.yaml can't be read"),
        ("profile: laptop\n", ["--profile", "nope"], "unknown profile 'nope'; known profiles:"),
    ],
)
def test_bad_parameters_end_a_run_before_work(
    params: str | None,
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if params is not None:
        (tmp_path / PARAMS).write_text(params)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["pipeline", *arguments])
    with pytest.raises(SystemExit) as ended:
        pipeline.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("erm: ")
    assert said.count("\n") == 1
    assert sentence in said
    assert not list(tmp_path.glob(".erm"))
