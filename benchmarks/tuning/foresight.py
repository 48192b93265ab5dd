"""Foresight: do 90 % intervals of final losses, told before the run is made, hold 90 % of them?

    python benchmarks/tuning/foresight.py                   # the design half
    python benchmarks/tuning/foresight.py --half held-out   # once: note it in decisions.md

Path:   frozen/TASK.json.gz -> predictions from probes at every rate about the best -> coverage, width and error.
Units:  octaves are log2(rate / the script's own rate); steps are optimizer steps; width and error are in % of the loss.

Predicted is the linear run of T steps: from the probes of T/32 and T/8 steps at its rate (`the end`), from those of
T/64 and T/16 (as of twice the steps of a run of T/2), and from those of T/16 and T/4 (as after a run, of a longer one).
Then whole studies by replay, which predict at the rate that they choose, and what stopping early would do.
"""

import argparse
import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from frozen import Frozen, is_complete, last, load
from replay import World, follow
from suite import TASKS, Task

from ratecraft.controllers.settings import TunerSettings
from ratecraft.laws.foresight import foresee
from ratecraft.records.answer import Answer, Span

__all__ = ["KINDS", "Case", "Told", "cases", "summary", "told_by_studies"]

ABOUT = range(-2, 2)
"""Octaves about the best long probe that are predicted: where all but a few studies choose their rates."""

KINDS = {"the end": (32, 8), "twice the steps": (64, 16), "after a run": (16, 4)}
"""What is said, and the lengths of the two annealed runs that are known, as parts of the steps."""


@dataclass(frozen=True)
class Case:
    """One prediction, None where nothing could be said, and what came."""

    task: str
    kind: str
    said: Span | None
    came: float


@dataclass(frozen=True)
class Told:
    """What a study foresaw, whether even the lower end was worse than the script as it is, and whether it gained."""

    case: Case
    hopeless: bool
    gained: bool


def cases(task: Task, frozen: Frozen) -> Iterator[Case]:
    """Every prediction of a task: kinds, seeds, and the rates about the best long probe."""
    for kind, (short, long) in KINDS.items():
        for seed in frozen.seeds:
            probed = {octave: _score(frozen, f"probe-{max(long, 8)}", octave, seed) for octave in task.octaves}
            best = min(probed, key=lambda octave: probed[octave])
            for octave in (best + away for away in ABOUT if best + away in probed):
                first, last = (
                    (_stop(frozen, part), _score(frozen, f"probe-{part}", octave, seed)) for part in (short, long)
                )
                came = _score(frozen, "linear", octave, seed)
                if math.isfinite(came) and math.isfinite(last[1]):
                    found = foresee(first, last, once=task.loader and task.single_pass)
                    yield Case(task.name, kind, found and found.at(frozen.steps), came)


def _stop(frozen: Frozen, part: int) -> int:
    """Where the probe of a part of the steps ends, its cool-down included."""
    trunk = frozen.steps // part
    return trunk + max(8, trunk // 4)


def _score(frozen: Frozen, name: str, octave: int, seed: int) -> float:
    """The last validation loss of a run of this very seed; infinite where it has none or blew up."""
    run = frozen.runs.get((name, seed), {}).get(octave)
    return math.inf if run is None or run["blown_at"] is not None else last(run)


def told_by_studies(task: Task, frozen: Frozen) -> Iterator[Told]:
    """What whole studies by replay foresaw, one a seed."""
    for seed in frozen.seeds:
        world = World(frozen, seed, loader=task.loader, single_pass=task.single_pass)
        answer = follow(world, TunerSettings.usual("fork")).answer
        if answer.tuned is not None and answer.tuned.final is not None:
            said = answer.foreseen.final if answer.foreseen else None
            case = Case(task.name, "whole studies", said, answer.tuned.final)
            yield Told(case, _hopeless(answer), answer.verdict == "gain")


def _hopeless(answer: Answer) -> bool:
    """Whether even the lower end of what is foreseen is worse than what the script comes to as it is."""
    own = answer.baseline.final if answer.baseline else None
    return answer.foreseen is not None and own is not None and answer.foreseen.final.low > own


def summary(rows: Sequence[Case]) -> str:
    """Cells of the table: predictions, how many could not be made, coverage, half the width, and the error.

    Example:
        >>> summary([Case("a", "b", Span(1.0, 0.5, 2.0), 1.1), Case("a", "b", None, 1.0)])
        '1 | 1 | 100 % | 50 | 100 | 9.1'
    """
    made = [(row.said, row.came) for row in rows if row.said is not None]
    if not made:
        return f"0 | {len(rows)} | | | |"
    held = sum(said.low <= came <= said.high for said, came in made)
    below = statistics.median(1 - said.low / said.middle for said, _ in made)
    above = statistics.median(said.high / said.middle - 1 for said, _ in made)
    error = statistics.median(abs(said.middle / came - 1) for said, came in made)
    missing = len(rows) - len(made)
    cells = (len(made), missing, f"{held / len(made):.0%}".replace("%", " %"))
    return " | ".join(map(str, (*cells, f"{100 * below:.0f}", f"{100 * above:.0f}", f"{100 * error:.1f}")))


def table(rows: Sequence[Case], names: Iterable[str]) -> Iterator[str]:
    """The lines of a table: every kind, its tasks below it."""
    for kind in names:
        of_kind = [row for row in rows if row.kind == kind]
        yield f"| **{kind}** | **all** | {summary(of_kind)} |"
        for task in dict.fromkeys(row.task for row in of_kind):
            yield f"| | {task} | {summary([row for row in of_kind if row.task == task])} |"


def main() -> None:
    """Predict every run of a half, print how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("design", "held-out"), default="design")
    half = [each for each in TASKS if each.half == parser.parse_args().half]
    if missing := [each.name for each in half if not is_complete(each.name)]:
        parser.error(f"not frozen whole yet: {', '.join(missing)}")
    tasks = [(each, load(each.name)) for each in half]
    print("| said of | task | predictions | not made | held by 90 % | below, % | above, % | error, median % |")
    print("|---|---|---|---|---|---|---|---|")
    rows = [case for task, frozen in tasks for case in cases(task, frozen)]
    print("\n".join((*table(rows, KINDS), f"| **all of these** | | {summary(rows)} |")))
    told = [each for task, frozen in tasks for each in told_by_studies(task, frozen)]
    print("\n".join(table([each.case for each in told], ["whole studies"])))
    hopeless = [each for each in told if each.hopeless]
    wrong = sum(each.gained for each in hopeless)
    print(
        f"\nOf {len(told)} studies {len(hopeless)} could have stopped before their final run, {wrong} of them wrongly."
    )


if __name__ == "__main__":
    main()
