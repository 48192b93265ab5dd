"""How wide intervals and forecasts must be: measured errors of studies, each task judged by the errors of the others.

    python benchmarks/tuning/calibration.py                  # design and check, four own rates, four seeds
    python benchmarks/tuning/calibration.py --studies FILE   # of studies that `studies.py --save` kept

Path:   studies that were judged -> errors by task -> quantiles, and what they hold of a task that had no part in them.
Units:  octaves; of forecasts, ln of what came over what was foreseen.

The unseen part never enters. Every task weighs alike, however many studies it has.
"""

import argparse
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from frozen import load
from share_bounds import share_of
from studies import kept, play, whole
from suite import task_of
from tuner_figures import Judged

__all__ = ["ERRORS", "by_task", "left_out", "span_of"]

Errors = Mapping[str, Sequence[float]]

ERRORS: Mapping[str, Callable[[Judged], float | None]] = {
    "best rate − rate found, octaves": lambda each: each.away,
    "ln(came / foreseen)": lambda each: each.missed_by,
}
"""What is measured of a study; None where it has none."""
SHARE = 0.9


def by_task(studies: Iterable[Judged], error: Callable[[Judged], float | None]) -> dict[str, list[float]]:
    """Task to the errors of its studies; of tasks of which something can be learned."""
    found: dict[str, list[float]] = {}
    for each in studies:
        value = error(each) if each.learns else None
        if value is not None and math.isfinite(value):
            found.setdefault(each.task, []).append(value)
    return found


def span_of(errors: Errors, share: float = SHARE) -> tuple[float, float]:
    """The span that holds a share of all errors, as much left out below as above, every task weighing alike.

    Example:
        >>> span_of({"a": [0.0] * 98 + [5.0] * 2, "b": [1.0]})
        (0.0, 1.0)
    """
    weighed = sorted((value, 1 / (len(values) * len(errors))) for values in errors.values() for value in values)
    return _quantile(weighed, (1 - share) / 2), _quantile(weighed, (1 + share) / 2)


def _quantile(weighed: Sequence[tuple[float, float]], share: float) -> float:
    """The smallest value up to which at least a share of the weight lies."""
    total = 0.0
    for value, weight in weighed:
        total += weight
        if total >= share - 1e-9:
            return value
    return weighed[-1][0]


def left_out(errors: Errors, share: float = SHARE) -> dict[str, list[bool]]:
    """Which errors of each task lie within the span of all the others' errors.

    Example:
        >>> left_out({"a": [0.0, 0.1], "b": [0.0, 0.2], "c": [3.0]})
        {'a': [True, True], 'b': [True, True], 'c': [False]}
    """
    found: dict[str, list[bool]] = {}
    for task, values in errors.items():
        low, high = span_of({other: each for other, each in errors.items() if other != task}, share)
        found[task] = [low <= value <= high for value in values]
    return found


def kinds(tasks: Iterable[str]) -> dict[str, list[str]]:
    """Tasks by what may make their errors larger: all, by the length of the run, by how often data are seen."""
    names = list(tasks)
    steps = {name: load(name).steps for name in names}
    found = {
        "all": names,
        "shorter than 768": [name for name in names if steps[name] < 768],
        "768 … 9,999": [name for name in names if 768 <= steps[name] < 10_000],
        "10,000 and more": [name for name in names if steps[name] >= 10_000],
        "seen once": [name for name in names if task_of(name).single_pass],
        "seen often": [name for name in names if not task_of(name).single_pass],
    }
    return {kind: each for kind, each in found.items() if len(each) >= 3}


def table(studies: Sequence[Judged]) -> Iterator[str]:
    """A line for each kind of error and of task."""
    yield "| error | runs | tasks | studies | holds 90 % | of a task left out (95 %) | tasks below 50 % |"
    yield "|---|---|---|---|---|---|---|"
    for name, error in ERRORS.items():
        every = by_task(studies, error)
        for kind, tasks in kinds(every).items():
            errors = {task: every[task] for task in tasks}
            low, high = span_of(errors)
            held = left_out(errors)
            share, least, most = (100 * each for each in share_of(held))
            poor = ", ".join(task for task, each in held.items() if sum(each) < len(each) / 2)
            count = sum(map(len, errors.values()))
            span, cover = f"{low:+.2f} … {high:+.2f}", f"{share:.0f} % ({least:.0f} … {most:.0f})"
            yield f"| {name} | {kind} | {len(errors)} | {count} | {span} | {cover} | {poor} |"


def main() -> None:
    """Play the studies, or read them, and print how wide they must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=Path, metavar="FILE", help="of `studies.py --save`")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    tasks = whole(("design", "check"))
    if arguments.studies:
        names = {task.name for task in tasks}
        studies = [each for each in kept(arguments.studies, "fork") if each.task in names]
    else:
        with ProcessPoolExecutor(arguments.workers) as pool:
            studies = [study for played in pool.map(play, tasks) for _, study in played]
    print("\n".join(table(studies)))


if __name__ == "__main__":
    main()
