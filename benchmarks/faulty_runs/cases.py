"""What is done to a run: how its rate goes, what is wrong with it, and what a rule must say of it.

Units:  rates are multiples of the task's best; places are shares of the run.
Source: reference list of faults in `README.md`; severities are those of the list, mild to strong.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["BEST", "CASES", "Case"]

Shape = Callable[[int, int], float]
"""Step and steps of the run to the rate as a multiple of the peak."""

BEST = {
    "digits_mlp": 0.08,
    "mnist_cnn": 0.008,
    "source_gru": 0.02,
    "diabetes_mlp": 3.1e-5,
    "topics_mlp": 0.04,
    "diamonds_tiny": 0.016,
}
"""Best rate of each task of the design half under linear decay, from the frozen oracle."""


@dataclass(frozen=True)
class Case:
    """One way to train.

    Attributes:
        name: Unique.
        expected: Codes of which one must be said; empty for a healthy look.
        shape: The rate over the run.
        factor: Peak, as a multiple of the best.
        change: What else is done; empty for nothing.
        strikes: Where it strikes.
        length: Of the usual steps.
        before: Not None: starts from a model that was trained.
    """

    name: str
    expected: tuple[str, ...] = ()
    shape: Shape = lambda step, steps: linear(step, steps)
    factor: float = 1.0
    change: str = ""
    strikes: float = -1.0
    length: float = 1.0
    before: str | None = None


def warm(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / max(1, steps // 128))


def linear(step: int, steps: int) -> float:
    return min(warm(step, steps), (steps - step) / (0.6 * steps))


def cosine(step: int, steps: int) -> float:
    return warm(step, steps) * (1 + math.cos(math.pi * step / steps)) / 2


def constant(step: int, steps: int) -> float:
    return warm(step, steps)


def restarts(step: int, steps: int) -> float:
    cycle = max(1, steps // 4)
    return (1 + math.cos(math.pi * (step % cycle) / cycle)) / 2


def triangles(step: int, steps: int) -> float:
    half = max(1, steps // 10)
    place = step / half % 2
    return 0.1 + 0.9 * (place if place < 1 else 2 - place)


def one_cycle(step: int, steps: int) -> float:
    top = 0.3 * steps
    if step < top:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * step / top)) / 2
    return (1 + math.cos(math.pi * (step - top) / (steps - top))) / 2


def stairs(step: int, steps: int) -> float:
    return 0.1 ** (step * 3 // steps)


def held_then_cooled(step: int, steps: int) -> float:
    return min(warm(step, steps), (steps - step) / (0.2 * steps))


def abrupt(step: int, steps: int) -> float:
    return min(1.0, (steps - step) / (0.6 * steps))


def early(share: float) -> Shape:
    return lambda step, steps: max(1e-4, 0.5 * (1 + math.cos(math.pi * min(1.0, step / (share * steps)))))


def wraps(step: int, steps: int) -> float:
    return (1 + math.cos(math.pi * step / (0.6 * steps))) / 2


def per_epoch(step: int, steps: int) -> float:
    epoch = step // 40
    return (1 + math.cos(math.pi * epoch / steps)) / 2


def endless_warm_up(step: int, steps: int) -> float:
    return (1 + step // 40) / max(steps / 3, 1)


def too_often(step: int, steps: int) -> float:
    return (1 + math.cos(math.pi * step / max(4, steps // 40))) / 2


def reset(step: int, steps: int) -> float:
    half = steps // 2
    return cosine(step if step < half else step - half, steps)


HEALTHY = (
    Case("linear"),
    Case("linear-half", factor=0.5),
    Case("linear-double", factor=2.0),
    Case("cosine", shape=cosine),
    Case("restarts", shape=restarts),
    Case("triangles", shape=triangles),
    Case("one-cycle", shape=one_cycle),
    Case("stairs", shape=stairs),
    Case("held-then-cooled", shape=held_then_cooled),
    Case("noisy-labels", change="noisy-labels"),
    Case("fine-tuning", factor=0.1, before="trained"),
    Case("constant-long", shape=constant, factor=0.5, length=2.0),
    Case("short", length=0.3),
)

FAULTY = (
    Case("too-large-8", ("too-large",), shape=constant, factor=8.0),
    Case("too-large-32", ("too-large",), shape=constant, factor=32.0),
    Case("too-large-128", ("too-large",), shape=constant, factor=128.0),
    Case("too-large-32-linear", ("too-large",), factor=32.0),
    Case("too-small-16", ("too-small",), factor=1 / 16),
    Case("too-small-64", ("too-small",), factor=1 / 64),
    Case("too-small-512", ("too-small",), factor=1 / 512),
    Case("too-early-50", ("decayed-too-soon",), shape=early(0.5)),
    Case("too-early-25", ("decayed-too-soon",), shape=early(0.25)),
    Case("too-early-10", ("decayed-too-soon",), shape=early(0.1)),
    Case("no-warm-up-4", ("warm-up-missing",), shape=abrupt, factor=4.0),
    Case("wraps", ("schedule-wraps",), shape=wraps),
    Case("per-epoch", ("schedule-too-slow",), shape=per_epoch),
    Case("endless-warm-up", ("warm-up-unfinished",), shape=endless_warm_up),
    Case("too-often", ("schedule-too-fast",), shape=too_often),
    Case("reset", ("resume-schedule",), shape=reset),
    Case("lost-state", ("resume-state",), shape=constant, change="lost-state", strikes=0.5),
    Case("nan", ("non-finite",), change="nan", strikes=0.6),
    Case("bad-step", ("spike", "bad-spike"), change="bad-step", strikes=0.5),
    Case("unclipped-8", ("clip-missing", "too-large"), shape=constant, change="unclipped", factor=8.0),
    Case("few-samples", ("overfit",), change="few-samples"),
    Case("no-decay", ("decay-missing",), shape=constant, factor=2.0),
    Case("unscaled", ("inputs",), change="unscaled"),
    Case("large-weights", ("initial-weights",), change="large-weights"),
    Case("zero-weights", ("not-learning",), change="small-weights"),
    Case("frozen", ("not-learning", "too-small"), change="frozen"),
)

CASES = (*HEALTHY, *FAULTY)
