"""Turns an exception from a task's own functions into a failure, in the user's frames.

Path:   an exception -> `Failure`.
"""

import traceback

from ratecraft.records.outcome import Failure
from ratecraft.records.storage.disk_full import is_disk_full
from ratecraft.training.scripts.libraries import LIBRARIES, is_ours


def failure_of(error: Exception | SystemExit) -> Failure:
    """The failure for an exception, at the user's innermost line if there is one.

    Example:
        >>> failure_of(ValueError("no")).name
        'ValueError'
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not (is_ours(frame.filename) or frame.filename.startswith(LIBRARIES))]
    file, line = (own[-1].filename, own[-1].lineno or 0) if own else ("", 0)
    name = type(error).__name__
    no_memory = isinstance(error, MemoryError) or name == "OutOfMemoryError" or "not enough memory" in str(error)
    return Failure(
        kind="out-of-memory" if no_memory else "disk-full" if is_disk_full(error) else "exception",
        name=name,
        message=str(error)[:2000],
        file=file,
        line=line,
        traceback="".join((*traceback.format_list(own), *traceback.format_exception_only(error)))[-8000:],
    )
