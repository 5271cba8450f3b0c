"""Names of what decides a result: the content of files and folders, settings, and this code.

Not covered: what is done with such a name, be it resuming (`erm.synthesis.synthesize`,
`erm.synthesis.infer`) or finding a registered model again (`erm.registry.promotion`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def content_hash(path: Path) -> str:
    """sha256 over the names and bytes of a file, or of all files below a folder."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(path)}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def fingerprint(fields: Mapping[str, Any], *read: Path) -> str:
    """Name of all that decides the bytes of data: settings, the library's code, what is read.

    Args:
        fields: settings as JSON values.
        read: files and folders; they count by content, and one that is missing does not count.
    """
    state = hashlib.blake2b(digest_size=8)
    state.update(json.dumps(fields, sort_keys=True).encode())
    package = Path(__file__).parent
    rooms = ("sources", "tasks", "render", "dataset", "synthesis")
    below = [file for room in rooms for file in package.glob(f"{room}/**/*.py")]
    for file in sorted([*package.glob("*.py"), *below]):
        state.update(file.relative_to(package).as_posix().encode() + file.read_bytes())
    for path in read:
        state.update(content_hash(path).encode() if path.exists() else b"-")
    return state.hexdigest()
