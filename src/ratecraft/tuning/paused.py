"""The paused runs of trunks, waiting for the jobs that branch off them. They are only a cache.

Path:   a trunk's run at its stop -> kept here -> any number of branches, one at a time.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from ratecraft.errors import CannotBranch
from ratecraft.records.running import Listener, Run
from ratecraft.tuning.outcomes import Performance
from ratecraft.tuning.run_job import was_killed

_GONE = "gone"


@dataclass(slots=True)
class Trunk:
    """A trained trunk: how the training went, and its run if that can be branched.

    Attributes:
        performance: The run from step 0 to the trunk's stop.
        run: The paused run; None if it died on the way or cannot be branched.
        cannot: Why it cannot be branched; None if it can.
    """

    performance: Performance
    run: Run | None
    cannot: str = ""

    @property
    def is_lost(self) -> bool:
        """Whether its process was killed, which is not the trunk's fault: it must be trained again."""
        return self.cannot == _GONE or (self.run is None and was_killed(self.performance))


@dataclass(slots=True)
class _Place:
    """The place where a trunk is kept; whoever holds its lock may use, make or close the trunk."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    trunk: Trunk | None = None


class PausedRuns:
    """Keeps trained trunks by key, and at most `most` paused runs: the least recently used are closed first.

    Args:
        most: How many runs may be paused at a time, not counting those in use.
        end: Ends a run.
    """

    def __init__(self, most: int, end: Callable[[Run], None]) -> None:
        self._most, self._end = most, end
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}  # the least recently used first

    @contextmanager
    def use(self, key: str, train: Callable[[], Trunk]) -> Generator[Trunk, None, None]:
        """Give a trunk to one user at a time, trained first if it is missing; others wait."""
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
        """A branch off a trunk in use. A run that cannot be branched is closed, and the reason is kept.

        Raises:
            CannotBranch: The trunk's run cannot be branched.
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
