"""`tune`: the whole loop for a script: baseline, rate, schedule, trained model, reason.

Path:   a script and settings -> the study's record, the tuner, processes of the script -> `Summary`.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ratecraft.api.baseline import is_superseded, take_over_baseline
from ratecraft.api.models import ModelKeeper
from ratecraft.api.script_study import ScriptStudy, branching_of, script_study
from ratecraft.api.summaries import summarise_study
from ratecraft.controllers.bracket_branch_continue import BracketBranchContinue
from ratecraft.controllers.settings import TunerSettings
from ratecraft.errors import ScriptFailed, StudyError
from ratecraft.records.events import Event
from ratecraft.records.store import Record
from ratecraft.records.study import StudyFolder, open_study, set_aside
from ratecraft.reporting.progress import Screen, SilentScreen
from ratecraft.reporting.summary import Summary
from ratecraft.tuning.branching import BranchingExecutor
from ratecraft.tuning.driver import drive
from ratecraft.tuning.executor import ReplayExecutor

__all__ = ["OpenScreen", "run_study", "tune"]

_LAST_LINES = 15

OpenScreen = Callable[[ScriptStudy, Sequence[Event]], Screen]
"""Makes the screen that follows a study, from its description and the events so far."""


def tune(
    script: str | Path,
    arguments: Sequence[str] = (),
    *,
    settings: TunerSettings | None = None,
    study: str | Path | None = None,
    new: bool = False,
    workers: int = 1,
    threads: int = 1,
    start_timeout: float = 300.0,
) -> Summary:
    """Tune the learning rate of a PyTorch script and train its model with it.

    The script runs unmodified: once as it is (the baseline), several times shortened in a scratch mirror of the working
    folder, and once in full in the working folder itself, with the chosen rate and schedule. The same call again goes
    on with an unfinished study, and gives the result of a finished one.

    Args:
        script: Path of the script, from the current folder.
        arguments: The script's own arguments.
        settings: What decides the study's course; by default metric and horizon come from the baseline, and at most
            1.6 runs beside it are spent, 1.75 where jobs are replayed (`TunerSettings.usual`).
        study: Folder of the study; by default `.ratecraft/<name>` of the current folder.
        new: Put an earlier study of the same command aside and begin anew.
        workers: Jobs at a time.
        threads: Threads of every job.
        start_timeout: Seconds that the script may take to its first optimizer step.

    Returns:
        The answer with its costs.

    Raises:
        InvalidInput: What was given, or what the baseline showed, does not allow a study.
        StudyError: The study's folder or record stands in the way.
        ScriptFailed: The script itself fails.
        NoAnswer: The figure to compare is never printed.
        Interrupted: Ctrl-C; the same call goes on.

    Example:
        >>> tune("no_such_script.py")
        Traceback (most recent call last):
        ratecraft.errors.InvalidInput: There is no script `no_such_script.py` in ...
    """
    running = {"threads": threads, "workers": workers, "start_timeout": start_timeout}
    usual = TunerSettings.usual(branching_of(threads))
    return run_study(script_study(script, arguments, settings or usual, study=study, **running), new=new)


def run_study(
    study: ScriptStudy,
    *,
    new: bool = False,
    open_screen: OpenScreen = lambda study, past: SilentScreen(),
    stop: threading.Event | None = None,
) -> Summary:
    """Bring a study to its answer, from wherever it stands.

    Args:
        study: What to tune, and how.
        new: Put an earlier study aside first; its baseline is taken over where it is the same.
        open_screen: Makes the screen that follows the study.
        stop: Set by a signal handler to stop and keep all that has finished.

    Raises:
        ScriptFailed: The script itself fails; shown are its own frames, or what it printed last.
        RatecraftError: As `tune`.
    """
    header = study.header()
    aside = set_aside(study.folder) if new or is_superseded(study.folder, header) else None
    with open_study(study.folder, header) as record:
        if aside is not None:
            take_over_baseline(aside, study.folder, record, study.settings)
        if record.answer() is None:
            try:
                _drive(study, record, open_screen, stop or threading.Event())
            except ScriptFailed as error:
                raise _with_output(error, study.folder) from error
        return summarise_study(study.folder, record, study.directory)


def _drive(study: ScriptStudy, record: Record, open_screen: OpenScreen, stop: threading.Event) -> None:
    from ratecraft.training.first_write_copies import forget  # only a verb that trains loads training
    from ratecraft.training.scratch import remove_mirror
    from ratecraft.training.starting import ScriptStarter

    metric = study.settings.metric.name if study.settings.metric else ""
    forks = study.settings.branching == "fork"
    start = ScriptStarter(
        study.script,
        study.arguments,
        study.directory,
        study.folder,
        metric,
        study.threads,
        study.start_timeout,
        branches=forks,
    )
    executor = BranchingExecutor(start, study.workers) if forks else ReplayExecutor(start, study.workers)
    remove_mirror(study.folder.scratch)  # of a process that was killed
    past = tuple(record.events())
    screen = open_screen(study, past)
    try:
        drive(
            BracketBranchContinue(study.settings),
            record,
            executor,
            ModelKeeper(screen, study.folder, past),
            command=study.command,
            stop=stop,
            deadline=None if study.time_limit is None else time.monotonic() + study.time_limit,
            before_retry=lambda job: _put_back(study),
        )
        forget(study.folder.first_writes)
    finally:
        screen.close()
        with contextlib.suppress(OSError):  # a process that is still ending may write there
            remove_mirror(study.folder.scratch)


def _put_back(study: ScriptStudy) -> None:
    """Make the user's files what they were before the interrupted full run.

    Raises:
        StudyError: Something stands in the way of a file (`not-put-back`); its copy is kept.
    """
    from ratecraft.training.first_write_copies import put_back

    done = put_back(study.folder.first_writes, study.directory)
    if study.folder.first_writes.exists():
        raise StudyError("not-put-back", paths=", ".join(done.left))


def _with_output(error: ScriptFailed, folder: StudyFolder) -> ScriptFailed:
    """The error with the last lines that the process wrote where no exception tells why: an exit code, a signal."""
    logs = sorted(folder.logs.glob("*.log"), key=lambda log: log.stat().st_mtime)
    if error.values.get("traceback") or not logs:
        return error
    lines = logs[-1].read_text(encoding="utf-8", errors="replace").splitlines()
    return ScriptFailed(error.code, **{**error.values, "traceback": "\n".join(lines[-_LAST_LINES:])})
