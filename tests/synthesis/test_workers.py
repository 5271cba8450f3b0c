"""Processes and nodes that make chunks: an interruption does not wait for what they are at."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

import erm.synthesis.workers
from erm.cluster import connected, map_unordered
from erm.errors import ErmError
from erm.policies.base import write_completion
from erm.render import Renderer
from erm.synthesis.chunks import Chunk, proposed_chunk, write_replies
from erm.synthesis.proposals import Proposal
from erm.synthesis.settings import PairingSettings, WorkSettings
from erm.synthesis.workers import ChunkJob, make_chunks
from tests.ray_cluster import RayCluster, drawing, running_cluster
from tests.waiting import until

PATIENCE_SECONDS = 120


class _Interrupted(tqdm):  # type: ignore[type-arg]
    """A progress bar at whose first step the user presses Ctrl-C."""

    def update(self, n: float | None = 1) -> Any:
        raise KeyboardInterrupt


def _chunk(index: int, sources: int) -> Chunk:
    ids = [f"svg/{100_000 * index + number:06d}" for number in range(sources)]
    return Chunk("svg", index, tuple((one, "train", None) for one in ids))


def test_an_interruption_ends_what_is_running_and_keeps_what_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erm.synthesis.workers, "tqdm", _Interrupted)
    short, long = _chunk(0, 1), _chunk(1, 2000)
    job = ChunkJob(PairingSettings(), WorkSettings(workers=2), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        make_chunks(job, [short, long], "synthesize")
    assert short.is_made(tmp_path)
    assert not long.is_made(tmp_path)
    assert not multiprocessing.active_children()


@pytest.fixture(scope="module")
def cluster() -> Iterator[RayCluster]:
    """A head without processors and two nodes with one each."""
    pytest.importorskip("ray")
    with running_cluster(2) as started:
        yield started


def _work(address: str) -> WorkSettings:
    return WorkSettings(workers=1 if address == "local" else None, cluster=address)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _at_first_step(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Have a run call `act` once, when its first chunk is made and others are at work."""
    acts = iter([act])

    class Watched(tqdm):  # type: ignore[type-arg]
        def update(self, n: float | None = 1) -> bool | None:
            for one in acts:
                one()
            return super().update(n)

    monkeypatch.setattr(erm.synthesis.workers, "tqdm", Watched)


@pytest.mark.ray
def test_a_node_that_is_killed_loses_nothing(
    cluster: RayCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = [_chunk(index, 6) for index in range(6)]
    job = ChunkJob(PairingSettings(), _work("local"), tmp_path / "local")
    make_chunks(job, chunks, "synthesize")

    lost = []

    def kill() -> None:
        until(lambda: bool(drawing(cluster.nodes[:1])), PATIENCE_SECONDS)
        lost.extend(drawing(cluster.nodes[:1]))
        cluster.kill(cluster.nodes[0])

    _at_first_step(monkeypatch, kill)
    shared = ChunkJob(PairingSettings(), _work(cluster.address), tmp_path / "shared")
    shared.done.mkdir()
    make_chunks(shared, chunks, "synthesize")
    assert lost
    assert _files(shared.done) == _files(job.done)
    until(lambda: not any(one.is_running() for one in lost), PATIENCE_SECONDS)
    cluster.add()


@pytest.mark.ray
@pytest.mark.parametrize("outside", [False, True], ids=["from a node", "from elsewhere"])
def test_candidates_of_models_and_second_back_ends_are_made_on_nodes(
    outside: bool, cluster: RayCluster, tmp_path: Path
) -> None:
    def edited(source: str) -> str:
        return re.sub(r'fill="[^"]+"', 'fill="red"', source, count=1)

    made = {}
    for name in ("local", cluster.client if outside else cluster.address):
        done = tmp_path / name.replace("/", "-")
        done.mkdir()
        job = ChunkJob(PairingSettings(), _work(name), done, second_backends={"svg": "resvg"})
        sourced = _chunk(0, 2)
        make_chunks(job, [sourced], "synthesize")
        proposed = proposed_chunk(sourced, done)
        replies = [
            Proposal(source_id, "edit", ("model",), write_completion("svg", edited(source)))
            for source_id, _, source in proposed.sources
            if source is not None
        ]
        write_replies(sourced, replies, done)
        assert make_chunks(job, [proposed], "synthesize")[0] > 0
        made[name] = _files(done)
    first, second = made.values()
    assert first == second
    assert len(first) == 5


@pytest.mark.ray
def test_an_interruption_ends_the_work_on_the_nodes_and_the_next_run_goes_on(
    cluster: RayCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short, long, other = _chunk(0, 1), _chunk(1, 2000), _chunk(1, 1)
    job = ChunkJob(PairingSettings(), _work(cluster.address), tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(erm.synthesis.workers, "tqdm", _Interrupted)
        with pytest.raises(KeyboardInterrupt):
            make_chunks(job, [short, long], "synthesize")
    assert short.is_made(tmp_path)
    assert not long.is_made(tmp_path)
    until(lambda: not drawing(cluster.nodes), PATIENCE_SECONDS)
    before = (tmp_path / f"{short.name}.json").stat().st_ino
    make_chunks(job, [short, other], "synthesize")
    assert other.is_made(tmp_path)
    assert (tmp_path / f"{short.name}.json").stat().st_ino == before


def _missing_protections(_: int) -> list[str]:
    with Renderer(workers=1) as renderer:
        return renderer.missing()


def _bad_input(item: int) -> int:
    raise ErmError(f"Item {item} can't be read.")


@pytest.mark.ray
def test_nodes_contain_programs_as_this_machine_does(cluster: RayCluster) -> None:
    with connected(cluster.address):
        ((_, found),) = map_unordered(_missing_protections, iter([0]))
    assert found == _missing_protections(0)


@pytest.mark.ray
def test_a_sentence_of_a_node_arrives_as_it_is(cluster: RayCluster) -> None:
    with (
        connected(cluster.address),
        pytest.raises(ErmError, match=r"^Item 7 can't be read\.$"),
    ):
        list(map_unordered(_bad_input, iter([7])))
