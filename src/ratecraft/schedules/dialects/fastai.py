"""The schedules of `fastai.callback.schedule`.

Path:   the arguments of a fastai schedule, and the number of batches -> trees.
Units:  steps are training batches, from 0. fastai's own schedules are functions of the share of all batches that is
        done; as the last batch is not yet done when its rate is set, the end value is never used.
Source: fastai 2.8, fastai/callback/schedule.py. fastai adds its shares up in float32.
"""
# ruff: noqa: N802 - the names are fastai's

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise

from ratecraft.errors import InvalidInput
from ratecraft.schedules.dialects.pieces import joined
from ratecraft.schedules.lengths import exact_number, steps, whole_number
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.trees.leaves import Segment
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.schedules.trees.shapes import Cosine, Geometric, Linear, Polynomial

__all__ = [
    "SchedCos",
    "SchedExp",
    "SchedLin",
    "SchedNo",
    "SchedPoly",
    "combine_scheds",
    "combined_cos",
    "fit_flat_cos",
    "fit_one_cycle",
    "fit_sgdr",
]


def SchedLin(start: float, end: float) -> Segment:
    """A line over the whole run; bind it to the number of batches.

    Raises:
        InvalidInput: A value that isn't finite.

    Example:
        >>> from ratecraft.schedules.horizon import bind
        >>> bind(SchedLin(1.0, 0.0), 4).curve(4).tolist()
        [1.0, 0.75, 0.5, 0.25]
    """
    return Segment(start, end, shape=Linear())


def SchedCos(start: float, end: float) -> Segment:
    """Half a cosine wave over the whole run; bind it to the number of batches.

    Raises:
        InvalidInput: A value that isn't finite.

    Example:
        >>> from ratecraft.schedules.horizon import bind
        >>> bind(SchedCos(1.0, 0.0), 2).curve(2).round(6).tolist()
        [1.0, 0.5]
    """
    return Segment(start, end, shape=Cosine())


def SchedNo(start: float, end: float) -> Segment:
    """`start` over the whole run, whatever the end.

    Raises:
        InvalidInput: A value that isn't finite.

    Example:
        >>> from ratecraft.schedules.horizon import bind
        >>> bind(SchedNo(1.0, 0.0), 2).curve(2).tolist()
        [1.0, 1.0]
    """
    del end
    return Segment(start, start)


def SchedExp(start: float, end: float) -> Segment:
    """By the same factor at every batch; bind it to the number of batches.

    Raises:
        InvalidInput: A value of 0, or of another sign than the other.

    Example:
        >>> from ratecraft.schedules.horizon import bind
        >>> bind(SchedExp(1.0, 0.0625), 4).curve(4).round(6).tolist()
        [1.0, 0.5, 0.25, 0.125]
    """
    return Segment(start, end, shape=Geometric())


def SchedPoly(start: float, end: float, power: float) -> Segment:
    """A power of the share, start + (end - start) · share^power; bind it to the number of batches.

    Raises:
        InvalidInput: A power that isn't greater than 0.

    Example:
        >>> from ratecraft.schedules.horizon import bind
        >>> bind(SchedPoly(0.0, 1.0, 2), 4).curve(4).tolist()
        [0.0, 0.0625, 0.25, 0.5625]
    """
    return Segment(start, end, shape=Polynomial(power=1.0, bend=power))


def combine_scheds(pcts: Sequence[float], scheds: Sequence[Segment], *, batches: int) -> Schedule:
    """Schedules one after another, each for its share of the batches. Their joints may lie between two batches.

    Args:
        pcts: Shares; they sum to 1 as the decimal numbers that they are written as.
        scheds: One for each share.
        batches: Batches of the whole run.

    Raises:
        InvalidInput: Shares that don't sum to 1, or not as many as schedules.

    Example:
        >>> combine_scheds([0.5, 0.5], [SchedLin(0.0, 1.0), SchedLin(1.0, 0.0)], batches=4).curve(4).tolist()
        [0.0, 0.5, 1.0, 0.5]
    """
    if len(pcts) != len(scheds) or not scheds:
        raise InvalidInput("dialect-shares", given=len(pcts), schedules=len(scheds))
    shares = [Fraction(exact_number("pcts", share)) for share in pcts]
    if min(shares) < 0 or abs(sum(shares) - 1) > Fraction(1, 10**9):
        raise InvalidInput("dialect-shares-sum", given=", ".join(map(str, pcts)), sum=float(sum(shares)))
    total = whole_number("batches", batches)
    edges = [share * total for share in accumulate(shares[:-1], initial=Fraction())] + [Fraction(total)]
    lengths = [max(later - earlier, Fraction()) for earlier, later in pairwise(edges)]
    return joined(replace(sched, length=steps(length)) for sched, length in zip(scheds, lengths, strict=True))


def combined_cos(pct: float, start: float, middle: float, end: float, *, batches: int) -> Schedule:
    """Half a wave from start to middle for a share of the batches, and one from middle to end.

    Raises:
        InvalidInput: A share outside of 0 to 1.

    Example:
        >>> combined_cos(0.5, 0.0, 1.0, 0.0, batches=4).curve(4).round(6).tolist()
        [0.0, 0.5, 1.0, 0.5]
    """
    return combine_scheds([pct, 1 - pct], [SchedCos(start, middle), SchedCos(middle, end)], batches=batches)


def fit_one_cycle(
    lr_max: float,
    div: float = 25.0,
    div_final: float = 1e5,
    pct_start: float = 0.25,
    moms: tuple[float, float, float] = (0.95, 0.85, 0.95),
    *,
    batches: int,
) -> ScheduleSet:
    """What `Learner.fit_one_cycle` does: half waves of the rate up and down, and of the momentum the opposite way.

    Raises:
        InvalidInput: A share outside of 0 to 1.

    Example:
        >>> fit_one_cycle(1.0, pct_start=0.5, batches=4).at(2)
        {'momentum': 0.85, 'rate': 1.0}
    """
    rate = combined_cos(pct_start, lr_max / div, lr_max, lr_max / div_final, batches=batches)
    return ScheduleSet(rate=rate, momentum=combined_cos(pct_start, *moms, batches=batches))


def fit_flat_cos(lr: float, div_final: float = 1e5, pct_start: float = 0.75, *, batches: int) -> Schedule:
    """What `Learner.fit_flat_cos` does: constant, then half a wave down.

    Raises:
        InvalidInput: A share outside of 0 to 1.

    Example:
        >>> fit_flat_cos(1.0, pct_start=0.5, batches=4).curve(4).round(4).tolist()
        [1.0, 1.0, 1.0, 0.5]
    """
    return combined_cos(pct_start, lr, lr, lr / div_final, batches=batches)


def fit_sgdr(n_cycles: int, cycle_len: int, lr_max: float, cycle_mult: int = 2, *, batches_per_epoch: int) -> Schedule:
    """What `Learner.fit_sgdr` does: half waves from lr_max to 0 of cycle_len epochs, each cycle_mult times as long.

    Raises:
        InvalidInput: No length, or a cycle_mult below 1.

    Example:
        >>> fit_sgdr(2, 1, 1.0, batches_per_epoch=2).curve(4).round(6).tolist()
        [1.0, 0.5, 1.0, 0.853553]
    """
    length = whole_number("cycle_len", cycle_len, least=1) * whole_number(
        "batches_per_epoch", batches_per_epoch, least=1
    )
    return Segment(lr_max, 0.0, length, Cosine()).repeat(n_cycles, cycle_mult)
