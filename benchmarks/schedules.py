"""What schedules cost beside those of torch, transformers, optax and Keras, all in one run of this script (1 min).

Run:    OMP_NUM_THREADS=1 KERAS_BACKEND=torch .venv/bin/python benchmarks/schedules.py

Each figure is the least of many short stretches, taken in turns with the others of its table, so that other work on the
machine disturbs all alike.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import platform
import timeit
import warnings
from collections.abc import Callable
from typing import Any

import jax
import keras
import numpy as np
import optax
import torch
import transformers
from torch.optim import lr_scheduler
from transformers import optimization

from ratecraft.integrations.torch import ScheduleLR
from ratecraft.schedules.builders.constructors import constant, cosine, warmup
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.trees.nodes import Schedule, Seq

HORIZON = 1_000_000
WARMUP = 50_000
PHASES = 10_000
SCHEDULE = bind(0.1 * (warmup(WARMUP) >> cosine()), HORIZON)

Calls = dict[str, Callable[[], object]]


def microseconds(calls: Calls, rounds: int = 300, stretch: float = 2e-4) -> dict[str, float]:
    """The least time of each call over all rounds."""
    timers = {name: timeit.Timer(call) for name, call in calls.items()}
    numbers = {name: max(1, int(stretch / max(timer.timeit(3) / 3, 1e-7))) for name, timer in timers.items()}
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, timer in timers.items():
            best[name] = min(best[name], timer.timeit(numbers[name]) / numbers[name])
    return {name: least * 1e6 for name, least in best.items()}


def table(title: str, rows: dict[str, float], unit: str) -> None:
    """Print the rows as Markdown."""
    print(f"\n{title}\n\n| | {unit} |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value:,.3g} |" if value < 1000 else f"| {name} | {value:,.0f} |")


def optimizer_of(groups: int, tensor: bool = False) -> torch.optim.Optimizer:
    """A real optimizer of so many groups."""
    rate: Any = torch.tensor(0.1) if tensor else 0.1
    weights = [{"params": [torch.zeros(1, requires_grad=True)]} for _ in range(groups)]
    return torch.optim.SGD(weights, lr=rate, momentum=0.9)


def stepping(make: Callable[[torch.optim.Optimizer], Any], groups: int, tensor: bool = False) -> Callable[[], object]:
    """The scheduler's own `step`, past its first calls."""
    optimizer = optimizer_of(groups, tensor)
    scheduler = make(optimizer)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    return scheduler.step


def writing(groups: int) -> Callable[[], object]:
    """Only putting finished values into the groups."""
    entries, values = optimizer_of(groups).param_groups, [0.1] * groups

    def write() -> None:
        for group, value in zip(entries, values):  # noqa: B905 - as fast as it can be
            group["lr"] = value

    return write


SCHEDULERS: dict[str, Callable[[torch.optim.Optimizer], Any]] = {
    "ratecraft `ScheduleLR`, warm-up and cosine": lambda o: ScheduleLR(o, bind(warmup(WARMUP) >> cosine(), HORIZON)),
    "torch `LambdaLR`": lambda o: lr_scheduler.LambdaLR(o, lambda step: 1 / (1 + step)),
    "torch `CosineAnnealingLR`": lambda o: lr_scheduler.CosineAnnealingLR(o, HORIZON),
    "torch `OneCycleLR`": lambda o: lr_scheduler.OneCycleLR(o, 0.1, 10**9),
    "torch `SequentialLR` of warm-up and cosine": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.01, 1.0, WARMUP), lr_scheduler.CosineAnnealingLR(o, HORIZON)], [WARMUP]
    ),
    "transformers, warm-up and cosine": lambda o: optimization.get_cosine_schedule_with_warmup(o, WARMUP, HORIZON),
}


def one_value() -> None:
    """A value at a step."""
    factor = optimization.get_cosine_schedule_with_warmup(optimizer_of(1), WARMUP, HORIZON).lr_lambdas[0]
    decay: Any = optax.warmup_cosine_decay_schedule(0.0, 0.1, WARMUP, HORIZON)
    compiled = jax.jit(decay)
    compiled(7)
    theirs: Any = keras.optimizers.schedules.CosineDecay(0.0, HORIZON, warmup_target=0.1, warmup_steps=WARMUP)
    step, count, value_at = 500_000, jax.numpy.int32(500_000), SCHEDULE.stepper()
    calls: Calls = {
        "ratecraft, the stepping function": lambda: value_at(step),
        "ratecraft, `schedule.at(step)`": lambda: SCHEDULE.at(step),
        "transformers, the factor": lambda: factor(step),
        "optax, compiled": lambda: compiled(count),
        "optax": lambda: decay(count),
        "keras": lambda: theirs(step),
    }
    table("One value: warm-up and cosine.", microseconds(calls, rounds=60), "µs")


def one_step() -> None:
    """The `step` of a scheduler."""
    for groups, tensor in ((1, False), (200, False), (1, True), (200, True)):
        calls: Calls = {} if tensor else {"only writing finished values": writing(groups)}
        calls |= {name: stepping(make, groups, tensor) for name, make in SCHEDULERS.items()}
        kind = "rates as tensors" if tensor else "rates as floats"
        table(f"One step of a scheduler: {groups} groups, {kind}.", microseconds(calls, 60 if tensor else 200), "µs")


def many_values() -> None:
    """A whole curve."""
    factor = optimization.get_cosine_schedule_with_warmup(optimizer_of(1), WARMUP, HORIZON).lr_lambdas[0]
    decay: Any = jax.jit(optax.warmup_cosine_decay_schedule(0.0, 0.1, WARMUP, HORIZON))
    theirs: Any = keras.optimizers.schedules.ExponentialDecay(0.1, HORIZON, 0.1)
    counts = np.arange(HORIZON)
    decay(counts)
    few = HORIZON // 20
    step = stepping(SCHEDULERS["torch `SequentialLR` of warm-up and cosine"], 1)
    repeated: Schedule = 0.1 * cosine(1, 0, 1000).repeat(growth=2.0)
    rows = microseconds({"ratecraft, `curve`: warm-up and cosine": lambda: SCHEDULE.curve(HORIZON)}, 5)
    rows |= microseconds({"ratecraft, `curve`: growing restarts": lambda: repeated.curve(HORIZON)}, 5)
    rows |= microseconds({"optax, compiled, float32": lambda: decay(counts).block_until_ready()}, 5)
    rows |= microseconds({"keras, an array, float32 (exponential: its cosine takes none)": lambda: theirs(counts)}, 5)
    loops = {
        "transformers, one by one (from a twentieth)": lambda: [factor(step) for step in range(few)],
        "torch, one by one (from a twentieth)": lambda: [step() for _ in range(few)],
    }
    rows |= {name: 20 * value for name, value in microseconds(loops, 3).items()}
    table("10⁶ values.", {name: value / 1000 for name, value in rows.items()}, "ms")


def many_phases() -> None:
    """A schedule of very many parts."""
    tree = Seq(tuple(constant(1 / (index + 1), 100) for index in range(PHASES)))
    value_at, milestones = tree.stepper(), [100 * (index + 1) for index in range(PHASES)]
    optimizer = optimizer_of(1)
    scheduler = lr_scheduler.MultiStepLR(optimizer, milestones, 0.999)
    joined: Any = optax.join_schedules([optax.constant_schedule(1.0)] * 101, milestones[:100])
    steps = iter(np.random.default_rng(0).integers(0, 100 * PHASES, 10**7).tolist())
    calls: Calls = {
        "ratecraft, any step": lambda: value_at(next(steps)),
        "ratecraft, `schedule.at`, any step": lambda: tree.at(next(steps)),
        "torch `MultiStepLR.step`, one after another": scheduler.step,
        "torch `MultiStepLR.step(epoch)`, any step": lambda: scheduler.step(next(steps)),
        "optax `join_schedules` of 101 only, any step": lambda: joined(next(steps)),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table("10⁴ phases, one value.", microseconds(calls, 30), "µs")


def main() -> None:
    """Print all tables."""
    versions = {each.__name__: each.__version__ for each in (torch, transformers, jax, optax, keras, np)}
    print(platform.machine(), "Python", platform.python_version(), versions)
    torch.set_num_threads(1)
    for measure in (one_value, one_step, many_values, many_phases):
        measure()


if __name__ == "__main__":
    main()
