"""What a guard saves, and that it leaves healthy runs alone: `python benchmarks/guard.py [--lines FILE]`.

Small real tasks (`tuning/tasks/data.py`) by loops of our own, watched by `rc.watch`. Each fault is trained three times
from the same seed: its mended twin, as it is, and as it is with `guard=rc.Guard()`; printed is the last validation loss
of each (that of the weights that the guard put back, where it has ended the run), medians over seeds with the range.
`saved` counts, of the seeds whose run as it is ends more than 5 % above its twin, those whose guarded run ends nearer
to the twin, on the scale of logarithms; `worse` counts seeds whose guarded run ends more than 5 % above the run as it
is. A loss that is no number is infinite. Healthy looks are trained twice, without and with the guard: a hash of all
weights and buffers must be the same. A look that over-fits by itself (it ends more than 5 % above its best validation)
is counted apart: there the guard is meant to act. With `--lines`, a run that has its line in the file is not trained
again. One process, one thread, all on the CPU; 10 minutes a seed.
"""

import argparse
import hashlib
import json
import math
import os
import statistics
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop

sys.path.append(str(Path(__file__).parent / "tuning" / "tasks"))

import data

import ratecraft as rc

STEPS, EVALUATIONS = 400, 20
MARGIN = 1.05  # a run that ends farther above its best validation is not healthy (as in `faulty_runs`)


class Letters(nn.Module):
    """The next letter, by a GRU."""

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.gru, self.head = nn.Embedding(128, 16), nn.GRU(16, 48, batch_first=True), nn.Linear(48, 128)

    def forward(self, letters: torch.Tensor) -> torch.Tensor:
        """Scores of each letter, with the letter as the second axis."""
        return self.head(self.gru(self.embed(letters))[0]).transpose(1, 2)


def dense(inputs: int, outputs: int, width: int = 96) -> nn.Module:
    """Two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, outputs)
    )


def convolutional() -> nn.Module:
    """With batch normalisation, whose buffers a broken batch would spoil."""
    return nn.Sequential(
        *(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3), nn.BatchNorm2d(16)),
        *(nn.ReLU(), nn.Flatten(), nn.Linear(16 * 16, 10)),
    )


def windows(length: int) -> tuple[torch.Tensor, ...]:
    """Stretches of a text, and each shifted by one letter."""
    train, held = data.topics()
    rows = [each.unfold(0, length + 1, length) for each in (train, held[: 256 * length + 1])]
    return rows[0][:, :-1], rows[0][:, 1:], rows[1][:, :-1], rows[1][:, 1:]


@dataclass(frozen=True)
class Task:
    """What is learned, at a rate that is near its best.

    `parts` are training inputs and targets, validation inputs and targets.
    """

    make: Callable[[], nn.Module]
    parts: Callable[[], tuple[torch.Tensor, ...]]
    loss: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
    optimizer: Callable[..., Any]
    rate: float
    batch: int = 32


TASKS = {
    "digits, momentum": Task(partial(dense, 64, 10), data.digits, cross_entropy, partial(SGD, momentum=0.9), 0.05),
    "digits, Adam": Task(partial(dense, 64, 10), data.digits, cross_entropy, Adam, 3e-3),
    "MNIST, AdamW": Task(convolutional, data.mnist, cross_entropy, AdamW, 8e-3),
    "letters, RMSprop": Task(Letters, partial(windows, 16), cross_entropy, RMSprop, 1e-2, batch=16),
    "diabetes, Adam": Task(partial(dense, 10, 1), data.diabetes, mse_loss, Adam, 1e-4),
}


@dataclass(frozen=True)
class Way:
    """One way to train.

    Attributes:
        schedule: Share of the run to the rate as a multiple of the task's.
        factor: Of the rate, all along.
        damage: Step and inputs to inputs.
        strike: Step and optimizer, just before the update.
        few: Training samples; 0 for all.
        noisy: Share of labels that are wrong.
        accumulate: Batches a step.
        scaler: Under a gradient scaler, in bfloat16.
        optimizer: Instead of the task's.
    """

    schedule: Callable[[float], float] = lambda share: min(1.0, 20 * share + 0.05, (1 - share) / 0.6)
    factor: float = 1.0
    damage: Callable[[int, torch.Tensor], torch.Tensor] = lambda step, inputs: inputs
    strike: Callable[[int, Any], None] = lambda step, optimizer: None
    few: int = 0
    noisy: float = 0.0
    accumulate: int = 1
    scaler: bool = False
    optimizer: Callable[..., Any] | None = None


def batches(task: Task, way: Way, draw: torch.Generator) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Without an end, in a new order at each pass."""
    inputs, targets = (each[: way.few or None] for each in task.parts()[:2])
    if way.noisy:
        wrong = torch.rand(len(targets), generator=draw) < way.noisy
        mixed = targets[torch.randperm(len(targets), generator=draw)]
        targets = targets.clone()
        targets[wrong] = mixed[wrong]
    while True:
        order = torch.randperm(len(inputs), generator=draw)
        for first in range(0, len(order) - task.batch + 1, task.batch):
            chosen = order[first : first + task.batch]
            yield inputs[chosen], targets[chosen]


@dataclass(frozen=True)
class Ended:
    """How a run ended: its validation loss, the best one before, a hash of its weights, what the guard did."""

    loss: float
    best: float
    weights: str
    acts: tuple[str, ...]


def train(task: Task, way: Way, seed: int, guard: rc.Guard | None) -> Ended:
    """Train once."""
    torch.manual_seed(seed)
    model, draw = task.make(), torch.Generator().manual_seed(seed)
    optimizer = (way.optimizer or task.optimizer)(model.parameters(), lr=task.rate * way.factor)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: way.schedule(step / STEPS))
    scaler = torch.amp.GradScaler("cpu", enabled=way.scaler, init_scale=2.0**16, growth_interval=100)
    held_inputs, held_targets = task.parts()[2:]
    source, figures = batches(task, way, draw), list[float]()

    @torch.no_grad()
    def evaluate() -> float:
        model.eval()
        loss = task.loss(model(held_inputs), held_targets).item()
        model.train()
        return loss

    with rc.watch(optimizer, guard=guard, progress=False) as watched:
        for step in range(STEPS):
            optimizer.zero_grad()
            for _ in range(way.accumulate):
                inputs, targets = next(source)
                with torch.autocast("cpu", torch.bfloat16, enabled=way.scaler):
                    loss = task.loss(model(way.damage(step, inputs)), targets) / way.accumulate
                scaler.scale(loss.float()).backward()
            way.strike(step, optimizer)
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
            if (step + 1) % (STEPS // EVALUATIONS) == 0:
                figures.append(evaluate())
                watched.log(val_loss=figures[-1])
            if watched.should_stop:
                break
    if watched.should_stop:
        watched.restore_best()
    acts = tuple(name.removeprefix("guard_") for name in watched.run.series if name.startswith("guard_"))
    digest = hashlib.sha256()
    for each in model.state_dict().values():
        digest.update(each.numpy().tobytes())
    return Ended(evaluate(), min(figures), digest.hexdigest(), acts)


# ---------------------------------------------------------------------- faults, each beside what mends it


def _at(*shares: float) -> Callable[[int], bool]:
    steps = {round(share * STEPS) for share in shares}
    return lambda step: step in steps


def _not_a_number(step: int, inputs: torch.Tensor) -> torch.Tensor:
    return inputs * math.nan if _at(0.3, 0.5)(step) else inputs


def _far_too_large(step: int, inputs: torch.Tensor) -> torch.Tensor:
    return inputs * 1e4 if _at(0.3, 0.5)(step) else inputs


def _bad_gradients(step: int, optimizer: Any) -> None:
    for each in (each for group in optimizer.param_groups for each in group["params"]):
        if _at(0.3, 0.5)(step):
            each.grad.mul_(1e4)


def _infinite_gradients(step: int, optimizer: Any) -> None:
    if _at(0.1, 0.3, 0.5, 0.7)(step):
        optimizer.param_groups[-1]["params"][-1].grad[0] = math.inf  # the last layer's: each sample meets it


def _jump(share: float) -> float:
    return Way().schedule(share) * (100.0 if 0.3 < share < 0.7 else 1.0)


HELD = Way(schedule=lambda share: min(1.0, 20 * share + 0.05))
DIGITS, ADAM, MNIST, LETTERS, DIABETES = TASKS
FAULTS: dict[str, tuple[tuple[str, ...], Way, Way]] = {  # tasks, the fault, its mended twin
    "a batch of NaN, twice": ((DIGITS, ADAM, MNIST), Way(damage=_not_a_number), Way()),
    "a batch times 10,000, twice": ((DIGITS, ADAM, MNIST), Way(damage=_far_too_large), Way()),
    "gradients times 10,000, twice": ((DIGITS, ADAM, LETTERS), Way(strike=_bad_gradients), Way()),
    "an infinite gradient, four times": (tuple(TASKS), Way(strike=_infinite_gradients), Way()),
    "rate times 30 from the start": (tuple(TASKS), Way(factor=30.0), Way()),
    "rate times 100 from the start": (tuple(TASKS), Way(factor=100.0), Way()),
    "rate times 100 from 30 to 70 %": (tuple(TASKS), Way(schedule=_jump), Way()),
    "rate times 4 and no decay": ((DIGITS, ADAM, LETTERS), replace(HELD, factor=4.0), Way()),
    "64 samples only": ((ADAM, DIABETES), replace(HELD, few=64), replace(Way(), few=64, factor=0.1)),
    "292 rows, constant rate times 10": ((DIABETES,), replace(HELD, factor=10.0), Way()),
}


# ---------------------------------------------------------------------- healthy looks


def _cosine(share: float) -> float:
    return min(1.0, 20 * share + 0.05) * (1 + math.cos(math.pi * share)) / 2


def _one_cycle(share: float) -> float:
    return 0.04 + 0.96 * (1 - math.cos(math.pi * min(share / 0.3, (1 - share) / 0.7))) / 2


def _restarts(share: float) -> float:
    return (1 + math.cos(math.pi * (4 * share % 1))) / 2


def _triangles(share: float) -> float:
    place = 10 * share % 2
    return 0.1 + 0.9 * min(place, 2 - place)


HEALTHY: dict[str, Way] = {
    "linear decay": Way(),
    "cosine": Way(schedule=_cosine),
    "one-cycle": Way(schedule=_one_cycle),
    "warm restarts": Way(schedule=_restarts),
    "triangles": Way(schedule=_triangles),
    "stairs": Way(schedule=lambda share: 0.1 ** int(3 * share)),
    "half the rate": Way(factor=0.5),
    "twice the rate": Way(factor=2.0),
    "momentum": Way(optimizer=partial(SGD, momentum=0.9, nesterov=True), factor=1.0),
    "AdamW": Way(optimizer=AdamW),
    "Adagrad": Way(optimizer=Adagrad),
    "accumulation of 4": Way(accumulate=4),
    "30 % wrong labels": Way(noisy=0.3),
    "gradient scaler, bfloat16": Way(scaler=True),
    "64 samples, falling rate": Way(few=64, factor=0.3),
}
OWN_RATES = {"momentum": 0.05, "AdamW": 3e-3, "Adagrad": 1e-2}


def main() -> None:
    """Train, and print a line a fault and task, then one a look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", choices=("faults", "healthy"))
    parser.add_argument("--names", nargs="+", help="of faults and looks; by default all")
    parser.add_argument("--lines", type=Path, help="one line a run; those that are there are not trained again")
    options = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore", message=".*lr_scheduler.step.*")  # a guard that leaves the first update out
    print(f"torch {torch.__version__}, {STEPS} steps, seeds {options.seeds}, load {os.getloadavg()[0]:.1f}", flush=True)
    if options.only != "healthy":
        faults(options.seeds, options.names or list(FAULTS), Runs(options.lines))
    if options.only != "faults":
        healthy(options.seeds, options.names or list(HEALTHY), Runs(options.lines))


class Runs:
    """Trains each run once; what is in the file of lines is read from there."""

    def __init__(self, lines: Path | None) -> None:
        self._path = lines
        known = lines.read_text().splitlines() if lines is not None and lines.exists() else []
        self._known = {each["key"]: each["ended"] for each in map(json.loads, known)}

    def ended(self, way: str, task: str, seed: int, make: Callable[[], tuple[Task, Way]], *, guarded: bool) -> Ended:
        """How a run ended: a way by its name, on a task by its name."""
        key = f"{way}; {task}; {seed}; {'guarded' if guarded else 'alone'}"
        if key not in self._known:
            self._known[key] = asdict(train(*make(), seed, rc.Guard() if guarded else None))
            if self._path is not None:
                with self._path.open("a") as file:
                    file.write(json.dumps({"key": key, "ended": self._known[key]}) + "\n")
        return Ended(**self._known[key])


def faults(seeds: list[int], names: list[str], runs: Runs) -> None:
    """Each fault beside its twin, without and with the guard."""
    print("| fault | task | mended | as it is | guarded | saved | worse | acts |\n|---|---|---|---|---|---|---|---|")
    for fault in names:
        tasks, way, twin = FAULTS[fault]
        mended = "linear decay" if twin == HEALTHY["linear decay"] else f"{fault}, mended"
        for name in tasks:
            task = TASKS[name]
            rows = [
                (
                    runs.ended(mended, name, seed, partial(_both, task, twin), guarded=False).loss,
                    runs.ended(fault, name, seed, partial(_both, task, way), guarded=False).loss,
                    runs.ended(fault, name, seed, partial(_both, task, way), guarded=True),
                )
                for seed in seeds
            ]
            acts = sorted({act for _, _, guarded in rows for act in guarded.acts})
            rows = [(good, alone, guarded.loss) for good, alone, guarded in rows]
            harmed = [row for row in rows if not row[1] <= MARGIN * row[0]]
            counts = (
                f"{sum(is_saved(*row) for row in harmed)} of {len(harmed)} | {sum(is_worse(*row[1:]) for row in rows)}"
            )
            columns = " | ".join(shown([row[place] for row in rows]) for place in range(3))
            print(f"| {fault} | {name} | {columns} | {counts} | {', '.join(acts)} |", flush=True)


def _both(task: Task, way: Way) -> tuple[Task, Way]:
    return task, way


def is_saved(mended: float, alone: float, guarded: float) -> bool:
    """Nearer to the twin."""
    if not math.isfinite(guarded):
        return False
    return not math.isfinite(alone) or math.log(guarded / mended) < 0.5 * math.log(alone / mended)


def is_worse(alone: float, guarded: float) -> bool:
    """Whether the guard did harm."""
    return math.isfinite(alone) and not guarded <= MARGIN * alone


def shown(losses: list[float]) -> str:
    """Median and range."""
    known = sorted(each if math.isfinite(each) else math.inf for each in losses)
    return f"{statistics.median(known):.3g} ({known[0]:.3g} to {known[-1]:.3g})"


def healthy(seeds: list[int], names: list[str], runs: Runs) -> None:
    """Each look without and with the guard."""
    print("| look | runs | alike bit for bit | acts | over-fitted, left out |\n|---|---|---|---|---|")
    total = alike = 0
    for look in names:
        way = HEALTHY[look]
        pairs: list[tuple[Ended, Ended]] = []
        for name, task in TASKS.items():
            if way.noisy and name == DIABETES:
                continue
            own = replace(task, rate=OWN_RATES.get(look, task.rate))
            make = partial(_both, own, way)
            pairs += [
                (runs.ended(look, name, seed, make, guarded=False), runs.ended(look, name, seed, make, guarded=True))
                for seed in seeds
            ]
        count = len(pairs)
        pairs = [each for each in pairs if each[0].loss <= MARGIN * each[0].best]
        same = sum(alone.weights == guarded.weights for alone, guarded in pairs)
        acts = sorted({act for _, guarded in pairs for act in guarded.acts})
        print(f"| {look} | {len(pairs)} | {same} | {', '.join(acts) or 'none'} | {count - len(pairs)} |", flush=True)
        total, alike = total + len(pairs), alike + same
    print(f"healthy: {alike} of {total} alike")


if __name__ == "__main__":
    main()
