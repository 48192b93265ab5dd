"""Lengths become whole steps, once, when the horizon is known; and what becomes of them when it changes.

Path:   a tree with shares, epochs, tokens and rests, and a horizon -> a tree with lengths in steps only.
Units:  positions are exact fractions of steps from step 0 of the run.

What is rounded are the positions of the joints, half-way cases up, never the lengths: so the parts always add up. How
each node is fitted is its own affair (`Tree.fit`).
"""

from fractions import Fraction
from typing import cast

from ratecraft.schedules.lengths import Horizon
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.tree import Place

__all__ = ["bind"]


def bind(
    schedule: Schedule,
    horizon: int,
    *,
    steps_per_epoch: float | None = None,
    tokens_per_step: float | None = None,
) -> Schedule:
    """The same schedule with every length in steps of a run of `horizon` steps. Binding twice changes nothing.

    Args:
        schedule: A share in it is one of the whole run, wherever it stands; the rest is what the other parts of its
            join leave. A share of less than half a step becomes 0 steps: that part is skipped.
        horizon: Optimizer steps of the run.
        steps_per_epoch: Optimizer steps of one pass over the data; only for lengths in epochs.
        tokens_per_step: Tokens of one optimizer step; only for lengths in tokens.

    Raises:
        InvalidInput: The lengths add up to more than the horizon, the horizon isn't a whole number, or a length is in
            epochs or tokens and nothing says how long those are.

    Example:
        >>> from ratecraft.schedules.constructors import constant, linear, warmup
        >>> bind(warmup(0.05) >> constant(1) >> linear(1, 0, 0.6), horizon=1000)
        warmup(50) >> constant(1, 350) >> linear(1, 0, 600)
    """
    known = Horizon(horizon, _exact(steps_per_epoch), _exact(tokens_per_step))
    run = Place(known, Fraction(), Fraction(known.steps), Fraction())
    extent = schedule.extent(known)
    end = run.end if extent is None else extent
    run.check_room(schedule, end)
    return cast("Schedule", schedule.fit(run.within(Fraction(), end, Fraction())))


def _exact(number: float | None) -> int | Fraction | None:
    return cast("int | Fraction | None", number)  # `Horizon` makes it exact
