"""How long the probes are: fixed once, before the first of them.

Path:   horizon, the script's own evaluation steps -> the rungs of the study.
Units:  optimizer steps.
Source: docs/reference/tuner.md, "Lengths". A rung has ≥ 24 steps and a cool-down of ≥ 8. In step loops a probe ends
        where the script evaluates by itself, if that changes its length by less than 20 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ratecraft.controllers.settings import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate

__all__ = ["Rung", "is_short", "moved_rungs", "rung_of", "rungs_of"]


@dataclass(frozen=True, slots=True)
class Rung:
    """Probes of one length: `trunk` steps at a constant rate, cooled down to 0 at `stop`, and scored there."""

    trunk: int
    stop: int
    evaluate: Evaluate = Evaluate("frozen")


def is_short(horizon: int, settings: TunerSettings) -> bool:
    """Whether the run is too short for two rungs."""
    return horizon < settings.long_horizon


def rungs_of(horizon: int, settings: TunerSettings, *, cheap: bool = False) -> tuple[Rung, ...]:
    """The rungs of a study of so many steps, shortest first.

    Raises:
        InvalidInput: The run is too short to be tuned by probes.

    Example:
        >>> [(rung.trunk, rung.stop) for rung in rungs_of(2000, TunerSettings())]
        [(62, 77), (250, 312)]
        >>> [(rung.trunk, rung.stop) for rung in rungs_of(500, TunerSettings())]
        [(41, 51)]
        >>> [(rung.trunk, rung.stop) for rung in rungs_of(18_000, TunerSettings())]
        [(281, 351), (1000, 1250)]
    """
    if horizon < settings.least_horizon:
        raise InvalidInput("too-short", steps=horizon, least=settings.least_horizon)
    if is_short(horizon, settings):
        return (rung_of(horizon * settings.short_rung, settings),)
    if cheap:
        return (rung_of(horizon * settings.first_rung, settings),)
    return tuple(rung_of(horizon * share, settings) for share in settings.rungs(horizon))


def rung_of(steps: float, settings: TunerSettings) -> Rung:
    """The rung whose trunks have so many steps, or the least that ranks rates.

    Example:
        >>> rung_of(64, TunerSettings()).stop, rung_of(3, TunerSettings()).stop
        (80, 32)
    """
    trunk = max(settings.least_trunk, int(steps))
    return Rung(trunk, trunk + max(settings.least_cool_down, int(trunk * settings.cool_down)))


def moved_rungs(rungs: Sequence[Rung], evaluations: Sequence[int], settings: TunerSettings) -> tuple[Rung, ...]:
    """Each rung with its end at the nearest evaluation step, where one is near enough.

    Args:
        rungs: The rungs as planned.
        evaluations: Steps after which the script evaluates by itself.
        settings: How near is near enough.

    Example:
        >>> [rung.stop for rung in moved_rungs(rungs_of(2000, TunerSettings()), [0, 200, 300, 400], TunerSettings())]
        [77, 300]
    """
    return tuple(_moved(rung, evaluations, settings) for rung in rungs)


def _moved(rung: Rung, evaluations: Sequence[int], settings: TunerSettings) -> Rung:
    least = settings.least_trunk + settings.least_cool_down
    near = [step for step in evaluations if step >= least and abs(step - rung.stop) < settings.moved_share * rung.stop]
    if not near:
        return rung
    stop = min(near, key=lambda step: (abs(step - rung.stop), step))
    part = settings.cool_down / (1 + settings.cool_down)
    return replace(rung, trunk=stop - max(settings.least_cool_down, round(stop * part)), stop=stop)
