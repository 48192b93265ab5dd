"""A rate limit: a token bucket that fills at a steady pace and from which every request takes one.

Path:   the wall of the site -> `take` -> whether a request may pass.
Units:  seconds of the clock that is given.
Source: the token bucket of traffic shaping (Turner 1986).
"""

from collections.abc import Callable


class Allowance:
    """A limit on requests, at once and over time.

    Args:
        most: Requests at once.
        a_second: Requests per second over time.
        clock: Returns seconds that never decrease.

    Example:
        >>> now = 0.0
        >>> allowance = Allowance(2, 1.0, lambda: now)
        >>> [allowance.take(), allowance.take(), allowance.take()]
        [True, True, False]
        >>> now = 1.0
        >>> allowance.take()
        True
    """

    def __init__(self, most: float, a_second: float, clock: Callable[[], float]) -> None:
        self._most = most
        self._a_second = a_second
        self._clock = clock
        self._left = most
        self._seen = clock()

    def take(self) -> bool:
        """Take a token; whether there was one."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._seen) * self._a_second)
        self._seen = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
