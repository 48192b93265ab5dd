"""All that was seen of a run under way, in bounded memory.

Path:   pieces of a run, as they are read -> `Trace` -> one `ObservedRun` so far -> the rules.
Units:  steps of the run from 0; values as read.
"""

from array import array

from ratecraft.importers.names import meaning_of
from ratecraft.importers.points import Points
from ratecraft.records.watching.observed import Fact, ObservedRun, ObservedSeries, observed_series

_MOST_SERIES = 256  # a script that makes a new name at every step must not fill the memory


class Trace:
    """Pieces of one run, joined. A series that grows too long is thinned, as in a log.

    Example:
        >>> trace = Trace()
        >>> trace.add(ObservedRun({"loss": observed_series("loss", range(100_000), [1.0] * 100_000)}, "step"))
        >>> trace.steps, len(trace.run.series["loss"]) <= 16_384
        (100000, True)
    """

    def __init__(self) -> None:
        self._points: dict[str, Points] = {}
        self._facts: dict[str, Fact] = {}
        self.steps = 0
        """Number of steps seen."""

    def add(self, piece: ObservedRun) -> None:
        """Append the next piece; the steps of a series never decrease."""
        self._facts |= piece.facts
        for name, series in piece.series.items():
            points = self._points.get(name)
            if points is None:
                if len(self._points) >= _MOST_SERIES:
                    continue
                points = self._points[name] = Points(meaning_of(name))
            points.extend(array("q", series.steps.tobytes()), array("d", series.values.tobytes()))
            if len(series):
                self.steps = max(self.steps, int(series.steps[-1]) + 1)

    @property
    def run(self) -> ObservedRun:
        """The run so far. If several optimizers have a loss each, the sum of these does not measure progress."""
        plays = float(self._facts.get("losses_a_step", 1.0)) > 1
        series = {
            name: _series(name, points) for name, points in self._points.items() if not (plays and name == "loss")
        }
        return ObservedRun(series, "step", self._facts, "live")


def _series(name: str, points: Points) -> ObservedSeries:
    return observed_series(name, points.keys, points.values)
