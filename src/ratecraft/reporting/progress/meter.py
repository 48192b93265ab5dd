"""How far a study is, and how long it will still take.

Path:   events and a clock -> the view, seconds left -> screens.
Units:  seconds of wall time; steps are optimizer steps.

A replayed probe pays for the script's start-up again, which for a short script is most of its time; so starts and steps
are timed separately.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ratecraft.records.events import Event, Finished, Progress, Started
from ratecraft.reporting.progress.estimate import Planner
from ratecraft.reporting.progress.view import View, follow_planned

Clock = Callable[[], float]


@dataclass(slots=True)
class _Timed:
    """An attempt under way: the time of its last event, and its steps by then."""

    heard: float
    executed: int = 0


class Meter:
    """The view of a study, with the cost of a start and of a step measured in this process.

    Args:
        plan: The estimate by the length of a run; None if nothing is planned.
        past: Events of the record, from before this process.
        clock: Seconds.
    """

    def __init__(self, plan: Planner | None, past: Iterable[Event], clock: Clock) -> None:
        self._plan, self._clock = plan, clock
        self.view = View.of(plan(None)) if plan else View()
        for event in past:
            self._follow(event)
        self._began: float | None = None
        self._under_way: dict[str, _Timed] = {}
        self._starts, self._starting = 0, 0.0
        self._steps, self._training = 0, 0.0

    def hear(self, event: Event) -> None:
        """One more event.

        Raises:
            InvalidInput: It shows that a run is too short for a study.
        """
        self._measure(event)
        self._follow(event)

    def seconds_left(self) -> float | None:
        """Expected seconds to the end; None while they are not known, and once nothing is left."""
        remaining = self.view.remaining
        if not remaining or self._began is None or not self._steps or not self._starts:
            return None
        at_a_time = (self._starting + self._training) / max(self._clock() - self._began, 1e-9)
        work = self.view.to_start * self._starting / self._starts + remaining * self._training / self._steps
        return work / max(at_a_time, 1e-9)

    def _follow(self, event: Event) -> None:
        self.view = follow_planned(self.view, event, self._plan)

    def _measure(self, event: Event) -> None:
        now = self._clock()
        match event:
            case Started(job):
                self._began = now if self._began is None else self._began
                self._under_way[job] = _Timed(now)
            case Progress(job, executed=executed) if job in self._under_way:
                self._account(self._under_way[job], executed, now)
            case Finished(outcome) if outcome.job in self._under_way:
                self._account(self._under_way.pop(outcome.job), outcome.executed, now)
            case _:
                pass

    def _account(self, timed: _Timed, executed: int, now: float) -> None:
        """Attribute the time since the attempt's last event to its start, or to steps."""
        if timed.executed:
            self._training += now - timed.heard
            self._steps += max(executed - timed.executed, 0)
        else:
            self._starting += now - timed.heard
            self._starts += 1
        timed.heard, timed.executed = now, max(executed, timed.executed)
