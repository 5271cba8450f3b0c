"""What a stage reads and writes: complete folders only.

DVC deletes a stage's outputs before it runs the stage, so unfinished outputs and the state to
resume from live in ``.erm``.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from erm.errors import ErmError
from erm.fingerprint import content_hash
from erm.results import lasting
from erm.tracking import flatten, store_file, tracking_uri
from flows import CHECKOUT

STATE = Path(".erm")
LOCKS = STATE / "locks"
_OWN = (".erm", ".dvc/cache", "data", "models", "reports", tempfile.gettempdir())
_STORES = (os.environ["PREFECT_HOME"], str(store_file(tracking_uri(CHECKOUT)) or CHECKOUT))
WRITTEN = tuple(map(Path, (*_OWN, str(CHECKOUT), *_STORES)))
"""What a run writes to; each place may be on a disk of its own."""


@dataclass(frozen=True)
class Paths:
    """What a stage reads and where it writes, relative to the root of the repository.

    Attributes:
        data: what the stage reads, apart from code, with its content hash.
        outs, metrics: what it leaves behind.
        unfinished: folder that stands for the root of the repository until the stage is done.
        work: state to resume from; a run with the same settings, data and code finds it again.
        answers: answers of endpoints, which cost money: no stage deletes them.
        history: results of the stage's earlier runs, which no stage deletes either.
    """

    stage: str
    data: Mapping[Path, str]
    outs: tuple[Path, ...]
    metrics: Path
    unfinished: Path
    work: Path
    answers: Path
    history: Path

    def out(self, path: str) -> Path:
        """Where to write the output that ``dvc.yaml`` lists as `path`."""
        if Path(path) not in self.outs:
            raise ErmError(f"dvc.yaml lists no output '{path}' for stage {self.stage}.")
        target = self.unfinished / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target


def prepare(stage: str, params: Mapping[str, Any]) -> Paths:
    """The stage's entry in ``dvc.yaml``, and its folders; deletes state that does not fit any more.

    Args:
        params: the sections of ``params.yaml`` as JSON values.

    Raises:
        ErmError: an input is missing.
    """
    entry = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"][stage]
    values = flatten(params)
    deps = [Path(str(values[dep[2:-1]]) if dep.startswith("${") else dep) for dep in entry["deps"]]
    for path in deps:
        if not path.exists():
            raise ErmError(f"{path} is missing, which stage {stage} reads; run `dvc repro`.")
    read = {str(path): content_hash(path) for path in deps}
    decisive = json.dumps([[params[name] for name in entry["params"]], read], sort_keys=True)
    key = hashlib.sha256(decisive.encode()).hexdigest()[:16]
    paths = Paths(
        stage=stage,
        data={path: read[str(path)] for path in deps if path.parts[0] not in ("erm", "flows")},
        outs=tuple(Path(out) for out in entry.get("outs", [])),
        metrics=Path(next(iter(entry["metrics"][0]))),
        unfinished=STATE / "unfinished" / stage,
        work=STATE / "work" / stage / key,
        answers=CHECKOUT / STATE / "answers",
        history=CHECKOUT / STATE / "history" / stage,
    )
    shutil.rmtree(paths.unfinished, ignore_errors=True)
    paths.unfinished.mkdir(parents=True)
    paths.work.mkdir(parents=True, exist_ok=True)
    for other in paths.work.parent.iterdir():
        if other != paths.work:
            shutil.rmtree(other)
    return paths


def finish(paths: Paths, metrics: Mapping[str, Any]) -> None:
    """Moves complete outputs into place, the metrics last, and forgets the state to resume from.

    Raises `ErmError` where the stage left an output out.
    """
    for out in paths.outs:
        if not (paths.unfinished / out).exists():
            raise ErmError(f"Stage {paths.stage} did not write its output {out}.")
    partial = paths.unfinished / "metrics.json"
    partial.write_text(json.dumps(lasting(metrics), indent=2) + "\n", encoding="utf-8")
    for out in paths.outs:
        if out.is_dir():
            shutil.rmtree(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(paths.unfinished / out, out)
    paths.metrics.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(partial, paths.metrics)
    shutil.rmtree(paths.unfinished)
    shutil.rmtree(paths.work)
