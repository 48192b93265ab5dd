"""The runs of trunks that wait at their stops for the jobs that leave them: a cache, never more.

Path:   a trunk's run at its stop -> kept here -> branches, as many as are asked for, one at a time.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ratecraft.errors import CannotBranch
from ratecraft.records.running import Listener, Run
from ratecraft.tuning.outcomes import Performance
from ratecraft.tuning.run_job import was_killed

__all__ = ["PausedRuns", "Trunk"]

_GONE = "gone"


@dataclass(slots=True)
class Trunk:
    """A trunk that has been trained: how that went, and its run where it can be branched.

    Attributes:
        performance: From its step 0 to its stop.
        run: Paused there; None if it died on the way or cannot be branched.
        cannot: Why it cannot be branched.
    """

    performance: Performance
    run: Run | None
    cannot: str = ""

    @property
    def is_lost(self) -> bool:
        """Its process was killed, which says nothing of the trunk: it must be trained once more."""
        return self.cannot == _GONE or (self.run is None and was_killed(self.performance))


@dataclass(slots=True)
class _Place:
    """Where a trunk is kept; who holds the lock may use, make or close it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    trunk: Trunk | None = None


class PausedRuns:
    """Keeps trained trunks by key, and no more than `most` paused runs: the least recently used are closed first.

    Args:
        most: How many runs may be paused at a time, beside those in use.
        end: Ends a run.
    """

    def __init__(self, most: int, end: Callable[[Run], None]) -> None:
        self._most, self._end = most, end
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}  # the least recently used first

    @contextmanager
    def use(self, key: str, train: Callable[[], Trunk]) -> Generator[Trunk, None, None]:
        """A trunk for one user at a time, trained first where it is not there; whoever comes second waits."""
        with self._lock:
            place = self._places.setdefault(key, _Place())
        with place.lock:
            if place.trunk is None:
                place.trunk = train()
            try:
                yield place.trunk
            finally:
                if place.trunk.is_lost:
                    place.trunk = None
        with self._lock:
            self._places[key] = self._places.pop(key)  # used last: after the trunks that it was trained from
            paused = [
                place for place in self._places.values() if place.trunk is not None and place.trunk.run is not None
            ]
        self._close(paused[: max(0, len(paused) - self._most)])

    def branch(self, trunk: Trunk, listener: Listener) -> Run:
        """A branch off a trunk that is in use. A run that cannot be branched is closed, and why is remembered.

        Raises:
            CannotBranch: It cannot be branched.
        """
        if trunk.run is None:
            raise CannotBranch("cannot-branch", reason=trunk.cannot)
        try:
            return trunk.run.branch(listener)
        except CannotBranch as cannot:
            trunk.cannot = cannot.reason
            self._end(trunk.run)
            trunk.run = None
            raise

    def _close(self, places: list[_Place]) -> None:
        """Close paused runs; those in use are left alone."""
        for place in places:
            if place.lock.acquire(blocking=False):
                try:
                    if place.trunk is not None and place.trunk.run is not None:
                        self._end(place.trunk.run)
                        place.trunk = None
                finally:
                    place.lock.release()
