"""Rivals that must train: each as a run of the task's own script, with what the rival changes of it.

Path:   a task, a seed -> the run of a rival -> its last validation loss and its steps.
Units:  steps are optimizer steps; rates are absolute; cost is runs (steps / horizon).
Source: fastai's one-cycle as `fit_one_cycle` has it; Prodigy and Schedule-Free as their own pages recommend.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch
from policies import suggestions
from runner import Branch, run

__all__ = ["LONGER", "TRAINED", "train"]

LONGER = {"linear": (1.6, 3.0, 4.0, 8.0), "constant": (1.6,)}
"""Runs that the script as it is is trained for, to cost what rivals cost; beyond 8 the text would be seen twice."""

Prepare = Callable[[ModuleType], None]


@dataclass(frozen=True)
class Trained:
    """What came of a rival's run."""

    loss: float
    runs: float
    rate: float


Rival = Callable[[ModuleType, int], Trained]


def train(name: str, script: ModuleType, seed: int) -> Trained:
    """Train a rival."""
    return TRAINED[name](script, seed)


def _nothing(script: ModuleType) -> None:
    """Change nothing."""


def _last(script: ModuleType, branch: Branch, seed: int, steps: int, prepare: Prepare = _nothing) -> float:
    """The last validation loss of a run; infinite where it has none, or could not be run."""
    arguments = ["--seed", str(seed), "--steps", str(steps)]
    (record,) = run(script, branch, arguments, prepare)
    figures = record["figures"]
    if record["ended"] or not figures or figures[-1][1] is None:
        return math.inf
    return figures[-1][1]


def longer(schedule: str, times: float) -> Rival:
    """The script's own rate for so many times the steps."""

    def rival(script: ModuleType, seed: int) -> Trained:
        from basics import shape

        steps = round(times * script.STEPS)
        branch = Branch("longer", lambda step: script.RATE * shape(schedule, step, steps))
        return Trained(_last(script, branch, seed, steps), times, script.RATE)

    return rival


def one_cycle(script: ModuleType, seed: int) -> Trained:
    """fastai: a range test, then one cycle up to its valley; momentum goes the other way."""
    from branches import ramp

    (tested,) = run(script, ramp(), ["--seed", str(seed)])
    rate, steps = suggestions(tested["losses"])["valley"], script.STEPS
    up = 0.25 * steps

    def along(start: float, top: float, end: float) -> Callable[[int], float]:
        def value(step: int) -> float:
            first, last, done = (start, top, step / up) if step < up else (top, end, (step - up) / (steps - up))
            return last + (first - last) * (1 + math.cos(math.pi * done)) / 2

        return value

    branch = Branch("one-cycle", along(rate / 25, rate, rate / 1e5), momentum=along(0.95, 0.85, 0.95))
    return Trained(_last(script, branch, seed, steps), 1 + len(tested["losses"]) / steps, rate)


def prodigy(script: ModuleType, seed: int) -> Trained:
    """Prodigy in the place of the script's optimizer, at rate 1 with a cosine, as its authors recommend."""
    from basics import shape
    from prodigyopt import Prodigy

    def prepare(_: ModuleType) -> None:
        _replace(lambda parameters, **given: Prodigy(parameters, weight_decay=given.get("weight_decay", 0.0)))

    branch = Branch("prodigy", lambda step: shape("cosine", step, script.STEPS))
    return Trained(_last(script, branch, seed, script.STEPS, prepare), 1.0, 1.0)


def schedule_free(script: ModuleType, seed: int) -> Trained:
    """Schedule-Free in the place of the script's optimizer at its own default rate, with a warm-up of a twentieth.

    SGD becomes its SGD (momentum 0.9), everything else its AdamW.
    """
    from schedulefree import AdamWScheduleFree, SGDScheduleFree

    made: list[Any] = []

    def prepare(script: ModuleType) -> None:
        def build(kind: type, parameters: Iterator[torch.nn.Parameter]) -> torch.optim.Optimizer:
            made.append(kind(parameters, warmup_steps=script.STEPS // 20))
            made[0].train()
            return made[0]

        _replace(lambda parameters, **given: build(AdamWScheduleFree, parameters))
        torch.optim.SGD = lambda parameters, **given: build(SGDScheduleFree, parameters)  # type: ignore[misc,assignment]
        evaluate = script.evaluate

        def evaluated(model: torch.nn.Module) -> float:
            made[0].eval()
            value = evaluate(model)
            made[0].train()
            return value

        script.evaluate = evaluated  # type: ignore[attr-defined]

    rate = 1.0 if "SGD" in (script.main.__code__.co_names) else 0.0025
    branch = Branch("schedule-free", lambda step: rate)
    return Trained(_last(script, branch, seed, script.STEPS, prepare), 1.0, rate)


def _replace(build: Callable[..., torch.optim.Optimizer]) -> None:
    """Put another optimizer in the place of each of torch's."""
    for name in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad"):
        setattr(torch.optim, name, build)


TRAINED: Mapping[str, Rival] = {
    "fastai one-cycle": one_cycle,
    "Prodigy": prodigy,
    "Schedule-Free": schedule_free,
    **{f"default, {name} ×{times:g}": longer(name, times) for name in LONGER for times in LONGER[name]},
}
