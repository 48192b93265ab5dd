"""The schedule that was recognised from a rate, as a sentence and as plain values.

Path:   `Identified` -> the screen, the JSON and the page of a diagnosis.
Units:  steps are those of the log, rates absolute.
"""

from typing import Any

from ratecraft.laws.rate_logs.identify import Identified
from ratecraft.reporting.text.page import Page

_STEPS = frozenset({"warm_up", "until", "begins", "every", "period", "scale"})


def schedule_text(identified: Identified | None, page: Page) -> str:
    """One sentence: what the schedule is, with its numbers; or that none was recognised.

    Example:
        >>> from ratecraft.laws.rate_logs.identify import identify
        >>> schedule_text(identify([0, 10, 20, 30, 40], [0.1, 0.075, 0.05, 0.025, 0.0]), Page())
        'Your schedule: linear, from 0.1 to 0 at step 40.'
    """
    if identified is None:
        return page.words("screen.schedule.none")
    numbers = {
        name: round(value) if name in _STEPS and not isinstance(value, str) else value
        for name, value in identified.parameters.items()
    }
    warm = page.words("screen.schedule.warm-up", steps=numbers["warm_up"]) if numbers["warm_up"] else ""
    way = page.words(f"screen.schedule.way.{numbers['shape']}") if "shape" in numbers else ""
    stairs = page.words("screen.schedule.stairs", every=numbers["every"]) if _is_in_stairs(identified) else ""
    said = page.words(f"screen.schedule.{identified.kind}", warm=warm, way=way, stairs=stairs, **numbers)
    return page.words("screen.schedule.yours", schedule=said)


def schedule_json(identified: Identified | None) -> dict[str, Any] | None:
    """Kind, numbers, expression and residual; null if none was recognised."""
    if identified is None:
        return None
    return {
        "kind": identified.kind,
        "parameters": dict(identified.parameters),
        "expression": repr(identified.schedule),
        "residual": identified.residual,
    }


def _is_in_stairs(identified: Identified) -> bool:
    """Whether a smooth schedule was followed in stairs."""
    return "every" in identified.parameters and identified.kind != "step"
