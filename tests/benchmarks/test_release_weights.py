"""A critic is packed with its numbers, and not without."""

from __future__ import annotations

import json
import shutil
import tarfile
from pathlib import Path

import pytest

from benchmarks.release_weights import release
from erm.critics.local import LocalCritic
from erm.errors import ErmError
from erm.tasks import task_names


def test_a_release_has_weights_licence_and_numbers(tiny_critic: Path, tmp_path: Path) -> None:
    critic = tmp_path / "critic"
    shutil.copytree(tiny_critic, critic)
    with pytest.raises(ErmError, match=r"critic: has no scores\.json; write it with"):
        release(critic, tmp_path / "dist")
    names = ("overall", *task_names())
    row = {"pairs": 7, "pearson": None, **{f"f1 {name}": 0.25 for name in names}}
    (critic / "scores.json").write_text(json.dumps({"real": {"critics": {"critic": row}}}))
    with tarfile.open(release(critic, tmp_path / "dist")) as tar:
        tar.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.glob("visual-erm-critic-*")
    assert "| real | 7 | 0.25 | 0.25 | 0.25 | 0.25 | – |" in (folder / "README.md").read_text()
    assert (folder / "LICENSE").read_text() == Path("LICENSE").read_text()
    assert LocalCritic(folder).checkpoint.role.prompts


def test_a_folder_without_a_critic_is_refused(tiny_policy: Path, tmp_path: Path) -> None:
    with pytest.raises(ErmError, match="policy"):
        release(tiny_policy, tmp_path)
