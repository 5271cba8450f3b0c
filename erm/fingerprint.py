"""Content hashes of what decides a result: files and folders, settings, and code.

Not covered: what is done with such a hash, be it resuming (`flows.outputs`,
`erm.synthesis.synthesize`, `erm.synthesis.infer`) or finding a registered model again
(`erm.registry.promotion`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml


def content_hash(path: Path) -> str:
    """sha256 over the names and bytes of a file, or of all files below a folder.

    Compiled Python (``__pycache__``) does not count.
    """
    files = [path]
    if path.is_dir():
        below = (file for file in path.rglob("*") if file.is_file())
        files = sorted(file for file in below if file.parent.name != "__pycache__")
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(path)}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def fingerprint(fields: Mapping[str, Any], *read: Path) -> str:
    """Hash of all that decides the bytes of data: settings, code, and what is read.

    The code is this package and the packages whose tasks are installed.

    Args:
        fields: settings as JSON values.
        read: files and folders; they count by content, and one that is missing does not count.
    """
    state = hashlib.blake2b(digest_size=8)
    state.update(json.dumps(fields, sort_keys=True).encode())
    for path in (Path(__file__).parent, *_task_packages(), *read):
        state.update(content_hash(path).encode() if path.exists() else b"-")
    return state.hexdigest()


def recorded_md5(paths: Iterable[Path]) -> dict[str, str]:
    """DVC's md5 of outputs, as ``dvc.lock`` records them; leaves out those it does not know."""
    lock = Path("dvc.lock")
    if not lock.exists():
        return {}
    stages = yaml.safe_load(lock.read_text(encoding="utf-8")).get("stages", {})
    known = {out["path"]: out["md5"] for entry in stages.values() for out in entry.get("outs", [])}
    return {str(path): known[str(path)] for path in paths if str(path) in known}


def _task_packages() -> Iterator[Path]:
    """Folders or single modules that hold the tasks of other distributions."""
    names = {entry.module.partition(".")[0] for entry in entry_points(group="erm.tasks")}
    for name in sorted(names - {__name__.partition(".")[0]}):
        spec = find_spec(name)
        if spec is not None and spec.origin is not None:
            origin = Path(spec.origin)
            yield origin.parent if spec.submodule_search_locations else origin
