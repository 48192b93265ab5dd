"""If the script's own rate is far from what is usual, the ladder of probes is built on the usual one.

Path:   `Start` -> the recipes' plan for what was seen -> the same `Start` with another rate to build on, and why.
Units:  rates are absolute, of the leading group; octaves are log2 of a ratio of rates.

The result is still compared with the script's own run at its own rate.
"""

import math
from dataclasses import replace

from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.recipes.comparing import compared
from ratecraft.recipes.observed_training import observed_training
from ratecraft.recipes.presets import builtin_presets
from ratecraft.records.answer import Decision

FAR = 2.0
"""Octaves beyond the usual range: a rate nearer than that is among the ladder's own first three probes."""


def with_usual_rate(start: Start, settings: TunerSettings) -> Start:
    """What is known before the first probe, with the ladder centred on the planned rate if the script's own is unusual.

    Args:
        start: What the first run showed.
        settings: Settings of the study. A rate that the user gave is kept.
    """
    if settings.own_rate is not None or not start.own_rate:
        return start
    presets = builtin_presets()
    try:
        seen = observed_training(start.facts, presets.optimizers)
        seen = replace(seen, values={**seen.values, "rate": start.own_rate}, steps=start.horizon or None)
        plan = compared(seen, {}).plan
    except InvalidInput:  # an optimizer without a recipe
        return start
    if plan.range is None or not _is_far(start.own_rate, *plan.range):
        return start
    rate = float(f"{plan.rate:.2g}")
    values = {"own": start.own_rate, "low": plan.range[0], "high": plan.range[1], "rate": rate, "name": plan.name}
    return replace(start, own_rate=rate, decisions=(*start.decisions, Decision("usual-rate", values)))


def _is_far(rate: float, low: float, high: float) -> bool:
    return math.log2(rate / high) > FAR or math.log2(low / rate) > FAR
