"""The record of a run that was watched: its series as they come, and what is known and was told of it.

Path:   pieces of a run, findings -> `WatchedRun` -> a study's record -> `diagnose`, `show`, `report`.
Units:  a series is kept as two: its steps under `NAME steps`, its values under `NAME`; both are counted by points.

What a kill leaves is what was committed: all but the last second of pieces.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ratecraft.records.outcome import Note
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.codec import to_plain
from ratecraft.records.storage.series import pack
from ratecraft.records.storage.store import Record
from ratecraft.records.watching.observed import Fact, ObservedRun

RUN = "run"
"""The one job of such a record."""

WATCH_ENDED = "watch_ended"
"""The fact that an error of ours ended the watch before the training was over, and which."""

PROCESSES_SEEN = "processes_seen"
"""The fact that of the processes that train together only so many are watched."""

_MOST_SERIES = 256  # a script that makes a new name at every step must not fill the disk


@dataclass(frozen=True, slots=True)
class Watched:
    """The facts of a watched run, without its series.

    Attributes:
        series: Their names.
        facts: As in `ObservedRun`.
        told: Findings that were told while it ran, in this order, as plain values.
        over: Whether the run is no longer followed.
        code: Exit code of a script; None of a training in somebody's own process, and until it is over.
    """

    series: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict[str, Any])
    told: tuple[Mapping[str, Any], ...] = ()
    over: bool = False
    code: int | None = None


def ended_notes(run: ObservedRun) -> tuple[Note, ...]:
    """That the watch ended before the training did; none of a run that was seen whole.

    Example:
        >>> [note.code for note in ended_notes(ObservedRun({}, "step", {WATCH_ENDED: "KeyError: 'x'"}))]
        ['watch-ended']
    """
    if WATCH_ENDED not in run.facts:
        return ()
    steps = max((int(series.steps[-1]) + 1 for series in run.series.values() if len(series)), default=0)
    return (Note("watch-ended", {"steps": steps, "reason": str(run.facts[WATCH_ENDED])}),)


def seen_notes(run: ObservedRun) -> tuple[Note, ...]:
    """That some of the processes that train together were not watched; none where all were, or there is but one.

    Example:
        >>> seen_notes(ObservedRun({}, "step", {"processes": 2.0, PROCESSES_SEEN: 1.0}))[0].values
        {'processes': 2, 'seen': 1}
    """
    if PROCESSES_SEEN not in run.facts or "processes" not in run.facts:
        return ()
    values = {"processes": int(float(run.facts["processes"])), "seen": int(float(run.facts[PROCESSES_SEEN]))}
    return (Note("watched-in-part", values),)


class WatchedRun:
    """Writes one run into a record; the only writer of it.

    Args:
        record: Empty and claimed; closed by `end`.
    """

    def __init__(self, record: Record) -> None:
        self._record, self._known, self._written = record, Watched(), Watched()
        self._counts: dict[str, int] = {}

    def take(self, piece: ObservedRun) -> None:
        """Take the next piece; it is on disk within a second.

        Raises:
            StudyError: Same as `Record.append`.
        """
        facts: dict[str, Fact] = {**self._known.facts, **piece.facts}
        for name, series in piece.series.items():
            first = self._counts.get(name)
            if first is None and len(self._counts) >= _MOST_SERIES:
                continue
            first = first or 0
            self._record.series.extend(RUN, 1, SeriesBlock(steps_name(name), first, pack(series.steps.tolist())))
            self._record.series.extend(RUN, 1, SeriesBlock(name, first, pack(series.values.tolist())))
            self._counts[name] = first + len(series)
        self._known = replace(self._known, series=tuple(self._counts), facts=facts)
        self._write()

    def tell(self, finding: object) -> None:
        """A finding was told.

        Raises:
            StudyError: Same as `Record.append`.
        """
        self._known = replace(self._known, told=(*self._known.told, to_plain(finding)))
        self._write()

    def end(self, code: int | None = None) -> None:
        """Stop following the run; safe to call twice.

        Raises:
            StudyError: Same as `Record.append`.
        """
        if not self._known.over:
            self._known = replace(self._known, over=True, code=code)
            try:
                self._write()
            finally:
                self._record.close()

    def _write(self) -> None:
        if self._known != self._written:
            self._record.set_fact("watched", self._known)
            self._written = self._known


def watched_of(record: Record) -> Watched | None:
    """The facts of the watched run; None in the record of a study.

    Raises:
        StudyError: It cannot be read (`record-damaged`).
    """
    return record.fact("watched", Watched)


def steps_name(name: str) -> str:
    """The name of the series that holds another one's steps.

    Example:
        >>> steps_name("loss")
        'loss steps'
    """
    return f"{name} steps"
