"""A checkout whose only stage counts, and can be made to fail, to wait and to lose a worker."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

DVC_YAML = """
stages:
  count:
    cmd: python -m flows.count
    params: [count]
    deps: [erm/code.py, flows/count.py, "${count.text}"]
    outs: [numbers]
    metrics: [{reports/count.json: {cache: false}}]
"""

COUNT = """
import dataclasses, os, time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import yaml
from erm.errors import ErmError
from erm.servers import notify
from erm.settings import Settings
from erm.tracking import log_metrics
from flows import stage


class CountSettings(Settings):
    upto: int
    text: Path


@dataclasses.dataclass
class Params:
    profile: str
    count: CountSettings


def read_params():
    content = yaml.safe_load(Path("params.yaml").read_text())
    return Params(content["profile"], CountSettings(**content["count"]))


stage.read_params = read_params
stage._RETRY_SECONDS[:] = [0, 0]


def pause(out, how):
    if os.environ.get("COUNT") == how:
        (out / "waiting").touch()
        while (out / "waiting").exists():
            time.sleep(0.05)


@stage.stage
def count(params, paths):
    out = paths.out("numbers")
    out.mkdir(exist_ok=True)
    done = paths.work / "done"
    begun = int(done.read_text()) if done.exists() else 0
    for number in range(begun, params.count.upto):
        if number == 2 and os.environ.get("COUNT") == "fail":
            raise ErmError("numbers: 2 is torn.")
        if number == 2 and os.environ.get("COUNT") == "wait":
            (out / "waiting").touch()
            time.sleep(600)
        if number == 2:
            pause(out, "pause")
        if number == 4:
            done.write_text("5")
            raise ErmError("A worker died.") from BrokenProcessPool("lost")
        done.write_text(str(number + 1))
        log_metrics({"progress": 100 * (number + 1) / params.count.upto})
    if os.environ.get("COUNT") == "ask":
        from erm.endpoints.client import Endpoint, Question

        notify("asking", {"run": None})
        endpoint = Endpoint("m", journal=paths.answers / "policy.jsonl", attempts=1)
        (answer,) = endpoint.ask_all([Question(params.count.text.read_text())])
        (out / "answer").write_text(answer.text)
    pause(out, "pause at the end")
    (out / "all").touch()
    return {"begun": begun, "mean": float("nan")}


if __name__ == "__main__":
    stage.main(count)
"""

COUNTING = """
from flows import pipeline

pipeline.check_run = lambda *_: None  # it knows the real stages only
pipeline.main()
"""

PARAMS: dict[str, Any] = {"count": {"upto": 5, "text": "text"}}


def write_checkout(folder: Path) -> Path:
    """A checkout whose only stage counts; its 'erm' is this one's."""
    shutil.copytree(ROOT / "flows", folder / "flows", ignore=shutil.ignore_patterns("*.pyc"))
    (folder / "flows" / "count.py").write_text(COUNT)
    (folder / "flows" / "counting.py").write_text(COUNTING)
    (folder / "erm").symlink_to(ROOT / "erm")
    (folder / "dvc.yaml").write_text(DVC_YAML.replace("erm/code.py, ", ""))
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q", "--no-scm"], cwd=folder, check=True)
    (folder / "params.yaml").write_text(yaml.safe_dump({"profile": "laptop", **PARAMS}))
    (folder / "text").write_text("one")
    database = ROOT / ".erm" / "prefect" / "prefect.db"
    if database.exists():  # migrating a new one takes 20 s
        home = folder / ".erm" / "prefect"
        home.mkdir(parents=True)
        with sqlite3.connect(database) as source, sqlite3.connect(home / "prefect.db") as target:
            source.backup(target)
    return folder
