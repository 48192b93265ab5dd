"""Laws over sizes on the public runs of Step Law: the longest runs and the largest batches foreseen from three smaller.

    python benchmarks/scale/step_law.py    # a second

Path:   ../step_law.csv -> the best rates along tokens, and along the batch, all else alike -> the largest one foreseen.
Units:  octaves are log2(foreseen / best rate); regret is a share of the lowest loss.

The runs, and where they are from, are those of `benchmarks/plan_public.py`. No batch of theirs has three model sizes.
"""

import math
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))

from plan_public import Slice, slices

from ratecraft.laws.responses.redrawn import redrawn_bottom
from ratecraft.laws.scaling.scale_law import ScalePoint, scale_law, why_no_law
from ratecraft.recipes.scale_axes import AxisKind, prior_of

_SHARPEST = 0.1  # octaves, as `controllers.scale.rates`
_NOISE = 0.0005  # of a loss, as a share: a guess, their runs have one seed
AXES: dict[AxisKind, tuple[Callable[[Slice], float], Callable[[Slice], object]]] = {
    "other": (lambda each: each.cell[1], lambda each: (each.cell[0], each.sequences)),
    "batch": (lambda each: each.sequences, lambda each: each.cell),
}
"""Tokens and batch: the size, and what is alike."""


def point_of(runs: Slice, size: float) -> ScalePoint:
    """The best rate of a slice, as `ratecraft scale` tells it of its own runs."""
    losses = {math.log2(rate): loss for rate, loss in runs.losses.items()}
    octave, moved = redrawn_bottom(losses, _NOISE * runs.least)
    return ScalePoint((size,), octave, math.hypot(_SHARPEST, moved))


def outcomes(kind: AxisKind) -> Iterator[tuple[float, bool, float, float] | str]:
    """Of each target octaves off, whether the interval held it, regret, and regret of the same rate; or why no law."""
    size, alike = AXES[kind]
    groups: dict[object, list[Slice]] = {}
    for each in slices():
        groups.setdefault(alike(each), []).append(each)
    for group in groups.values():
        *smaller, target = sorted(group, key=size)
        if len(smaller) < 3:
            continue
        points = [point_of(each, size(each)) for each in smaller[-3:]]
        law = scale_law(points, [prior_of(kind, "square-root").exponent], (size(target),))
        refused = why_no_law(law, points, (size(target),))
        if refused is not None:
            yield refused.code
            continue
        ahead = law.at((size(target),))
        inside = ahead.low <= target.best_octave <= ahead.high
        yield (
            ahead.octave - target.best_octave,
            inside,
            target.regret(2**ahead.octave),
            target.regret(2 ** points[-1].octave),
        )


def main() -> None:
    """A row an axis."""
    columns = ("along", "targets", "no law", "octaves off: median", "worst", "at most 0.5", "held it", "regret, mean")
    print(f"| {' | '.join((*columns, 'same rate'))} |")
    print(f"|{'---|' * 9}")
    for kind, name in (("other", "tokens"), ("batch", "batch")):
        found = list(outcomes(kind))
        told = [each for each in found if not isinstance(each, str)]
        refused = dict(Counter(each for each in found if isinstance(each, str)))
        off = [abs(each[0]) for each in told]
        near, held = sum(each <= 0.5 for each in off), sum(each[1] for each in told)
        regret, same = (statistics.fmean(each[at] for each in told) for at in (2, 3))
        numbers = (f"{statistics.median(off):.2f}", f"{max(off):.2f}", f"{near} / {len(off)}", f"{held} / {len(off)}")
        print(f"| {name} | {len(found)} | {refused or 0} | {' | '.join(numbers)} | {regret:.3%} | {same:.3%} |")


if __name__ == "__main__":
    main()
