"""The warm-ups that the oracle was trained with, and what lies between them.

Path:   steps of a warm-up -> the trained ones on both sides with their weights; what a longer one takes off a run.
Units:  steps are optimizer steps; a level is a warm-up as a part of the steps: 128 stands for 1/128 of them.

Every run has 1/128; 1/20 and 1/10 were trained for the linear schedule and its probes, about the best rate. A loss
between two levels is interpolated in the logarithm of the warm-up. Where a level was not trained at a rate, the run
with 1/128 stands for it at the rate that makes the areas under both equal: below the best rate that is off by 0.1 to
2 % on smooth tasks, and by up to 9 % where a run lies at the edge of what it can bear.
"""

import math
from itertools import pairwise

__all__ = ["LEVELS", "PROBED", "levels_about", "name_at", "shift_of"]

LEVELS = (128, 20, 10)
PROBED = {128: (64, 32, 16, 8, 4), 20: (16, 8, 4), 10: (8, 4)}
"""A level to the trunks of its probes, as parts of the steps: a trunk is at least 5/4 as long as its warm-up."""
FLAT = 0.4
"""The share of a linear run in which its rate does not fall."""


def name_at(name: str, level: int) -> str:
    """What a run is called in the frozen trees.

    Example:
        >>> name_at("linear", 128), name_at("probe-8", 20)
        ('linear', 'probe-8@20')
    """
    return name if level == LEVELS[0] else f"{name}@{level}"


def levels_about(warm_up: int, steps: int) -> tuple[tuple[int, float], ...]:
    """The levels on both sides of a warm-up with their weights; beyond the ends, the nearest.

    Example:
        >>> levels_about(7, 1000), levels_about(50, 1000), levels_about(300, 1000)
        (((128, 1.0),), ((20, 1.0),), ((10, 1.0),))
        >>> [(level, round(weight, 2)) for level, weight in levels_about(71, 1000)]
        [(20, 0.49), (10, 0.51)]
    """
    lengths = {level: max(1, steps // level) for level in LEVELS}
    if warm_up <= lengths[LEVELS[0]]:
        return ((LEVELS[0], 1.0),)
    for below, above in pairwise(LEVELS):
        if warm_up < lengths[above]:
            weight = math.log(warm_up / lengths[below]) / math.log(lengths[above] / lengths[below])
            return ((below, 1 - weight), (above, weight)) if weight else ((below, 1.0),)
        if warm_up == lengths[above]:
            return ((above, 1.0),)
    return ((LEVELS[-1], 1.0),)


def shift_of(name: str, level: int, steps: int) -> float:
    """Octaves by which a run with the warm-up of a level is like one with 1/128 at a lower rate: below 0.

    Example:
        >>> round(shift_of("linear", 20, 1280), 2), round(shift_of("probe-8", 20, 1280), 2)
        (-0.04, -0.24)
    """
    if name.startswith("probe-"):
        trunk = steps // int(name.split("-")[1])
        plain = trunk + max(8, trunk // 4) / 2
    else:
        plain = steps * (FLAT + (1 - FLAT) / 2)

    def area(warm_up: int) -> float:
        return plain - (warm_up - 1) / 2

    return math.log2(area(max(1, steps // level)) / area(max(1, steps // LEVELS[0])))
