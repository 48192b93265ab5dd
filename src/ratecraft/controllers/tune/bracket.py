"""The first rung: widen the bracket until the score is clearly worse at both ends, then probe between.

Path:   plan -> the untrained model's score; probes at ¼, 1 and 4 times the own rate, then ×4 further wherever an end is
        not clearly worse, then ×2 on both sides of the best.
Units:  octaves above the script's own rate; scores with smaller = better.
Source: docs/reference/tuner.md, "Bracket". Five probes, and those that close the bracket, are made whatever they cost;
        only further ones ask the budget.
"""

import math
from dataclasses import dataclass

from ratecraft.controllers.baseline.failures import script_failed
from ratecraft.controllers.probing.scoring import raise_where_losses_are_opposed
from ratecraft.controllers.synchronous import Asking
from ratecraft.controllers.tune.learning import Untrained, about, untrained
from ratecraft.controllers.tune.probes import Probes, best_of, jobs_of, noise_of, probe, scores_of
from ratecraft.controllers.tune.study_plan import LEAST_PROBES, StudyPlan, scored_by_training
from ratecraft.errors import NoAnswer
from ratecraft.laws.losses.noise import margin
from ratecraft.laws.responses.rate_response import bottom
from ratecraft.records.answer import Decision
from ratecraft.records.outcome import Ending, Failure


@dataclass(frozen=True, slots=True)
class Bracket:
    """What the first rung found.

    Attributes:
        plan: The plan from here on; if the script never gave its figure, one that scores by training losses.
        untrained: The untrained model's score, which a probe must beat.
        probes: The probes of the rung.
        bottom: Octave of the best rate for a run as short as these probes; None if the scores tell nothing.
        still_open: At one end the score was still not clearly worse when no extension was left.
        is_flat: All probes learned equally much, so longer ones would not tell them apart.
        decisions: What was done, for the reader.
    """

    plan: StudyPlan
    untrained: Untrained
    probes: Probes
    bottom: float | None
    still_open: bool = False
    is_flat: bool = False
    decisions: tuple[Decision, ...] = ()


def bracket(plan: StudyPlan) -> Asking[Bracket]:
    """Score the untrained model, then probe the first rung.

    Raises:
        ScriptFailed: Every probe failed.
        NoAnswer: The probes ended well but have neither a figure nor a usable training loss.
    """
    start = yield from untrained(plan)
    probes = yield from probe(plan, _first(plan), plan.rungs[0], "bracket", {})
    if plan.scored_by.source == "validation" and _never_came(probes):
        raise_where_losses_are_opposed(plan.start, plan.metric, plan.rungs[0].stop)
        plan = scored_by_training(plan)
        start = yield from untrained(plan)
        probes = yield from probe(plan, _first(plan), plan.rungs[0], "bracket", {})
    rung = plan.rungs[0]
    decisions = [Decision("bracket-start", {"rate": plan.start.own_rate, "stop": rung.stop}), *about(plan, start)]
    probes, said = yield from _widen(plan, start, probes)
    decisions += said
    if not start.any_learned(probes):
        _raise_if_unscored(plan, probes)
        high = {"high": plan.rate(max(probes)), "low": plan.rate(min(probes)), "stop": rung.stop}
        code = "bracket-unlearned" if _is_scored(probes) else "none-finite"
        return Bracket(plan, start, probes, None, decisions=(*decisions, Decision(code, high)))
    nothing = _why_flat(plan, probes)
    if nothing:
        return Bracket(plan, start, probes, None, is_flat=True, decisions=(*decisions, nothing))
    ends = _open_ends(plan, start, probes)
    decisions.append(_closed(plan, probes, ends))
    probes, said = yield from _look_between(plan, probes)
    found = bottom(scores_of(probes))
    decisions += [*said, Decision("bracket-bottom", {"rate": plan.rate(found), "stop": rung.stop})]
    return Bracket(plan, start, probes, found, bool(ends), decisions=tuple(decisions))


def _widen(plan: StudyPlan, start: Untrained, probes: Probes) -> Asking[tuple[Probes, list[Decision]]]:
    """Probe further outwards until the score is clearly worse at both ends."""
    settings, decisions = plan.settings, list[Decision]()
    for _ in range(settings.extensions):
        octave = next((octave for octave in _open_ends(plan, start, probes) if plan.reaches(octave)), None)
        if octave is None or (plan.is_one_short_rung and len(probes) >= settings.short_probes):
            break
        decisions.append(Decision(_why_wider(start, probes, octave), {"rate": plan.rate(octave)}))
        probes = {**probes, **(yield from probe(plan, (octave,), plan.rungs[0], "bracket", {}))}
    return probes, decisions


def _why_wider(start: Untrained, probes: Probes, octave: int) -> str:
    """Why this octave beyond the ends of the bracket is tried."""
    if start.any_learned(probes):
        return "extended-up" if octave > max(probes) else "extended-down"
    if octave > max(probes):
        return "extended-unlearned"
    return "extended-worse" if _is_scored(probes) else "extended-lost"


def _first(plan: StudyPlan) -> tuple[int, ...]:
    """The octaves of the first probes; the user's limits replace those that lie outside them."""
    wide = plan.settings.wide
    low, high = plan.reach or (-wide, wide)
    return tuple(sorted({max(-wide, low), 0, min(wide, high)}))


def _open_ends(plan: StudyPlan, start: Untrained, probes: Probes) -> tuple[int, ...]:
    """The octaves that would extend the bracket where an end is not clearly worse, the more promising one first.

    If both ends score alike, that is the upper one, since rates that are far too low score alike as well. As long as no
    probe has learned anything the bracket is extended upwards, until a rate ends worse than the untrained model, and
    downwards only if all of them do.
    """
    scores = scores_of(probes)
    low, high, best = min(probes), max(probes), min(scores.values())
    below, above = low - plan.settings.wide, high + plan.settings.wide
    if not start.any_learned(probes):
        if start.is_worse(probes[low], probes):
            return (below,)
        return () if start.is_worse(probes[high], probes) else (above,)
    width = margin(best, plan.settings.worse, noise_of(probes))
    ends = ((above, scores[high]), (below, scores[low]))
    return tuple(end for end, score in _better_first(ends, width) if score <= best + width)


def _better_first(ends: tuple[tuple[int, float], ...], width: float) -> tuple[tuple[int, float], ...]:
    """Both ends, the upper one first unless the lower one is clearly better."""
    above, below = ends
    return (below, above) if below[1] < above[1] - width else ends


def _never_came(probes: Probes) -> bool:
    """Whether a probe ended well without a figure, and no other had one."""
    outcomes = [probe.tried[-1][1] for probe in probes.values()]
    ended = any(outcome.ending in (Ending.DONE, Ending.ENDED_EARLY) for outcome in outcomes)
    return ended and all(outcome.score is None for outcome in outcomes)


def _is_scored(probes: Probes) -> bool:
    """Whether any of the probes has a score."""
    return any(math.isfinite(score) for score in scores_of(probes).values())


def _closed(plan: StudyPlan, probes: Probes, ends: tuple[int, ...]) -> Decision:
    if not ends:
        return Decision("bracket-closed", {"low": plan.rate(min(probes)), "high": plan.rate(max(probes))})
    code, edge = ("bracket-open-low", min(probes)) if ends[0] < min(probes) else ("bracket-open-high", max(probes))
    return Decision(code, {"rate": plan.rate(edge), "probes": len(probes)})


def _look_between(plan: StudyPlan, probes: Probes) -> Asking[tuple[Probes, tuple[Decision, ...]]]:
    """Probe ×2 on both sides of the best, and once more if the top is then the best. Beyond five the budget decides."""
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


def _room(plan: StudyPlan, probes: Probes) -> int:
    """How many more probes of the first rung the budget holds, with what must follow them."""
    fitting = plan.remaining(plan.rungs[0].stop, jobs_of(probes), plan.to_come)
    return min(fitting, plan.settings.short_probes - len(probes)) if plan.is_one_short_rung else fitting


def _why_flat(plan: StudyPlan, probes: Probes) -> Decision | None:
    """Why the scores cannot tell rates apart although the model could learn; None if they can."""
    finite = [score for score in scores_of(probes).values() if math.isfinite(score)]
    noise, spread = noise_of(probes), max(finite) - min(finite)
    if len(finite) == 1 or spread > plan.settings.flat * (noise or 0.0):
        return None
    return Decision("flat", {"low": plan.rate(min(probes)), "high": plan.rate(max(probes)), "spread": spread})


def _raise_if_unscored(plan: StudyPlan, probes: Probes) -> None:
    """Raise if no probe has a score and none blew up, since then the rate is not the cause.

    Raises:
        ScriptFailed: The probes failed.
        NoAnswer: The probes ended well, but without a figure.
    """
    outcomes = [probe.tried[-1][1] for probe in probes.values()]
    if any(outcome.ending is Ending.BLOWN_UP for outcome in outcomes):
        return
    for outcome in outcomes:
        if outcome.ending is Ending.FAILED:
            raise script_failed("all-probes-failed", outcome.failure or Failure("exit"))
    if all(outcome.score is None for outcome in outcomes):
        raise NoAnswer("probes-without-figure", metric=plan.metric.name, stop=plan.rungs[0].stop)
