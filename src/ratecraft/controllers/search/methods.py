"""The methods of a classic search, each as one value that says how the method differs from the others.

Path:   the name of a method -> its `SearchMethod` -> settings, list of trials, halving, the model, the estimate,
        lessons.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, get_args

from ratecraft.laws.trials.unit_points import random_points, sobol_points

Method: TypeAlias = Literal["grid", "random", "sobol", "tpe", "gp", "asha", "hyperband"]

METHODS: tuple[Method, ...] = get_args(Method)


@dataclass(frozen=True, slots=True)
class SearchMethod:
    """How a search chooses its trials.

    Attributes:
        trials: Where they come from: all known beforehand (`listed`), chosen by a model of the earlier ones
            (`modelled`), or drawn and mostly stopped early (`halved`).
        points: Draws points of the unit cube, given their number, their dimension and the seed.
        is_grid: Every combination is tried, and nothing is drawn.
        sampler: Name of the class in `optuna.samplers` that is the model.
        sampling: Its arguments besides the seed.
        is_slow: The model is slow with many trials (`SearchSettings.most_modelled`).
        waits: Halving waits until a rung is complete, with a bracket that begins on each rung; otherwise there is one
            bracket, which never waits.
        stops_loops: It also works for a loop that reports as it goes and cannot wait.
    """

    trials: Literal["listed", "modelled", "halved"]
    points: Callable[[int, int, int], Any] = random_points
    is_grid: bool = False
    sampler: str = ""
    sampling: Mapping[str, Any] = field(default_factory=dict[str, Any])
    is_slow: bool = False
    waits: bool = False
    stops_loops: bool = False


_TPE = {"multivariate": True, "group": False, "constant_liar": True}
_RULES: Mapping[str, SearchMethod] = MappingProxyType(
    {
        "grid": SearchMethod("listed", is_grid=True),
        "random": SearchMethod("listed"),
        "sobol": SearchMethod("listed", points=sobol_points),
        "tpe": SearchMethod("modelled", sampler="TPESampler", sampling=_TPE),
        "gp": SearchMethod("modelled", sampler="GPSampler", sampling={"deterministic_objective": False}, is_slow=True),
        "asha": SearchMethod("halved", stops_loops=True),
        "hyperband": SearchMethod("halved", waits=True),
    }
)


def method_named(name: str) -> SearchMethod:
    """The method of this name, which must be a known one.

    Example:
        >>> method_named("sobol").trials, method_named("asha").waits
        ('listed', False)
    """
    return _RULES[name]
