"""Runs of any values: what a log may hold, sense or none."""

import math

import numpy as np
from hypothesis import strategies as st

from ratecraft.records.watching.observed import ObservedRun, observed_series

EVERY = ("loss", "rate", "grad_norm", "update_ratio", "batch_size", "effective_rate", "zero_gradient", "weight_scale")
NOW_AND_THEN = ("val_loss", "val_accuracy", "accuracy", "input_mean", "input_deviation")
FACTS = (
    *(
        "batch_size",
        "beta2",
        "classes",
        "clip",
        "epochs",
        "momentum",
        "parameters",
        "parameters_in_optimizer",
        "recurrent",
    ),
    *("parameters_left_out", "parameters_without_gradient", "pretrained", "resumed_at", "total_steps", "weight_decay"),
    *(
        "steps_never_cleared",
        "steps_cleared_early",
        "classes_squashed",
        "nll_total",
        "broadcast_against",
        "loss_summed",
    ),
    *("resting_normalising", "resting_dropping", "resting_since", "layers_normalising", "layers_dropping"),
    *("never_in_eval_mode", "loss_summed", "steps_without_gradient", "same_batch_of", "classes_in_order"),
    *(
        "passes_without_step",
        "softmax_over",
        "rows_not_one",
        "classes_silent",
        "beyond_outputs",
        "beyond_binary",
        "layers_in_a_row",
    ),
    *("scheduler_steps_each", "schedulers_never_stepped", "schedulers_of_another"),
)
LEVELS = st.sampled_from(
    [0.0, -0.0, 1e-308, 1e-12, 1e-3, 0.5, 1.0, 2.3, 30.0, 1e6, 1e300, -1.0, -1e300, math.nan, math.inf]
)
OPTIMIZERS = st.sampled_from(["sgd", "adam", "adamw", "adagrad", "rmsprop", ""])


@st.composite
def stretches(draw: st.DrawFn) -> np.ndarray:
    """Some stretches, each level, of a straight line, or scattered about a level."""
    parts: list[np.ndarray] = []
    for _ in range(draw(st.integers(1, 4))):
        begin, end, count = draw(LEVELS), draw(LEVELS), draw(st.integers(1, 60))
        with np.errstate(invalid="ignore", over="ignore"):
            line = np.linspace(begin, end, count) if draw(st.booleans()) else np.full(count, begin)
            scatter = 1 + draw(st.sampled_from([0.0, 0.1])) * np.random.default_rng(0).normal(size=count)
            parts.append(line * scatter)
    return np.concatenate(parts)


@st.composite
def runs(draw: st.DrawFn) -> ObservedRun:
    series = {}
    for name in draw(st.sets(st.sampled_from(EVERY))) | {"loss"}:
        values = draw(stretches())
        series[name] = observed_series(name, np.arange(len(values)), values)
    for name in draw(st.sets(st.sampled_from(NOW_AND_THEN))):
        values = draw(stretches())
        series[name] = observed_series(name, 20 * np.arange(1, len(values) + 1), values)
    facts = {name: draw(LEVELS) for name in draw(st.sets(st.sampled_from(FACTS)))}
    return ObservedRun(series, "step", {**facts, "optimizer": draw(OPTIMIZERS)}, "made")
