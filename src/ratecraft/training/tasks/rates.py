"""Reads and replaces a task's own rates; like `Rates`, but the optimizer exists before its host.

Path:   a task's optimizer and scheduler -> `Rates` of a run at its step 0, and of each of its branches.
"""

import copy
from typing import Any

from torch.optim import Optimizer

from ratecraft.training.instrument.rates import Rates
from ratecraft.training.instrument.script_groups import MOMENTA
from ratecraft.training.tasks.snapshot import Live


def rates_of(live: Live) -> Rates:
    """What is known of the groups before the first step: their values from before any scheduler."""
    optimizer, rates = live.optimizer, Rates()
    cycles = bool(getattr(live.scheduler, "cycle_momentum", False))
    as_scheduled: list[dict[str, Any]] = [dict(group) for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        if "initial_lr" in group:
            group["lr"] = group["initial_lr"]
        if cycles:
            group.update({name: optimizer.defaults[name] for name in MOMENTA if name in optimizer.defaults})
    rates.made(optimizer)
    for group, entries in zip(optimizer.param_groups, as_scheduled, strict=True):
        group.update(entries)
    if cycles:
        rates.cycles_momentum(optimizer)
    return rates


def twin_of(rates: Rates, optimizer: Optimizer) -> Rates:
    """What another run of the same optimizer remembers: all of it, and from now on for itself."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    shared = (optimizer, *parameters, rates.schedules, rates.scale)
    return copy.deepcopy(rates, {id(item): item for item in shared})
