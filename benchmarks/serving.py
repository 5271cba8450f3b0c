"""Load on the reward server: many clients, and processes that are killed meanwhile.

``python benchmarks/serving.py [--clients N] [--requests N] [--items N] [--critic SPEC]
[--tasks svg,table,chart] [--kill-every SECONDS] [--json FILE]``

Two servers are started: one whose critic judges, and one that draws and asks the first for
critiques (``--critic server:URL``). Each client asks `requests` times for the rewards of `items`
completions, of which a third is broken and a third repeats another one. The first run is quiet. In
the second one a process is killed (SIGKILL) every few seconds: two drawing workers, then the
critic's server, which is started again on the same port and left alone until it answers.

A completion is lost where it has no value, and different where it has another one than the library
gives in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil

from erm.critics.loading import critic_from_spec
from erm.endpoints.reward_servers import RewardServers
from erm.policies.base import write_completion
from erm.render import Renderer
from erm.rewards.client import RewardClient
from erm.rewards.loading import load_reward
from erm.rewards.rollout import Rollout
from erm.rewards.settings import RewardSettings
from erm.tasks import get_task, task_names

SETTINGS = RewardSettings()
START_SECONDS = 300.0


class Process:
    """``erm serve`` on one port, which can be killed and started again."""

    def __init__(self, *options: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        self._command = [sys.executable, "-m", "erm.cli", "serve", "--host", "127.0.0.1"]
        self._command += ["--port", str(port), *options]
        self.start()

    def start(self) -> None:
        """Start it; it takes a while until it answers."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)

    def wait(self) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.address}/health", trust_env=False)
                return
            except httpx.TransportError:
                time.sleep(0.2)
        sys.exit(f"{' '.join(self._command)} did not start in {START_SECONDS:g} s.")

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def workers(self) -> list[psutil.Process]:
        """Its processes that draw."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            with suppress(psutil.NoSuchProcess):  # also one that has just ended
                if "erm.render.worker" in child.cmdline():
                    found.append(child)
        return found


def rollouts(tasks: Sequence[str], number: int, renderer: Renderer) -> list[Rollout]:
    """Completions of procedural sources, tasks in turn: good, broken, and repeated ones."""
    made: list[Rollout] = []
    streams = {task: _pairs(task, renderer) for task in tasks}
    for index, task in zip(range(number), itertools.cycle(tasks), strict=False):
        kind = index // len(tasks) % 3
        if kind == 2:
            made.append(made[-len(tasks)])
            continue
        reference, source, image = next(streams[task])
        text = write_completion(task, source if kind == 0 else source[: len(source) // 2])
        made.append(Rollout(task, image, text, reference))
    return made


def _pairs(task: str, renderer: Renderer) -> Iterator[tuple[str, str, bytes]]:
    """A reference's source, another source, and the reference's image."""
    for seed in itertools.count():
        drawn, other = (
            get_task(task).generate(random.Random(2 * seed + half), "compact") for half in range(2)
        )
        image = renderer.render_batch([(task, drawn)])[0].image
        if image is not None:
            yield drawn, other, image


@contextmanager
def killing(
    front: Process, critic: Process, seconds: float, killed: dict[str, int]
) -> Iterator[None]:
    """Kill a worker or the critic's server, in turn, every so many seconds."""
    over = threading.Event()

    def work() -> None:
        for number in itertools.count():
            if over.wait(seconds):
                return
            if number % 3 == 2:
                critic.kill()
                critic.start()
                critic.wait()
                killed["critic servers"] += 1
            elif workers := front.workers():
                with suppress(psutil.NoSuchProcess):
                    workers[number % len(workers)].kill()
                    killed["workers"] += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


async def load(
    address: str, batches: Sequence[Sequence[Rollout]], clients: int
) -> tuple[list[list[float | None]], list[float], float]:
    """Values by batch, seconds of each request, and seconds in all."""
    client = RewardClient(RewardServers([address], concurrency=clients), SETTINGS, chunk=1 << 10)
    values: list[list[float | None]] = [[] for _ in batches]
    seconds: list[float] = []
    waiting = iter(enumerate(batches))

    async def ask() -> None:
        for index, batch in waiting:
            began = time.perf_counter()
            values[index] = [scored.value for scored in await client.score_async(batch)]
            seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(clients)))
    return values, seconds, time.perf_counter() - began


def retries(front: Process) -> dict[str, int]:
    """Requests that the server did not answer with results, by status."""
    text = httpx.get(f"{front.address}/metrics", trust_env=False).text
    found: dict[str, int] = {}
    for line in text.splitlines():
        if line.startswith('erm_requests_total{path="/v1/reward"'):
            status = line.split('status="')[1].split('"')[0]
            if status != "200":
                found[status] = int(float(line.rsplit(" ", 1)[1]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--requests", type=int, default=4, help="of each client")
    parser.add_argument("--items", type=int, default=4, help="completions in a request")
    parser.add_argument("--critic", default="pixel", metavar="SPEC")
    parser.add_argument("--tasks", default=",".join(task_names()))
    parser.add_argument("--workers", type=int, default=2, help="processes that draw")
    parser.add_argument("--kill-every", type=float, default=3.0, metavar="SECONDS")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    tasks = options.tasks.split(",")
    with Renderer(workers=options.workers) as renderer:
        number = options.clients * options.requests * options.items
        items = rollouts(tasks, number, renderer)
        reward = load_reward(SETTINGS, critic_from_spec(options.critic), renderer)
        expected = [scored.value for scored in reward.score(items)]
    batches = [items[start : start + options.items] for start in range(0, number, options.items)]
    critic = Process("--critic", options.critic, "--workers", "1")
    critic.wait()
    front = Process(
        *("--critic", f"server:{critic.address}", "--workers", str(options.workers)),
        *("--queue", str(max(number, 1024)), "--deadline", "600"),
    )
    front.wait()
    rows: list[dict[str, Any]] = []
    try:
        for name in ("quiet", "with kills"):
            killed = {"workers": 0, "critic servers": 0}
            if name == "quiet":
                values, seconds, total = asyncio.run(load(front.address, batches, options.clients))
            else:
                with killing(front, critic, options.kill_every, killed):
                    values, seconds, total = asyncio.run(
                        load(front.address, batches, options.clients)
                    )
            got = [value for batch in values for value in batch]
            rows.append(
                {
                    "run": name,
                    "completions": number,
                    "seconds": total,
                    "completions_per_second": number / total,
                    "p50_seconds": float(np.quantile(seconds, 0.5)),
                    "p99_seconds": float(np.quantile(seconds, 0.99)),
                    "lost": sum(value is None for value in got),
                    "different": sum(
                        value is not None and value != right
                        for value, right in zip(got, expected, strict=True)
                    ),
                    "killed": killed,
                    "not_200": retries(front),
                }
            )
    finally:
        front.process.terminate()
        critic.process.terminate()
        front.process.wait()
        critic.process.wait()
    print(
        f"{options.clients} clients, {options.items} completions a request, critic "
        f"{options.critic}, tasks {options.tasks}, {options.workers} workers"
    )
    print("run          completions/s   p50 s   p99 s   lost   different   killed")
    for row in rows:
        ended = ", ".join(f"{count} {name}" for name, count in row["killed"].items() if count)
        print(
            f"{row['run']:12} {row['completions_per_second']:13.1f} {row['p50_seconds']:7.2f} "
            f"{row['p99_seconds']:7.2f} {row['lost']:6} {row['different']:11}   {ended or '-'}"
        )
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    if any(row["lost"] or row["different"] for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
