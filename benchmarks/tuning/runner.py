"""Runs a task's script in a forked process, at rates of our choosing, and forks it again where runs part.

Path:   a script's module, a tree of branches -> `main()` of the script under hooks -> one record a branch.
Units:  steps are optimizer steps; rates are absolute.

A worker imports torch and the script once. Each run is a fork of it; a run that leaves another at a step is a fork of
that run, so that what the two share is trained once. The script knows nothing of it and computes what it computes when
it runs by itself: `oracle.py --check` holds that.
"""

import ctypes
import importlib
import json
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch.optim import optimizer as optimizers

from ratecraft.records.blow_up import BlowUp

TASKS = Path(__file__).with_name("tasks")

Rate = Callable[[int], float]


@dataclass(frozen=True)
class Branch:
    """A run, or what leaves one after its step `at`: its rates from there on, where it stops, what leaves it.

    Attributes:
        name: What the record is called.
        rate: The rate at each step; None leaves the script its own.
        at: Steps of the parent before it.
        stop: Steps after which it is scored and ends (0 scores the untrained model); None for the script's own end.
        frozen: Steps at rate 0 after it has been scored, whose losses are kept.
        branches: What leaves it, in order.
        momentum: The momentum (or beta1) at each step; None leaves the script its own.
        every: Steps after which it is validated, for a script whose trainer does not ask `evaluate`; 0 for none.
    """

    name: str
    rate: Rate | None
    at: int = 0
    stop: int | None = None
    frozen: int = 0
    branches: tuple["Branch", ...] = ()
    momentum: Rate | None = None
    every: int = 0


@dataclass
class _Course:
    """How the run of this process goes."""

    branch: Branch
    pipe: int
    step: int = 0
    micro: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    figures: list[tuple[int, float]] = field(default_factory=list)
    blow_up: BlowUp = BlowUp()
    blown_at: int | None = None
    scored: bool = False
    accuracy: float | None = None


class _Ended(BaseException):
    """This process has done what it is for."""


def module_of(name: str) -> ModuleType:
    """The module of a task's script, its neighbours importable as when it is run by itself."""
    if str(TASKS) not in sys.path:
        sys.path.insert(0, str(TASKS))
    return importlib.import_module(name)


def script_of(name: str) -> ModuleType:
    """The module of a task's script, with its data and what torch imports late loaded, so that each fork has them.

    From here on torch has one thread: more would not survive a fork.
    """
    torch.set_num_threads(1)
    script = module_of(name)
    model = script.build()
    script.evaluate(model)
    torch.optim.lr_scheduler.LambdaLR(torch.optim.SGD(model.parameters(), lr=0.1), lambda step: 1.0)
    return script


def die_with_parent() -> None:
    """End when the process that started this one is killed (Linux): nothing trains on for nobody."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def run(
    script: ModuleType,
    branch: Branch,
    arguments: list[str],
    prepare: Callable[[ModuleType], None] = lambda script: None,
) -> Iterator[dict[str, Any]]:
    """Run a script with its arguments as one tree of branches; one record a branch, those of children first.

    Args:
        script: The module of the script.
        branch: The run.
        arguments: The script's command line.
        prepare: Called in the run's own process before it begins.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _be(script, branch, arguments, prepare, writing)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
    _, status = os.waitpid(child, 0)
    if status:
        raise ChildProcessError(f"{script.__name__} {' '.join(arguments)}: {branch.name} failed")


def _be(
    script: ModuleType, branch: Branch, arguments: list[str], prepare: Callable[[ModuleType], None], pipe: int
) -> None:
    """Become the run; never comes back."""
    code = 1
    try:
        die_with_parent()
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - as long as the process
        sys.argv = [f"{script.__name__}.py", *arguments]
        course = _Course(branch, pipe)
        prepare(script)
        _hook(script, course)
        _part(course)
        try:
            script.main()
            _tell(course)
        except _Ended:
            pass
        code = 0
    finally:
        if code:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        os._exit(code)


def _hook(script: ModuleType, course: _Course) -> None:
    """Put the hooks in that set rates, read losses and figures, and part runs."""
    build, evaluate, backward = script.build, script.evaluate, torch.Tensor.backward
    models: list[torch.nn.Module] = []

    def built() -> torch.nn.Module:
        models.append(build())
        return models[0]

    def evaluated(model: torch.nn.Module) -> float | tuple[float, float]:
        value = evaluate(model)
        loss, course.accuracy = value if isinstance(value, tuple) else (value, None)
        course.figures.append((course.step, loss))
        return value

    def went_back(loss: torch.Tensor, *given: Any, **named: Any) -> None:
        course.micro.append(loss.item())
        backward(loss, *given, **named)

    def before(optimizer: torch.optim.Optimizer, *_: Any) -> None:
        if course.branch.stop == 0 and not course.scored:
            evaluated(models[0])
            course.scored = True
        _set(course, optimizer)

    def after(*_: Any) -> None:
        _take(course)
        course.step += 1
        _part(course)
        ends = course.step == course.branch.stop
        if ends or (course.branch.every and not course.scored and course.step % course.branch.every == 0):
            evaluated(models[0])
            course.scored = ends
        if course.scored and course.step >= (course.branch.stop or 0) + course.branch.frozen:
            _tell(course)
            raise _Ended

    script.build, script.evaluate, torch.Tensor.backward = built, evaluated, went_back  # type: ignore[method-assign]
    optimizers.register_optimizer_step_pre_hook(before)
    optimizers.register_optimizer_step_post_hook(after)


def _take(course: _Course) -> None:
    """The training loss of one more step: its batches' shares of it together. A run without a number ends."""
    loss = sum(course.micro)
    course.micro.clear()
    course.losses.append(loss)
    course.blow_up = course.blow_up.add(loss)
    if course.blow_up.happened and course.blown_at is None:
        course.blown_at = course.step
    if not math.isfinite(loss):
        _tell(course)
        raise _Ended


def _set(course: _Course, optimizer: torch.optim.Optimizer) -> None:
    branch = course.branch
    for group in optimizer.param_groups:
        if course.scored:
            group["lr"] = 0.0
        elif branch.rate is not None:
            group["lr"] = branch.rate(course.step)
        if branch.momentum is not None and "momentum" in group:
            group["momentum"] = branch.momentum(course.step)
        elif branch.momentum is not None and "betas" in group:
            group["betas"] = (branch.momentum(course.step), group["betas"][1])


def _part(course: _Course) -> None:
    """Fork what leaves the run here, and wait for each of them."""
    for branch in course.branch.branches:
        if branch.at != course.step:
            continue
        child = os.fork()
        if not child:
            die_with_parent()
            course.branch, course.figures = branch, []
            return
        _, status = os.waitpid(child, 0)
        if status:
            raise ChildProcessError(branch.name)


def _tell(course: _Course) -> None:
    """Write the record of this process's branch."""
    branch = course.branch
    own = course.losses[branch.at : branch.stop]
    record: dict[str, Any] = {"name": branch.name, "at": branch.at, "steps": course.step}
    record["figures"] = [(step, value if math.isfinite(value) else None) for step, value in course.figures]
    record["blown_at"] = course.blown_at
    record["ended"] = not all(math.isfinite(loss) for loss in course.losses[-1:])
    record["losses"] = own
    if course.accuracy is not None:
        record["accuracy"] = course.accuracy
    if branch.frozen:
        record["frozen"] = course.losses[branch.stop :]
    data = json.dumps(record).encode() + b"\n"
    while data:
        data = data[os.write(course.pipe, data) :]
