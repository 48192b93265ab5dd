"""Schedules with a common name, each composed of a few simpler ones.

Path:   Python calls, and names in an expression -> trees.
Units:  lengths as in `constructors`; values are factors of the peak rate, if nothing else is said.
Source: the usual values are those of the papers and libraries named at each.
"""

from collections.abc import Sequence
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, power, warmup
from ratecraft.schedules.lengths import (
    Epochs,
    Length,
    Samples,
    Tokens,
    length_of,
    positive_number,
    shown,
    simplest,
    whole_number,
    written_length,
)
from ratecraft.schedules.trees.leaves import Segment
from ratecraft.schedules.trees.nodes import Const, Schedule, Seq
from ratecraft.schedules.trees.shapes import shape_of

_MOST_STAIRS: Final = 10_000
_EXACT: Final = Context(prec=40, Emin=MIN_EMIN, Emax=MAX_EMAX)


def step(every: Length, factor: float, times: int | None = None) -> Schedule:
    """Stairs: starts at 1 and is multiplied by `factor` every `every` steps. Usual: ×0.1 every 30 epochs.

    Args:
        every: Steps, a share of the horizon, or epochs.
        factor: Factor of each stair; > 0.
        times: Number of stairs, 1 to 10 000. Default: without end.

    Raises:
        InvalidInput: A factor that isn't greater than 0, no length, or no stairs.

    Example:
        >>> step(2, 0.5, times=2).curve(6).tolist()
        [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    if times is None:
        return exponential(factor, every).quantise(every)
    heights = _stairs(factor, whole_number("times", times, least=1, most=_MOST_STAIRS))
    return Seq((*(Const(height, every) for height in heights[:-1]), Const(heights[-1])))


def multistep(milestones: Sequence[Length], factor: float) -> Schedule:
    """Stairs at given places: starts at 1 and is multiplied by `factor` at each milestone.

    Args:
        milestones: Steps from the start, shares of the run, or epochs; all of one kind, ascending.
        factor: Factor of each stair; > 0.

    Raises:
        InvalidInput: A factor that isn't greater than 0, or milestones that are not ascending or of several kinds.

    Example:
        >>> multistep([2, 3], 0.1).curve(5).tolist()
        [1.0, 1.0, 0.1, 0.01, 0.01]
    """
    lengths = _between("milestones", milestones)
    heights = _stairs(factor, len(lengths))
    return Seq((*map(Const, heights[:-1], lengths), Const(heights[-1])))


def piecewise(values: Sequence[float], boundaries: Sequence[Length], shape: str | None = None) -> Schedule:
    """Given values between given places.

    Args:
        values: One more than there are boundaries. Without a shape, each holds until the next boundary; with one, the
            first is the value at step 0, and each other is reached at its boundary and the last one held.
        boundaries: Steps from the start, shares of the run, or epochs; all of one kind, ascending.
        shape: Shape between one value and the next, such as `linear` or `cosine`. Default: constant steps.

    Raises:
        InvalidInput: Boundaries that are not ascending or of several kinds, or a wrong number of values.

    Example:
        >>> piecewise([0.1, 0.02], [3]).curve(5).tolist()
        [0.1, 0.1, 0.1, 0.02, 0.02]
        >>> piecewise([0, 1, 0.5], [2, 4], "linear").curve(6).tolist()
        [0.0, 0.5, 1.0, 0.75, 0.5, 0.5]
    """
    lengths = _between("boundaries", boundaries)
    if not _is_list(values) or len(values) != len(lengths) + 1:
        raise InvalidInput("schedule-pieces", given=shown(values), wanted=len(lengths) + 1)
    if shape is None:
        return Seq((*map(Const, values[:-1], lengths), Const(values[-1])))
    ways = [Segment(*ends, shape_of(shape)) for ends in zip(values[:-1], values[1:], lengths, strict=True)]
    return Seq((*ways, Const(values[-1])))


def wsd(
    warmup_length: Length,
    decay_length: Length,
    stable_length: Length = None,
    to: float = 0.0,
    decay: str = "linear",
) -> Schedule:
    """Warm-up, stable, decay: up to 1, constant, and down.

    Args:
        warmup_length: Length of the warm-up.
        decay_length: Length of the decay. Usual: 10 to 20 % of the run, up to 60 % for a single run.
        stable_length: Length of the constant part. Default: whatever the others leave.
        to: The value just past the last step.
        decay: Its shape: `linear`, `cosine`, `1-sqrt` (Hägele et al. 2024), or another name of `shapes.SHAPES`.

    Raises:
        InvalidInput: No length, a value that isn't finite, an unknown shape, or two missing lengths.

    Example:
        >>> wsd(0.1, 0.4)
        warmup(0.1) >> constant(1) >> linear(1, 0, 0.4)
    """
    return warmup(warmup_length) >> constant(1.0, stable_length) >> Segment(1.0, to, decay_length, shape_of(decay))


def decay_to_zero(warmup_length: Length = 0.1) -> Schedule:
    """Warm-up, then a straight line to 0 at the end of the run. Source: Bergsma et al. 2025, arXiv 2502.15938.

    Args:
        warmup_length: Length of the warm-up.

    Raises:
        InvalidInput: No length.

    Example:
        >>> decay_to_zero()
        warmup(0.1) >> linear(1, 0)
    """
    return warmup(warmup_length) >> linear(1.0, 0.0)


def flat_cosine(flat_length: Length = 0.75, to: float = 0.0) -> Schedule:
    """Constant, then a cosine down. Source: fastai's fit_flat_cos.

    Args:
        flat_length: Length of the constant part.
        to: The value at the end.

    Raises:
        InvalidInput: No length, or a value that isn't finite.

    Example:
        >>> flat_cosine()
        constant(1, 0.75) >> cosine(1, 0)
    """
    return constant(1.0, flat_length) >> cosine(1.0, to)


def inverse_sqrt(warmup_length: Length) -> Schedule:
    """Warm-up, then as 1 / √t: 1 at the end of the warm-up, 1/2 at four times its length. It never ends.

    Args:
        warmup_length: Length of the warm-up; at least one step.

    Raises:
        InvalidInput: No length.

    Example:
        >>> inverse_sqrt(100).at(400)
        0.5
    """
    return warmup(warmup_length) >> power(-0.5, warmup_length, warmup_length)


def noam(model_size: int, warmup_length: int = 4000) -> Schedule:
    """The first Transformer's absolute rates: size^-½ · min(s^-½, s · warm-up^-1.5) with s = step + 1.

    Source: Vaswani et al. 2017, arXiv 1706.03762, with 4000 steps of warm-up.

    Args:
        model_size: Width of the model.
        warmup_length: Whole steps; 1 or more.

    Raises:
        InvalidInput: A size or a length that isn't a whole number of 1 or more.

    Example:
        >>> f"{noam(512).at(3999):.2e}"
        '6.99e-04'
    """
    size = whole_number("model_size", model_size, least=1)
    steps = whole_number("warmup_length", warmup_length, least=1)
    return (size * steps) ** -0.5 * power(1, steps, 1).min(power(-0.5, steps, 1))


def power_law(warmup_length: Length, exponent: float = -0.51, decay_length: Length = 0.1) -> Schedule:
    """Warm-up, then a power of time, times a line to 0 at the end. Source: Shen et al. 2024, arXiv 2408.13359.

    Args:
        warmup_length: Length of the warm-up; at least one step.
        exponent: Exponent of time; the paper's fit is -0.51.
        decay_length: Length of the final line.

    Raises:
        InvalidInput: No length, or an exponent that isn't finite.

    Example:
        >>> power_law(100)
        (warmup(100) >> power(-0.51, 100, 100)) * (constant(1) >> linear(1, 0, 0.1))
    """
    rise = warmup(warmup_length) >> power(exponent, warmup_length, warmup_length)
    return rise * (constant(1.0) >> linear(1.0, 0.0, decay_length))


def _stairs(factor: float, times: int) -> list[float]:
    fall = Decimal(repr(positive_number("factor", factor)))
    return [float(_EXACT.power(fall, stair)) for stair in range(times + 1)]  # 0.01, where 0.1**2 isn't quite


def _between(name: str, places: Sequence[Length]) -> list[Length]:
    """The lengths between places that are counted from the beginning."""
    if not _is_list(places) or not 1 <= len(places) <= _MOST_STAIRS:
        raise InvalidInput("schedule-places", name=name, given=shown(places), most=_MOST_STAIRS)
    checked = [length_of(name, place) for place in places]
    kinds = {Fraction if isinstance(place, int) else type(place) for place in checked}
    exact = [_exact(place) for place in checked]
    if len(kinds) > 1 or None in checked or any(late <= early for early, late in pairwise(exact)):
        given = ", ".join(map(written_length, checked))
        raise InvalidInput("schedule-places-rise", name=name, given=given)
    gaps = [late - early for early, late in pairwise([Fraction(), *exact])]
    return [_like(checked[0], gap) for gap in gaps]


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _exact(place: Length) -> Fraction:
    match place:
        case float():
            return Fraction(repr(place))
        case Epochs() | Samples() | Tokens():
            return Fraction(repr(place.count))
        case _:
            return Fraction(place or 0)


def _like(kind: Length, size: Fraction) -> Length:
    match kind:
        case float():
            return float(size)
        case Epochs() | Samples() | Tokens():
            return type(kind)(float(size))
        case _:
            return simplest(size)


COMPOSITIONS: Final = {
    constructor.__name__: constructor
    for constructor in (*(decay_to_zero, flat_cosine, inverse_sqrt, multistep, noam, piecewise, power_law, step, wsd),)
}
"""What an expression may call, by name."""
