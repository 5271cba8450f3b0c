"""What counts in a hash of a folder, and in the name of data that is half made."""

from __future__ import annotations

import json
import sys
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from erm.fingerprint import content_hash, fingerprint, recorded_md5


def test_names_and_bytes_of_a_folder_count_and_compiled_python_does_not(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("one")
    first = content_hash(tmp_path)
    compiled = tmp_path / "below" / "__pycache__" / "a.pyc"
    compiled.parent.mkdir(parents=True)
    compiled.write_bytes(b"\0")
    assert content_hash(tmp_path) == first
    (tmp_path / "a.py").rename(tmp_path / "b.py")
    assert content_hash(tmp_path) != first
    (tmp_path / "b.py").write_text("two")
    (tmp_path / "b.py").rename(tmp_path / "a.py")
    assert content_hash(tmp_path) != first


def test_settings_data_and_the_code_of_other_tasks_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    data.write_text("one")
    package = tmp_path / "other_task"
    package.mkdir()
    (package / "__init__.py").write_text("TASK = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    own = EntryPoint("svg", "erm.tasks.svg:TASK", "erm.tasks")
    other = EntryPoint("other", "other_task:TASK", "erm.tasks")
    installed = [own]
    monkeypatch.setattr("erm.fingerprint.entry_points", lambda group: EntryPoints(installed))
    seen = [
        fingerprint({"seed": 0}, data),
        fingerprint({"seed": 1}, data),
        fingerprint({"seed": 0}),
    ]
    data.write_text("two")
    seen.append(fingerprint({"seed": 0}, data))
    installed.append(other)
    seen.append(fingerprint({"seed": 0}, data))
    (package / "__init__.py").write_text("TASK = 2\n")
    seen.append(fingerprint({"seed": 0}, data))
    assert len(set(seen)) == len(seen)
    assert fingerprint({"seed": 0}, data) == seen[-1]
    assert "other_task" not in sys.modules


def test_recorded_md5_is_of_the_lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert recorded_md5((Path("numbers"),)) == {}
    lock = {"stages": {"count": {"outs": [{"path": "numbers", "md5": "abc.dir"}]}}}
    Path("dvc.lock").write_text(json.dumps(lock))
    assert recorded_md5((Path("numbers"), Path("text"))) == {"numbers": "abc.dir"}
