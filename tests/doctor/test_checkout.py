"""Git, DVC and the registry of a folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from erm.doctor.checkout import look_at_checkout
from erm.doctor.finding import Finding
from tests.registered import submit

STAGE = "stages:\n  copy:\n    cmd: cp code out\n    deps: [code]\n    outs: [out]\n"
ROOT = Path(__file__).parents[2]
AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org")


def run(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, capture_output=True, check=True)


def found(folder: Path) -> dict[str, Finding]:
    return {finding.check: finding for finding in look_at_checkout(folder)}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of one stage that has not run."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "dvc.yaml").write_text(STAGE)
    (tmp_path / "code").write_text("code")
    run(tmp_path, "git", "init", "--quiet")
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_bytes((ROOT / ".dvc" / "config").read_bytes())
    (tmp_path / ".dvc" / ".gitignore").write_text("/tmp\n/cache\n")
    run(tmp_path, "git", "add", ".")
    run(tmp_path, "git", *AUTHOR, "commit", "--quiet", "-m", "Start")
    return tmp_path


def test_a_folder_without_a_pipeline_is_no_fault(tmp_path: Path) -> None:
    (finding,) = look_at_checkout(tmp_path)
    assert (finding.check, finding.status) == ("checkout", "ok")


def test_stages_that_have_not_run_and_edits_are_warnings(checkout: Path) -> None:
    before = found(checkout)
    assert before["Git"].status == "ok"
    assert (before["DVC"].status, before["DVC"].mend) == ("warning", "`make repro`")
    assert before["DVC remote"].what.startswith("none")
    assert before["registry"].what.startswith("none yet")
    run(checkout, sys.executable, "-m", "dvc", "repro", "--quiet")
    run(checkout, sys.executable, "-m", "dvc", "remote", "add", "shelf", "elsewhere")
    after = found(checkout)
    assert (after["DVC"].status, after["DVC"].what) == ("ok", "all stages are up to date")
    assert (after["DVC remote"].status, after["DVC remote"].what) == ("ok", "shelf")
    assert after["Git"].status == "warning"
    assert "files changed" in after["Git"].what


def test_a_remote_in_s3_needs_its_package_and_an_answer(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    config = f"['remote \"shelf\"']\n    url = s3://dvc/erm\n    endpointurl = {address}\n"
    (checkout / ".dvc" / "config").write_text(config)
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "dvc_s3", None)
        lacking = found(checkout)["DVC remote"]
    assert (lacking.status, lacking.what) == ("missing", "shelf is in S3, which needs dvc-s3")
    assert lacking.mend == "`python -m pip install 'visual-erm[s3]'`"
    packages = tmp_path_factory.mktemp("packages")
    (packages / "dvc_s3.py").touch()
    monkeypatch.syspath_prepend(packages)
    gone = found(checkout)["DVC remote"]
    assert gone.status == "missing"
    assert gone.what.startswith(f"the store of shelf at {address} does not answer (")
    assert gone.mend == "start it, or `dvc remote modify shelf endpointurl ADDRESS`"


def test_what_the_pipeline_needs_and_lacks_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "dvc.yaml").write_text(STAGE)
    lacking = found(tmp_path)
    assert (lacking["Git"].status, lacking["Git"].mend) == ("missing", "`git init`")
    assert (lacking["DVC"].status, lacking["DVC"].mend) == ("missing", "`dvc init`")
    run(tmp_path, "git", "init", "--quiet")
    assert (found(tmp_path)["Git"].status, found(tmp_path)["Git"].mend) == (
        "warning",
        "`git commit`",
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_another_users_checkout_is_named_with_the_remedy(checkout: Path) -> None:
    for path in (checkout, checkout / ".git"):
        os.chown(path, 4321, 4321)
    finding = found(checkout)["Git"]
    assert finding.status == "missing"
    assert finding.mend == f"`git config --global --add safe.directory {checkout}`"


def test_champions_are_named(registry: Any) -> None:
    Path("dvc.yaml").write_text(STAGE)
    submit("first", 0.3)
    champions = found(Path.cwd())
    assert champions["erm-critic"].what == "champion is version 1"
    assert champions["erm-policy"].what == "no champion"
