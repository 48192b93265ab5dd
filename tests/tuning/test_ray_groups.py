"""Mirrors ratecraft/tuning/ray_executor.py for programs of several processes: Ray places a whole group on one node."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import psutil
import pytest
from tests.end_to_end.command import TIME_ENOUGH, Study, Typed, Workplace
from tests.end_to_end.gate import Gate
from tests.tuning.ray_nodes import nodes_with, raylet_of, workers_of

from ratecraft.records.events import Started

pytestmark = [
    pytest.mark.soak,
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed"),
]

GRID = ("search", "ddp.py", "--processes", "2", "--no-baseline", "--steps", "24", "--method", "grid", "--rate", "0.05")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A head without processors, a node with one and a node with two: a group of two has room on one alone."""
    with nodes_with(1, 2) as nodes:
        yield nodes


@dataclass(frozen=True)
class Placed:
    """A trial of a group that ran here, and one on a cluster whose worker was killed in its first attempt.

    Attributes:
        raylets: The node of each worker that was at a job while the ranks were held.
        begun: Processes that the worker had started.
        left: Those of them that outlived it.
    """

    near: Study
    far: Study
    typed: Typed = field(repr=False)
    raylets: tuple[int, ...]
    begun: tuple[psutil.Process, ...] = field(repr=False)
    left: tuple[psutil.Process, ...]


@pytest.fixture(scope="module")
def placed(cluster: Any, tmp_path_factory: pytest.TempPathFactory) -> Placed:
    folder = tmp_path_factory.mktemp("groups")
    near, far = (Workplace(folder / name, whole=True) for name in ("near", "far"))
    for place in (near, far):
        place.folder.mkdir()
        place.put("ddp.py")
    assert near.type(*GRID).code == 0
    on_ray = ("--executor", "ray", "--address", cluster.address, "--environment", "HELD")
    with Gate("step 12") as gate, far.start(*GRID, *on_ray, **gate.environment) as command:
        for _ in range(2):
            gate.hold(command)
        at_work = [each for node in cluster.nodes for each in workers_of(raylet_of(node))]
        raylets = tuple(each.ppid() for each in at_work)
        begun = tuple(started for each in at_work for started in each.children(recursive=True))
        for worker in at_work:
            worker.kill()
        left = tuple(psutil.wait_procs(begun, timeout=TIME_ENOUGH)[1])
        gate.open()
        out, err = command.communicate(timeout=TIME_ENOUGH)
    return Placed(near.study(), far.study(), Typed(command.returncode, out, err), raylets, begun, left)


def test_the_ranks_of_a_group_are_placed_together_where_there_is_room_for_all(placed: Placed, cluster: Any) -> None:
    assert placed.raylets == (raylet_of(cluster.nodes[1]),)
    assert len(placed.begun) >= 2


def test_no_rank_outlives_the_worker_of_ray_s_that_began_it(placed: Placed) -> None:
    assert placed.left == ()


def test_a_group_whose_worker_was_killed_is_tried_again_and_comes_to_what_it_comes_to_here(placed: Placed) -> None:
    assert placed.typed.code == 0, placed.typed.err
    assert placed.far.told == placed.near.told
    assert placed.far.answer == placed.near.answer
    assert max(each.attempt for each in placed.far.events if isinstance(each, Started)) == 2


def test_a_group_that_no_node_has_room_for_is_refused(cluster: Any, placed: Placed) -> None:
    place = Workplace(placed.near.folder.path.parents[1], whole=True)
    typed = place.type(*GRID, "--processes", "3", "--executor", "ray", "--address", cluster.address)
    assert typed.code == 2
    assert "takes 3 CPUs, but no node of the cluster has more than 2" in " ".join(typed.err.split())
