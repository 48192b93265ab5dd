"""Trains one of the tuning benchmark's scripts, with a fault where one is asked for, and writes down what it did.

Path:   a task's script, a `Case` -> `main()` of the script under hooks, in a fork -> series by name.
Units:  steps are optimizer steps; rates are absolute; `grad_norm` is the norm before clipping.

The script is the one of `benchmarks/tuning/tasks`, unchanged: it has no line that logs a loss, so losses are read where
it calls `backward`, and rates and norms just before `optimizer.step`.
"""

import contextlib
import copy
import io
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook

TUNING = Path(__file__).parents[1] / "tuning"
sys.path.append(str(TUNING))

from cases import Case  # noqa: E402 (as below)
from runner import module_of  # noqa: E402 (found where the tuning benchmark lies)

__all__ = ["Trace", "trace"]

Trace = dict[str, Any]
"""Name of a series to [steps, values]."""

FIGURE = re.compile(r"(val_\w+): (\S+)")


def trace(task: str, case: Case, rate: float, seed: int) -> Trace:
    """What a run of the script wrote, from a process of its own so that no patch outlives it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(_traced(task, case, rate, seed), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text)


def _traced(task: str, case: Case, rate: float, seed: int) -> Trace:
    torch.set_num_threads(1)
    script = module_of(task)
    steps = round(script.STEPS * case.length)
    if case.before is not None:
        _start_from(script, _trained(script, rate, seed))
    rows: list[tuple[float, float, float]] = []
    printed = io.StringIO()
    figures: list[tuple[int, str]] = []
    with (
        _watched(case, rows, steps),
        _shaped(case, steps),
        contextlib.redirect_stdout(_Stamped(printed, rows, figures)),
    ):
        _change(script, case, seed)
        _main(script, rate * case.factor, steps, seed)
    return _series(rows, figures)


def _main(script: ModuleType, rate: float, steps: int, seed: int) -> None:
    sys.argv = ["task", "--rate", repr(rate), "--steps", str(steps), "--seed", str(seed), "--schedule", "linear"]
    with contextlib.suppress(FloatingPointError):
        script.main()


class _Stamped(io.TextIOBase):
    """Notes at which step each line was printed."""

    def __init__(self, kept: io.StringIO, rows: list[Any], figures: list[tuple[int, str]]) -> None:
        self.kept, self.rows, self.figures = kept, rows, figures

    def write(self, text: str) -> int:
        if text.strip():
            self.figures.append((len(self.rows), text))
        return len(text)


@contextlib.contextmanager
def _watched(case: Case, rows: list[tuple[float, float, float]], steps: int) -> Iterator[None]:
    """Losses, rates and norms of every step, and the faults that strike at a step."""
    last = {"loss": math.nan, "norm": math.nan}
    backward, clip = torch.Tensor.backward, nn.utils.clip_grad_norm_

    def noted(loss: torch.Tensor, *rest: Any, **named: Any) -> None:
        last["loss"], last["norm"] = loss.item(), math.nan
        backward(loss, *rest, **named)

    def norm_of(parameters: Any, *rest: Any, **named: Any) -> torch.Tensor:
        every = [each for each in parameters if each.grad is not None]
        last["norm"] = float(torch.linalg.vector_norm(torch.stack([each.grad.norm() for each in every])))
        return torch.tensor(last["norm"]) if case.change == "unclipped" else clip(every, *rest, **named)

    def before(optimizer: Optimizer, *_: Any) -> None:
        groups = optimizer.param_groups
        every = [each for group in groups for each in group["params"] if each.grad is not None]
        norm = last["norm"]
        if math.isnan(norm):
            norm = float(torch.linalg.vector_norm(torch.stack([each.grad.norm() for each in every])))
        rows.append((last["loss"], groups[0]["lr"], norm))
        if len(rows) == round(case.strikes * steps):
            _strike(case, optimizer, every)

    hook = register_optimizer_step_pre_hook(before)
    torch.Tensor.backward, nn.utils.clip_grad_norm_ = noted, norm_of
    yield
    hook.remove()
    torch.Tensor.backward, nn.utils.clip_grad_norm_ = backward, clip


def _strike(case: Case, optimizer: Optimizer, every: list[torch.Tensor]) -> None:
    if case.change == "nan":
        every[-1].grad[0] = math.nan
    elif case.change == "lost-state":
        optimizer.state.clear()
    elif case.change == "bad-step":
        for each in every:
            each.grad.mul_(1000.0)


@contextlib.contextmanager
def _shaped(case: Case, steps: int) -> Iterator[None]:
    """The case's own curve in place of the script's schedules."""
    import basics

    before = basics.shape
    basics.shape = lambda name, step, total: case.shape(step, steps)
    yield
    basics.shape = before


def _change(script: ModuleType, case: Case, seed: int) -> None:
    import data

    names = ("digits", "mnist", "diabetes", "topics", "source", "diamonds")
    draw = torch.Generator().manual_seed(seed)
    if case.change in ("noisy-labels", "few-samples", "unscaled"):
        for name in names:
            setattr(data, name, _altered(getattr(data, name), case.change, draw))
    if case.change in ("large-weights", "small-weights"):
        scale = 5.0 if case.change == "large-weights" else 0.0
        _start_from(script, _scaled(script, scale))
    if case.change == "frozen":
        model = script.build()
        for each in list(model.parameters())[:-1]:
            each.requires_grad_(False)
        _start_from(script, model)


def _altered(load: Callable[[], tuple[Any, ...]], change: str, draw: torch.Generator) -> Callable[[], tuple[Any, ...]]:
    parts = list(load())
    half = len(parts) // 2
    if change == "unscaled":
        parts = [
            100 * each if each.is_floating_point() and place % half == 0 else each for place, each in enumerate(parts)
        ]
    elif change == "few-samples":
        few = 64 if half > 1 else 2000  # rows, or letters
        parts = [each[:few] if place < half else each for place, each in enumerate(parts)]
    else:
        labels = parts[half - 1].clone()
        wrong = torch.rand(len(labels), generator=draw) < 0.3
        labels[wrong] = labels[torch.randperm(len(labels), generator=draw)][wrong]
        parts[half - 1] = labels
    made = tuple(parts)
    return lambda: made


def _scaled(script: ModuleType, scale: float) -> nn.Module:
    model = script.build()
    with torch.no_grad():
        for each in model.parameters():
            if each.ndim > 1:
                each.mul_(scale)
    return model


def _trained(script: ModuleType, rate: float, seed: int) -> nn.Module:
    built, build = [], script.build
    script.build = lambda: built.append(build()) or built[-1]
    with contextlib.redirect_stdout(io.StringIO()):
        _main(script, rate, script.STEPS, seed + 100)
    script.build = build
    return built[-1]


def _start_from(script: ModuleType, model: nn.Module) -> None:
    script.build = lambda: copy.deepcopy(model)


def _series(rows: list[tuple[float, float, float]], figures: list[tuple[int, str]]) -> Trace:
    steps = list(range(len(rows)))
    made: Trace = {
        name: [steps, [float(f"{value:.5g}") for value in column]]
        for name, column in zip(("loss", "rate", "grad_norm"), zip(*rows, strict=True), strict=True)
    }
    for step, line in figures:
        for name, value in FIGURE.findall(line):
            series = made.setdefault("val_accuracy" if name == "val_acc" else name, [[], []])
            series[0].append(step)
            series[1].append(float(value))
    return made
