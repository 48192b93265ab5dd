"""Mirrors ratecraft/tuning/paused.py; what it comes to for jobs is told by the tests of the branching executor."""

import threading

import pytest
from tests.conformance.arithmetic_run import ArithmeticRun, Problem
from tests.conformance.run_suite import Heard

from ratecraft.errors import CannotBranch
from ratecraft.records.outcome import Ending, Failure
from ratecraft.records.running import Passage
from ratecraft.tuning.outcomes import Performance
from ratecraft.tuning.paused import PausedRuns, Trunk
from ratecraft.tuning.run_listener import RunHistory

DONE = Performance(RunHistory(), Passage(8, Ending.DONE, 8))
KILLED = Performance(RunHistory(), Passage(8, Ending.FAILED, 8, failure=Failure("killed", "SIGKILL")))


class Shop:
    """Trains trunks, and keeps what was trained and what was ended, by key."""

    def __init__(self, most: int) -> None:
        self.paused = PausedRuns(most, self.end)
        self.trained: list[str] = []
        self.ended: list[str] = []
        self._keys: dict[int, str] = {}

    def train(self, key: str, run: ArithmeticRun | None = None) -> Trunk:
        self.trained.append(key)
        run = run or ArithmeticRun(Problem(), 0, Heard())
        self._keys[id(run)] = key
        return Trunk(DONE, run)

    def use(self, *keys: str) -> None:
        for key in keys:
            with self.paused.use(key, lambda key=key: self.train(key)):
                pass

    def end(self, run: object) -> None:
        self.ended.append(self._keys[id(run)])


def test_a_trunk_is_trained_once() -> None:
    shop = Shop(most=2)
    shop.use("a", "b", "a")
    assert (shop.trained, shop.ended) == (["a", "b"], [])


def test_the_least_recently_used_is_ended_first_and_trained_again_when_it_is_needed() -> None:
    shop = Shop(most=2)
    shop.use("a", "b", "a", "c", "b")
    assert (shop.trained, shop.ended) == (["a", "b", "c", "b"], ["b", "a"])


def test_a_trunk_counts_as_used_after_the_one_that_it_was_trained_from() -> None:
    shop = Shop(most=1)

    def train_from_root() -> Trunk:
        shop.use("root")
        return shop.train("trunk")

    with shop.paused.use("trunk", train_from_root):
        pass
    assert shop.ended == ["root"]


def test_one_in_use_is_not_ended() -> None:
    shop = Shop(most=0)
    with shop.paused.use("a", lambda: shop.train("a")):
        shop.use("b")
        assert shop.ended == ["b"]
    assert shop.ended == ["b", "a"]


def test_whoever_comes_second_waits_and_trains_nothing() -> None:
    shop, inside, second = Shop(most=2), threading.Event(), threading.Event()

    def come_second() -> None:
        inside.wait(60)
        shop.use("a")
        second.set()

    thread = threading.Thread(target=come_second)
    thread.start()
    with shop.paused.use("a", lambda: shop.train("a")):
        inside.set()
        assert not second.is_set()
    thread.join(60)
    assert (second.is_set(), shop.trained) == (True, ["a"])


def test_a_trunk_that_died_is_remembered_without_a_run() -> None:
    shop = Shop(most=1)
    dead = Trunk(Performance(RunHistory(), Passage(3, Ending.BLOWN_UP, 3)), None)
    with shop.paused.use("a", lambda: dead) as trunk:
        assert trunk is dead
    with shop.paused.use("a", lambda: shop.train("a")) as trunk:
        assert trunk is dead


def test_a_trunk_whose_process_was_killed_is_trained_again() -> None:
    shop = Shop(most=1)
    with shop.paused.use("a", lambda: Trunk(KILLED, None)) as trunk:
        assert trunk.is_lost
    shop.use("a")
    assert shop.trained == ["a"]


@pytest.mark.parametrize(("reason", "trained"), [("process", ["a"]), ("gone", ["a", "a"])])
def test_a_run_that_cannot_be_branched_is_ended_and_one_that_is_gone_is_made_again(
    reason: str, trained: list[str]
) -> None:
    shop, run = Shop(most=1), ArithmeticRun(Problem(cannot_branch=lambda step: reason), 0, Heard())
    with (
        pytest.raises(CannotBranch, match=rf"cannot be branched \(`{reason}`\)"),
        shop.paused.use("a", lambda: shop.train("a", run)) as trunk,
    ):
        shop.paused.branch(trunk, Heard())
    assert shop.ended == ["a"]
    with shop.paused.use("a", lambda: shop.train("a")) as trunk:
        assert (trunk.run is None) == (reason == "process")
    assert shop.trained == trained


def test_why_a_run_cannot_be_branched_is_said_every_time() -> None:
    shop, trunk = Shop(most=1), Trunk(DONE, None, "loader-workers")
    with pytest.raises(CannotBranch) as cannot:
        shop.paused.branch(trunk, Heard())
    assert cannot.value.reason == "loader-workers"
