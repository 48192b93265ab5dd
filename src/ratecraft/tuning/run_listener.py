"""What one run reports as it goes, kept as a whole and passed on piece by piece.

Path:   a run's blocks, figures and lines -> `RunHistory` (for the outcomes) and happenings (for the driver).
Units:  steps count from the run's step 0.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ratecraft.records.events import Progress
from ratecraft.records.job import Job
from ratecraft.records.metrics import choose_metric, normal_name
from ratecraft.records.outcome import Figure
from ratecraft.records.running import Happening, Printed, SeriesBlock
from ratecraft.records.storage.series import unpack


@dataclass(slots=True)
class RunHistory:
    """All that a run has reported from its step 0 on: series by name, with index = step, and figures in order."""

    series: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    figures: list[Figure] = field(default_factory=list[Figure])

    def of(self, name: str) -> list[float]:
        """A series by its name; empty if there is none."""
        return self.series.get(name, [])

    def copy(self) -> "RunHistory":
        """A copy for a branch, which begins with all that its trunk had reported."""
        return RunHistory({name: list(values) for name, values in self.series.items()}, list(self.figures))


class RunListener:
    """The listener of one run of an attempt at a job.

    It passes on every step that is run for the attempt, including those before the job's own start, so that an attempt
    that is cut off shows how far it came. Used by one thread.

    Args:
        job: The job.
        attempt: Number of the attempt.
        tell: Takes the happenings.
        told: What the run's trunk had reported; None for a run that begins at step 0.
        first: The first step that is run for this attempt.
        run_for: The job that the run itself performs; None if it is the same. It differs if a trunk is trained again
            for a job that branches off it.
    """

    def __init__(
        self,
        job: Job,
        attempt: int,
        tell: Callable[[Happening], None],
        told: RunHistory | None = None,
        first: int = 0,
        run_for: Job | None = None,
    ) -> None:
        self.told = told or RunHistory()
        self.job, self._key = run_for or job, job.key
        self._attempt = attempt
        self._tell = tell
        self._metric = job.evaluate.metric if job.evaluate else ""
        self._names: dict[str, None] = {}
        self._first = self._step = first

    def block(self, block: SeriesBlock) -> None:
        """Take some more values of a series."""
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
        """Take a figure."""
        self.told.figures.append(figure)
        name = normal_name(figure.name)
        self._names[name] = None
        if name == (self._metric or self._default_metric()):
            self._progress(figure.step, figure=figure.value)

    def line(self, text: str) -> None:
        """Take a line that the script printed."""
        self._tell(Printed(self._key, text))

    def _default_metric(self) -> str:
        """The metric that would be compared, from all figures so far, for a run that no figure scores."""
        chosen = choose_metric(self._names)
        return chosen.name if chosen else ""

    def _progress(self, step: int, loss: float | None = None, figure: float | None = None) -> None:
        self._tell(Progress(self._key, step, max(step, self._step) - self._first, loss, figure))


def _place(series: list[float], first: int, values: Sequence[float]) -> None:
    """Put values at their steps; steps without a value are NaN."""
    series.extend([math.nan] * (first - len(series)))
    series[first : first + len(values)] = values
