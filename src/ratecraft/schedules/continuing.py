"""Schedules for a run that continues: after a crash, longer than planned, at another batch size, or after its end.

Path:   the schedule of the whole run, the steps that are done -> that of the run as it will be -> `preview`, code.
Units:  steps are optimizer steps of the whole run, those that are done included.
"""

from dataclasses import dataclass

from ratecraft.schedules.lengths import positive_number
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.sizes import NO_SIZES, Sizes
from ratecraft.schedules.stretching import Keep


@dataclass(frozen=True, slots=True)
class GoingOn:
    """How a run continues.

    Attributes:
        first: The step to continue from, which is the number of steps done.
        total: Steps of the continued run.
        keep: Which part of the curve is kept, as in `rebind`.
        times: Factor on the rate from there on, e.g. √2 for a batch twice as large with AdamW.
    """

    first: int
    total: int
    keep: Keep = "position"
    times: float = 1.0


def continued(schedules: ScheduleSet, steps: int, how: GoingOn, sizes: Sizes = NO_SIZES) -> ScheduleSet:
    """The schedules of the whole continued run; up to the first new step they are as planned.

    Args:
        schedules: The schedules as given originally.
        steps: Optimizer steps as planned.
        how: What changes.
        sizes: Sizes of an epoch and of a step.

    Raises:
        InvalidInput: Same as `rebind`; or a factor that is not above 0.

    Example:
        >>> from ratecraft.schedules.language.text import parse_set
        >>> longer = continued(parse_set("warmup(10) >> cosine()"), 100, GoingOn(55, 145))
        >>> [round(longer.rate.at(step), 3) for step in (54, 55, 100, 145)]
        [0.517, 0.5, 0.146, 0.0]
    """
    known = {
        "steps_per_epoch": sizes.steps_per_epoch,
        "batch_size": sizes.batch_size,
        "tokens_per_step": sizes.tokens_per_step,
    }
    anew = schedules.rebind(steps, done=how.first, new_horizon=how.total, keep=how.keep, **known)
    if positive_number("times", how.times) == 1:
        return anew
    rate = anew.rate
    return ScheduleSet({**anew, "rate": rate.lasting(how.first) >> how.times * rate.shifted(how.first)})
