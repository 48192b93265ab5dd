"""What one run tells while it goes, kept whole and passed on piece by piece.

Path:   a run's blocks, figures and lines -> `Told` (for the outcomes) and happenings (for the driver).
Units:  steps count from the run's step 0; in a run that is replayed the steps executed are the steps reached.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ratecraft.records.events import Progress
from ratecraft.records.job import Job
from ratecraft.records.metrics import normal_name
from ratecraft.records.outcome import Figure
from ratecraft.records.running import Happening, Printed, SeriesBlock
from ratecraft.records.series import unpack

__all__ = ["Hearing", "Told"]


@dataclass(slots=True)
class Told:
    """All that a run has told from its step 0 on: series by name, with index = step, and figures in order."""

    series: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    figures: list[Figure] = field(default_factory=list[Figure])

    def of(self, name: str) -> list[float]:
        """A series by its name; empty where none was told."""
        return self.series.get(name, [])


class Hearing:
    """The listener of one attempt at a scored job.

    A replay passes on its series from the run's step 0, though the job's own begin at its start: an attempt that is cut
    off must show how far it came. Used by one thread.
    """

    def __init__(self, job: Job, attempt: int, tell: Callable[[Happening], None]) -> None:
        self.told = Told()
        self._key = job.key
        self._attempt = attempt
        self._tell = tell
        self._metric = job.evaluate.metric if job.evaluate else ""
        self._step = 0

    def block(self, block: SeriesBlock) -> None:
        """A stretch of a series is complete."""
        values = unpack(block.values)
        self._tell((self._key, self._attempt, block))
        if block.name == "frozen_loss":
            self.told.series.setdefault(block.name, []).extend(values)
            return
        _place(self.told.series.setdefault(block.name, []), block.first, values)
        if block.name == "loss":
            self._step = max(self._step, block.first + block.count)
            finite = [value for value in values if math.isfinite(value)]
            self._progress(self._step, loss=statistics.fmean(finite) if finite else None)

    def figure(self, figure: Figure) -> None:
        """A figure was told."""
        self.told.figures.append(figure)
        if self._metric in ("", normal_name(figure.name)):
            self._progress(figure.step, figure=figure.value)

    def line(self, text: str) -> None:
        """The script printed a line."""
        self._tell(Printed(self._key, text))

    def _progress(self, step: int, loss: float | None = None, figure: float | None = None) -> None:
        self._tell(Progress(self._key, step, max(step, self._step), loss, figure))


def _place(series: list[float], first: int, values: Sequence[float]) -> None:
    """Put values at their steps; steps that were never told are NaN."""
    series.extend([math.nan] * (first - len(series)))
    series[first : first + len(values)] = values
