"""The current folder: a checkout with Git and DVC, and the registry."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error
from importlib.util import find_spec
from pathlib import Path

from erm.doctor.finding import Finding
from erm.errors import ErmError
from erm.servers import require_answer

_SECONDS = 120.0


def look_at_checkout(root: Path) -> list[Finding]:
    """Git, DVC's pipeline and remote, and the champions.

    Args:
        root: the folder; if it holds no ``dvc.yaml``, the pipeline can't run there.
    """
    if not (root / "dvc.yaml").is_file():
        what = f"{root} is none; commands work here, the pipeline does not"
        return [Finding("ok", "checkout", what)]
    return [_git(root), *_dvc(root), *_champions(root)]


def _git(root: Path) -> Finding:
    refused = _run(root, "git", "rev-parse", "--short", "HEAD")
    if refused.returncode:
        said = refused.stderr.strip().splitlines()
        if "dubious ownership" in refused.stderr:
            mend = f"`git config --global --add safe.directory {root}`"
            return Finding("missing", "Git", f"{root} belongs to another user", mend)
        if "not a git repository" in refused.stderr:
            return Finding(
                "missing", "Git", f"{root} is no repository, which DVC needs", "`git init`"
            )
        reason = said[0] if said else "no commit"
        return Finding("warning", "Git", f"no commit yet ({reason})", "`git commit`")
    changed = _run(root, "git", "status", "--porcelain").stdout.splitlines()
    what = f"commit {refused.stdout.strip()}"
    if not changed:
        return Finding("ok", "Git", f"{what}, nothing changed")
    what = f"{what}, {len(changed)} files changed, which lineage calls uncommitted"
    return Finding("warning", "Git", what, "`git commit`")


def _dvc(root: Path) -> Iterator[Finding]:
    if not (root / ".dvc").is_dir():
        yield Finding("missing", "DVC", f"{root} has no .dvc", "`dvc init`")
        return
    asked = _run(root, sys.executable, "-m", "dvc", "status", "--quiet")
    if asked.returncode == 0:
        yield Finding("ok", "DVC", "all stages are up to date")
    elif asked.returncode == 1:
        yield Finding("warning", "DVC", "some stages are not up to date", "`make repro`")
    else:
        said = asked.stderr.strip().splitlines()
        what = f"dvc status fails ({said[-1] if said else asked.returncode})"
        yield Finding("missing", "DVC", what, "`dvc status`")
    remotes = _remotes(root)
    for name, options in remotes.items():
        yield _remote(name, options)
    if not remotes:
        yield Finding("ok", "DVC remote", "none; data stays on this machine", "`dvc remote add`")


def _remote(name: str, options: Mapping[str, str]) -> Finding:
    if options.get("url", "").startswith("s3://"):
        if find_spec("dvc_s3") is None:
            what = f"{name} is in S3, which needs dvc-s3"
            mend = "`python -m pip install 'visual-erm[s3]'`"
            return Finding("missing", "DVC remote", what, mend)
        if endpoint := options.get("endpointurl"):
            elsewhere = f"`dvc remote modify {name} endpointurl ADDRESS`"
            try:
                require_answer(f"the store of {name}", endpoint, f"start it, or {elsewhere}")
            except ErmError as error:
                what, _, mend = str(error).removesuffix(".").rpartition("; ")
                return Finding("missing", "DVC remote", what, mend)
    return Finding("ok", "DVC remote", name)


def _remotes(root: Path) -> dict[str, dict[str, str]]:
    """The remotes in DVC's configuration of this checkout, by name, with their options."""
    found: dict[str, dict[str, str]] = {}
    for file in ("config", "config.local"):
        parser = ConfigParser(interpolation=None)
        try:
            parser.read(root / ".dvc" / file, encoding="utf-8")
        except (Error, UnicodeDecodeError):
            continue
        for section in parser.sections():
            kind, _, name = section.strip("'\"").partition(" ")
            if kind == "remote":
                found.setdefault(name.strip('"'), {}).update(parser[section])
    return found


def _champions(root: Path) -> Iterator[Finding]:
    from erm.tracking import has_store

    if not has_store(root):
        yield Finding("ok", "registry", "none yet; the pipeline makes mlflow.db")
        return
    from erm.registry.aliases import CHAMPION, CRITIC, POLICY, aliases_of, registry_client

    try:
        client = registry_client(root)
    except ErmError:
        return  # its server is a line of its own
    for name in (CRITIC, POLICY):
        version = aliases_of(client, name).get(CHAMPION)
        if version is None:
            yield Finding("ok", name, "no champion", "`make repro`")
        else:
            yield Finding("ok", name, f"champion is version {version}")


def _run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, cwd=root, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 255, "", str(error))
