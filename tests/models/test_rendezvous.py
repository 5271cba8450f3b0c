"""How machines find each other; that they train together is tested with the trainings."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from erm.errors import ErmError
from erm.models.rendezvous import gathered, join, parse_endpoint
from erm.models.settings import LaunchSettings, TrainingSettings
from tests.nodes import two_processes


def test_all_machines_get_one_job_and_a_rank_each(tmp_path: Path) -> None:
    job = tmp_path / "job.json"
    job.touch()
    launch = two_processes(nodes=3, processes=4)
    endpoint = str(launch.rendezvous)
    with ThreadPoolExecutor() as others:
        joined = [others.submit(join, endpoint, 60) for _ in range(2)]
        with gathered(launch, job) as place:
            places = [place, *(one.result() for one in joined)]
            # nobody joins a training that is complete
            with pytest.raises(ErmError, match="no training that lacks a node within 1 s"):
                join(endpoint, 1)
    assert sorted(one.node for one in places) == [0, 1, 2]
    assert {one[2:6] for one in places} == {place[2:6]}
    assert (place.job, place.nodes, place.processes) == (job, 3, 4)


def test_machines_that_do_not_come_are_counted(tmp_path: Path) -> None:
    launch = two_processes(nodes=3, join_timeout=1)
    sentence = rf"^launch.rendezvous {launch.rendezvous}: 1 of 3 nodes came within 1 s; start `erm"
    with pytest.raises(ErmError, match=sentence), gathered(launch, tmp_path / "job.json"):
        pass


def test_a_machine_that_does_not_share_the_folder_is_refused(tmp_path: Path) -> None:
    launch = two_processes(nodes=2)
    with ThreadPoolExecutor() as others:
        joined = others.submit(join, str(launch.rendezvous), 60)
        sentence = r"nowhere/job.json: not on node 1 .* all nodes need the folder"
        with (
            pytest.raises(ErmError, match=sentence),
            gathered(launch, tmp_path / "nowhere/job.json"),
        ):
            pass
        with pytest.raises(ErmError, match=sentence):
            joined.result()


def test_a_port_in_use_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as used:
        used.bind(("", 0))
        used.listen()
        endpoint = f"localhost:{used.getsockname()[1]}"
        launch = LaunchSettings(nodes=2, rendezvous=endpoint)
        sentence = rf"^launch.rendezvous {endpoint} can't be served \(Address already in use\)"
        with pytest.raises(ErmError, match=sentence), gathered(launch, tmp_path / "job.json"):
            pass


@pytest.mark.parametrize("text", ["localhost", ":29500", "localhost:0", "localhost:70000", "a:b"])
def test_an_endpoint_is_host_and_port(text: str) -> None:
    with pytest.raises(ErmError, match=f"'{text}' is no HOST:PORT"):
        parse_endpoint(text)


def test_several_machines_need_a_rendezvous_and_equal_shares_of_a_batch() -> None:
    with pytest.raises(ValidationError, match="4 nodes need rendezvous, HOST:PORT of the one that"):
        LaunchSettings(nodes=4)
    launch = {"processes": 3, "nodes": 2, "rendezvous": "localhost:29500"}
    settings = {"launch": launch, "optimization": {"batch_size": 12}}
    assert TrainingSettings.model_validate(settings).launch.world_size == 6
    settings["optimization"] = {"batch_size": 16}
    with pytest.raises(ValidationError, match="batch_size of 16 can't be shared out equally to 6"):
        TrainingSettings.model_validate(settings)
