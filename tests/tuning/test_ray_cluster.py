"""Mirrors ratecraft/tuning/ray_cluster.py: what is refused before one is joined. `test_ray_executor` joins it."""

import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.tuning.ray_cluster import NodeSeen, check_versions, connected, share_of

NODE = NodeSeen("a", "10.0.0.7", 8, 0)


@contextmanager
def server(answer: bytes) -> Iterator[str]:
    """The address of a server that takes one connection, and says this."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as asked:
                asked.recv(64)
                asked.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def test_an_address_where_nobody_listens_is_refused() -> None:
    pytest.importorskip("ray")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(InvalidInput, match=f"no Ray cluster at {address}: Connection refused"), connected(address):
        pass


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", b"", struct.pack(">I", 9)])
def test_another_server_is_told_from_a_cluster(answer: bytes) -> None:
    pytest.importorskip("ray")
    with server(answer) as address, pytest.raises(InvalidInput, match="is not a Ray cluster"), connected(address):
        pass


@pytest.mark.parametrize("address", ["ray://10.0.0.1:10001", "http://10.0.0.1:8265"])
def test_what_is_no_head_is_refused_with_what_to_give(address: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(InvalidInput, match="not the address of a cluster's head") as refused, connected(address):
        pass
    assert "HOST:PORT" in refused.value.hint()


@pytest.mark.parametrize("address", ["head:port", "10.0.0.1:99999", "nowhere.invalid:6379"])
def test_an_address_that_means_nothing_is_refused(address: str) -> None:
    pytest.importorskip("ray")
    with pytest.raises(InvalidInput, match=f"no Ray cluster at {address}"), connected(address):
        pass


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InvalidInput, match="Ray is not installed") as refused, connected():
        pass
    assert "pip install 'ratecraft[ray]'" in refused.value.hint()


def test_every_node_that_differs_is_named_with_what_differs() -> None:
    other = NodeSeen("b", "10.0.0.8", 8, 0)
    same, here = {"python": "3.11", "torch": "2.13"}, {"python": "3.11", "torch": "2.13"}
    check_versions(here, {NODE: same, other: {**same, "optuna": "5"}})
    with pytest.raises(InvalidInput) as refused:
        check_versions(here, {NODE: same, other: {"python": "3.12"}})
    assert "10.0.0.8: python 3.12 (here 3.11), torch – (here 2.13)." in str(refused.value)
    assert "10.0.0.7" not in str(refused.value)


@pytest.mark.parametrize(
    ("gpus", "workers", "share"), [(0, 4, 0.0), (1, 1, 1.0), (1, 4, 0.25), (4, 2, 1.0), (2, 3, 0.5), (8, 8, 1.0)]
)
def test_all_workers_have_room_on_the_gpus_that_there_are(gpus: float, workers: int, share: float) -> None:
    assert share_of((NODE, NodeSeen("b", "10.0.0.8", 8, gpus)), workers) == share
    assert not share or sum(int(1 / share) for _ in range(int(gpus))) >= workers


@pytest.mark.parametrize(("gpus", "processes", "taken"), [(0, 2, 0.0), (4, 2, 2.0), (2, 2, 2.0), (1, 2, 1.0)])
def test_processes_that_train_together_have_a_gpu_each_where_a_node_has_so_many(
    gpus: float, processes: int, taken: float
) -> None:
    assert share_of((NODE, NodeSeen("b", "10.0.0.8", 8, gpus)), 4, processes) == taken
