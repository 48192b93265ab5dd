"""A watch beside a measured run: the facts that it reports, and values that are read once.

Path:   the sensor of a watched script, in a hosted one -> facts of the run -> `RunFacts.seen`.

So a proof begins with what `watch` would have seen of the same script.
"""

from ratecraft.records.watching.observed import Fact, ObservedRun
from ratecraft.training.observing.sensor import Sensor

_READ_ONCE = ("weight_scale", "input_mean", "input_deviation")


class WatchBeside:
    """Follows every optimizer of this process from its creation."""

    def __init__(self) -> None:
        self._facts = dict[str, Fact]()
        self._sensor = Sensor(self._take)
        self._sensor.follow_all()

    def told(self) -> dict[str, Fact]:
        """The facts seen so far; nothing more is watched after this."""
        self._sensor.close()
        return self._facts

    def _take(self, piece: ObservedRun) -> None:
        self._facts |= piece.facts
        for name in _READ_ONCE:
            if name in piece.series:
                self._facts.setdefault(name, float(piece.series[name].values[0]))
