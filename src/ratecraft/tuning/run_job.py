"""How a job is performed on a run: the same path for runs from step 0 and for branches.

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

Given = TypeVar("Given")
Opened = TypeVar("Opened", bound="Open")


class Open(Protocol):
    """Something that can be ended: a run, or an attempt elsewhere."""

    def close(self) -> None:
        """End it and release its resources; safe to call twice and from another thread."""
        ...


class OpenRuns:
    """The open runs, so that another thread can end them all at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[int, Open] = {}
        self.closed = False

    def admit(self, run: Opened) -> Opened:
        """Register a run, which `close_all` will then end, and return it.

        Raises:
            RuntimeError: `close_all` was called while the run was made; the run is closed and does not begin.
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
        """End every open run at once, and any that is opened later."""
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
    """Advance a run to each of the stops, and score it if the job asks for that.

    Args:
        run: The run, at step `begun`.
        job: Gives stop rule and evaluation.
        legs: Jobs whose schedules, scale and treatment apply in turn, each with its stop; the job itself (`stop_of`) is
            the last. A replay goes through its trunks unchanged and pauses at their stops, exactly as a branch does.
        told: What its listener has received.
        begun: The step at which the run is.
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
    """Perform a job on a separate run from step 0, through the trunks that lead to it.

    Args:
        begin: Makes the run.
        lineage: The job with its ancestors, oldest first, the job itself last.
        told: What the run's listener has received.
        runs: The open runs, to which it belongs as long as it is open.
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
    """The result of `act`; an exception becomes an outcome too, with all that the run had reported by then."""
    try:
        return act()
    except CannotBranch:  # a run noticed on its way that it differs from a replay
        raise
    # A script's own errors are reported by its run: this is a bug, and the study goes on. A task may also `sys.exit`.
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
    """Whether the run's process was killed from outside, which is no fault of the job."""
    failure = run.failure
    return failure is not None and failure.kind == "killed" and run.passage.ending is not Ending.BLOWN_UP


def raise_disk_full(run: Performance) -> None:
    """Raise if a run failed because the disk is full, which is no fault of the job either.

    Raises:
        StudyError: The disk is full (`disk-full-in-run`).
    """
    failure = run.failure
    if failure is not None and failure.kind == "disk-full":
        text = f"{failure.name}: {failure.message}".strip(": ")
        raise StudyError("disk-full-in-run", text=text, traceback=failure.traceback)
