"""A Ray cluster of several nodes on this machine: real heads, nodes, object stores and workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import psutil

STORE_BYTES = 100 << 20
CLIENT_PORT = 21_001


class RayCluster(NamedTuple):
    """A head without processors, and nodes with one each.

    Attributes:
        address, client: of the head, for a driver on a node and for one elsewhere.
        nodes: as `ray.cluster_utils.Cluster.add_node` gives them.
    """

    cluster: Any
    address: str
    client: str
    nodes: list[Any]

    def kill(self, node: Any) -> None:
        """Kill a node's processes (SIGKILL), as a power cut would."""
        self.cluster.remove_node(node, allow_graceful=False)
        self.nodes.remove(node)

    def add(self) -> None:
        """Another node with one processor."""
        self.nodes.append(self.cluster.add_node(num_cpus=1, object_store_memory=STORE_BYTES))


@contextmanager
def running_cluster(nodes: int) -> Iterator[RayCluster]:
    """A cluster that ends with the block."""
    from ray.cluster_utils import Cluster

    head = {
        "num_cpus": 0,
        "object_store_memory": STORE_BYTES,
        "ray_client_server_port": CLIENT_PORT,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    host = cluster.address.rpartition(":")[0]
    started = RayCluster(cluster, cluster.address, f"ray://{host}:{CLIENT_PORT}", [])
    try:
        for _ in range(nodes):
            started.add()
        yield started
    finally:
        cluster.shutdown()


def drawing(nodes: Sequence[Any]) -> list[psutil.Process]:
    """The processes below these nodes that draw."""
    raylets = [one.process.pid for node in nodes for one in node.all_processes["raylet"]]
    below = [one for pid in raylets for one in psutil.Process(pid).children(recursive=True)]
    return [one for one in below if _draws(one)]


def _draws(process: psutil.Process) -> bool:
    try:
        return "erm.render.worker" in process.cmdline()
    except psutil.Error:
        return False
