"""Find: a rate alone, in a minute. It runs the tuner's first look and its bracket, and nothing after them.

Path:   settings -> first look -> probes, repeated with other seeds on request -> the bottom of their valley, corrected
        for the length of a full run -> answer.
Units:  octaves above the middle of the ladder; steps are optimizer steps.
Source: docs/reference/tuner.md, "Bracket" and "Short runs". The slopes by which the rate is corrected are the tuner's
        for runs that have only short probes.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ratecraft.controllers.baseline.start import Start, begin, scripts_rate
from ratecraft.controllers.baseline.way_on import way_on
from ratecraft.controllers.budget import Budget
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.find.uninformative import why_uninformative
from ratecraft.controllers.probing.ramp import FULL_RANGE, ramp, ramp_job, with_own_rate
from ratecraft.controllers.probing.rungs import rung_of
from ratecraft.controllers.probing.scoring import scoring
from ratecraft.controllers.synchronous import Asking, State, Synchronous, next_jobs
from ratecraft.controllers.tune.body_head import BodyHead, body_head, knows_parts
from ratecraft.controllers.tune.bracket import Bracket, bracket
from ratecraft.controllers.tune.choose import interval_about, interval_of_lines
from ratecraft.controllers.tune.probes import Probes, best_of, blew_up, jobs_of, noise_of, probe, record_of, scores_of
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.controllers.tune.usual_rate import with_usual_rate
from ratecraft.controllers.tune.verdict import first_losses_differ
from ratecraft.errors import NoAnswer
from ratecraft.laws.losses.noise import paired_noise
from ratecraft.laws.responses.rate_response import bottom
from ratecraft.laws.scaling.horizon import moved
from ratecraft.records.answer import Answer, Decision, Probe, Ramp
from ratecraft.records.events import Proposed
from ratecraft.records.metrics import TRAINING_LOSS


@dataclass(frozen=True, slots=True)
class Find(Synchronous):
    """The search for a rate as a controller (`controllers.controller.Controller`).

    Example:
        >>> search = Find(FindSettings())
        >>> [each.phase for each in search.wanted(search.init(), free=1)]
        ['census']
    """

    settings: FindSettings

    def wanted(self, state: State, free: int) -> tuple[Proposed, ...] | Answer:
        """At most `free` new jobs, trunks not counted (none while it waits for outcomes), or the answer.

        Raises:
            InvalidInput: What the first look showed does not allow a search.
            ScriptFailed: The user's own code fails in its first run, or in every probe.
            NoAnswer: The run is shorter than a probe, or the script never prints the figure to compare.
        """
        return next_jobs(find(self.settings), state, free)


@dataclass(frozen=True, slots=True)
class _Repeated:
    """The probes of the bracket once for every seed, and the scores that they give together."""

    rounds: tuple[Probes, ...]
    scores: Mapping[float, float]
    noise: float | None
    decisions: tuple[Decision, ...] = ()


def find(settings: FindSettings) -> Asking[Answer]:
    """A whole search from beginning to end."""
    start = yield from begin(settings.tuner, settings.first_look)
    if settings.ramp_only:
        job = ramp_job(settings.rates or FULL_RANGE, settings.ramp_length(start.horizon), settings.seed)
        return _suggested(settings, start, (yield from ramp(job)))
    if settings.middle is None:
        start = with_usual_rate(start, settings.tuner)
    else:
        start = replace(start, own_rate=settings.middle)
    start = yield from with_own_rate(start, settings.seed)
    start = knows_parts(start, settings.tuner)
    first = yield from bracket(find_plan(start, settings))
    plan = first.plan
    if first.bottom is None:
        return _answer(plan, settings, first, _Repeated((first.probes,), {}, None))
    first = yield from _complete(plan, settings, first)
    repeated = yield from _repeat(plan, first, settings.seeds)
    nothing = why_uninformative(plan, settings, first.probes, repeated.scores, repeated.noise)
    if nothing:
        empty = replace(repeated, decisions=(*repeated.decisions, nothing))
        return _answer(plan, settings, replace(first, bottom=None), empty)
    spent = jobs_of(*repeated.rounds)
    return _answer(plan, settings, first, repeated, (yield from body_head(plan, first.probes, spent, "bracket")))


def find_plan(start: Start, settings: FindSettings) -> StudyPlan:
    """Fix what is fixed before the first probe.

    Raises:
        NoAnswer: The run is shorter than a probe.
    """
    tuner = settings.tuner
    planned = rung_of(settings.trunk(start.horizon), tuner)
    # The same share of a probe as in the first rung of a study.
    planned = replace(planned, warm_up=max(1, int(planned.trunk * tuner.first_warm_up / tuner.first_rung)))
    if start.horizon and start.horizon < planned.stop:
        raise NoAnswer("too-few-steps", steps=start.horizon, least=planned.stop)
    rungs, metric, decisions = scoring(start, (planned,), tuner)
    stop = rungs[0].stop
    budget = Budget(start.horizon or stop, 1.0, tuner.branching)
    parts = tuner.share_probes * stop if tuner.groups else 0
    most = settings.most_probes * stop + budget.of_jobs(start.census) + parts
    budget = replace(budget, runs=most / budget.horizon)
    return StudyPlan(
        start,
        tuner,
        metric,
        metric,
        rungs,
        budget,
        short=False,
        shape=None,
        to_come=parts,
        decisions=decisions,
        reach=settings.reach,
    )


def _complete(plan: StudyPlan, settings: FindSettings, first: Bracket) -> Asking[Bracket]:
    """Enough scores to tell how far the rate may be off, if their noise is not measured otherwise.

    Rates that blew up have used up some of the probes; rates next to the best are tried instead, the lower ones first.
    """
    probes, decisions = dict(first.probes), list(first.decisions)
    best, lost = best_of(probes), [octave for octave, probe in probes.items() if not math.isfinite(probe.score)]
    near = sorted(
        range(best - settings.around, best + settings.around + 1), key=lambda octave: (abs(octave - best), octave)
    )
    fresh = [
        octave
        for octave in near
        if octave not in probes and plan.reaches(octave) and octave < min(lost, default=math.inf)
    ]
    missing = settings.scores - (len(probes) - len(lost)) if noise_of(probes) is None and settings.seeds == 1 else 0
    octaves = sorted(fresh[: max(0, min(missing, settings.most_probes - len(probes)))])
    if octaves:
        decisions += [Decision("for-interval", {"rate": plan.rate(octave)}) for octave in octaves]
        probes |= yield from probe(plan, octaves, plan.rungs[0], "bracket", {})
    return replace(first, probes=probes, bottom=bottom(scores_of(probes)), decisions=tuple(decisions))


def _repeat(plan: StudyPlan, first: Bracket, seeds: int) -> Asking[_Repeated]:
    """Run every rate of the bracket that has a score once more for each further seed."""
    once = _Repeated((first.probes,), scores_of(first.probes), noise_of(first.probes))
    if seeds == 1:
        return once
    if plan.start.facts.seeds_itself:  # another seed would give the same run
        return replace(once, decisions=(Decision("seeds-change-nothing"),))
    octaves = sorted(octave for octave, probe in first.probes.items() if math.isfinite(probe.score))
    rounds = [first.probes]
    for number in range(1, seeds):
        other = replace(plan, settings=replace(plan.settings, seed=plan.settings.seed + number))
        rounds.append((yield from probe(other, octaves, plan.rungs[0], "bracket", {})))
    rows = {octave: [probes[octave].score for probes in rounds] for octave in octaves}
    scores = {**once.scores, **{octave: math.fsum(row) / seeds for octave, row in rows.items()}}
    best = sorted((octave for octave in octaves if math.isfinite(scores[octave])), key=lambda octave: scores[octave])
    noise = paired_noise([rows[octave] for octave in best[:5]])
    said = (Decision("repeated", {"seeds": seeds}),)
    return _Repeated(tuple(rounds), scores, once.noise if noise is None else noise, said)


def _answer(
    plan: StudyPlan, settings: FindSettings, first: Bracket, repeated: _Repeated, parts: BodyHead | None = None
) -> Answer:
    parts = parts or BodyHead(plan)
    start, facts = plan.start, plan.start.facts
    tried = [probed for probes in repeated.rounds for probed in probes.values()]
    octave: float | None = None
    near, rough = None, False
    said: tuple[Decision, ...] = ()
    if first.bottom is not None:
        found = bottom(repeated.scores)
        octave, doubt, said = _moved(parts.plan, settings, found)
        near, rough = interval_about(((repeated.scores, found),), octave, repeated.noise)
        if near is None:
            near, rough = interval_of_lines(repeated.scores, found, octave, repeated.noise)
        near = near and (near[0] - doubt, near[1] + doubt)
    ended = (start.ramp.edge,) if start.ramp else ()
    uneven = first_losses_differ(_first_losses(first.probes), plan.settings)
    return Answer(
        verdict="no-information" if octave is None else "found",
        metric=plan.scored_by,
        rate=None if octave is None else parts.plan.rate(octave),
        interval=None if near is None else (parts.plan.rate(near[0]), parts.plan.rate(near[1])),
        rough=rough,
        edge=min(filter(None, (*(plan.rate(probe.octave) for probe in tried if blew_up(probe)), *ended)), default=None),
        own_rate=scripts_rate(facts, started=True) or None,
        horizon=plan.horizon,
        horizon_source=start.horizon_source,
        groups=facts.groups,
        leading=facts.leading,
        probes=tuple(_records(plan, repeated.rounds)),
        decisions=(
            *start.decisions,
            *plan.decisions,
            *first.decisions,
            *repeated.decisions,
            *parts.decisions,
            *said,
            *_width(parts.plan, near, octave, rough=rough),
            *((uneven,) if uneven else ()),
            *(way_on(facts.frameworks) if octave is None else ()),
        ),
        marks=tuple(_marks(plan, first, rough=rough, is_found=octave is not None)),
        ramp=start.ramp,
        parts=facts.parts,
        share=parts.share,
        shares=parts.tried,
    )


def _moved(plan: StudyPlan, settings: FindSettings, found: float) -> tuple[float, float, tuple[Decision, ...]]:
    """The best octave of a full run by the usual slope, how far that may be off, and the decisions.

    If the length of a run is not known, it is the best octave of the probes.
    """
    if not plan.horizon:
        return found, 0.0, ()
    once, stop = plan.start.single_pass, plan.rungs[0].stop
    slope = plan.settings.cheap_slope if once else plan.settings.short_slope_often
    octave = moved(found, slope, stop, plan.horizon)
    doubt = (settings.slope_doubt_once if once else settings.slope_doubt_often) * math.log2(plan.horizon / stop)
    values = {"bottom": plan.rate(found), "stop": stop, "rate": plan.rate(octave), "steps": plan.horizon}
    return octave, doubt, (Decision("slope-usual", {"slope": slope}), Decision("moved", values))


def _first_losses(probes: Probes) -> Iterator[float | None]:
    for probed in probes.values():
        yield from (outcome.first_loss for _, outcome in probed.tried)


def _records(plan: StudyPlan, rounds: Sequence[Probes]) -> Iterator[Probe]:
    for probes in rounds:
        for octave in sorted(probes):
            record = record_of(plan, probes[octave])
            if record:
                yield record


def _width(
    plan: StudyPlan, near: tuple[float, float] | None, octave: float | None, *, rough: bool
) -> Iterator[Decision]:
    if near:
        values = {"low": plan.rate(near[0]), "high": plan.rate(near[1])}
        code = "interval-moved" if plan.horizon else "interval-rough" if rough else "interval"
        yield Decision(code, values)
    elif octave is not None:
        yield Decision("interval-unknown")


def _marks(plan: StudyPlan, first: Bracket, *, rough: bool, is_found: bool) -> Iterator[str]:
    if plan.scored_by.source == "training":
        yield "training"
    if rough:
        yield "rough"
    if is_found and best_of(first.probes) in (min(first.probes), max(first.probes)):
        yield "at-edge"
    if is_found:
        yield "moved" if plan.horizon else "length-unknown"


def _suggested(settings: FindSettings, start: Start, seen: Ramp) -> Answer:
    """The answer from a ramp alone: an edge and other finders' suggestions, but no rate."""
    facts = start.facts
    said = [Decision(f"ramp-{seen.empty}", {"low": seen.rates[0], "high": seen.rates[-1]})] if seen.empty else []
    if seen.edge is None:
        said.append(Decision("ramp-without-edge", {"rate": seen.rates[len(seen.losses) - 1]}))
    else:
        said.append(Decision("ramp-edge", {"edge": seen.edge}))
    return Answer(
        verdict="no-information" if seen.empty else "suggested",
        metric=TRAINING_LOSS,
        edge=seen.edge,
        own_rate=scripts_rate(facts, started=True) or None,
        horizon=start.horizon,
        horizon_source=start.horizon_source,
        groups=facts.groups,
        leading=facts.leading,
        decisions=(*start.decisions, *said),
        marks=("ramp-only",),
        ramp=seen,
    )
