"""How long the probes are: fixed once, before the first of them is run.

Path:   horizon, the script's own evaluation steps -> the rungs of the study.
Units:  optimizer steps.
Source: docs/reference/tuner.md, "Lengths". A rung has at least 24 steps and its cool-down at least 8. In scripts that
        count steps, a probe ends where the script evaluates by itself, if that changes its length by less than 20 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate


@dataclass(frozen=True, slots=True)
class Rung:
    """Probes of one length: `trunk` steps at a constant rate, cooled down to 0 at `stop`, and scored there.

    The first `warm_up` steps of the trunk rise to that rate.
    """

    trunk: int
    stop: int
    evaluate: Evaluate = Evaluate("frozen")
    warm_up: int = 1


def is_short(horizon: int, settings: TunerSettings) -> bool:
    """Whether the run is too short for a second rung."""
    return horizon < settings.long_horizon


def rungs_of(horizon: int, settings: TunerSettings, *, cheap: bool = False) -> tuple[Rung, ...]:
    """The rungs of a study whose full run has `horizon` steps, shortest first.

    Raises:
        InvalidInput: The run is too short to be tuned by probes.

    Example:
        >>> [(rung.warm_up, rung.trunk, rung.stop) for rung in rungs_of(2000, TunerSettings())]
        [(15, 62, 77), (100, 250, 312)]
        >>> [(rung.warm_up, rung.trunk, rung.stop) for rung in rungs_of(300, TunerSettings())]
        [(2, 25, 33)]
        >>> [(rung.warm_up, rung.trunk, rung.stop) for rung in rungs_of(18_000, TunerSettings())]
        [(140, 281, 351), (800, 1000, 1250)]
    """
    if horizon < settings.least_horizon:
        raise InvalidInput("too-short", steps=horizon, least=settings.least_horizon)
    first, second = (rung_of(horizon * share, settings) for share in settings.rungs(horizon))
    brief = max(1, int(horizon * settings.first_warm_up))
    if is_short(horizon, settings) and not _two_fit(first, second, horizon, settings):
        return (replace(rung_of(horizon * settings.short_rung, settings), warm_up=brief),)
    if cheap:
        return (replace(rung_of(horizon * settings.first_rung, settings), warm_up=brief),)
    return (replace(first, warm_up=brief), _warmed(second, horizon, settings))


def lengthened(rungs: tuple[Rung, ...], steps: float, horizon: int, settings: TunerSettings) -> tuple[Rung, ...]:
    """The first rung, and a second one with trunks of `steps` steps, scored in the same way as the last one.

    Example:
        >>> rungs = rungs_of(300, TunerSettings())
        >>> [(rung.warm_up, rung.trunk, rung.stop) for rung in lengthened(rungs, 60, 300, TunerSettings())]
        [(2, 25, 33), (15, 60, 75)]
    """
    longer = _warmed(rung_of(steps, settings), horizon, settings)
    return (rungs[0], replace(longer, evaluate=rungs[-1].evaluate))


def _warmed(rung: Rung, horizon: int, settings: TunerSettings) -> Rung:
    """A rung whose warm-up is that of the full run."""
    steps = int(min(horizon * settings.warm_up, rung.trunk * settings.most_warm_up))
    return replace(rung, warm_up=max(1, steps))


def _two_fit(first: Rung, second: Rung, horizon: int, settings: TunerSettings) -> bool:
    """Whether the budget of a short run holds a second rung beside the full run."""
    probes = settings.short_probes * first.stop + settings.long_probes * second.stop
    return probes <= (settings.short_budget - 1) * horizon


def rung_of(steps: float, settings: TunerSettings) -> Rung:
    """The rung whose trunks have `steps` steps, or the shortest that still ranks rates.

    Example:
        >>> rung_of(64, TunerSettings()).stop, rung_of(3, TunerSettings()).stop
        (80, 32)
    """
    trunk = max(settings.least_trunk, int(steps))
    return Rung(trunk, trunk + max(settings.least_cool_down, int(trunk * settings.cool_down)))


def moved_rungs(rungs: Sequence[Rung], evaluations: Sequence[int], settings: TunerSettings) -> tuple[Rung, ...]:
    """Each rung with its end moved to the nearest evaluation step of the script, if one is near enough.

    Args:
        rungs: The rungs as planned.
        evaluations: Steps after which the script evaluates by itself.
        settings: How far an end may be moved.

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
    trunk = stop - max(settings.least_cool_down, round(stop * part))
    return replace(rung, trunk=trunk, stop=stop, warm_up=min(rung.warm_up, trunk))
