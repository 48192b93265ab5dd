"""Mirrors ratecraft/training/hosting/spawning.py: processes of a run stand for those that its script spawns."""

import pytest

from ratecraft.training.hosting.spawning import Spawning
from ratecraft.training.instrument.in_place import in_place
from ratecraft.training.processes.wire import Handed


def test_processes_that_are_joined_without_a_spawn_are_told_once_to_run_the_script() -> None:
    told = list[Handed]()
    spawning = Spawning(0, 3, lambda: None, told.append)
    spawning.joins_without()
    spawning.joins_without()
    assert told == [Handed(1, b""), Handed(2, b"")]


def test_a_script_that_every_process_runs_itself_hands_nothing_over() -> None:
    Spawning(0, 2, lambda: None, None).joins_without()
    ran = list[int]()
    in_place(ran.append, (), joins=True, rank=1)
    assert ran == [1]


def test_the_first_share_of_a_spawn_runs_here_and_its_exit_is_not_the_scripts() -> None:
    ran = list[tuple[int, str]]()

    def leaves(rank: int, name: str) -> None:
        ran.append((rank, name))
        raise SystemExit

    assert in_place(leaves, ("a",), joins=True) is None
    context = in_place(leaves, ("b",), joins=False)
    assert context is not None
    assert context.join()
    assert ran == [(0, "a"), (0, "b")]


def test_an_exit_with_a_code_is_a_failure() -> None:
    def fails(rank: int) -> None:
        raise SystemExit(rank + 2)

    with pytest.raises(SystemExit, match="2"):
        in_place(fails, (), joins=True)
