"""How a job is performed on a run: the one path, for runs from step 0 and for branches alike.

Path:   a run at some step, a job -> advances to the job's stop, evaluation, facts -> `Performance`.
Units:  steps count from the run's step 0.
"""

import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from ratecraft.errors import CannotBranch, StudyError
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Failure
from ratecraft.records.running import Passage, Run
from ratecraft.records.storage.disk_full import is_disk_full
from ratecraft.tuning.outcomes import Performance
from ratecraft.tuning.run_listener import RunHistory

__all__ = [
    "Open",
    "OpenRuns",
    "run_job",
    "failures_as_outcome",
    "raise_disk_full",
    "replay_job",
    "stop_of",
    "was_killed",
]

Given = TypeVar("Given")
Opened = TypeVar("Opened", bound="Open")


class Open(Protocol):
    """What can be ended: a run, or an attempt that is made elsewhere."""

    def close(self) -> None:
        """End it and release what it holds; safe to call twice and from another thread."""
        ...


class OpenRuns:
    """The runs that are open, for whoever must end them all at once from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[int, Open] = {}
        self.closed = False

    def admit(self, run: Opened) -> Opened:
        """From now on `close_all` ends this run, which is given back.

        Raises:
            RuntimeError: It was called while the run was made; the run is closed and does not begin.
        """
        with self._lock:
            if not self.closed:
                self._runs[id(run)] = run
                return run
        run.close()
        raise RuntimeError("the executor was closed")

    def close(self, run: Open) -> None:
        """End one run."""
        try:
            run.close()
        finally:
            with self._lock:
                self._runs.pop(id(run), None)

    def close_all(self) -> None:
        """End every run at once, and every one that is still to come."""
        with self._lock:
            self.closed = True
            runs = tuple(self._runs.values())
        # Daemons: a second Ctrl-C ends the process at once, whatever a run still waits for.
        threads = [threading.Thread(target=run.close, daemon=True) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def run_job(
    run: Run, job: Job, legs: Sequence[tuple[Job, int | None]], told: RunHistory, begun: int = 0
) -> Performance:
    """Advance a run to each of the stops and have it scored, where the job is.

    Args:
        run: The run, at step `begun`.
        job: Gives stop rule and evaluation.
        legs: Whose schedules, scale and treatment hold until where; the job's own (`stop_of`) last. A replay passes
            through its trunks as they are, and pauses where they stop: so it does what a branch does.
        told: What its listener hears.
        begun: The step at which it is.
    """
    passage, halvings, pauses = Passage(begun, Ending.DONE, 0), set[int](), list[tuple[int, int]]()
    for leg, stop in legs:
        passage = run.advance(leg.schedules, stop, job.stop_rule, leg.scale, leg.treatment)
        halvings.update(passage.halvings)
        pauses.append((passage.step, len(told.figures)))
        if passage.ending is not Ending.DONE or (stop is not None and passage.step < stop):
            break
    passage = replace(passage, executed=passage.step - begun, halvings=tuple(sorted(halvings)))
    how = job.evaluate
    well = passage.ending in (Ending.DONE, Ending.ENDED_EARLY)
    score = run.evaluate(how) if how is not None and well else None
    return Performance(told, passage, score, *run.facts(), pauses=tuple(pauses))


def replay_job(begin: Callable[[], Run], lineage: tuple[Job, ...], told: RunHistory, runs: OpenRuns) -> Performance:
    """Perform a job on a run of its own from step 0, through the trunks that lead to it.

    Args:
        begin: Makes the run.
        lineage: The job with its ancestors, oldest first, the job itself last.
        told: What the run's listener hears.
        runs: Among which it is as long as it is open.
    """
    *ancestors, job = lineage
    legs = [*((trunk, trunk.stop) for trunk in ancestors), (job, stop_of(job))]

    def act() -> Performance:
        run = runs.admit(begin())
        try:
            return run_job(run, job, legs, told)
        finally:
            runs.close(run)

    return failures_as_outcome(act, told)


def failures_as_outcome(act: Callable[[], Given], told: RunHistory, begun: int = 0) -> Given | Performance:
    """What `act` gives; whatever it raises is an outcome too, with all that the run had told by then."""
    try:
        return act()
    except CannotBranch:  # a run found out on its way that it is not like its replay
        raise
    # A script's own are told by its run: this is a defect, and the study goes on. A task may also leave by `sys.exit`.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        frame = traceback.extract_tb(error.__traceback__)[-1]
        text = "".join(traceback.format_exception(error))
        kind = "disk-full" if is_disk_full(error) else "defect"
        failure = Failure(kind, type(error).__name__, str(error), frame.filename, frame.lineno or 0, text)
        reached = max(begun, len(told.of("loss")))
        return Performance(told, Passage(reached, Ending.FAILED, reached - begun, failure=failure))


def stop_of(job: Job) -> int | None:
    """The step at which the job's run stops; None for the script's own end."""
    return None if job.evaluate is not None and job.evaluate.kind == "natural" else job.stop


def was_killed(run: Performance) -> bool:
    """Whether its process was killed from outside, which says nothing of the job."""
    failure = run.failure
    return failure is not None and failure.kind == "killed" and run.passage.ending is not Ending.BLOWN_UP


def raise_disk_full(run: Performance) -> None:
    """Raise what made a run fail where that is a full disk, which says nothing of the job either.

    Raises:
        StudyError: The disk is full (`disk-full-in-run`).
    """
    failure = run.failure
    if failure is not None and failure.kind == "disk-full":
        text = f"{failure.name}: {failure.message}".strip(": ")
        raise StudyError("disk-full-in-run", text=text, traceback=failure.traceback)
