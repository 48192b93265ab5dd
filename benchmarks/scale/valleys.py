"""How well runs of one to three seeds tell the best rate of a task, and whether the tool knows it.

    python benchmarks/scale/valleys.py    # seconds

Path:   ../tuning/frozen: full runs of 36 tasks, four seeds, rates an octave apart -> the point that `ratecraft scale`
        makes of some of the seeds, beside that of the others -> a row for each number of seeds.
Units:  octaves are log2 of a ratio of rates; noise is a standard deviation, as a share of the score.

Neither the tasks nor their rates are those that laws over sizes are measured on.
"""

import math
import sys
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "tuning"))

from frozen import FROZEN, last, load

from ratecraft.controllers.scale.rates import next_octaves, scale_point
from ratecraft.laws.scaling.scale_law import ScalePoint

Valley = Mapping[int, float]
SEEDS = 4
_HELD = 1.645  # deviations on either side of a 90 % interval


def tasks() -> Iterator[tuple[str, list[Valley]]]:
    """Each task with the last losses of its seeds, by octave."""
    for file in sorted(FROZEN.glob("*.json.gz")):
        task = load(file.name.removesuffix(".json.gz"))
        runs = [task.runs.get(("linear", seed), {}) for seed in task.seeds]
        if len(runs) < SEEDS:
            continue
        shared = set.intersection(*(set(each) for each in runs))
        yield task.name, [{int(octave): last(each[octave]) for octave in shared} for each in runs[:SEEDS]]


def tried(seeds: list[Valley], start: int) -> ScalePoint | None:
    """What `ratecraft scale` makes of a task: rates beside its best one, the means of the seeds, their noise."""
    mean = {octave: sum(each[octave] for each in seeds) / len(seeds) for octave in seeds[0]}
    begin, scores = min(mean, key=lambda octave: mean[octave]) + start, dict[int, float]()
    while octaves := [each for each in next_octaves(scores, begin, sure=True) if each in mean]:
        scores |= {each: mean[each] for each in octaves}
    return scale_point((1.0,), scores, noise_of([[each[octave] for each in seeds] for octave in scores]))


def noise_of(rows: list[list[float]]) -> float | None:
    """Of a mean of seeds, as a search measures it."""
    spreads = [float(np.var(row, ddof=1)) for row in rows if len(row) > 1 and all(map(math.isfinite, row))]
    return math.sqrt(float(np.mean(spreads)) / len(rows[0])) if spreads else None


def main() -> None:
    """A row for each number of seeds."""
    columns = ("seeds", "pairs", "octaves apart: median", "9 in 10 below", "root mean square", "within its 90 %")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    known = [(name, valleys) for name, valleys in tasks() if name != "returns_transformer"]  # learned nothing
    for count in (1, 2):
        apart, held = list[float](), list[bool]()
        for _, valleys in known:
            for mine in combinations(range(SEEDS), count):
                others = [valleys[each] for each in range(SEEDS) if each not in mine]
                one, other = tried([valleys[each] for each in mine], sum(mine) % 3 - 1), tried(others, 0)
                if one is None or other is None:
                    continue
                apart.append(abs(one.octave - other.octave))
                held.append(apart[-1] <= _HELD * math.hypot(one.sd, other.sd))
        median, most = np.quantile(apart, (0.5, 0.9))
        square = math.sqrt(float(np.mean(np.square(apart))))
        print(f"| {count} | {len(apart)} | {median:.2f} | {most:.2f} | {square:.2f} | {np.mean(held):.0%} |")


if __name__ == "__main__":
    main()
