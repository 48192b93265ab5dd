"""What says nothing of a job, and what a final run may not leave: full disks, denied writes, trackers."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.conformance.arithmetic_run import ArithmeticRun, Problem
from tests.tuning.ladder import branch_of, final_of, trunk_of
from tests.tuning.performing import all_happenings, finishes

from ratecraft.errors import StudyError
from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import Ending, Failure, Note, RunFacts
from ratecraft.records.running import Listener, Passage
from ratecraft.tuning.branching import BranchingExecutor
from ratecraft.tuning.executor import ReplayExecutor, SlotExecutor

TRUNK = trunk_of(0.002, 24)
PROBE = branch_of(TRUNK, 0.002, Evaluate("frozen", steps=8))
FINAL = final_of(TRUNK, 0.002, 0.001)
DENIED = Note("write-denied", {"path": "/home/me/best.pt"})
EXECUTORS = [BranchingExecutor, ReplayExecutor]


class Telling(ArithmeticRun):
    """A run that tells something more of its script."""

    notes: tuple[Note, ...] = ()
    trackers: tuple[str, ...] = ()

    def facts(self) -> tuple[RunFacts, tuple[Note, ...]]:
        facts, notes = super().facts()
        return replace(facts, trackers=self.trackers), (*notes, *self.notes)


def run_of(kind: type[ArithmeticRun]) -> BranchingExecutor:
    return BranchingExecutor(lambda job, attempt, listener: kind(Problem(), 0, listener), 1)


def replayed(executor: BranchingExecutor) -> str:
    """Why the final run was replayed; empty where it went on from its trunk."""
    for lineage in ((TRUNK,), (TRUNK, PROBE), (TRUNK, FINAL)):
        executor.submit(lineage, 1)
    final = finishes(all_happenings(executor))[-1].outcome
    executor.close()
    assert (final.job, final.ending) == (FINAL.key, Ending.DONE)
    return next((str(note.values["reason"]) for note in final.notes if note.code == "replayed"), "")


def test_a_final_run_goes_on_from_its_trunk() -> None:
    assert replayed(run_of(ArithmeticRun)) == ""


@pytest.mark.parametrize(
    ("told", "reason"), [({"notes": (DENIED,)}, "write-denied"), ({"trackers": ("wandb",)}, "tracker")]
)
def test_it_starts_from_0_where_a_mirror_is_not_like_home(told: dict[str, object], reason: str) -> None:
    assert replayed(run_of(type("Odd", (Telling,), told))) == reason


@pytest.mark.parametrize(
    ("facts", "notes", "reason"),
    [(RunFacts(), (DENIED,), "write-denied"), (RunFacts(trackers=("wandb",)), (), "tracker"), (RunFacts(), (), "")],
)
def test_what_runs_of_the_record_told_counts_as_well(facts: RunFacts, notes: tuple[Note, ...], reason: str) -> None:
    executor = run_of(ArithmeticRun)
    executor.learn(facts, notes)
    assert replayed(executor) == reason


class FullInTraining(ArithmeticRun):
    """A run whose script finds the disk full."""

    def advance(self, *arguments: object, **named: object) -> Passage:
        passage = super().advance(*arguments, **named)  # pyright: ignore[reportArgumentType]
        failure = Failure("disk-full", "OSError", "[Errno 28] No space left on device", "train.py", 7, "in train.py")
        return replace(passage, ending=Ending.FAILED, failure=failure) if passage.step > 20 else passage


def full_for_script(job: object, attempt: int, listener: Listener) -> ArithmeticRun:
    """The script has no room for its files."""
    return FullInTraining(Problem(), 0, listener)


def full_for_us(job: object, attempt: int, listener: object) -> ArithmeticRun:
    """The disk has no room for the folder of a run."""
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("executor", EXECUTORS)
@pytest.mark.parametrize("start", [full_for_script, full_for_us])
def test_a_full_disk_is_no_outcome_but_stops_the_study(
    executor: type[SlotExecutor], start: Callable[..., ArithmeticRun]
) -> None:
    slots = executor(start, 1)
    slots.submit((TRUNK,), 1)
    slots.submit((TRUNK, PROBE), 1)
    with pytest.raises(StudyError, match="No space left on device") as caught:
        all_happenings(slots)
    slots.close()
    assert (caught.value.code, caught.value.exit_code) == ("disk-full-in-run", 2)
