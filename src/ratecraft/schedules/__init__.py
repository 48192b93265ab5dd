"""Schedules: how a rate changes over the steps of a run, as immutable trees.

Example:
    >>> from ratecraft.schedules import bind, cosine, warmup
    >>> schedule = bind(0.1 * (warmup(0.05) >> cosine()), horizon=1000)
    >>> schedule
    0.1 * (warmup(50) >> cosine(1, 0, 950))
    >>> schedule.at(0), schedule.at(49), schedule.at(1000)
    (0.002, 0.1, 0.0)
"""

from ratecraft.schedules.code import torch_code
from ratecraft.schedules.constructors import constant, cosine, exponential, linear, step, warmup, wsd
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.spec import from_json, to_json
from ratecraft.schedules.text import parse

__all__ = [
    "Schedule",
    "bind",
    "constant",
    "cosine",
    "exponential",
    "from_json",
    "linear",
    "parse",
    "step",
    "to_json",
    "torch_code",
    "warmup",
    "wsd",
]
