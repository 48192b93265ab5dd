"""Whether an exception says that the disk is full, in whichever words: nothing can be told of a run that failed so.

Path:   an exception out of a script or of ratecraft's own writing -> the study stops, and goes on where there is room.
"""

import errno
from collections.abc import Iterator

_NUMBERS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_TEXTS = (
    "No space left on device",
    "Disk quota exceeded",
    "File too large",
    "database or disk is full",
    "PytorchStreamWriter failed writing",  # torch's writer of checkpoints hides the number
    "unexpected pos",
    "basic_ios::clear: iostream error",  # the same writer, of a small file
)


def is_disk_full(error: BaseException) -> bool:
    """Whether an exception, or one that led to it, says that a disk, a quota or a limit of file sizes is used up.

    Example:
        >>> is_disk_full(OSError(28, "No space left on device")), is_disk_full(OSError(2, "No such file"))
        (True, False)
    """
    return any(_says_so(cause) for cause in _with_causes(error))


def _says_so(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _NUMBERS
    text = str(error)
    return any(name in text for name in _TEXTS)


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [each.__cause__, None if each.__suppress_context__ else each.__context__]
