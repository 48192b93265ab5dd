"""`follow_log`: follows a log that is still being written, and gives each finding once, when it is certain.

Path:   a growing file -> `Following` -> the rules -> `judged` -> whoever is told; the whole diagnosis at the end.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ratecraft.api.diagnose.diagnose import DiagnoseResult, told_of
from ratecraft.diagnosis.diagnosing import diagnosis_of
from ratecraft.diagnosis.finding import Finding
from ratecraft.diagnosis.view.run_view import RunView
from ratecraft.importers.following import Following
from ratecraft.importers.reading import Reading
from ratecraft.records.watching.observed import ObservedRun
from ratecraft.watching.judging import Held, judged

_GROWTH = 6  # a run is looked at again when its log is a sixth longer: a log may have a point an epoch


@dataclass(slots=True)
class _Watch:
    """The run that the log is at: what stands, and from how many points on it is looked at again."""

    run: int = -1
    held: Mapping[str, Held] = field(default_factory=dict[str, Held])
    due: int = 0


def follow_log(path: str | Path, wait: Callable[[], bool], tell: Callable[[Finding], None]) -> DiagnoseResult:
    r"""Follow a log until its run ends, or until `wait` returns False.

    The end of a run is recognised if the log says how long the run will be. Findings that need the end, such as a rate
    that is never lowered, are reported only then, and not for an interrupted run.

    Args:
        path: A log of lines (text, tables, JSON lines); it need not exist yet.
        wait: Called whenever there is nothing new; False stops following.
        tell: Called with each finding when it is certain, again when it has changed, and when it no longer holds (see
            its `status`). Hints are only in the result.

    Returns:
        The diagnosis of everything read so far, as `diagnose` gives it.

    Raises:
        InvalidInput: The file is not a log of lines (`log-not-followed`).

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     log = Path(folder, "log.txt")
        ...     text = ["step 0 loss 2.3\n", *(f"step {step} loss nan\n" for step in range(1, 41))]
        ...     grown = (bool(log.write_text("".join(text[:lines]))) for lines in (20, 30, 40))
        ...     result = follow_log(log, lambda: next(grown, False), lambda finding: print(finding.code))
        non-finite
    """
    following, watch = Following(Path(path)), _Watch()
    reading: Reading | None = None
    is_over = False
    while True:
        new = following.look()
        if new is not None:
            reading = new
            _look(watch, reading, tell)
            is_over = bool(reading.runs) and _is_over(reading.runs[-1])
        elif is_over or not wait():
            break
    if reading is None:
        return DiagnoseResult(())
    if reading.runs and is_over:
        _judge(watch, reading.runs[-1], tell, over=True)
    return DiagnoseResult(tuple(told_of(run, reading) for run in reading.runs))


def _look(watch: _Watch, reading: Reading, tell: Callable[[Finding], None]) -> None:
    """One look at the run that is being written, where it has grown enough."""
    latest = len(reading.runs) - 1
    if latest < 0:
        return
    if latest != watch.run:
        watch.run, watch.held, watch.due = latest, {}, 0
    points = max((len(series) for series in reading.runs[latest].series.values()), default=0)
    if points >= watch.due:
        watch.due = points + max(points // _GROWTH, 1)
        _judge(watch, reading.runs[latest], tell, over=False)


def _judge(watch: _Watch, run: ObservedRun, tell: Callable[[Finding], None], *, over: bool) -> None:
    judgement = judged(watch.held, diagnosis_of(run), over=over)
    watch.held = judgement.held
    for finding in judgement.told:
        tell(finding)


def _is_over(run: ObservedRun) -> bool:
    """Whether the log told how long the run was to be, and its last point is there."""
    view = RunView(run)
    loss = view.loss
    total = view.fact("total_steps" if view.unit == "step" else "epochs")
    return total is not None and loss is not None and view.steps + max(loss.cadence, 1) >= total
