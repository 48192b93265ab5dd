"""How the best rate moves with the size of a run: a power law through the best rates of small runs.

Path:   best rates of small runs, each with how well it is known; what is published of each exponent -> `ScaleLaw`
        -> the rate of a larger run with its interval, or why no law is given.
Units:  rates in octaves (log2 of a ratio of rates); sizes as the user counts them; an exponent is octaves of the rate
        an octave of the size.
Source: log-linear as in Kaplan et al. 2020, arXiv 2001.08361, and in Li et al. 2025, arXiv 2503.04715. The fit is
        linear regression with a normal prior on each exponent (Gelman et al., "Bayesian Data Analysis", 14.8); an
        interval is widened by the square root of what the points scatter beyond their own intervals, as particle
        physicists scale theirs (Particle Data Group, "Review of Particle Physics", 5.2.2). An exponent that drifts as
        a random walk leads a curve astray by a third of the cube of the distance (Wahba 1978, JRSS B 40: splines).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ratecraft.laws.robust import Array
from ratecraft.laws.scaling.caution import Caution

_SURE = 1.645  # standard deviations on either side of a 90 % interval
_OFF = 1.0  # octaves by which a point that is left out may be missed: by more, doubling a rate is not told from keeping
_FARTHEST = 2.0  # decades from the nearest size that was tried
_WIDEST = 2.0  # octaves on either side: a tune looks as far about its first rate without any forecast
_DRIFT = 0.2  # of an exponent, an octave of the size: −1.4, −0.7, −0.3 and −0.5, −0.3, +0.5 along two benchmark tasks
_UNKNOWN = 1e6  # octaves, of what nothing is known about


@dataclass(frozen=True, slots=True)
class Exponent:
    """An exponent: its value, and the standard deviation of its error."""

    value: float
    sd: float


@dataclass(frozen=True, slots=True)
class ScalePoint:
    """The best rate of one small run.

    Attributes:
        sizes: Size along each axis, in the order of the axes.
        octave: The best rate.
        sd: What that may be off by, one standard deviation, > 0.
    """

    sizes: tuple[float, ...]
    octave: float
    sd: float

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of its 90 % interval."""
        return self.octave - _SURE * self.sd, self.octave + _SURE * self.sd


@dataclass(frozen=True, slots=True)
class Forecast:
    """The best rate of a run, in octaves, with the ends of its 90 % interval."""

    octave: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LeftOut:
    """By how many octaves a point is missed by the law through the others, and what it may be missed by.

    Attributes:
        error: What was seen less what was foreseen.
        sd: What both may be off by, one standard deviation.
    """

    error: float
    sd: float

    @property
    def is_off(self) -> bool:
        """Whether the miss speaks against the law: it matters, and what is known of both does not explain it."""
        return abs(self.error) > max(_OFF, _SURE * self.sd)


@dataclass(frozen=True, slots=True)
class ScaleLaw:
    """`octave + Σ exponent · log2(size / middle)`.

    Attributes:
        middle: The sizes about which it turns, along each axis.
        octave: The best rate there.
        exponents: One an axis.
        covariance: Covariance of the octave and the exponents, in this order.
        left_out: For each point, the value of the law through the others; empty if there are too few.
    """

    middle: tuple[float, ...]
    octave: float
    exponents: tuple[Exponent, ...]
    covariance: tuple[tuple[float, ...], ...]
    left_out: tuple[LeftOut, ...] = ()

    def at(self, sizes: Sequence[float]) -> Forecast:
        """The best rate of a run of these sizes.

        Example:
            >>> points = [ScalePoint((width,), octave, 0.1) for width, octave in ((64, 0), (128, -1), (256, -2))]
            >>> round(scale_law(points, [Exponent(0, 5)], (1024,)).at((1024,)).octave, 1)
            -4.0
        """
        away = self._away(sizes)
        found = self.octave + sum(exponent.value * far for exponent, far in zip(self.exponents, away[1:], strict=True))
        half = _SURE * self.sd_at(sizes)
        return Forecast(found, found - half, found + half)

    def sd_at(self, sizes: Sequence[float]) -> float:
        """What the best rate of a run of these sizes may be off by, one standard deviation."""
        away = np.array(self._away(sizes))
        return math.sqrt(float(away @ np.array(self.covariance) @ away))

    def _away(self, sizes: Sequence[float]) -> tuple[float, ...]:
        return 1.0, *(math.log2(size / middle) for size, middle in zip(sizes, self.middle, strict=True))


def fewest_points(axes: int) -> int:
    """The fewest points for a law of `axes` axes: one more than determine it, so that they can contradict it.

    Example:
        >>> fewest_points(1)
        3
    """
    return axes + 2


def scale_law(points: Sequence[ScalePoint], known: Sequence[Exponent], target: Sequence[float]) -> ScaleLaw:
    """The power law through the points that leads to a run.

    No exponent holds everywhere: it drifts with the size, so a point counts less the farther it lies from that run.

    Args:
        points: At least one.
        known: What is published of the exponent of each axis.
        target: Sizes of the run.
    """
    law = _fitted(points, known, target)
    if len(points) < fewest_points(len(known)):
        return law
    others = [_fitted([*points[:at], *points[at + 1 :]], known, point.sizes) for at, point in enumerate(points)]
    missed = (
        LeftOut(point.octave - other.at(point.sizes).octave, math.hypot(point.sd, other.sd_at(point.sizes)))
        for point, other in zip(points, others, strict=True)
    )
    return replace(law, left_out=tuple(missed))


def why_no_law(law: ScaleLaw, points: Sequence[ScalePoint], target: Sequence[float]) -> Caution | None:
    """Why the law says nothing of a run of these sizes; None if it does.

    Args:
        law: Through the points.
        points: The points.
        target: Sizes of the run.

    Returns:
        `scale-few`, `scale-far`, `scale-off` (the points do not lie on one line) or `scale-wide`.

    Example:
        >>> points = [ScalePoint((width,), octave, 0.1) for width, octave in ((64, 0), (128, 3), (256, 0))]
        >>> why_no_law(scale_law(points, [Exponent(0, 1)], (1024,)), points, (1024,)).code
        'scale-off'
    """
    if not law.left_out:
        return Caution("scale-few", {"points": len(points), "least": fewest_points(len(target))})
    far = max(_decades(target[axis], [point.sizes[axis] for point in points]) for axis in range(len(target)))
    if far > _FARTHEST + 1e-9:
        return Caution("scale-far", {"decades": far, "most": _FARTHEST})
    off = [abs(left_out.error) for left_out in law.left_out if left_out.is_off]
    if off:
        return Caution("scale-off", {"off": max(off)})
    half = _SURE * law.sd_at(target)
    return Caution("scale-wide", {"half": half, "most": _WIDEST}) if half > _WIDEST else None


def _decades(size: float, tried: Sequence[float]) -> float:
    """How far a size lies outside of those that were tried."""
    return max(0.0, math.log10(size / max(tried)), math.log10(min(tried) / size))


def _fitted(points: Sequence[ScalePoint], known: Sequence[Exponent], target: Sequence[float]) -> ScaleLaw:
    sizes: Array = np.log2(np.array([point.sizes for point in points], dtype=np.float64).reshape(len(points), -1))
    octaves = np.array([point.octave for point in points])
    drifted: Array = _DRIFT**2 * (np.abs(sizes - np.log2(np.array(target, dtype=np.float64))) ** 3).sum(axis=1) / 3
    trust: Array = 1 / np.sqrt(np.array([point.sd for point in points]) ** 2 + drifted)
    middle: Array = (trust**2 @ sizes) / (trust @ trust)
    rows = np.column_stack([np.ones(len(points)), sizes - middle]) * trust[:, None]
    before = 1 / np.array([_UNKNOWN, *(exponent.sd for exponent in known)]) ** 2
    usual = np.array([float(octaves.mean()), *(exponent.value for exponent in known)])
    spread = np.linalg.inv(rows.T @ rows + np.diag(before))
    found: Array = spread @ (rows.T @ (octaves * trust) + before * usual)
    left = len(points) - 1 - len(known)
    scatter = float(np.sum((octaves * trust - rows @ found) ** 2)) / left if left > 0 else 0.0
    spread = spread * max(1.0, scatter)
    errors = np.sqrt(np.diag(spread))
    return ScaleLaw(
        tuple(float(2**value) for value in middle),
        float(found[0]),
        tuple(Exponent(float(value), float(sd)) for value, sd in zip(found[1:], errors[1:], strict=True)),
        tuple(tuple(float(value) for value in row) for row in spread),
    )
