"""How long a warm-up an optimizer needs.

Path:   the optimizer's memory of squared gradients, the length of the run -> steps of a warm-up; called by recipes.
Units:  optimizer steps.
Source: Ma & Yarats 2021, "On the adequacy of untuned warmup for adaptive optimization", arXiv 1910.04209: a line over
        2 / (1 − β2) steps does what RAdam does, 2,000 steps at β2 = 0.999. At most a tenth of the run: the usual share
        of fine-tuning (Devlin et al. 2019), and the most that papers take (`schedules.usual`).
"""

import math
from fractions import Fraction

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.caution import Caution
from ratecraft.schedules.lengths import whole_number
from ratecraft.schedules.usual import USUAL

LARGEST_SHARE = USUAL["long-warm-up"].high
"""The usual upper limit of a warm-up, as a share of the run."""


def memory_warm_up(beta2: float) -> int:
    """Steps of a linear warm-up that the average of squared gradients needs to settle.

    Raises:
        InvalidInput: A β2 that is not at least 0 and below 1.

    Example:
        >>> memory_warm_up(0.999), memory_warm_up(0.99), memory_warm_up(0.95)
        (2000, 200, 40)
    """
    if not 0 <= beta2 < 1:
        raise InvalidInput("schedule-range", name="beta2", low=0, high=1, given=beta2)
    return math.ceil(2 / (1 - Fraction(repr(beta2))))  # as it is written: 1 - 0.999 is not quite a thousandth


def within_run(warm_up: int, steps: int) -> tuple[int, tuple[Caution, ...]]:
    """The warm-up, cut to a tenth of the run; at least one step.

    Returns:
        Its steps, and `warm-up-cut` where it was cut.

    Raises:
        InvalidInput: A warm-up or a run of less than one step.

    Example:
        >>> within_run(200, 10_000)
        (200, ())
        >>> within_run(2000, 10_000)[0]
        1000
    """
    most = max(1, math.floor(LARGEST_SHARE * whole_number("steps", steps, least=1)))
    if whole_number("warm_up", warm_up, least=1) <= most:
        return warm_up, ()
    return most, (Caution("warm-up-cut", {"wanted": warm_up, "given": most, "share": LARGEST_SHARE}),)
