"""Bugs in other libraries' schedules, and what our dialect does instead.

Path:   found by the tests that hold the dialects to the libraries -> this table; a test runs each of them there.
Source: torch 2.13, transformers 5.24, timm 1.0.31, Keras 3.15, fastai 2.8, each as it was run; numbers are issues.

What a library documents is not a bug, however odd: the wave of `CosineAnnealingLR` that climbs back after its end, the
first step at rate 0 of transformers, the milestones of timm that count from 1. Dialects do all of that.
"""

from dataclasses import dataclass
from typing import Final

__all__ = ["DIFFERENCES", "Difference"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One bug.

    Attributes:
        library: The library it belongs to.
        call: What brings it about.
        theirs: What the library does.
        ours: What the dialect does.
        issue: Where it was reported; empty if it was found by running it.
    """

    library: str
    call: str
    theirs: str
    ours: str
    issue: str = ""


DIFFERENCES: Final[tuple[Difference, ...]] = (
    Difference(
        "torch",
        "LinearLR(total_iters=0)",
        "stays at start_factor for ever",
        "a way of no steps is over: it is at end_factor",
        "pytorch#193682",
    ),
    Difference(
        "torch",
        "ConstantLR(total_iters=0)",
        "stays at factor for ever",
        "a stretch of no steps is over: it is at the base rate",
    ),
    Difference(
        "torch",
        "ConstantLR(factor=0)",
        "divides by zero when it ends",
        "goes back to the base rate when it ends",
        "pytorch#185006",
    ),
    Difference(
        "torch",
        "PolynomialLR(total_iters=0)",
        "stays at the base rate for ever",
        "a way of no steps is over: it is at 0",
    ),
    Difference(
        "torch",
        "CosineAnnealingLR(T_max=0)",
        "divides by zero when it is made",
        "a way of no steps is over: it is at eta_min",
    ),
    Difference(
        "torch",
        "OneCycleLR at step total_steps",
        "goes on along its formula: a line falls below 0, a cosine climbs; one step later it raises",
        "holds the last value",
    ),
    Difference(
        "torch",
        "OneCycleLR with pct_start · total_steps = 1",
        "divides by zero when it is made",
        "a phase without steps is left out",
        "pytorch#180187",
    ),
    Difference(
        "torch",
        "SequentialLR as the first member of another",
        "begins at its own step 1",
        "every member begins at its own step 0",
    ),
    Difference(
        "torch",
        "ChainedScheduler with a member that sets the rate, or a cosine with a floor",
        "the member undoes those before it, or drifts away from the product",
        "a product is a product; `from_torch` refuses to read such a chain",
        "pytorch#129565",
    ),
    Difference(
        "torch",
        "CosineAnnealingWarmRestarts.step(epoch) with T_mult 3, 9 or 10",
        "a logarithm of floats misses some restarts by a step",
        "cycles are counted exactly",
    ),
    Difference(
        "transformers",
        "get_cosine_with_hard_restarts_schedule_with_warmup",
        "floats miss some restarts: there the rate is 0 instead of the highest",
        "cycles are counted exactly",
    ),
    Difference(
        "transformers",
        "get_polynomial_decay_schedule_with_warmup with num_warmup_steps = num_training_steps",
        "divides by zero at its last step",
        "a way of no steps is over: it is at lr_end",
    ),
    Difference(
        "timm",
        "CosineLRScheduler, PolyLRScheduler or TanhLRScheduler with cycle_mul 3 or 10",
        "a logarithm of floats misses some restarts: there the rate is lr_min",
        "cycles are counted exactly",
    ),
    Difference(
        "keras",
        "CosineDecayRestarts",
        "a logarithm of float32 misses some restarts by a step",
        "cycles are counted exactly",
    ),
    Difference(
        "fastai",
        "combine_scheds([0.7, 0.2, 0.1], ...)",
        "refuses shares whose sum isn't 1 in floats",
        "shares count as the decimal numbers that were written",
    ),
)
