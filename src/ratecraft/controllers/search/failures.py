"""When a search cannot have an answer: nothing that was tried ever gives the figure, or everything fails.

Path:   ledger of a search -> the error to raise, or nothing.

A single failed trial is merely lost, since rates at the end of a range make programs fail. The trials looked at here
are chosen by their numbers, so that the order of outcomes decides nothing.
"""

from itertools import islice

from ratecraft.controllers.baseline.failures import raise_failure
from ratecraft.controllers.search.ledger import Ledger
from ratecraft.errors import NoAnswer, ScriptFailed
from ratecraft.records.outcome import Ending, Failure, Outcome

_SILENT = 2  # one run may have had its own reason to give no figure; a third one would only cost more


def raise_if_silent(ledger: Ledger, *, is_over: bool = False) -> None:
    """Stop a search of programs if its first two runs (or its only one) went well but never gave the figure.

    Raises:
        NoAnswer: None of these runs gave the figure (`program-silent`, `program-file-silent`).
    """
    settings = ledger.frame.settings
    if settings.what != "program":
        return
    first = [job.came for job in islice(ledger.jobs.values(), _SILENT)]
    silent = [result.silent for result in first if result is not None and result.ending is Ending.DONE]
    told = [names for names in silent if names is not None]
    if len(told) == (len(first) if is_over else _SILENT):
        names = dict.fromkeys(name for names in told for name in names)
        code = "program-file-silent" if settings.metric_file else "program-silent"
        seen = ", ".join(names) or "–"
        raise NoAnswer(code, metric=ledger.frame.metric.name, file=settings.metric_file, seen=seen)


def raise_if_all_failed(ledger: Ledger) -> None:
    """Stop a search that is over and in which every run failed.

    Raises:
        ScriptFailed: Every run failed; the error is that of the first.
    """
    came = [(job.key, job.came) for job in ledger.jobs.values() if job.came is not None]
    if not came or any(result.ending is not Ending.FAILED for _, result in came):
        return
    (key, first), *_ = came
    failure = first.failure or Failure("exit")
    if failure.kind == "time-limit":
        raise ScriptFailed("program-never-ends", seconds=failure.name, count=len(came))
    if ledger.frame.settings.what == "program":
        name = {"exit": f"exit code {failure.name}", "metric-file": failure.message}.get(failure.kind, failure.name)
        raise ScriptFailed("program-failed", name=name, count=len(came), traceback=failure.traceback)
    raise_failure(Outcome(key, Ending.FAILED, failure=failure))
