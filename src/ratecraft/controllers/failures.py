"""When the user's own code fails where the rate can't be the cause.

Path:   outcome of a first run -> `ScriptFailed` with the script's own error, or nothing.

A probe that fails is an outcome like any other, since high rates make scripts fail; that two jobs failed alike is seen
by whoever drives the study.
"""

from ratecraft.errors import InvalidInput, RatecraftError, ScriptFailed, StudyError
from ratecraft.records.outcome import Ending, Failure, Outcome

__all__ = ["raise_failure", "script_failed"]

_WITHOUT_A_STEP = ("no-optimizer", "no-step", "several-processes", "other-framework")


def raise_failure(outcome: Outcome) -> None:
    """Raise what made a first run (baseline, census) fail, if it did.

    Raises:
        ScriptFailed: The script's own error.
        InvalidInput: The script has no optimizer, makes no step, or trains where it cannot be followed; or its
            optimizers lack what a schedule is for.
    """
    if outcome.ending is Ending.FAILED:
        failure = outcome.failure or Failure("exit")
        if failure.kind == "attach-name":
            raise InvalidInput(failure.kind, name=failure.name, allowed=failure.message)
        if failure.kind in _WITHOUT_A_STEP:
            raise InvalidInput(failure.kind, name=failure.name, seconds=failure.name)
        raise script_failed("script-failed", failure)


def script_failed(code: str, failure: Failure) -> RatecraftError:
    """The script's own error as an exception of ours, with everything that is known of it; or ratecraft's own."""
    if failure.kind == "defect":
        return StudyError("defect", name=failure.name, text=failure.message, traceback=failure.traceback)
    return ScriptFailed(
        code,
        name=f"SystemExit({failure.name})" if failure.kind == "exit" else failure.name or failure.kind,
        text=failure.message,
        file=failure.file,
        line=failure.line,
        traceback=failure.traceback,
    )
