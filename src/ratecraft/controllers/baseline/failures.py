"""Failures of the user's own code that the rate cannot have caused.

Path:   outcome of a first run -> `ScriptFailed` with the script's own error, or nothing.

A failing probe is an outcome like any other, since high rates make scripts fail. Two jobs that fail in the same way are
noticed by the driver of the study.
"""

import re

from ratecraft.errors import InvalidInput, RatecraftError, ScriptFailed, StudyError
from ratecraft.records.outcome import Ending, Failure, Outcome

_CANNOT_BE_TUNED = (
    *("no-optimizer", "no-steps", "no-step", "by-hand", "several-processes", "other-processes", "not-joined"),
    *("other-framework", "deepspeed", "spawns-processes"),
)
_NOTHING_LEFT = ("nothing-left", "nothing-left-epoch", "nothing-left-step")
_EXPLAINED = ("missing-package", "missing-file", "unseen-file", "write-denied", "no-input")


def raise_failure(outcome: Outcome) -> None:
    """Raise the error that made a first run (baseline, census) fail, if it did.

    Raises:
        ScriptFailed: The script raised an error of its own.
        InvalidInput: The script has no optimizer, makes no step or too few, or trains in a way that cannot be followed;
            a schedule is for a hyperparameter that its optimizers do not have; or they learn from different losses
            (`opponents`).
    """
    if outcome.ending is Ending.FAILED:
        failure = outcome.failure or Failure("exit")
        if failure.kind == "attach-name":
            raise InvalidInput(failure.kind, name=failure.name, allowed=failure.message)
        if failure.kind == "too-short":
            raise InvalidInput(failure.kind, steps=int(failure.name), least=int(failure.message))
        if failure.kind == "opponents":
            raise InvalidInput(failure.kind, losses=failure.name)
        if failure.kind in _NOTHING_LEFT:
            raise InvalidInput(failure.kind, file=failure.name, count=int(failure.message), hide=failure.detail)
        if failure.kind in _CANNOT_BE_TUNED:
            raise InvalidInput(failure.kind, name=failure.name, seconds=failure.name)
        raise script_failed(failure.kind if failure.kind in _EXPLAINED else "script-failed", failure)


def raise_opponents(outcome: Outcome | None) -> None:
    """Refuse optimizers that learn from different losses if the user did not say which figure is compared.

    The first run may be a reused one, of a study whose user named a figure.

    Raises:
        InvalidInput: The optimizers learn from different losses (`opponents`).
    """
    if outcome is not None and outcome.facts.opponents:
        raise InvalidInput("opponents", losses="; ".join(outcome.facts.opponents))


def script_failed(code: str, failure: Failure) -> RatecraftError:
    """The script's own error, with all that is known of it, as an exception of ours; or an error of ratecraft's own."""
    if failure.kind == "defect":
        return StudyError("defect", name=failure.name, text=failure.message, traceback=failure.traceback)
    if failure.kind == "no-place":
        return StudyError("no-place", reason=failure.name, path=failure.message)
    return ScriptFailed(
        code,
        name=f"SystemExit({failure.name})" if failure.kind == "exit" else failure.name or failure.kind,
        text=failure.message,
        file=failure.file,
        line=failure.line,
        traceback=failure.traceback,
        detail=failure.detail,
        package=_package(failure.message),
    )


def _package(message: str) -> str:
    """The package to install for a missing module.

    Example:
        >>> _package("No module named 'skimage.io'")
        'skimage'
    """
    found = re.search(r"No module named '([^'.]+)", message)
    return found.group(1) if found else message
