"""The first rung: widen the bracket until the score is clearly worse at both ends, then look between.

Path:   plan -> probes at the own rate × ¼, 1, 4, ×4 further at an end that is not clearly worse, ×2 next to the best.
Units:  octaves above the script's own rate; scores with smaller = better.
Source: docs/reference/tuner.md, "Bracket". Five probes, and what closes the bracket, are always made; beyond them the
        budget counts.
"""

import math
from dataclasses import dataclass

from ratecraft.controllers.failures import script_failed
from ratecraft.controllers.plan import LEAST_PROBES, Plan, scored_by_training
from ratecraft.controllers.probes import Probes, best_of, jobs_of, noise_of, probe, scores_of
from ratecraft.controllers.scoring import raise_where_losses_are_opposed
from ratecraft.controllers.synchronous import Asking
from ratecraft.errors import NoAnswer
from ratecraft.laws.noise import margin
from ratecraft.laws.rate_response import bottom
from ratecraft.records.answer import Decision
from ratecraft.records.outcome import Ending, Failure

__all__ = ["Bracket", "bracket"]


@dataclass(frozen=True, slots=True)
class Bracket:
    """What the first rung found.

    Attributes:
        probes: Its probes.
        bottom: Octave of the best rate for a run as short as these probes; None where the scores tell nothing.
        still_open: The score was not clearly worse at one end when the extensions were spent.
        decisions: What was done, for the reader.
        plan: The frame from here on: where the figure never came, one that scores by training losses.
    """

    plan: Plan
    probes: Probes
    bottom: float | None
    still_open: bool = False
    decisions: tuple[Decision, ...] = ()


def bracket(plan: Plan) -> Asking[Bracket]:
    """Probe the first rung.

    Raises:
        ScriptFailed: Every probe failed.
        NoAnswer: The probes ended well, and yet have neither a figure nor a training loss that says something.
    """
    probes = yield from probe(plan, _first(plan), plan.rungs[0], "bracket", {})
    if plan.scored_by.source == "validation" and _never_came(probes):
        raise_where_losses_are_opposed(plan.start, plan.metric, plan.rungs[0].stop)
        plan = scored_by_training(plan)
        probes = yield from probe(plan, _first(plan), plan.rungs[0], "bracket", {})
    settings, rung = plan.settings, plan.rungs[0]
    decisions = [Decision("bracket-start", {"rate": plan.start.own_rate, "stop": rung.stop})]
    for _ in range(settings.extensions):
        octave = next((octave for octave in _open_ends(plan, probes) if plan.reaches(octave)), None)
        if octave is None or (plan.short and len(probes) >= settings.short_probes):
            break
        code = "extended-up" if octave > 0 else "extended-down" if _is_scored(probes) else "extended-lost"
        decisions.append(Decision(code, {"rate": plan.rate(octave)}))
        probes = {**probes, **(yield from probe(plan, (octave,), rung, "bracket", {}))}
    nothing = _why_nothing(plan, probes)
    if nothing:
        return Bracket(plan, probes, None, decisions=(*decisions, nothing))
    ends = _open_ends(plan, probes)
    decisions.append(_closed(plan, probes, ends))
    probes, said = yield from _look_between(plan, probes)
    found = bottom(scores_of(probes))
    decisions += [*said, Decision("bracket-bottom", {"rate": plan.rate(found), "stop": rung.stop})]
    return Bracket(plan, probes, found, bool(ends), tuple(decisions))


def _first(plan: Plan) -> tuple[int, ...]:
    """The octaves of the first probes; where less is within reach, its ends take the place of what lies outside."""
    wide = plan.settings.wide
    low, high = plan.reach or (-wide, wide)
    return tuple(sorted({max(-wide, low), 0, min(wide, high)}))


def _open_ends(plan: Plan, probes: Probes) -> tuple[int, ...]:
    """The octaves that would extend the bracket where the score is not clearly worse at an end, the lower one first."""
    scores = scores_of(probes)
    low, high, best = min(probes), max(probes), min(scores.values())
    clearly_worse = best + margin(best, plan.settings.worse, noise_of(probes))
    below = (low - plan.settings.wide,) if not math.isfinite(best) or scores[low] <= clearly_worse else ()
    above = (high + plan.settings.wide,) if math.isfinite(best) and scores[high] <= clearly_worse else ()
    return below + above


def _never_came(probes: Probes) -> bool:
    """Whether a probe ended well without a figure, and none had one."""
    outcomes = [each.tried[-1][1] for each in probes.values()]
    ended = any(outcome.ending in (Ending.DONE, Ending.ENDED_EARLY) for outcome in outcomes)
    return ended and all(outcome.score is None for outcome in outcomes)


def _is_scored(probes: Probes) -> bool:
    """Whether any of the probes came to a score."""
    return any(math.isfinite(score) for score in scores_of(probes).values())


def _closed(plan: Plan, probes: Probes, ends: tuple[int, ...]) -> Decision:
    if not ends:
        return Decision("bracket-closed", {"low": plan.rate(min(probes)), "high": plan.rate(max(probes))})
    code, edge = ("bracket-open-low", min(probes)) if ends[0] < min(probes) else ("bracket-open-high", max(probes))
    return Decision(code, {"rate": plan.rate(edge), "probes": len(probes)})


def _look_between(plan: Plan, probes: Probes) -> Asking[tuple[Probes, tuple[Decision, ...]]]:
    """The ×2 neighbours of the best, and one more where that makes the top the best. Beyond five the budget counts."""
    rung, best, scores = plan.rungs[0], best_of(probes), scores_of(probes)
    near = [octave for octave in (best - 1, best + 1) if octave not in probes and plan.reaches(octave)]
    near.sort(key=lambda octave: scores.get(2 * octave - best, math.inf))  # the side of the better ×4 neighbour first
    kept = near[: max(LEAST_PROBES - len(probes), _room(plan, probes))]
    decisions = [Decision("neighbour", {"rate": plan.rate(octave)}) for octave in sorted(kept)]
    decisions += [Decision("dropped-probe", {"rate": plan.rate(octave)}) for octave in near[len(kept) :]]
    probes = {**probes, **(yield from probe(plan, sorted(kept), rung, "bracket", {}))}
    top = best_of(probes)
    if not plan.reaches(top + 1):
        return probes, tuple(decisions)
    if top == max(probes) and _room(plan, probes):
        decisions.append(Decision("one-more-up", {"rate": plan.rate(top + 1)}))
        probes = {**probes, **(yield from probe(plan, (top + 1,), rung, "bracket", {}))}
    elif top == max(probes):
        decisions.append(Decision("dropped-probe", {"rate": plan.rate(top + 1)}))
    return probes, tuple(decisions)


def _room(plan: Plan, probes: Probes) -> int:
    """How many more probes of the first rung may be tried, with what must follow them still within the budget."""
    fitting = plan.room(plan.rungs[0].stop, jobs_of(probes), plan.to_come)
    return min(fitting, plan.settings.short_probes - len(probes)) if plan.short else fitting


def _why_nothing(plan: Plan, probes: Probes) -> Decision | None:
    """Why the scores can't tell rates apart; None where they can."""
    finite = [score for score in scores_of(probes).values() if math.isfinite(score)]
    if not finite:
        _raise_if_unscored(plan, probes)
        return Decision("none-finite", {"low": plan.rate(min(probes)), "high": plan.rate(max(probes))})
    noise, spread = noise_of(probes), max(finite) - min(finite)
    if len(finite) == 1 or spread > plan.settings.flat * (noise or 0.0):
        return None
    return Decision("flat", {"low": plan.rate(min(probes)), "high": plan.rate(max(probes)), "spread": spread})


def _raise_if_unscored(plan: Plan, probes: Probes) -> None:
    """No probe has a score: that isn't the rate's doing where none of them blew up.

    Raises:
        ScriptFailed: They failed.
        NoAnswer: They ended well, without a figure.
    """
    outcomes = [each.tried[-1][1] for each in probes.values()]
    if any(outcome.ending is Ending.BLOWN_UP for outcome in outcomes):
        return
    for outcome in outcomes:
        if outcome.ending is Ending.FAILED:
            raise script_failed("all-probes-failed", outcome.failure or Failure("exit"))
    if all(outcome.score is None for outcome in outcomes):
        raise NoAnswer("probes-without-figure", metric=plan.metric.name, stop=plan.rungs[0].stop)
