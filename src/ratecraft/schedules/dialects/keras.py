"""The schedules of `keras.optimizers.schedules`.

Path:   the arguments of a Keras schedule -> a tree.
Units:  steps are `optimizer.iterations`, from 0; values are the rates themselves.
Source: Keras 3.15, keras/src/optimizers/schedules/learning_rate_schedule.py. Keras computes in float32 as a rule.
"""
# ruff: noqa: N802 - the names are Keras's

from collections.abc import Sequence

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects.pieces import joined, scaled, stairs
from ratecraft.schedules.lengths import positive_number, steps, whole_number
from ratecraft.schedules.trees.leaves import Exp, Power, Segment
from ratecraft.schedules.trees.nodes import Affine, Schedule
from ratecraft.schedules.trees.shapes import Cosine, Polynomial

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
]


def ExponentialDecay(
    initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
) -> Schedule:
    """initial_learning_rate · decay_rate^(t / decay_steps), without end.

    Raises:
        InvalidInput: No length, or a rate that isn't greater than 0.

    Example:
        >>> ExponentialDecay(1.0, 2, 0.25).curve(5).tolist()
        [1.0, 0.5, 0.25, 0.125, 0.0625]
    """
    decay = Exp(decay_rate, decay_steps)
    return scaled(initial_learning_rate, decay.quantise(decay_steps) if staircase else decay)


def PiecewiseConstantDecay(boundaries: Sequence[int], values: Sequence[float]) -> Schedule:
    """The first value up to and with step boundaries[0], the second up to boundaries[1], and so on.

    Raises:
        InvalidInput: The values are not one more than the boundaries, or these are not ascending.

    Example:
        >>> PiecewiseConstantDecay([1], [1.0, 0.5]).curve(4).tolist()
        [1.0, 1.0, 0.5, 0.5]
    """
    if len(values) != len(boundaries) + 1:
        raise InvalidInput("dialect-starts", given=len(boundaries), schedules=len(values))
    return stairs(values, [whole_number("boundaries", boundary) + 1 for boundary in boundaries])


def PolynomialDecay(
    initial_learning_rate: float,
    decay_steps: int,
    end_learning_rate: float = 0.0001,
    power: float = 1.0,
    cycle: bool = False,
    *,
    horizon: int | None = None,
) -> Schedule:
    """A power from the initial rate to the end rate, which is held.

    With `cycle` it continues: the k-th cycle is a longer decay, entered at (k - 1) / k of it. As no two cycles are
    alike, the tree needs the number of steps: `horizon`.

    Raises:
        InvalidInput: No length, or a power that isn't greater than 0.

    Example:
        >>> PolynomialDecay(1.0, 2, 0.0).curve(4).tolist()
        [1.0, 0.5, 0.0, 0.0]
        >>> PolynomialDecay(1.0, 2, 0.0, cycle=True, horizon=6).curve(6).round(6).tolist()
        [1.0, 0.5, 0.0, 0.25, 0.0, 0.166667]
    """
    length, shape = whole_number("decay_steps", decay_steps, least=1), Polynomial(power)
    ends = (initial_learning_rate, end_learning_rate)
    if not cycle:
        return Segment(*ends, length, shape)
    cycles = -(-whole_number("horizon", horizon) // length)
    first = Segment(*ends, length, shape).lasting(length + 1)
    later = [
        Segment(*ends, length, shape, offset=gone + 1, inset=-gone) for gone in range(length, cycles * length, length)
    ]
    return joined([first, *later])


def InverseTimeDecay(
    initial_learning_rate: float, decay_steps: int, decay_rate: float, staircase: bool = False
) -> Schedule:
    """initial_learning_rate / (1 + decay_rate · t / decay_steps), without end.

    Raises:
        InvalidInput: No length, or a rate that isn't greater than 0.

    Example:
        >>> InverseTimeDecay(1.0, 2, 1.0).curve(3).round(6).tolist()
        [1.0, 0.666667, 0.5]
    """
    pace = steps(decay_steps / positive_number("decay_rate", decay_rate))
    decay = Power(-1.0, pace, pace)
    return scaled(initial_learning_rate, decay.quantise(decay_steps) if staircase else decay)


def CosineDecay(
    initial_learning_rate: float,
    decay_steps: int,
    alpha: float = 0.0,
    *,
    warmup_target: float | None = None,
    warmup_steps: int = 0,
) -> Schedule:
    """Half a cosine wave of `decay_steps` from a rate to alpha times it; after a warm-up, if there is a target for it.

    The warm-up isn't counted in `decay_steps`.

    Raises:
        InvalidInput: No length, or a rate that isn't finite.

    Example:
        >>> CosineDecay(0.0, 2, warmup_target=1.0, warmup_steps=2).curve(5).round(6).tolist()
        [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    peak = initial_learning_rate if warmup_target is None else warmup_target
    decay = Segment(peak, alpha * peak, whole_number("decay_steps", decay_steps, least=1), Cosine())
    if warmup_target is None:
        return decay
    return Segment(initial_learning_rate, peak, whole_number("warmup_steps", warmup_steps)) >> decay


def CosineDecayRestarts(
    initial_learning_rate: float, first_decay_steps: int, t_mul: float = 2.0, m_mul: float = 1.0, alpha: float = 0.0
) -> Schedule:
    """Half waves, each t_mul times as long and m_mul times as high as the one before, above a share `alpha`.

    Raises:
        InvalidInput: No length, a t_mul below 1, or an m_mul that isn't greater than 0.

    Example:
        >>> CosineDecayRestarts(1.0, 2, m_mul=0.5).curve(4).round(6).tolist()
        [1.0, 0.5, 0.5, 0.426777]
    """
    wave = Segment(1.0, 0.0, whole_number("first_decay_steps", first_decay_steps, least=1), Cosine())
    low = initial_learning_rate * alpha
    return Affine(initial_learning_rate - low, wave.repeat(growth=t_mul, decay=m_mul), low)
