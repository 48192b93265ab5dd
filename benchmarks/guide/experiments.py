"""The experiments of the guide: each claim of a chapter, trained for real.

Path:   tasks, arms -> `side_by_side.trained` -> plain numbers -> `frozen/<name>.json` -> `charts.py`.
Units:  losses are those that validate, at the end of the run, unless said; lists of numbers go by seed.

Each experiment is a function without arguments that gives what JSON can hold. What it shows stands in its docstring.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch
from shapes import LINEAR, SHAPES
from side_by_side import Arm, Task, trained
from tasks import diabetes, digits, networks, recurrent, right, text
from torch import Tensor
from torch.optim import Optimizer

from ratecraft.laws.responses.suggestions import suggestions

__all__ = ["EXPERIMENTS"]

SEEDS = range(5)
FLAT = "constant(1)"


def octaves(low: int, high: int, by: int = 1) -> list[float]:
    """Rates from 2^low to 2^high."""
    return [2.0**place for place in range(low, high + 1, by)]


def short(value: Any) -> Any:
    """Five digits are enough; what is no number is null."""
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: short(each) for key, each in value.items()}
    return [short(each) for each in value] if isinstance(value, list | tuple) else value


def ends(task: Task, arms: Sequence[Arm], seeds: Iterable[int] = SEEDS) -> list[list[float]]:
    """Of each arm."""
    return [course.ends for course in trained(task, arms, [*seeds])]


def valley() -> dict[str, Any]:
    """The loss at the end against the rate: flat about the best, slow to the left, a cliff to the right."""
    task, rates = digits(), octaves(-12, 1)
    checks = [*range(10, 100, 10), *range(100, task.steps + 1, 25)]
    courses = trained(task, [Arm(rate) for rate in rates], SEEDS, checks)
    return {
        "rates": rates,
        "losses": [course.ends for course in courses],
        "right": [right(course.outputs, task.wanted) for course in courses],
        "checks": courses[0].checks,
        "courses": [course.training for course in courses],
    }


def finder() -> dict[str, Any]:
    """The range test: a hundred steps from 1e-5 to 10, ten seeds; what its rules read off each curve."""
    points = 100
    task = replace(digits(), steps=points)
    courses = trained(task, [Arm(10.0, "geometric(1e-6, 1)")], range(10), range(1, points + 1))[0]
    rates = [10.0 * 1e-6 ** (1 - step / points) for step in range(points)]
    found = [suggestions(rates, own, None) for own in courses.training]
    rules = ("steepest", "valley", "minimum_tenth")
    return {
        "rates": rates,
        "losses": courses.training,
        "found": {rule: [each[rule] for each in found] for rule in rules},
    }


def annealed() -> dict[str, Any]:
    """What a rate is worth, judged before and after a short decay, and at the end of the whole run."""
    rates, steps = octaves(-11, -3), text().steps
    probe = steps // 8
    task = replace(text(), steps=probe)
    cooled = trained(task, [Arm(rate, "constant(1) >> linear(1, 0, 0.25)", "Adam") for rate in rates], SEEDS)
    held = trained(task, [Arm(rate, FLAT, "Adam") for rate in rates], SEEDS)
    full = trained(text(), [Arm(rate, LINEAR, "Adam") for rate in rates], SEEDS, [probe])
    return {
        "rates": rates,
        "steps": [probe, steps],
        "high": [course.ends for course in held],
        "cooled": [course.ends for course in cooled],
        "full": [course.ends for course in full],
    }


def of_shapes(task: Task, optimizer: str, rates: Sequence[float]) -> dict[str, Any]:
    """Every schedule at every rate."""
    found = {name: ends(task, [Arm(rate, shape, optimizer) for rate in rates]) for name, shape in SHAPES.items()}
    return {"rates": rates, "losses": found}


def schedules() -> dict[str, Any]:
    """Nine schedules, each at nine rates: where data are seen many times, and where they are seen once."""
    return {
        "digits": of_shapes(digits(), "momentum", octaves(-8, 0)),
        "text": of_shapes(text(), "Adam", octaves(-10, -2)),
    }


def optimizers() -> dict[str, Any]:
    """The valley of each optimizer on the same task."""
    grids = {
        "SGD": octaves(-7, 3),
        "momentum": octaves(-10, 0),
        "RMSprop": octaves(-14, -4),
        "Adam": octaves(-13, -3),
        "AdamW": octaves(-13, -3),
        "Adagrad": octaves(-10, 0),
    }
    return {
        name: {"rates": rates, "losses": ends(digits(), [Arm(rate, LINEAR, name) for rate in rates])}
        for name, rates in grids.items()
    }


def adagrad() -> dict[str, Any]:
    """The effective rate of Adagrad over the steps, beside RMSprop's, in shares of what it was after ten steps."""
    task = text()
    checks = sorted({round(10 * 100 ** (place / 20)) for place in range(21)})
    kinds = {"Adagrad": ("sum", 2.0**-4), "RMSprop": ("square_avg", 2.0**-8)}
    found: dict[str, Any] = {"steps": checks}
    for kind, (name, rate) in kinds.items():
        shares = list[list[float]]()

        def look(_: int, makers: Sequence[Optimizer], name: str = name, shares: list[list[float]] = shares) -> None:
            sums = [state[name] for state in makers[0].state.values()][-2]  # the weights of the last layer
            touched = [own[own > 0] for own in sums]
            shares.append([float((own.sqrt() + 1e-8).reciprocal().median()) for own in touched])

        course = trained(task, [Arm(rate, FLAT, kind)], SEEDS, checks, look)[0]
        found[kind] = {
            "factors": [[row[seed] / shares[0][seed] for seed in SEEDS] for row in shares],
            "ends": course.ends,
        }
    return found


def decay() -> dict[str, Any]:
    """AdamW's weight decay beside its rate, on data that are over-fitted: best and last loss of a run."""
    rates, decays = octaves(-13, -7, 2), [0.0, 0.01, 0.1, 1.0, 10.0]
    task = diabetes()
    checks = range(50, task.steps + 1, 50)
    found = {
        str(each): trained(task, [Arm(r, FLAT, "AdamW", decay=each) for r in rates], SEEDS, checks) for each in decays
    }
    return {
        "rates": rates,
        "last": {key: [course.ends for course in courses] for key, courses in found.items()},
        "best": {key: [[min(own) for own in course.held] for course in courses] for key, courses in found.items()},
    }


def overfit() -> dict[str, Any]:
    """The validation loss turns, whatever the rate; a smaller rate only turns later."""
    rates, task = octaves(-14, -6, 2), replace(diabetes(), steps=4000)
    checks = sorted({round(10 * 400 ** (place / 60)) for place in range(61)})
    courses = trained(task, [Arm(rate, FLAT, "Adam") for rate in rates], SEEDS, checks)
    return {
        "rates": rates,
        "steps": courses[0].checks,
        "held": [course.held for course in courses],
        "training": [course.training for course in courses],
    }


def clipping() -> dict[str, Any]:
    """A recurrent network with and without clipping at a norm of 1, and what its losses look like near the edge."""
    rates, limits = octaves(-3, 3), (None, 1.0)
    task = replace(recurrent(), steps=400)
    arms = [Arm(rate, LINEAR, "SGD", limit) for limit in limits for rate in rates]
    courses = trained(task, arms, SEEDS, range(4, task.steps + 1, 4))
    half = len(rates)
    return {
        "rates": rates,
        "steps": courses[0].checks,
        "free": [course.ends for course in courses[:half]],
        "clipped": [course.ends for course in courses[half:]],
        "course": {"free": courses[4].training, "clipped": courses[half + 4].training, "rate": rates[4]},
    }


def warm_up() -> dict[str, Any]:
    """The same recurrent network without clipping: no warm-up, 2 % and 20 % of the run."""
    rates, task = octaves(-2, 2), replace(recurrent(), steps=400)
    shapes = {"0": LINEAR, "0.02": f"warmup(0.02) >> {LINEAR}", "0.2": f"warmup(0.2) >> {LINEAR}"}
    arms = [Arm(rate, shape, "SGD") for shape in shapes.values() for rate in rates]
    losses = ends(task, arms)
    return {
        "rates": rates,
        "losses": {key: losses[place * len(rates) :][: len(rates)] for place, key in enumerate(shapes)},
    }


CAUSES = ("rate", "inputs", "first weights", "dead units", "labels")
REMEDIES = ("as it is", "rate x 100", "rate / 100", "standardise", "He")


def not_learning() -> dict[str, Any]:
    """Five causes of a run that learns nothing, and what each of four remedies does to it: share of right answers."""
    found: dict[str, Any] = {"causes": CAUSES, "remedies": REMEDIES, "right": [], "losses": []}
    for cause in CAUSES:
        rows = [broken(cause, remedy) for remedy in REMEDIES]
        found["right"].append([row[0] for row in rows])
        found["losses"].append([row[1] for row in rows])
    return found


def broken(cause: str, remedy: str) -> tuple[list[float], list[float]]:
    """Right answers and losses of a run with one fault and one remedy."""
    good = digits()
    rate = 2.0**-4 * (0.01 if cause == "rate" else 1) * {"rate x 100": 100, "rate / 100": 0.01}.get(remedy, 1)
    scale, shift = (255.0, 1000.0) if cause == "inputs" else (1.0, 0.0)
    inputs, held = good.inputs * scale + shift, good.held * scale + shift
    if remedy == "standardise":
        mean, deviation = inputs.mean(), inputs.std()
        inputs, held = (inputs - mean) / deviation, (held - mean) / deviation
    targets = good.targets
    if cause == "labels":
        targets = targets[torch.randperm(len(targets), generator=torch.Generator().manual_seed(7))]
    first = networks(64, 64, 64, 64, 10)

    def weights() -> list[Tensor]:
        made = first()
        if remedy == "He":
            return [torch.randn_like(w) * (2 / len(w)) ** 0.5 if w.dim() == 2 else torch.zeros_like(w) for w in made]
        if cause == "first weights":
            return [0.02 * each for each in made]
        return [each - 2.0 if cause == "dead units" and each.dim() == 1 else each for each in made]

    task = replace(good, first=weights, inputs=inputs, held=held, targets=targets)
    course = trained(task, [Arm(rate)], SEEDS)[0]
    return right(course.outputs, good.wanted), course.ends


def longer() -> dict[str, Any]:
    """What a rate that is too small costs: steps until the loss that the best rate has after one run."""
    rates, times = [2.0**-4, 2.0**-6, 2.0**-8, 2.0**-10], [1, 2, 4, 8]
    rows = [ends(replace(digits(), steps=800 * each), [Arm(rate) for rate in rates], range(3)) for each in times]
    return {"rates": rates, "times": times, "losses": [list(own) for own in zip(*rows, strict=True)]}


EXPERIMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "valley": valley,
    "longer": longer,
    "finder": finder,
    "annealed": annealed,
    "schedules": schedules,
    "optimizers": optimizers,
    "adagrad": adagrad,
    "decay": decay,
    "overfit": overfit,
    "clipping": clipping,
    "warm-up": warm_up,
    "not-learning": not_learning,
}
"""By the name of the file that keeps what came out."""
