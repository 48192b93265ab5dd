"""Runs a script that failed once more without any of our hooks, to see whether it fails on its own.

Path:   the failure of a first run -> the script in a copy of the folder, no longer than that run took -> the same error
        with a verdict in its code.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

from ratecraft.controllers.baseline.failures import script_failed
from ratecraft.errors import ScriptFailed
from ratecraft.records.job import Job, StopRule
from ratecraft.records.running import Unheard

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.launching.starting import ScriptStarter

_MOST_SECONDS = 60.0  # a run that failed later is not repeated: it would cost as much again
_SPARE_SECONDS = 10.0  # for an import that is slower this time
_PAST = ("no-step", "no-optimizer", "no-steps")  # what a host without hooks tells of a script that did not fail


def judged(error: ScriptFailed, start: "ScriptStarter", seed: int, seconds: float) -> ScriptFailed:
    """The error itself, or the error with what a plain run of the script showed.

    Args:
        error: Why the first run failed.
        start: Makes the script's runs.
        seed: Seed of the run that failed.
        seconds: The longest that the failed run took.
    """
    if error.code != "script-failed" or seconds > _MOST_SECONDS or error.values["name"] == "SIGKILL":
        return error
    job = Job(stop=1, seed=seed)
    run = replace(start, plain=True, start_timeout=2 * seconds + _SPARE_SECONDS)(job, 0, Unheard(job))
    try:
        failure = run.advance({}, None, StopRule()).failure
        _, notes = run.facts()
    finally:
        run.close()
    if any(note.code == "write-denied" for note in notes):
        return error  # it was not wholly by itself
    if failure is None or failure.kind in _PAST:
        return ScriptFailed("fails-here-only", **error.values)
    found = script_failed("fails-as-it-is", failure)
    return found if isinstance(found, ScriptFailed) else error
