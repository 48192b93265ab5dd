"""A frozen task that is only a formula: a valley in the octave, whose floor falls with the steps."""

import math
from typing import Any

from frozen import Frozen

STEPS = 1280
BOTTOM = 1.0


def loss_of(octave: float, steps: float, *, seed: int = 0) -> float:
    """Lowest at `BOTTOM` for a full run, a tenth of an octave higher for each halving of the steps."""
    away = octave - BOTTOM + 0.1 * math.log2(steps / STEPS)
    return 1 + 0.3 * (STEPS / steps) ** 0.5 + 0.05 * away**2 + 0.01 * (seed - 1.5)


def valley(edge: float = 8, turns: float = 1) -> Frozen:
    """From octave -8 to 8; above `edge` every run has blown up. It over-fits from a share of the steps on, `turns`."""
    octaves = range(-8, 9)
    ramp = {"name": "ramp", "losses": [3 - 0.02 * step for step in range(80)] + [1e3 * 4**step for step in range(20)]}
    trees = [{"kind": "ramp", "octave": 0, "seed": seed, "runs": [ramp]} for seed in range(4)]
    trees += [tree(octave, seed, edge, turns * STEPS) for octave in octaves for seed in range(4)]
    return Frozen("valley", 0.1, STEPS, trees)


def tree(octave: int, seed: int, edge: float, turns: float) -> dict[str, Any]:
    blown = octave > edge
    run = {"losses": [], "ended": blown, "blown_at": 3 if blown else None}

    def figures(steps: list[int], worse: float) -> list[tuple[int, float | None]]:
        over = {step: 3 * max(0.0, step - turns) / STEPS for step in steps}
        return [(step, None if blown else loss_of(octave, step, seed=seed) + worse + over[step]) for step in steps]

    evaluated = list(range(64, STEPS + 1, 64))
    runs = [
        {**run, "name": "constant", "figures": figures(evaluated, 0.1)},
        {**run, "name": "cosine", "figures": figures(evaluated, 0.0)},
        {**run, "name": "linear", "figures": figures([step for step in evaluated if step > 512], 0.0)},
    ]
    for part in (64, 32, 16, 8, 4):
        stop = STEPS // part * 5 // 4
        runs.append({**run, "name": f"probe-{part}", "figures": figures([stop], 0.0), "frozen": []})
    return {"kind": "full", "octave": octave, "seed": seed, "runs": runs}


def warmed_valley() -> Frozen:
    """The valley with live losses, an untrained score of 5, and a warm-up of 1/20 that saves 0.2 from octave -2 on."""
    trees = [
        {**each, "runs": [{**run, "losses": [5 - 0.05 * block for block in range(64)]} for run in each["runs"]]}
        for each in valley().trees
    ]
    start = {"name": "start", "losses": [], "ended": False, "blown_at": None, "figures": [[0, 5.0]], "frozen": [5.5]}
    trees += [{"kind": "start", "octave": 0, "seed": seed, "runs": [start]} for seed in range(4)]
    trees += [warm(octave, seed) for octave in range(-2, 5) for seed in (0, 1)]
    return Frozen("warmed", 0.1, STEPS, trees)


def warm(octave: int, seed: int) -> dict[str, Any]:
    run = {"losses": [4.0] * 64, "ended": False, "blown_at": None}

    def at(step: int) -> tuple[int, float]:
        return step, loss_of(octave, step, seed=seed) - 0.2

    evaluated = range(64, STEPS + 1, 64)
    runs = [{**run, "name": f"probe-{part}@20", "figures": [at(STEPS // part * 5 // 4)]} for part in (16, 8, 4)]
    runs += [
        {**run, "name": "trunk@20", "figures": [at(step) for step in evaluated if step <= 512]},
        {**run, "name": "linear@20", "figures": [at(step) for step in evaluated if step > 512]},
    ]
    return {"kind": "warm-20", "octave": octave, "seed": seed, "runs": runs}
