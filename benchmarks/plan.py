"""What a rate that costs nothing is worth: the plan's, each library's default, the script's own, against the oracle.

    pip install -e '.[torch,benchmarks,peers]'
    python benchmarks/plan.py --look   # minutes: asks `ratecraft plan` about each script of the tuning benchmark
    python benchmarks/plan.py --public # a minute: runs that others tuned, see plan_public.py
    python benchmarks/plan.py          # seconds: the tables of benchmarks/README.md, from plan.json and frozen curves

Path:   scripts -> rates (plan.json); frozen/TASK.json.gz -> the loss at each, by interpolation -> regret.
Units:  octaves are log2(rate / the best rate); regret is a share of the oracle's loss, and in its seed deviations.

Only the rate differs: every run is the script's own with the oracle's schedule (a warm-up, constant, linear to 0 over
the last 60 %), so nothing else that a plan advises is judged.
"""

import argparse
import inspect
import json
import math
import os
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

HERE = Path(__file__).parent
sys.path.append(str(HERE / "tuning"))

from frozen import Frozen, load  # noqa: E402 - found where it lies
from scoring import Regret, failed, mean_over, reference_of, regret_of  # noqa: E402
from suite import TASKS  # noqa: E402

FROZEN = HERE / "plan.json"


@dataclass(frozen=True)
class Advice:
    """The rates that can be had for one script without training.

    Attributes:
        optimizer: Its class.
        own: What the script itself writes.
        torch: PyTorch's default of its optimizer.
        keras: Keras's default of the same.
        plan: Ours.
        low: Where our usual range begins.
        high: Where it ends.
    """

    optimizer: str
    own: float
    torch: float
    keras: float
    plan: float
    low: float
    high: float


GIVERS = {"script": "own", "PyTorch": "torch", "Keras": "keras", "plan": "plan"}
"""Who gives a rate, and which it is."""


def look(name: str) -> Advice:
    """What is said of one script."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    import torch

    from ratecraft.api.plan import plan

    with chdir(HERE / "tuning" / "tasks"):
        result = plan(f"{name}.py")
    if result.seen is None or result.range is None:
        raise SystemExit(f"{name}: nothing was seen, or no range is known")
    optimizer = result.seen.class_name
    low, high = result.range
    return Advice(
        optimizer,
        own=result.seen.values["rate"],
        torch=default_of(getattr(torch.optim, optimizer), "lr"),
        keras=default_of(getattr(keras.optimizers, optimizer), "learning_rate"),
        plan=result.rate,
        low=low,
        high=high,
    )


def default_of(optimizer: type, argument: str) -> float:
    """The default of an optimizer's argument, from its signature."""
    return cast("float", inspect.signature(optimizer).parameters[argument].default)


def regrets(task: Frozen, rate: float) -> tuple[Regret, ...]:
    """Of the linear run at a rate, a seed each."""
    reference, octave = reference_of(task), math.log2(rate / task.rate)
    return tuple(regret_of(task.final("linear", octave, seed), seed, reference) for seed in task.seeds)


def best_rate(task: Frozen) -> float:
    """Of the linear runs that every seed has, the one with the lowest mean loss."""
    octaves = set.intersection(*(set(task.octaves("linear", seed)) for seed in task.seeds))

    def mean(octave: float) -> float:
        return mean_over({seed: task.final("linear", octave, seed) for seed in task.seeds}, task.seeds)

    return task.rate * 2 ** min(sorted(octaves), key=mean)


def of_tasks(advice: Mapping[str, Advice], frozen: Mapping[str, Frozen]) -> Iterator[str]:
    """A row a task: the rates, and the median regret over seeds of each."""
    yield "| task | optimizer | best | plan (its range) | octaves off | in range | " + " | ".join(GIVERS) + " |"
    yield "|---|---|---|---|---|---|" + "---|" * len(GIVERS)
    for name, given in advice.items():
        best = best_rate(frozen[name])
        cells = (
            name,
            given.optimizer,
            f"{best:.2g}",
            f"{given.plan:.2g} ({given.low:.2g} … {given.high:.2g})",
            f"{math.log2(given.plan / best):+.1f}",
            "yes" if given.low <= best <= given.high else "no",
            *(medians(regrets(frozen[name], getattr(given, field))) for field in GIVERS.values()),
        )
        yield f"| {' | '.join(cells)} |"


def medians(of_seeds: Sequence[Regret]) -> str:
    """In per cent, and in seed deviations."""
    share = statistics.median(each.share for each in of_seeds)
    sd = statistics.median(each.in_sd for each in of_seeds)
    return f"{100 * share:+.1f} % ({sd:+.1f})" if math.isfinite(share) else "no number"


def of_givers(advice: Mapping[str, Advice], frozen: Mapping[str, Frozen]) -> Iterator[str]:
    """A row a giver: over all tasks and seeds."""
    yield "| rate of | regret, %, median | worst | in seed-sd, median | worst | failures |"
    yield "|---|---|---|---|---|---|"
    for giver, field in GIVERS.items():
        found = [regret for name, given in advice.items() for regret in regrets(frozen[name], getattr(given, field))]
        yield f"| {giver} | {summary(found)} |"


def summary(found: Iterable[Regret]) -> str:
    """The median and the worst, and how many are failures.

    Example:
        >>> summary([Regret(0.1, 4.0), Regret(0.01, 1.0), Regret(0.02, 2.0)])
        '+2.0 | +10.0 | +2.0 | +4.0 | 1 / 3'
    """
    rows = list(found)
    shares, sds = [100 * row.share for row in rows], [row.in_sd for row in rows]
    numbers = (statistics.median(shares), max(shares), statistics.median(sds), max(sds))
    return " | ".join((*(f"{number:+.1f}" for number in numbers), f"{sum(map(failed, rows))} / {len(rows)}"))


def tables(half: str) -> Iterator[str]:
    """The lines of both tables of a half of the tasks."""
    advice = {name: Advice(**given) for name, given in json.loads(FROZEN.read_text()).items()}
    names = [task.name for task in TASKS if task.half == half]
    frozen = {name: load(name) for name in names}
    of_half = {name: advice[name] for name in names}
    yield from (*of_tasks(of_half, frozen), "", *of_givers(of_half, frozen))


def main() -> None:
    """Look at the scripts, or print the tables, a pair for each half."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--look", action="store_true", help="ask for the rates anew")
    parser.add_argument("--public", action="store_true", help="hold plans against runs that others published")
    asked = parser.parse_args()
    if asked.public:
        import plan_public

        plan_public.main()
        return
    if asked.look:
        found = {task.name: asdict(look(task.name)) for task in TASKS if task.half}
        FROZEN.write_text(json.dumps(found, indent=1) + "\n")
    for half in ("design", "held-out"):
        print(f"\n{half} half\n", *tables(half), sep="\n")


if __name__ == "__main__":
    main()
