"""All functions that an expression may call.

Path:   constructors -> their names -> the parser, `preview`, help.
"""

import inspect
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from ratecraft.schedules.builders.compositions import COMPOSITIONS
from ratecraft.schedules.builders.constructors import WAYS
from ratecraft.schedules.builders.cyclic import CYCLES, ONE_CYCLES
from ratecraft.schedules.lengths import epochs, samples, steps, tokens
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.trees.nodes import Schedule

CONSTRUCTORS: Final[Mapping[str, Callable[..., Schedule]]] = MappingProxyType(
    dict(sorted({**WAYS, **COMPOSITIONS, **CYCLES}.items()))
)
"""The constructors that return one schedule."""

SET_CONSTRUCTORS: Final[Mapping[str, Callable[..., ScheduleSet]]] = MappingProxyType(ONE_CYCLES)
"""The constructors that return a set of schedules."""

METHODS: Final[Mapping[str, Callable[..., Schedule]]] = MappingProxyType(
    {
        name: getattr(Schedule, name)
        for name in ("affine", "between", "lasting", "max", "min", "quantise", "repeat", "shifted")
    }
)
"""What may follow a schedule after a point."""

UNITS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {"epochs": epochs, "samples": samples, "steps": steps, "tokens": tokens}
)
"""What may stand where a length is meant."""


@cache
def form_of(name: str, call: Callable[..., Any]) -> str:
    """The call of a constructor, without types.

    Example:
        >>> form_of("warmup", CONSTRUCTORS["warmup"])
        "warmup(length=None, shape='linear', start=None)"
    """
    parameters = inspect.signature(call).parameters.values()
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters if parameter.name != "self"
    ]
    return name + str(inspect.Signature(plain)).replace(".0", "")
