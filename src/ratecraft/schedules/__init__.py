"""Schedules: how a rate changes over the steps of a run, as immutable trees.

Example:
    >>> from ratecraft.schedules import bind, cosine, warmup
    >>> schedule = bind(0.1 * (warmup(0.05) >> cosine()), horizon=1000)
    >>> schedule
    0.1 * (warmup(50) >> cosine(1, 0, 950))
    >>> schedule.at(0), schedule.at(49), schedule.at(1000)
    (0.002, 0.1, 0.0)
"""

from ratecraft.schedules.builders.compositions import (
    decay_to_zero,
    flat_cosine,
    inverse_sqrt,
    multistep,
    noam,
    piecewise,
    power_law,
    step,
    wsd,
)
from ratecraft.schedules.builders.constructors import (
    constant,
    cosine,
    exponential,
    function,
    geometric,
    k_decay,
    linear,
    polynomial,
    power,
    rex,
    saturating,
    tanh,
    warmup,
)
from ratecraft.schedules.builders.cyclic import (
    cosine_restarts,
    exp_range,
    onecycle,
    onecycle_three_phases,
    triangular,
    triangular2,
)
from ratecraft.schedules.dialects.from_torch import from_torch
from ratecraft.schedules.generated_code.code import keras_code, optax_code, torch_code, transformers_code
from ratecraft.schedules.groups import GroupSchedule, with_floor
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.language.text import parse, parse_set
from ratecraft.schedules.lengths import epochs, samples, steps, tokens
from ratecraft.schedules.plateau import KerasPlateau, Plateau, PlateauState, TorchPlateau
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.spec import from_json, to_json
from ratecraft.schedules.stretching import rebind
from ratecraft.schedules.trees.nodes import Schedule

__all__ = [
    "GroupSchedule",
    "KerasPlateau",
    "Plateau",
    "PlateauState",
    "Schedule",
    "ScheduleSet",
    "TorchPlateau",
    "bind",
    "constant",
    "cosine",
    "cosine_restarts",
    "decay_to_zero",
    "epochs",
    "exp_range",
    "exponential",
    "flat_cosine",
    "from_json",
    "from_torch",
    "function",
    "geometric",
    "inverse_sqrt",
    "k_decay",
    "keras_code",
    "linear",
    "multistep",
    "noam",
    "onecycle",
    "onecycle_three_phases",
    "optax_code",
    "parse",
    "parse_set",
    "piecewise",
    "polynomial",
    "power",
    "power_law",
    "rebind",
    "rex",
    "samples",
    "saturating",
    "step",
    "steps",
    "tanh",
    "to_json",
    "tokens",
    "torch_code",
    "transformers_code",
    "triangular",
    "triangular2",
    "warmup",
    "with_floor",
    "wsd",
]
