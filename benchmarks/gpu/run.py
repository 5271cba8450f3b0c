"""Checks the whole GPU path on a machine with a GPU and no network, in under ten minutes.

``python benchmarks/gpu/run.py [--out FOLDER] [--pack FOLDER] [--only PART …] [--rehearse]``, from
the root of the repository. Each part is a process of its own with a limit of time; a part that
fails costs nothing but its row. OUT gets ``results.json``, ``logs.tar.gz`` and the trained critic
as ``critic.tar.00``, ``critic.tar.01``, … (``cat critic.tar.* | tar x``). ``--rehearse`` runs the
same on a CPU with the smallest models and pictures. Needs Python's standard library alone: what
`benchmarks/gpu/pack.sh` gathered is installed into a temporary folder first.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

TOTAL = 540.0
"""Seconds of all parts on a GPU."""
SCORING = 75.0
"""Seconds of the total that are left for scoring the critic."""
SLICE = 15 << 20
"""Bytes of a file of the packed critic."""
MOST_WEIGHTS = 60_000_000
"""Bytes of a critic that is worth carrying back."""


@dataclass
class Outcome:
    """How a part ended.

    Attributes:
        state: ``passed``, ``failed``, ``cannot`` (something that it needs is not there) or
            ``out of time``.
        reason: the last line of its log if it did not pass.
        numbers: what it measured.
    """

    state: str
    seconds: float = 0.0
    reason: str = ""
    numbers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A part as a process.

    Attributes:
        command: arguments of the interpreter.
        limit: seconds.
        results: JSON files that it writes, by name; those that are there are read, however it ends.
        idle: runs only where nothing else wants the processor.
    """

    name: str
    command: Sequence[str]
    limit: float
    results: Mapping[str, Path] = field(default_factory=dict)
    idle: bool = False


def _yield_the_processor() -> None:
    os.nice(19)


class Running:
    """A started part."""

    def __init__(self, job: Job, logs: Path, environment: Mapping[str, str]) -> None:
        self.job = job
        self._log = logs / f"{job.name}.log"
        self._begun = time.monotonic()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, *job.command],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env=dict(environment),
                start_new_session=True,
                preexec_fn=_yield_the_processor if job.idle else None,
            )

    def finish(self) -> Outcome:
        """Wait for the part's end or its limit."""
        state, ended = "passed", ""
        try:
            left = self._begun + self.job.limit - time.monotonic()
            if code := self._process.wait(max(left, 0.1)):
                state = "failed"
                ended = f"signal {-code}: " if code < 0 else ""
        except subprocess.TimeoutExpired:
            state = "out of time"
        self.stop()
        lines = self._log.read_text(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()] or ["no output"]
        return Outcome(
            state,
            time.monotonic() - self._begun,
            "" if state == "passed" else ended + said[-1],
            {
                name: json.loads(path.read_text())
                for name, path in self.job.results.items()
                if path.is_file()
            },
        )

    def stop(self) -> None:
        """End the part and every process that it started in its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def install(pack: Path, work: Path) -> dict[str, str]:
    """The environment in which the parts run: packed wheels, and libraries that are missing here.

    Raises:
        RuntimeError: pip refuses the wheels.
    """
    environment = {**os.environ, "TOKENIZERS_PARALLELISM": "false", "PYTHONUNBUFFERED": "1"}
    paths = [str(ROOT)]
    wheels = sorted(map(str, pack.glob("wheels/*.whl")))
    if wheels:
        site = work / "site"
        options = ["--quiet", "--no-index", "--no-deps", "--no-compile", "--no-cache-dir"]
        command = [sys.executable, "-m", "pip", "install", *options, "--target", str(site)]
        done = subprocess.run([*command, *wheels], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"pip can't install the wheels: {done.stderr.strip()[-400:]}")
        paths.append(str(site))
    libraries = work / "libraries"
    if (packed := pack / "libraries.tar.xz").is_file():
        with tarfile.open(packed) as tar:
            tar.extractall(work, filter="data")
        known = _known_libraries()
        for file in libraries.iterdir():
            if file.name in known:
                file.unlink()
    if os.environ.get("PYTHONPATH"):
        paths.append(os.environ["PYTHONPATH"])
    environment["PYTHONPATH"] = os.pathsep.join(paths)
    found = [str(libraries), os.environ.get("LD_LIBRARY_PATH", "")]
    environment["LD_LIBRARY_PATH"] = ":".join(path for path in found if path)
    return environment


def _known_libraries() -> set[str]:
    """Names of the shared libraries that the system's linker finds."""
    for program in ("/sbin/ldconfig", "/usr/sbin/ldconfig", "ldconfig"):
        try:
            listed = subprocess.run([program, "-p"], capture_output=True, text=True, check=False)
        except OSError:
            continue
        return {line.split()[0] for line in listed.stdout.splitlines()[1:] if line.split()}
    return set()


def lacking(environment: Mapping[str, str], statement: str) -> str:
    """The last line of the error that a statement raises in the parts' environment, or nothing."""
    command = [sys.executable, "-c", statement]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )
    said = done.stderr.strip().splitlines()
    return "" if done.returncode == 0 else said[-1] if said else f"exit {done.returncode}"


MODELS = """
import erm.critics.training, erm.models.grpo, erm.models.sft, erm.tasks
erm.tasks.task_names()
"""
CUDA = """
import torch
if not torch.cuda.is_available(): raise SystemExit('There is no CUDA device.')
"""
DRAWING = "import cairosvg, matplotlib, weasyprint"


class Check:
    """All parts, in their order.

    Args:
        rehearse: on a CPU, with the smallest sizes.
        seconds: of all parts; the critic is trained for what the others leave.
    """

    def __init__(
        self,
        out: Path,
        work: Path,
        pack: Path,
        only: Sequence[str],
        *,
        rehearse: bool,
        seconds: float = TOTAL,
    ) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self._out, self._work, self._pack, self._only = out, work, pack, only
        self._rehearse = rehearse
        self._begun, self._seconds = time.monotonic(), seconds
        self._logs = work / "logs"
        self._logs.mkdir()
        self._environment = install(pack, work)
        self.outcomes["install"] = Outcome("passed", time.monotonic() - self._begun)
        self._drawn = work / "pairs"

    def run(self) -> bool:
        """Run the parts; whether none failed."""
        statement = MODELS if self._rehearse else CUDA + MODELS
        if reason := lacking(self._environment, statement):
            self._ended("models", Outcome("cannot", reason=reason))
            return False
        drawing = self._start_drawing()
        try:
            for job in (self._tests(), self._speed()):
                if self._wanted(job.name):
                    self._ended(job.name, Running(job, self._logs, self._environment).finish())
            if drawing is not None:
                self._ended("pairs", drawing.finish())
        finally:
            if drawing is not None:
                drawing.stop()
        self._critic()
        return all(one.state == "passed" for one in self.outcomes.values())

    def write(self) -> None:
        """Results, logs and the critic's weights."""
        results = {name: asdict(outcome) for name, outcome in self.outcomes.items()}
        (self._out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        with tarfile.open(self._out / "logs.tar.gz", "w:gz") as archive:
            archive.add(self._logs, "logs")

    def _wanted(self, name: str) -> bool:
        return not self._only or name in self._only

    def _ended(self, name: str, outcome: Outcome) -> None:
        self.outcomes[name] = outcome
        print(f"{name}: {outcome.state} after {outcome.seconds:.0f} s {outcome.reason}", flush=True)

    def _limit(self, seconds: float) -> float:
        """Of a part: longer on a CPU, which others may use."""
        return 1200.0 if self._rehearse else seconds

    def _left(self) -> float:
        return self._begun + self._seconds - time.monotonic()

    def _start_drawing(self) -> Running | None:
        """Pairs are drawn by idle cores while the GPU is measured."""
        if not self._wanted("pairs"):
            return None
        if reason := lacking(self._environment, DRAWING):
            self._ended("pairs", Outcome("cannot", reason=reason))
            return None
        results = self._work / "pairs.json"
        command = ["-m", "benchmarks.gpu.pairs", str(self._drawn), "--json", str(results)]
        command += ["--size", "least" if self._rehearse else "full"]
        command += ["--workers", str(max(2, (os.cpu_count() or 2) - 4))]
        sources = self._pack / "sources.parquet"
        if sources.is_file():
            command += ["--sources", str(sources)]
        job = Job("pairs", command, self._limit(230), {"pairs": results}, idle=True)
        return Running(job, self._logs, self._environment)

    def _tests(self) -> Job:
        chosen = "not gpu" if self._rehearse else "gpu"
        command = ["-m", "pytest", "-m", chosen, "-p", "no:cacheprovider", "--durations=0", "-rf"]
        files = ["tests/models/test_gpu.py", "tests/models/test_generation.py"]
        named = ["-k", "test_gpu or step_by_step"]
        return Job("tests", [*command, *files, *named], self._limit(90))

    def _speed(self) -> Job:
        results = self._work / "speed.json"
        names = ["2b, short", "8b, LoRA, short", "2b, GRPO", "8b, short"]
        if self._rehearse:
            names = ["miniature", "miniature, LoRA", "miniature, GRPO"]
        command = ["-m", "benchmarks.training", "--settings", ";".join(names)]
        job = [*command, "--json", str(results)]
        return Job("speed", job, self._limit(165), {"speed": results})

    def _critic(self) -> None:
        """Train a critic in the time that is left, score it, and pack its weights."""
        if not self._wanted("critic"):
            return
        pairs = self._drawn if (self._drawn / "wide" / "data").is_dir() else self._pack / "pairs"
        if not pairs.is_dir():
            reason = "no pairs were drawn, and the pack holds none"
            self._ended("critic", Outcome("cannot", reason=reason))
            return
        folder = self._work / "critic"
        seconds = 1000.0 if self._rehearse else self._left() - SCORING
        command = ["-m", "benchmarks.gpu.critic", str(pairs), str(folder)]
        command += ["--seconds", f"{seconds:.0f}", *(["--least"] if self._rehearse else [])]
        results = {"training": folder / "training.json"}
        limit = self._limit(seconds + 20)
        job = Job("critic", command, limit, results)
        outcome = Running(job, self._logs, self._environment).finish()
        outcome.numbers["drawn here"] = pairs == self._drawn
        for curve in ("history", "validation"):
            if (file := folder / f"{curve}.csv").is_file():
                with file.open(newline="") as rows:
                    outcome.numbers[curve] = list(csv.DictReader(rows))
        self._ended("critic", outcome)
        if outcome.state != "passed":
            return
        scores = folder / "critic" / "scores.json"
        folders = [str(pairs / "compact"), str(pairs / "wide")]
        number = "2" if self._rehearse else "60"
        command = ["-m", "benchmarks.critic", str(folder / "critic"), *folders, "--pairs", number]
        command += ["--chains", "0", "--no-exact", "--json", str(scores)]
        job = Job("score", command, self._limit(max(self._left(), 30)), {"scores": scores})
        self._ended("score", Running(job, self._logs, self._environment).finish())
        self._pack_critic(folder / "critic")

    def _pack_critic(self, critic: Path) -> None:
        """Write the critic in slices that any channel takes."""
        archive = self._work / "critic.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(critic, "critic")
        if archive.stat().st_size > MOST_WEIGHTS:
            reason = f"the critic has {archive.stat().st_size} bytes, more than {MOST_WEIGHTS}"
            self._ended("weights", Outcome("failed", reason=reason))
            return
        with archive.open("rb") as whole:
            for number, part in enumerate(iter(lambda: whole.read(SLICE), b"")):
                (self._out / f"critic.tar.{number:02d}").write_bytes(part)


def table(outcomes: Mapping[str, Outcome]) -> str:
    """One row a part."""
    rows = [("part", "state", "seconds", "reason")]
    rows += [
        (name, one.state, f"{one.seconds:.0f}", one.reason[:100]) for name, one in outcomes.items()
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]])
        for row in rows
    )


PARTS = ("pairs", "tests", "speed", "critic")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("reports/gpu"))
    parser.add_argument("--pack", type=Path, default=Path(".gpu-pack"))
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[], metavar="PART")
    parser.add_argument("--seconds", type=float, default=TOTAL, help=f"of all parts ({TOTAL:.0f})")
    parser.add_argument("--rehearse", action="store_true", help="on a CPU, with the smallest sizes")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="erm-gpu-") as work:
        os.chmod(work, 0o755)  # another user draws, and reads the packages in it
        try:
            check = Check(
                arguments.out.resolve(),
                Path(work),
                arguments.pack.resolve(),
                arguments.only,
                rehearse=arguments.rehearse,
                seconds=arguments.seconds,
            )
        except RuntimeError as error:
            parser.exit(1, f"{error}\n")
        passed = check.run()
        check.write()
    print(table(check.outcomes))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
