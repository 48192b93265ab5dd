"""Could a study without a baseline foresee it, from the probes at the script's own rate? Seconds, on the frozen tasks.

    python benchmarks/tuning/foreseen_baselines.py

Path:   frozen/TASK.json.gz -> annealed scores at the own rate after T/32 and T/8 -> what `laws.losses.foresight` says
        of T -> held against what the script came to.
Units:  losses; an error is a share of what was foreseen.
"""

import math
import statistics
from collections.abc import Iterator

from frozen import Frozen, load
from replay import world_of
from studies import OFFS, whole
from suite import Task

from ratecraft.laws.losses.foresight import foresee
from ratecraft.records.answer import Span

__all__ = ["cases"]

_TRUNKS = (1 / 32, 1 / 8)
_WHOLE = 1.25  # a probe with its cool-down, of its trunk


def cases(task: Task, frozen: Frozen) -> Iterator[tuple[Span | None, float]]:
    """What is foreseen of the script as it is, and what it came to: each seed, each own rate of `OFFS`."""
    lengths = [round(frozen.steps * trunk * _WHOLE) for trunk in _TRUNKS]
    for seed in frozen.seeds:
        for off in OFFS:
            loss = world_of(task, frozen, seed, off).baseline_loss
            if loss is None or not math.isfinite(loss):
                continue
            short, long = ((steps, frozen.score(off, steps, seed, frozen.steps // 128)) for steps in lengths)
            found = foresee(short, long, once=task.single_pass)
            yield (found.at(frozen.steps) if found else None), loss


def main() -> None:
    """Print how often something is foreseen, how often it holds, and the median error."""
    found = [case for task in whole(("design", "check")) for case in cases(task, load(task.name))]
    told = [(span, loss) for span, loss in found if span]
    held = sum(span.low <= loss <= span.high for span, loss in told)
    error = statistics.median(abs(math.log(loss / span.middle)) for span, loss in told)
    print(f"{len(found)} baselines, {len(told)} foreseen; the 90 % interval holds {held}")
    print(f"median error {math.expm1(error):.0%}")


if __name__ == "__main__":
    main()
