"""A law over sizes, fitted to the small runs: their next rates, and in the end the rate of the target.

Path:   scores of each size by rate -> the next rates, or `Scaled`: the law and its rate, or why there is none.
Units:  octaves above `begin`, a rate that all sizes share; scores in the metric's unit; costs in runs of the target.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ratecraft.controllers.scale.rates import next_octaves, scale_point
from ratecraft.controllers.scale.settings import ScaleAxis, ScaleSettings, Sizes
from ratecraft.laws.scaling.batch import BatchRule
from ratecraft.laws.scaling.caution import Caution
from ratecraft.laws.scaling.scale_law import (
    Exponent,
    Forecast,
    ScaleLaw,
    ScalePoint,
    fewest_points,
    scale_law,
    why_no_law,
)
from ratecraft.recipes.scale_axes import AxisKind, Prior, kind_of_axis, prior_of
from ratecraft.records.metrics import Metric


@dataclass(frozen=True, slots=True)
class KnownAxis:
    """An axis with the published laws for it."""

    axis: ScaleAxis
    kind: AxisKind
    prior: Prior


@dataclass(frozen=True, slots=True)
class SizeTried:
    """The runs of one size and their scores.

    Attributes:
        sizes: Sizes of the run.
        metric: The metric that was compared.
        scores: Score by octave, in the unit of the metric; None for a run without one.
        noise: Standard deviation of a score (a mean over seeds); None if it was not measured.
        study: Name of the study that holds its runs.
        runs: Number of full runs of this size, the baseline included.
        seconds: Seconds that these took.
        cost: Cost of one run, in runs of the target.
    """

    sizes: Sizes
    metric: Metric
    scores: Mapping[int, float | None] = field(default_factory=dict[int, "float | None"])
    noise: float | None = None
    study: str = ""
    runs: float = 0.0
    seconds: float = 0.0
    cost: float = 0.0

    @property
    def compared(self) -> dict[int, float]:
        """Scores with smaller = better, infinite for runs without one."""
        sign = self.metric.sign()
        return {octave: math.inf if score is None else sign * score for octave, score in self.scores.items()}

    @property
    def point(self) -> ScalePoint | None:
        """Its best rate; None if its rates do not tell one."""
        return scale_point(self.sizes, self.compared, self.noise)


@dataclass(frozen=True, slots=True)
class Scaled:
    """A law over sizes, or why there is none.

    Attributes:
        axes: The sizes that are varied, with the published laws for each.
        begin: The rate from which octaves are counted.
        tried: The small runs, in the order in which they were made.
        law: The law through their best rates; None if no size has one.
        forecast: Best rate of the target, in octaves; None if no law is given.
        refused: Why no law is given; None if one is.
    """

    axes: tuple[KnownAxis, ...]
    begin: float
    tried: tuple[SizeTried, ...]
    law: ScaleLaw | None
    forecast: Forecast | None
    refused: Caution | None

    @property
    def rate(self) -> float | None:
        """The rate of the target."""
        return None if self.forecast is None else self.rate_at(self.forecast.octave)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval of that rate, meant to contain the best rate nine times in ten."""
        found = self.forecast
        return None if found is None else (self.rate_at(found.low), self.rate_at(found.high))

    @property
    def cost(self) -> float:
        """The cost so far, in runs of the target."""
        return sum(size.runs * size.cost for size in self.tried)

    def rate_at(self, octave: float) -> float:
        """The rate of an octave."""
        return self.begin * 2**octave


def known_axes(settings: ScaleSettings, rule: BatchRule) -> tuple[KnownAxis, ...]:
    """The axes with their published laws, for an optimizer whose rate follows the batch size by this rule."""
    kinds: list[AxisKind] = [kind_of_axis(axis.argument) for axis in settings.axes]
    return tuple(KnownAxis(axis, kind, prior_of(kind, rule)) for axis, kind in zip(settings.axes, kinds, strict=True))


def next_rates(
    axes: Sequence[KnownAxis], before: Sequence[SizeTried], sizes: Sizes, now: SizeTried | None
) -> tuple[int, ...]:
    """The octaves to train one size at next; empty if it is done.

    Args:
        axes: The sizes that are varied.
        before: Results of the sizes that are done.
        sizes: Sizes of the run in question.
        now: Its results so far; None before its first rates.
    """
    points = [point for size in before if (point := size.point)]
    foreseen = scale_law(points, _exponents(axes), sizes).at(sizes).octave if points else 0.0
    return next_octaves(now.compared if now else {}, round(foreseen), sure=bool(points))


def scaled(axes: Sequence[KnownAxis], begin: float, tried: Sequence[SizeTried]) -> Scaled:
    """Fit the law to the small runs, and predict the rate of the target.

    Args:
        axes: The sizes.
        begin: The rate from which octaves are counted.
        tried: The small runs.
    """
    points, target = [point for size in tried if (point := size.point)], tuple(axis.axis.target for axis in axes)
    told = (tuple(axes), begin, tuple(tried))
    law = scale_law(points, _exponents(axes), target) if points else None
    refused = Caution("scale-few", {"points": 0, "least": fewest_points(len(axes))}) if law is None else None
    refused = refused or (law and why_no_law(law, points, target))
    return Scaled(*told, law, None if law is None or refused else law.at(target), refused)


def _exponents(axes: Sequence[KnownAxis]) -> tuple[Exponent, ...]:
    return tuple(axis.prior.exponent for axis in axes)
