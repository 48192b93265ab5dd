"""One study has one supervisor: a second one says so and ends, and takes over as soon as the first is killed."""

import signal
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.end_to_end.command import TIME_ENOUGH, Tuned, Typed, Workplace
from tests.end_to_end.gate import Gate
from tests.end_to_end.killing import study_place

pytestmark = pytest.mark.soak  # of whole studies; that a second supervisor is refused is typed in tests/cli, too

TUNE = ("tune", "digits.py")


@dataclass(frozen=True)
class Shared:
    """A study that two commands wanted.

    Attributes:
        pid: Of the first.
        refused: What became of the others while it lived.
        taken_over: What became of the one that was typed when it was killed.
    """

    place: Workplace
    pid: int
    refused: dict[str, Typed] = field(repr=False)
    taken_over: Typed = field(repr=False)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    place = study_place(tmp_path_factory.mktemp("shared"))
    with Gate("start") as gate, place.start(*TUNE, **gate.environment) as first:
        gate.hold_in("bracket", first, place)
        refused = {words[0]: place.type(*words) for words in (TUNE, ("resume",))}
        first.send_signal(signal.SIGKILL)  # its parent has not even heard of it when the next one begins
        taken_over = place.type(*TUNE)
        assert first.wait() == -signal.SIGKILL
    return Shared(place, first.pid, refused, taken_over)


@pytest.mark.parametrize("command", ["tune", "resume"])
def test_a_second_supervisor_ends_at_once_and_names_the_first(shared: Shared, command: str) -> None:
    typed = shared.refused[command]
    said = " ".join(typed.err.split())
    assert (typed.code, typed.out) == (2, "")
    assert "error[study-busy]" in said
    assert f"is being worked on by another process ({shared.pid})" in said
    assert f"kill {shared.pid}" in said


def test_once_the_first_is_killed_the_next_one_takes_over_and_comes_to_the_same_answer(
    shared: Shared, tuned: Tuned
) -> None:
    assert shared.taken_over.code == 0
    ours, theirs = shared.place.study(), tuned.place.study()
    assert ours.answer == theirs.answer
    assert ours.told == theirs.told
    assert (ours.costs.runs, ours.costs.by_phase) == (theirs.costs.runs, theirs.costs.by_phase)
    assert shared.place.processes() == []


def test_of_two_that_begin_together_one_works_and_the_other_says_so(tmp_path: Path) -> None:
    place = study_place(tmp_path)
    with Gate("start") as gate, ThreadPoolExecutor(2) as threads:  # who works cannot be ready before the other begins
        both = [place.start(*TUNE, **gate.environment) for _ in range(2)]
        ending = [threads.submit(process.communicate, timeout=TIME_ENOUGH) for process in both]
        wait(ending, return_when=FIRST_COMPLETED)
        gate.open()
        ends = [each.result() for each in ending]
    assert sorted(process.returncode for process in both) == [0, 2]
    (loser,) = [err for process, (_, err) in zip(both, ends, strict=True) if process.returncode == 2]
    assert "error[study-busy]" in loser
    assert place.study().answer.verdict == "gain"
