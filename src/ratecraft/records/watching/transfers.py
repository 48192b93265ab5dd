"""When values of a watched run that may still be on a device are read: those of several steps together, for one wait.

Path:   steps whose values wait, the clock -> whether to read them now.
Units:  steps; seconds of wall time.
"""

import time
from dataclasses import dataclass, field

_MOST_UNREAD = 64  # steps between two transfers
_LONGEST = 5.0  # seconds, for runs whose steps take long


@dataclass
class Transfers:
    """Transfers of one run; the first interval begins when this is made.

    Example:
        >>> transfers = Transfers()
        >>> transfers.are_due(63), transfers.are_due(64)
        (False, True)
    """

    _last: float = field(default_factory=time.monotonic)

    def are_due(self, unread: int) -> bool:
        """Whether the values of `unread` steps should be read now."""
        return unread >= _MOST_UNREAD or time.monotonic() - self._last > _LONGEST

    def made(self) -> None:
        """Everything has been read."""
        self._last = time.monotonic()
