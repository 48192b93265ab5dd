"""From the trials of a search to its answer: the best one, its gain over the script as it is, and how sure that is.

Path:   what was seen at the start, ledger -> `Answer`.
Units:  scores are turned into the unit of the metric here; steps are optimizer steps.
Source: a gain must exceed max(0.5 % of the baseline, the noise of the difference), as for the tuner (`verdict`).
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ratecraft.controllers.baseline.run_result import run_result_of
from ratecraft.controllers.baseline.start import scripts_rate
from ratecraft.controllers.search.ledger import Ledger, Stage
from ratecraft.controllers.search.start import Begun
from ratecraft.controllers.search.trial_jobs import trial_jobs
from ratecraft.laws.losses.noise import margin
from ratecraft.records.answer import Answer, Decision, Probe, RunResult, Verdict
from ratecraft.records.outcome import Ending
from ratecraft.records.trials import Searched, Tried
from ratecraft.schedules.trees.nodes import Schedule

_FEWEST = 3  # rates that tell whether the best one lies at an end


@dataclass(frozen=True, slots=True)
class _Found:
    """What the trials of a search show."""

    begun: Begun
    ledger: Ledger
    ranked: tuple[Stage, ...]
    noise: float | None
    baseline: RunResult | None

    @property
    def best(self) -> Stage | None:
        """The best full run; None if none has a score."""
        first = self.ranked[0] if self.ranked else None
        return first if first is not None and first.is_whole and math.isfinite(first.score) else None

    def figure(self, score: float) -> float | None:
        """A score in the unit of the metric; None if it is infinite."""
        return self.ledger.frame.metric.sign() * score if math.isfinite(score) else None


def answer_of(begun: Begun, ledger: Ledger) -> Answer:
    """The answer of a search that is over."""
    frame, start = begun.frame, begun.start
    ranked = _ranked(ledger)
    baseline = None
    if start.baseline is not None:
        tuner = frame.settings.tuner
        baseline = run_result_of(start.baseline, start.baseline.steps, frame.metric, frame.horizon, tuner)
    found = _Found(begun, ledger, ranked, _noise(ranked), baseline)
    best, tuned = found.best, _tuned(found)
    verdict, judged = _judge(found, tuned)
    searched = Searched(
        method=frame.settings.method,
        axes=tuple(parameter.axis for parameter in frame.space.parameters),
        trials=tuple(_tried(found, stage) for stage in ranked),
        horizon=best.jobs[0].stop if best else 0,
        seeds=frame.seeds,
        noise=found.noise,
        saved=_saved(ledger),
    )
    return Answer(
        verdict=verdict,
        metric=frame.metric,
        rate=float(best.trial.values.get("rate", frame.own_rate)) or None if best else None,
        edge=min(_blown_up(found), default=None),
        own_rate=scripts_rate(start.facts, started=baseline is None) or None,
        horizon=frame.horizon,
        horizon_source=start.horizon_source,
        schedules=_schedules(ledger, best) if best else {},
        groups=start.facts.groups,
        leading=start.facts.leading,
        baseline=baseline,
        tuned=tuned,
        final_job=best.jobs[0].key if best else "",
        best_job=best.jobs[0].key if best else "",
        probes=tuple(_probes(found)),
        decisions=(*begun.decisions, *_course(found, searched), *judged),
        marks=tuple(_marks(found)),
        search=searched,
        ramp=start.ramp,
    )


def _ranked(ledger: Ledger) -> tuple[Stage, ...]:
    """Every trial at its longest run, the best first; trials that came further go before those that did not."""
    longest: dict[int, Stage] = {}
    for stage in ledger.stages:
        before = longest.get(stage.trial.number)
        if before is None or stage.trial.rung > before.trial.rung:
            longest[stage.trial.number] = stage
    return tuple(sorted(longest.values(), key=_place))


def _place(stage: Stage) -> tuple[float, ...]:
    reached = 0 if stage.is_whole else -max((result.steps for result in stage.came), default=0)
    return (-stage.trial.rung, not stage.is_whole, reached, stage.score, stage.trial.number)


def _noise(ranked: Sequence[Stage]) -> float | None:
    """Standard deviation between seeds, over all trials whose full runs all have scores."""
    rows = [stage.scores for stage in ranked if stage.is_whole and len(stage.scores) > 1 and math.isfinite(stage.score)]
    return math.sqrt(statistics.fmean(map(statistics.variance, rows))) if rows else None


def _schedules(ledger: Ledger, best: Stage) -> Mapping[str, Schedule]:
    """The schedules of the best run, the same for each of its seeds."""
    run = ledger.horizon(best.trial.values) or ledger.frame.run
    *_, last = trial_jobs(ledger.frame, best.trial, run)
    return last.job.schedules


def _tuned(found: _Found) -> RunResult | None:
    """The result of the best trial: its final value is the mean over seeds, its best value that of the first seed."""
    best = found.best
    return replace(best.came[0].run_result, final=found.figure(best.score)) if best else None


def _judge(found: _Found, tuned: RunResult | None) -> tuple[Verdict, tuple[Decision, ...]]:
    """Compare the final values of the best trial and the baseline."""
    baseline, frame = found.baseline, found.ledger.frame
    if tuned is None or tuned.final is None:
        return "no-information", (Decision("search-no-score"),)
    if baseline is None:
        is_led = frame.settings.what == "script"
        return "not-compared", (Decision("not-compared" if is_led else "search-among-trials"),)
    if baseline.final is None:
        return "gain", (Decision("only-tuned-ended", {"tuned": tuned.final}),)
    noise = None if found.noise is None else found.noise * math.sqrt(1 + 1 / frame.seeds)
    least = margin(baseline.final, frame.settings.gain, noise)
    better = frame.metric.sign() * (baseline.final - tuned.final)
    values = {"baseline": baseline.final, "tuned": tuned.final, "margin": least}
    if better > least:
        return "gain", (Decision("compared-better", values),)
    return "no-gain", (Decision("compared-equal" if better >= -least else "compared-worse", values),)


def _course(found: _Found, searched: Searched) -> Iterator[Decision]:
    """The course of the search, as decisions for the reader."""
    frame, trials = found.ledger.frame, searched.trials
    values = {"method": searched.method, "trials": len(trials), "full": sum(trial.is_whole for trial in trials)}
    yield Decision("search-rungs" if frame.rungs else "search-tried", values)
    lost = sum(trial.score is None for trial in trials)
    if lost:
        yield Decision("search-lost", {"lost": lost, "trials": len(trials)})
    if searched.saved:
        yield Decision("search-shared", {"steps": searched.saved, "runs": searched.saved / frame.horizon})
    if found.noise is not None:
        yield Decision("search-noise", {"noise": found.noise, "seeds": frame.seeds})
    elif found.best is not None:
        yield Decision("search-noise-unknown")
    most = frame.settings.most_trials
    if most is not None and len(trials) < most:
        yield Decision("search-fewer", {"trials": len(trials), "asked": most})


def _tried(found: _Found, stage: Stage) -> Tried:
    first = stage.jobs[0] if stage.jobs else None
    return Tried(
        number=stage.trial.number,
        values=stage.trial.values,
        score=found.figure(stage.score),
        scores=tuple(map(found.figure, stage.scores)),
        steps=first.start + first.came.steps if first is not None and first.came is not None else 0,
        is_whole=stage.is_whole,
        ending=stage.ending.value,
        job=first.key if first is not None else "",
    )


def _probes(found: _Found) -> Iterator[Probe]:
    """Every scored run by its rate, for the pictures; empty if all have the same rate."""
    frame = found.ledger.frame
    rates = {float(stage.trial.values.get("rate", frame.own_rate)) for stage in found.ledger.stages}
    for stage in sorted(found.ledger.stages, key=lambda stage: stage.trial.rung) if len(rates) > 1 else ():
        rate = float(stage.trial.values.get("rate", frame.own_rate))
        for job, score in zip(stage.jobs, stage.scores, strict=True):
            ending = job.came.ending.value if job.came is not None else ""
            yield Probe(job.key, rate, job.stop, found.figure(score), ending, job.seed)


def _blown_up(found: _Found) -> Iterator[float]:
    for stage in found.ledger.stages:
        if stage.jobs and Ending.BLOWN_UP in (result.ending for result in stage.came):
            yield float(stage.trial.values.get("rate", found.ledger.frame.own_rate))


def _saved(ledger: Ledger) -> int:
    """Steps that runs shared and that were run only once, as executed: a replay saves nothing."""
    alone = executed = 0
    for job in ledger.jobs.values():
        if job.came is None or job.is_look or not job.came.executed:
            continue
        executed += job.came.executed
        alone += job.start + job.came.steps if job.is_scored else 0
    return max(0, alone - executed)


def _marks(found: _Found) -> Iterator[str]:
    if found.ledger.frame.metric.source == "training":
        yield "training"
    rates = sorted(
        {float(stage.trial.values["rate"]) for stage in found.ranked if stage.is_whole and "rate" in stage.trial.values}
    )
    best = found.best.trial.values.get("rate") if found.best else None
    if best is not None and len(rates) >= _FEWEST and best in (rates[0], rates[-1]):
        yield "at-edge"
