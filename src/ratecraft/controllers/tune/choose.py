"""The choice: from the best rate of the longest probes to that of the full run, and the trunk that the run continues.

Path:   both rungs -> chosen octave, its interval, the trunk that the final run leaves.
Units:  octaves above the script's own rate.
Source: docs/reference/tuner.md, "Choice". log2 rate = bottom of the parabola + slope · log2(T / length of the probes) −
        0.1. The slope measured between the rungs is used only where it shows over-fitting: on a single pass it is −1
        between T/32 and T/8, and −0.2 from there on; and where four times the steps still help much, the first rung was
        simply too short to rank rates (the tuning benchmark, decision 1). For a schedule other than the usual one the
        convex bound gives the peak, but never one outside the rates that were probed, since it overstates the effect of
        abrupt schedules.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from ratecraft.controllers.tune.bracket import Bracket
from ratecraft.controllers.tune.branch import Branch
from ratecraft.controllers.tune.probes import Probed, Probes, helped, noise_of, scores_of
from ratecraft.controllers.tune.study_jobs import usual_shape
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.laws.responses.convex_bound import peak_shift
from ratecraft.laws.responses.rate_response import bottom, interval, scatter
from ratecraft.laws.scaling.horizon import moved, seen_slope
from ratecraft.records.answer import Decision
from ratecraft.schedules.trees.nodes import Schedule


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen rate, before the final run.

    Attributes:
        octave: Octave of the chosen rate.
        pointed: The octave that the scores point to: the chosen one, unless it lies outside what was probed.
        bottom: Octave of the best rate for a run as short as the longest probes.
        interval: Octaves about `pointed` whose predicted score is within one noise sd of the best; None if the
            noise or the valley is unknown.
        rough: The noise is estimated only from the scatter of the scores about their parabola.
        rises: The best rate rose from the first rung to the second, and is taken to go on rising.
        falls: It fell as steeply as in over-fitting, but is not taken to go on falling, because more steps still
            helped.
        decisions: What was decided on the way, for the reader.
    """

    octave: float
    pointed: float
    bottom: float
    interval: tuple[float, float] | None
    rough: bool
    rises: bool
    falls: bool
    decisions: tuple[Decision, ...]


def choose(plan: StudyPlan, bracket: Bracket, branch: Branch) -> Choice:
    """Choose the rate of the full run, from the second rung if there is one."""
    settings, rung, short_bottom = plan.settings, plan.rungs[-1], bracket.bottom
    probes = branch.probes or bracket.probes
    alive = any(math.isfinite(probe.score) for probe in probes.values())
    decisions: list[Decision] = []
    if not branch.probes and short_bottom is not None:
        found = short_bottom
    elif alive:
        found = bottom(scores_of(probes), settings.below)
    else:  # all of them blew up later than the first rung could see: one octave below the lowest
        found = float(min(probes) - 1)
        decisions.append(Decision("branch-blown-up", {"rate": plan.rate(found)}))
    slope, decision = _slope(plan, bracket, branch, found)
    octave = moved(found, slope, rung.stop, plan.horizon) + settings.safety
    decisions.append(decision)
    values = {"rate": plan.rate(octave), "bottom": plan.rate(found), "stop": rung.stop}
    decisions.append(Decision("chosen-usual" if plan.shape else "chosen", values))
    rungs = [(scores_of(probes), found)]
    rungs += [] if short_bottom is None else [(scores_of(bracket.probes), short_bottom)]
    near, rough = interval_about(rungs, octave, noise_of(probes))
    rises = decision.code == "slope-rises"
    falls = decision.code == "slope-prior" and _slope_between(plan, bracket, found) < settings.steep
    choice = Choice(octave, octave, found, near, rough, rises, falls, tuple(decisions))
    return _reshaped(plan, choice, (*bracket.probes.values(), *branch.probes.values()))


def nearest_trunk(probes: Probes, octave: float) -> Probed | None:
    """The surviving trunk whose rate is nearest (the lower of two); None if none survived."""
    alive = [probe for probe in probes.values() if probe.trunk is not None]
    return min(alive, key=lambda probe: (abs(probe.octave - octave), probe.octave), default=None)


def _slope(plan: StudyPlan, bracket: Bracket, branch: Branch, found: float) -> tuple[float, Decision]:
    """How far the best rate still moves, in octaves per octave of steps.

    Args:
        plan: What was fixed before the first probe.
        bracket: The first rung.
        branch: The second rung; empty if there is none.
        found: The best octave of the longest rung.
    """
    settings, once = plan.settings, plan.start.single_pass
    if plan.is_one_short_rung:
        slope, code = settings.short_slope_once if once else settings.short_slope_often, "slope-short"
    elif len(plan.rungs) == 1:
        slope, code = settings.cheap_slope, "slope-cheap"
    else:
        slope, code = settings.slope, "slope-prior"
        seen = _seen_slope(plan, bracket, branch, found)
        if seen is not None and seen > settings.rising:
            slope, code = min(settings.lasting * seen, settings.most_rising), "slope-rises"
        elif seen is not None and seen < settings.steep and not once:
            slope, code = max(seen, settings.steepest), "slope-seen"
    return slope, Decision(code, {"slope": slope})


def _seen_slope(plan: StudyPlan, bracket: Bracket, branch: Branch, found: float) -> float | None:
    """How the best rate moved between the rungs, if that tells how it will go on; else None.

    A fall counts only where more steps did not help: otherwise the first rung was too short to rank rates.
    """
    alive = any(math.isfinite(probe.score) for probe in branch.probes.values())
    if bracket.bottom is None or not alive:
        return None
    seen = _slope_between(plan, bracket, found)
    return seen if seen > 0 or not helped(bracket.probes, branch.probes, plan.settings.helped) else None


def _slope_between(plan: StudyPlan, bracket: Bracket, found: float) -> float:
    """How the best rate moved between the rungs, in octaves per octave of steps; 0 if the first one has none."""
    if bracket.bottom is None:
        return 0.0
    return seen_slope(bracket.bottom, found, plan.rungs[0].stop, plan.rungs[-1].stop)


def _reshaped(plan: StudyPlan, choice: Choice, tried: Iterable[Probed]) -> Choice:
    """The choice for the schedule of the full run: one other than the usual is placed where the convex bound has it."""
    if plan.shape is None:
        return choice
    shift = _shift(plan.shape.schedule, usual_shape(plan, 0.0), plan.horizon)
    finite = [probe.octave for probe in tried if math.isfinite(probe.score)]
    pointed = choice.octave + shift
    octave = min(max(pointed, min(*finite, choice.octave)), max(*finite, choice.octave))
    values = {"factor": 2.0**shift, "rate": plan.rate(octave)}
    return replace(
        choice,
        octave=octave,
        pointed=pointed,
        interval=None if choice.interval is None else (choice.interval[0] + shift, choice.interval[1] + shift),
        decisions=(*choice.decisions, Decision("reshaped" if octave == pointed else "reshaped-held", values)),
    )


@cache
def _shift(shape: Schedule, usual: Schedule, horizon: int) -> float:
    """Octaves between the best peaks of two schedules. Cached, because a study is run again at each of its events."""
    return peak_shift(shape.curve(horizon), usual.curve(horizon))


def interval_about(
    rungs: Sequence[tuple[Mapping[float, float], float]], octave: float, measured: float | None
) -> tuple[tuple[float, float] | None, bool]:
    """The interval about the chosen octave, and whether it rests on a rough noise estimate.

    It is read off the longest rung whose scores show a valley, and shifted by as much as the choice.

    Args:
        rungs: Scores and best octave of each, the longest first.
        octave: The chosen octave.
        measured: Noise sd of a score; None if only the scatter of the shortest rung gives it.
    """
    finite = [octave for scores, _ in rungs for octave, score in scores.items() if math.isfinite(score)]
    noise = scatter(rungs[-1][0]) if measured is None else measured
    if noise is None:
        return None, False
    for scores, found in rungs:
        near = interval(scores, found, noise, (min(finite), max(finite)))
        if near:
            low, high = near[0] - found, near[1] - found
            for below, above in (_clearly_worse(*rung, noise) for rung in rungs):
                low, high = max(low, below), min(high, above)
            return (octave + low, octave + high), measured is None
    return None, False


def interval_of_lines(
    scores: Mapping[float, float], found: float, octave: float, measured: float | None
) -> tuple[tuple[float, float] | None, bool]:
    """The interval where no parabola fits, since the next rate up blew up: it is read off the lines through the scores.

    Args:
        scores: Scores of one rung.
        found: Its best octave.
        octave: The chosen octave, with which the interval is shifted.
        measured: As `interval_about`.
    """
    noise = scatter(scores) if measured is None else measured
    if noise is None:
        return None, False
    below, above = _clearly_worse(scores, found, noise)
    if not (math.isfinite(below) and math.isfinite(above)):
        return None, False
    return (octave + below, octave + above), measured is None


def _clearly_worse(scores: Mapping[float, float], found: float, noise: float) -> tuple[float, float]:
    """How far below and above a rung's best octave the lines through its scores stay within the noise.

    A parabola does not fit a bracket of many octaves, so a rate that was tried and scored worse is left out.
    """
    best = min(sorted(scores), key=lambda octave: scores[octave])
    limit = scores[best] + noise

    def leaves(outwards: list[float]) -> float:
        for inner, outer in pairwise(outwards):
            if scores[outer] > limit:
                rise = scores[outer] - scores[inner]
                return (
                    inner + (outer - inner) * ((limit - scores[inner]) / rise if math.isfinite(rise) else 0.0) - found
                )
        return math.inf

    below = leaves([best, *sorted((score for score in scores if score < best), reverse=True)])
    above = leaves([best, *sorted(score for score in scores if score > best)])
    return (below if below < 0 else -math.inf), (above if above > 0 else math.inf)
