"""When a failure is the script's own and not caused by the rate: two jobs fail alike, and neither blew up.

Path:   finished jobs of a study -> the failure that stops it, or None.

Two failures are alike if the exception and the line of the script are the same.
"""

from collections.abc import Iterable

from ratecraft.records.events import Finished
from ratecraft.records.outcome import Ending, Failure

_FROM_OUTSIDE = ("killed", "out-of-memory")  # if they have no place in the script, the script is not to blame


def failed_twice(finishes: Iterable[Finished]) -> Failure | None:
    """The first failure that happened to two jobs; None if no two failed alike.

    A trunk that failed with the job that replayed it (attempt 0) does not count as a second failure.

    Example:
        >>> from ratecraft.records.outcome import Outcome
        >>> failure = Failure("exception", "KeyError", "'x'", "train.py", 7)
        >>> first, second = (Finished(Outcome(key, Ending.FAILED, failure=failure), 1) for key in "ab")
        >>> failed_twice([first]), failed_twice([first, second]).line
        (None, 7)
    """
    failed: dict[tuple[str, str, int], str] = {}
    for finish in finishes:
        outcome, failure = finish.outcome, finish.outcome.failure
        if outcome.ending is not Ending.FAILED or failure is None or finish.attempt == 0:
            continue
        if not failure.file and failure.kind in _FROM_OUTSIDE:
            continue
        if failed.setdefault(failure.place, outcome.job) != outcome.job:
            return failure
    return None
