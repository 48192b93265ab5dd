"""Resolves lengths into whole steps once the horizon is known, and again if it changes.

Path:   a tree with shares, epochs, samples, tokens and rests, and a horizon -> a tree with lengths in steps only.
Units:  positions are exact fractions of steps from step 0 of the run.

What is rounded are the positions of the joints, half-way cases up, never the lengths: so the parts always add up. How
each node is fitted is its own affair (`Tree.fit`).
"""

import math
from fractions import Fraction
from typing import cast

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import UNIT_HORIZON, Horizon
from ratecraft.schedules.sizes import Sizes
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.schedules.trees.tree import Place


def bind(
    schedule: Schedule,
    horizon: int,
    *,
    steps_per_epoch: float | None = None,
    batch_size: float | None = None,
    tokens_per_step: float | None = None,
) -> Schedule:
    """The same schedule with every length in steps of a run of `horizon` steps. Binding twice changes nothing.

    Args:
        schedule: A share in it is one of the whole run, wherever it stands; the rest is what the other parts of its
            join leave. A share of less than half a step becomes 0 steps: that part is skipped.
        horizon: Optimizer steps of the run.
        steps_per_epoch: Optimizer steps of one pass over the data; only for lengths in epochs.
        batch_size: Samples of one optimizer step; only for lengths in samples.
        tokens_per_step: Tokens of one optimizer step; only for lengths in tokens.

    Raises:
        InvalidInput: The lengths add up to more than the horizon, the horizon isn't a whole number, or a length is in
            epochs, samples or tokens and nothing says how long those are.

    Example:
        >>> from ratecraft.schedules.builders.constructors import constant, linear, warmup
        >>> bind(warmup(0.05) >> constant(1) >> linear(1, 0, 0.6), horizon=1000)
        warmup(50) >> constant(1, 350) >> linear(1, 0, 600)
    """
    sizes = Sizes(steps_per_epoch=steps_per_epoch, batch_size=batch_size, tokens_per_step=tokens_per_step)
    return bound(schedule, sizes.over(horizon))


def own_length(*schedules: Schedule) -> int:
    """Steps that bound schedules last, those without an end left out; the longest decides.

    Raises:
        InvalidInput: One isn't bound (`schedule-unbound`), or none has an end (`schedule-endless`).

    Example:
        >>> from ratecraft.schedules.builders.constructors import constant, cosine
        >>> own_length(bind(cosine(), 500), constant(0.9))
        500
    """
    for schedule in schedules:
        if schedule.needs_horizon:
            raise InvalidInput("schedule-unbound", schedule=repr(schedule))
    ends = [end for schedule in schedules if (end := schedule.extent(UNIT_HORIZON)) is not None]
    if not ends:
        raise InvalidInput("schedule-endless", schedule=", ".join(map(repr, schedules)))
    return math.ceil(max(ends))


def bound(schedule: Schedule, horizon: Horizon) -> Schedule:
    """The same schedule with every length in steps of this run; what `bind` gives.

    Raises:
        InvalidInput: Same as `bind`.
    """
    run = Place(horizon, Fraction(), Fraction(horizon.steps), Fraction())
    extent = schedule.extent(horizon)
    end = run.end if extent is None else extent
    run.check_room(schedule, end)
    return cast("Schedule", schedule.fit(run.within(Fraction(), end, Fraction())))
