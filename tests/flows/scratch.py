"""Scratch copies of a checkout, in which programs run as a user's would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from hydra import compose as compose_config
from hydra import initialize_config_dir
from omegaconf import OmegaConf


def copy_checkout(source: Path, target: Path) -> None:
    """Clones the repository and lays the working tree's present state over it.

    Files that git ignores (data, models, records, the environment) stay behind.
    """
    subprocess.run(["git", "clone", "--quiet", str(source), str(target)], check=True)
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=source, check=True, capture_output=True).stdout
    for name in listed.decode().split("\0"):
        if not name:
            continue
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, target / name)
        else:
            (target / name).unlink(missing_ok=True)
    (target / "dvc.lock").unlink(missing_ok=True)  # nothing it knows is in the copy's cache


def environment(copy: Path) -> dict[str, str]:
    """Environment in which programs of the copy use the copy's code and leave no trace outside."""
    outside = ("MLFLOW_TRACKING_URI", "PREFECT_API_URL", "PREFECT_HOME", "DVC_ROOT")
    kept = {name: value for name, value in os.environ.items() if name not in outside}
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PYTHONPATH": str(copy), "PATH": path, "DVC_NO_ANALYTICS": "1"}


def compose(conf: Path, profile: str | None = None) -> str:
    """Text of ``params.yaml`` for a profile, as ``dvc exp run -S profile=…`` writes it."""
    with initialize_config_dir(str(conf.resolve()), version_base=None):
        config = compose_config("config", [f"profile={profile}"] if profile else [])
    OmegaConf.resolve(config)
    return str(OmegaConf.to_yaml(config))
