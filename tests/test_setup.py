"""What `make`, DVC and the container image say of a machine before work begins."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
USER = 4321
"""An id without an entry in /etc/passwd."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "it's a checkout"
    folder.mkdir()
    assert run("git", "init", "--quiet", folder=folder).returncode == 0
    return folder


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with this one's packages, and DVC as .ci/setup leaves it there."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/*/site-packages")
    (packages / "other.pth").write_text("\n".join(path for path in sys.path if path))
    (folder / "bin" / "dvc").symlink_to(ROOT / ".ci" / "dvc")
    return folder


def test_a_folder_without_git_is_said(tmp_path: Path, repository: Path) -> None:
    done = run(str(ROOT / ".ci" / "repository"), "exists", "owner", folder=tmp_path)
    sentence = f"erm: {tmp_path} is no Git repository, which DVC needs; run `git init` there.\n"
    assert (done.returncode, done.stderr) == (1, sentence)
    below = repository / "below"
    below.mkdir()
    done = run(str(ROOT / ".ci" / "repository"), "exists", "owner", folder=below)
    assert (done.returncode, done.stderr) == (0, "")


@as_root
def test_another_users_checkout_is_said_where_git_refuses_it(
    repository: Path, environment: Path
) -> None:
    dvc = str(environment / "bin" / "dvc")
    assert run(dvc, "init", "--quiet", folder=repository).returncode == 0
    os.chown(repository, USER, USER)
    quoted = str(repository).replace(" ", "\\ ").replace("'", "\\'")
    remedy = f"run `git config --global --add safe.directory {quoted}`.\n"
    for arguments in (["exp", "show"], ["metrics", "diff"]):
        done = run(dvc, *arguments, folder=repository)
        assert done.returncode == 1
        assert done.stderr.startswith(f"erm: {repository} belongs to another user")
        assert done.stderr.endswith(remedy)
    assert run(str(ROOT / ".ci" / "repository"), "exists", folder=repository).returncode == 0
    assert run(dvc, "status", folder=repository).returncode == 0


def test_dvc_runs_for_a_user_without_a_name(repository: Path, environment: Path) -> None:
    become = ("unshare", "--user", f"--map-user={USER}", f"--map-group={USER}")
    nameless = ("env", "-u", "USER", "-u", "LOGNAME", "-u", "USERNAME", "-u", "HOME")
    if run(*become, "true", folder=repository).returncode:
        pytest.skip("This machine has no user namespaces.")
    dvc = str(environment / "bin" / "dvc")
    for arguments in (["init", "--quiet"], ["status"]):
        done = run(*become, *nameless, dvc, *arguments, folder=repository)
        assert done.returncode == 0, done.stderr


def test_dvc_goes_on_after_the_machine_was_switched_off(
    repository: Path, environment: Path
) -> None:
    """What DVC left then: half a file, or the number of a process that is another one by now."""
    dvc = str(environment / "bin" / "dvc")
    run(dvc, "init", "--quiet", folder=repository)
    (repository / "dvc.yaml").write_text("stages: {one: {cmd: touch out, outs: [out]}}\n")
    locks = repository / ".dvc/tmp/rwlock"

    def after(left: str) -> int:
        locks.write_text(left)
        return run(dvc, "repro", "--force", folder=repository).returncode

    def held_by(process: int) -> str:
        holder = {"pid": process, "cmd": "python -m dvc repro"}
        return json.dumps({"write": {str(repository / "out"): holder}, "read": {}})

    with subprocess.Popen(["sleep", "600"]) as other:
        assert [after(left) for left in ("", held_by(other.pid)[:30], held_by(other.pid))] == 3 * [
            0
        ]
        other.kill()
    with subprocess.Popen(["dvc", "600"], executable=shutil.which("sleep")) as running:
        assert after(held_by(running.pid)) == 255
        assert locks.read_text() == held_by(running.pid)
        running.kill()


@pytest.mark.slow
def test_a_moved_environment_is_said(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    shutil.copytree(ROOT / ".ci", old / ".ci")
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, old)
    venv.create(old / ".venv", symlinks=True, with_pip=True)
    stamp = run("sha256sum", ".ci/setup", "pyproject.toml", "constraints.txt", folder=old).stdout
    (old / ".venv" / "installed").write_text(stamp)
    done = run(".ci/setup", ".venv", folder=old)
    assert (done.returncode, done.stderr) == (0, "")
    old.rename(new)
    done = run(".ci/setup", ".venv", folder=new)
    assert done.returncode == 1
    assert done.stderr == (
        f"erm: {new}/.venv was made in another place, which its programs still name;"
        f" run `rm -r {new}/.venv` and make again.\n"
    )


def test_the_image_is_made_with_the_steps_of_any_machine() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    steps = [line.split(" ", 1)[1] for line in lines if line.startswith("RUN ")]
    assert [step.split(" && ")[0] for step in steps] == [".ci/packages", "make setup"]
    assert "FROM ${BASE}" in lines
    assert ".ci/packages" in (ROOT / ".ci" / "run").read_text()
    assert re.search(r"^setup:\n\t@\.ci/setup \$\(VENV\)$", (ROOT / "Makefile").read_text(), re.M)


def test_what_git_ignores_stays_out_of_the_image() -> None:
    ignored = set((ROOT / ".dockerignore").read_text().split())
    for pattern in (ROOT / ".gitignore").read_text().split():
        anchored = pattern.lstrip("/")
        assert {pattern, f"/{anchored}", f"**/{anchored}"} & ignored, pattern
