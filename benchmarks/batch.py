"""How far the rules of batch scaling predict the best rate, from 16 to 512 samples a step.

    python benchmarks/batch.py            # trains, minutes on one core; kill it at any time, the same command goes on
    python benchmarks/batch.py --tasks digits --optimizers adam
    python benchmarks/batch.py --freeze   # packs what was trained into batch.jsonl
    python benchmarks/batch.py --table    # trains nothing: the tables of benchmarks/README.md, from batch.jsonl

Path:   models, data of the tuning tasks -> trained at batch x rate x seed -> the best rate of a batch -> rules beside.
Units:  octaves are log2 of a rate; a batch is samples a step; regret is a share of the validation loss at the end.

At every batch the data are seen equally often, by the oracle's schedule: a warm-up, constant, linear to 0 over the
last 60 %. All rates and seeds of a batch train side by side: every weight has an axis of seeds and belongs to the group
of its rate, in one of PyTorch's own optimizers. A seed has the same first weights at every batch and rate.
"""

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn.functional import cross_entropy, mse_loss
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from ratecraft.laws.scaling.batch import batch_factor

HERE = Path(__file__).parent
sys.path += [str(HERE / "tuning"), str(HERE / "tuning" / "tasks")]

import basics  # noqa: E402 - found where it lies
import data  # noqa: E402
import diamonds_tiny  # noqa: E402
import digits_mlp  # noqa: E402
import spelling_tiny  # noqa: E402
from frozen import between  # noqa: E402

BATCHES = (16, 32, 64, 128, 256, 512)
BASE = 32
"""Where a rule starts, at the best rate that was found there."""
SEEDS = (0, 1, 2, 3)
FROZEN = HERE / "batch.jsonl"

RULES: dict[str, Callable[[int], float]] = {
    "none": lambda batch: 1.0,
    "square root": partial(batch_factor, BASE, rule="square-root"),
    "linear": partial(batch_factor, BASE, rule="linear"),
}
"""By what each rule multiplies the rate of `BASE`; those with a power are the package's own."""


@dataclass(frozen=True)
class Task:
    """What is trained.

    Attributes:
        script: That of the tuning benchmark which builds the model.
        parts: Training inputs and targets, then those that validate.
        loss: Of each sample and output, from what the model gives.
        samples: That a run sees, at every batch.
    """

    script: ModuleType
    parts: Callable[[], Sequence[Tensor]]
    loss: Callable[[Tensor, Tensor], Tensor]
    samples: int


@dataclass(frozen=True)
class Kind:
    """An optimizer, and the octaves of the rates that are tried with it."""

    make: Callable[..., Optimizer]
    octaves: range


def classes(scores: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy of each sample; the scores of a sample lie along the last axis."""
    return cross_entropy(scores.flatten(0, -2), labels.flatten(), reduction="none").reshape(labels.shape)


TASKS = {
    "digits": Task(digits_mlp, data.digits, classes, 20 * 1297),
    "spelling": Task(spelling_tiny, data.spelling, classes, 2**16),
    "diamonds": Task(diamonds_tiny, data.diamonds, partial(mse_loss, reduction="none"), 2**16),
}
OPTIMIZERS = {
    "momentum": Kind(partial(torch.optim.SGD, momentum=0.9), range(-9, 3)),
    "adam": Kind(torch.optim.Adam, range(-13, -1)),
}


def orders(count: int, size: int, seeds: Sequence[int]) -> Iterator[Tensor]:
    """For each step, which samples each seed sees: pass after pass in a new order, without the rest of a pass."""
    drawn = [torch.Generator().manual_seed(seed) for seed in seeds]
    while True:
        passes = torch.stack([torch.randperm(count, generator=each) for each in drawn])
        for first in range(0, count - size + 1, size):
            yield passes[:, first : first + size]


def models(build: Callable[[], nn.Module], seeds: Sequence[int]) -> list[nn.Module]:
    """One untrained model a seed."""
    made = list[nn.Module]()
    for seed in seeds:
        torch.manual_seed(seed)
        made.append(build())
    return made


def trained(task: Task, kind: Kind, batch: int, seeds: Sequence[int] = SEEDS) -> dict[int, list[float]]:
    """The validation loss at the end of a run, by octave of the rate, then by seed."""
    made = models(task.script.build, seeds)
    first, _ = stack_module_state(made)
    by_rate = [{name: nn.Parameter(each.detach().clone()) for name, each in first.items()} for _ in kind.octaves]
    rated = zip(by_rate, kind.octaves, strict=True)
    optimizer = kind.make([{"params": list(own.values()), "lr": 2.0**octave} for own, octave in rated], foreach=True)
    steps = task.samples // batch
    scheduler = LambdaLR(optimizer, lambda step: basics.shape("linear", step, steps))
    of_seeds = vmap(lambda own, inputs: functional_call(made[0], own, (inputs,)))
    forward = vmap(of_seeds, in_dims=(0, None))

    def losses(inputs: Tensor, targets: Tensor) -> Tensor:
        """Rates x seeds; a batch has an axis of seeds first."""
        outputs = forward({name: torch.stack([own[name] for own in by_rate]) for name in first}, inputs)
        return task.loss(outputs, targets.expand(len(by_rate), *targets.shape)).flatten(2).mean(2)

    inputs, targets, held, wanted = task.parts()
    for _, chosen in zip(range(steps), orders(len(inputs), batch, seeds), strict=False):
        optimizer.zero_grad()
        losses(inputs[chosen], targets[chosen]).sum().backward()
        optimizer.step()
        scheduler.step()
    with torch.no_grad():
        ends = losses(held.expand(len(seeds), *held.shape), wanted.expand(len(seeds), *wanted.shape))
    return dict(zip(kind.octaves, ends.tolist(), strict=True))


def measured(name: str, optimizer: str, batch: int) -> dict[str, Any]:
    """A row of the record, with the processor seconds it took; a loss without a number is None."""
    task, began = TASKS[name], time.process_time()
    losses = trained(task, OPTIMIZERS[optimizer], batch)
    return {
        "task": name,
        "optimizer": optimizer,
        "batch": batch,
        "steps": task.samples // batch,
        "seconds": round(time.process_time() - began),
        "losses": {
            octave: [float(f"{loss:.6g}") if math.isfinite(loss) else None for loss in each]
            for octave, each in losses.items()
        },
    }


def vertex(losses: Mapping[int, float]) -> float:
    """The octave of the least loss: of the parabola through its logarithm there and at both neighbours.

    At an end, or beside a run without a number, the best octave that was tried.

    Example:
        >>> vertex({0: 4.0, 1: 1.0, 2: 4.0, 3: 9.0}), vertex({0: 1.0, 1: 2.0}), vertex({0: 2.0, 1: 1.0, 2: math.inf})
        (1.0, 0, 1)
    """
    best = min(sorted(losses), key=lambda octave: losses[octave])
    about = [losses.get(octave, math.inf) for octave in (best - 1, best, best + 1)]
    if not all(map(math.isfinite, about)):
        return best
    left, middle, right = map(math.log, about)
    bend = left - 2 * middle + right
    return best + (left - right) / (2 * bend) if bend > 0 else best


@dataclass(frozen=True)
class Curves:
    """What one task and optimizer came to, and what the rules would have.

    Attributes:
        losses: Batch, then seed, then octave to the validation loss at the end; infinite where there is no number.
    """

    losses: Mapping[int, Sequence[Mapping[int, float]]]

    def best(self, batch: int) -> tuple[float, ...]:
        """The best octave of each seed."""
        return tuple(map(vertex, self.losses[batch]))

    def power(self) -> tuple[float, ...]:
        """The p of best rate ~ batch ** p for each seed, by least squares over all batches."""
        sizes = [math.log2(batch) for batch in self.losses]
        found = zip(*(self.best(batch) for batch in self.losses), strict=True)
        return tuple(statistics.linear_regression(sizes, of_seed).slope for of_seed in found)

    def ruled(self, rule: str, batch: int) -> float:
        """The octave that a rule leads to, from the mean best one of `BASE`."""
        return statistics.fmean(self.best(BASE)) + math.log2(RULES[rule](batch))

    def off(self, rule: str, batch: int) -> float:
        """How many octaves a rule is above the mean best one."""
        return self.ruled(rule, batch) - statistics.fmean(self.best(batch))

    def regrets(self, rule: str, batch: int) -> tuple[float, ...]:
        """What a rule costs each seed, against the rate of the grid that the other half of the seeds found best."""
        of_seeds, octave = self.losses[batch], self.ruled(rule, batch)
        found = dict[int, float]()
        seeds, middle = range(len(of_seeds)), len(of_seeds) // 2
        both = (seeds[:middle], seeds[middle:])
        for scored, chosen_on in (both, both[::-1]):
            best = min(of_seeds[0], key=lambda each: statistics.fmean(of_seeds[seed][each] for seed in chosen_on))
            found |= {seed: between(octave, of_seeds[seed]) / of_seeds[seed][best] - 1 for seed in scored}
        return tuple(found[seed] for seed in sorted(found))


def curves_of(rows: Sequence[Mapping[str, Any]], name: str, optimizer: str) -> Curves:
    """The rows of a record that belong together."""
    found = dict[int, list[dict[int, float]]]()
    for row in sorted(rows, key=lambda row: row["batch"]):
        if (row["task"], row["optimizer"]) == (name, optimizer):
            by_octave = {int(octave): each for octave, each in row["losses"].items()}
            found[row["batch"]] = [
                {octave: math.inf if each[seed] is None else each[seed] for octave, each in by_octave.items()}
                for seed in range(len(SEEDS))
            ]
    return Curves(found)


def tables(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The best rates, and what each rule costs, as Markdown."""
    pairs = [(name, optimizer) for name in TASKS for optimizer in OPTIMIZERS]
    found = {pair: curves_of(rows, *pair) for pair in pairs}
    whole = {pair: curves for pair, curves in found.items() if set(curves.losses) == set(BATCHES)}
    sizes = " | ".join(map(str, BATCHES))
    yield f"| task | optimizer | {sizes} | power |"
    yield f"|---|---|{'---|' * len(BATCHES)}---|"
    for pair, curves in whole.items():
        cells = (best_cell(curves.best(batch)) for batch in BATCHES)
        yield f"| {' | '.join((*pair, *cells, spread(curves.power())))} |"
    yield ""
    yield f"| task | optimizer | rule | {sizes} |"
    yield f"|---|---|---|{'---|' * len(BATCHES)}"
    for pair, curves in whole.items():
        for rule in RULES:
            cells = (rule_cell(curves, rule, batch) for batch in BATCHES)
            yield f"| {' | '.join((*pair, rule, *cells))} |"
    yield ""
    yield "| optimizer | rule | octaves off, mean size | regret, %, median | runs that diverged |"
    yield "|---|---|---|---|---|"
    for optimizer in OPTIMIZERS:
        for rule in RULES:
            cells = rule_cells([curves for pair, curves in whole.items() if pair[1] == optimizer], rule)
            yield f"| {' | '.join((optimizer, rule, *cells))} |"


def rule_cells(of_tasks: Sequence[Curves], rule: str) -> tuple[str, str, str]:
    """What a rule is off and costs over all tasks and all batches but its first."""
    away = [(curves, batch) for curves in of_tasks for batch in curves.losses if batch != BASE]
    found = [regret for curves, batch in away for regret in curves.regrets(rule, batch)]
    off = statistics.fmean(abs(curves.off(rule, batch)) for curves, batch in away)
    lost = sum(not math.isfinite(regret) for regret in found)
    return f"{off:.2f}", f"{100 * statistics.median(found):+.1f}", f"{lost} / {len(found)}"


def best_cell(octaves: Sequence[float]) -> str:
    """A rate, and the deviation of its octave over seeds.

    Example:
        >>> best_cell([-3.0, -3.0])
        '0.12 ± 0.0'
    """
    return f"{2 ** statistics.fmean(octaves):.2g} ± {statistics.stdev(octaves):.1f}"


def rule_cell(curves: Curves, rule: str, batch: int) -> str:
    """Octaves off, and the regret in per cent."""
    found = curves.regrets(rule, batch)
    cost = f"{spread([100 * each for each in found], '+.1f')} %" if all(map(math.isfinite, found)) else "no number"
    return f"{curves.off(rule, batch):+.1f}: {cost}"


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """Mean ± deviation over seeds."""
    return f"{statistics.fmean(values):{form}} ± {statistics.stdev(values):{form.lstrip('+')}}"


def read(record: Path) -> list[dict[str, Any]]:
    """The rows of a record; none where there is no such file."""
    return [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []


def packed(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows in order, a line each."""
    order = (list(TASKS), list(OPTIMIZERS))
    ranked = sorted(rows, key=lambda row: (order[0].index(row["task"]), order[1].index(row["optimizer"]), row["batch"]))
    return "".join(f"{json.dumps(row)}\n" for row in ranked)


def main() -> None:
    """Train what is not there yet, or pack what is, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--optimizers", nargs="+", choices=OPTIMIZERS, default=list(OPTIMIZERS))
    parser.add_argument("--record", type=Path, default=Path("build/batch.jsonl"))
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--freeze", action="store_true", help="pack the record")
    only.add_argument("--table", action="store_true", help="print what is packed")
    arguments = parser.parse_args()
    if arguments.freeze:
        FROZEN.write_text(packed(read(arguments.record)))
    elif not arguments.table:
        train(arguments.record, arguments.tasks, arguments.optimizers)
    print("\n".join(tables(read(arguments.record if not (arguments.freeze or arguments.table) else FROZEN))))


def train(path: Path, names: Sequence[str], optimizers: Sequence[str]) -> None:
    """Add the rows that a record has not got yet."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # weights that vanish would be many times slower
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {(row["task"], row["optimizer"], row["batch"]) for row in read(path)}
    for name, optimizer in ((name, optimizer) for name in names for optimizer in optimizers):
        for batch in reversed(BATCHES):
            if (name, optimizer, batch) not in known:
                row = measured(name, optimizer, batch)
                with path.open("a") as record:
                    record.write(f"{json.dumps(row)}\n")


if __name__ == "__main__":
    main()
