"""A series as rules see it: one finite value per step, its noise, and its shape in at most 64 blocks.

Path:   `ObservedSeries` -> `Curve` -> the rules.
Units:  steps and values of the series; a `level` is a median.

Most rules use the blocks, so that their answer is the same whether a run was logged at every step, every hundredth or
once per epoch. Only spikes need the points themselves.
"""

from dataclasses import dataclass
from functools import cached_property

from ratecraft.laws.robust import (
    Array,
    Steps,
    block_medians,
    blocks_of,
    direction,
    log_values,
    median,
    merged,
    noise_sd,
    spike_scores,
)
from ratecraft.records.watching.observed import ObservedSeries

_BLOCKS = 64
_LARGEST = 1e150
"""No 32-bit float comes near it, and its square is finite; what is larger counts as infinite."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The finite points of a series.

    Attributes:
        steps: Shape (n,), rising.
        values: Shape (n,), finite.
    """

    steps: Steps
    values: Array

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def first(self) -> int:
        """The first step of the curve."""
        return int(self.steps[0])

    @property
    def last(self) -> int:
        """The last step of the curve."""
        return int(self.steps[-1])

    @property
    def length(self) -> int:
        """Steps from its first to its last point; at least 1."""
        return max(self.last - self.first, 1)

    @property
    def cadence(self) -> float:
        """Steps between two points."""
        return self.length / max(len(self) - 1, 1)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of one point."""
        return noise_sd(self.values)

    @cached_property
    def scores(self) -> Array:
        """How far each value lies above those before it, in standard deviations of the noise."""
        return spike_scores(self.values)

    @cached_property
    def log_scores(self) -> Array:
        """The same for the logarithms, if all values are above 0: for norms, where 0 has a meaning."""
        return spike_scores(log_values(self.values)) if float(self.values.min()) > 0 else self.scores

    @cached_property
    def blocks(self) -> "Curve":
        """The same in at most 64 points: the median of neighbours, at the last of their steps."""
        if len(self) <= _BLOCKS:
            return self
        ends = [after - 1 for _, after in blocks_of(len(self), _BLOCKS)]
        return Curve(self.steps[ends], block_medians(self.values, _BLOCKS))

    @cached_property
    def start(self) -> float:
        """Where it began: its first point, or the median of its first three where that is lower."""
        return min(float(self.values[0]), median(self.values[:3]))

    @cached_property
    def end(self) -> float:
        """Level of the last tenth."""
        return median(self.values[-max(len(self) // 10, 1) :])

    @cached_property
    def lowest(self) -> tuple[int, float]:
        """Step and level of its lowest block."""
        place = int(self.blocks.values.argmin())
        return int(self.blocks.steps[place]), float(self.blocks.values[place])

    @property
    def progress(self) -> float:
        """How far it fell from its start to its lowest block."""
        return self.start - self.lowest[1]

    def follows(self, steps: Steps, least: float, within: int) -> list[int]:
        """Which of the given steps have a high-scoring value within the given distance."""
        high = self.steps[self.scores >= least]
        return steps[high.searchsorted(steps + within, "right") > high.searchsorted(steps)].tolist()

    def level(self, first: float, last: float) -> float:
        """Median of its values from step `first` to step `last`; NaN where there are none."""
        return median(self.between(first, last).values)

    def at(self, step: float) -> float:
        """Its last value at or before a step; the first where there is none."""
        return float(self.values[max(int(self.steps.searchsorted(step, "right")) - 1, 0)])

    def between(self, first: float, last: float) -> "Curve":
        """The points from step `first` to step `last`."""
        inside = slice(int(self.steps.searchsorted(first, "left")), int(self.steps.searchsorted(last, "right")))
        return Curve(self.steps[inside], self.values[inside])

    def part(self, begin: float, end: float) -> "Curve":
        """The points between two shares of its length."""
        return self.between(self.first + begin * self.length, self.first + end * self.length)

    def direction(self) -> float:
        """How surely it rises (> 0) or falls (< 0); beyond ±2 it does."""
        return direction(self.values)


def curve_of(series: ObservedSeries | None) -> Curve | None:
    """The curve of a series; None where it has no finite point."""
    if series is None or not len(series):
        return None
    finite = abs(series.values) < _LARGEST  # which no NaN is
    steps, values = merged(series.steps[finite], series.values[finite])
    return Curve(steps, values) if len(steps) else None
