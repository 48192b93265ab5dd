"""What is fixed before the first probe: the rungs, how they are scored, what may be spent.

Path:   `Start` and settings -> `Plan` -> every later stage of the study.
Units:  steps are optimizer steps; rates are absolute; an octave is log2(rate / own rate), so that probed rates are
        exact multiples of the script's own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ratecraft.controllers.baseline.run_result import figures_of, run_result_of
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.budget import Budget
from ratecraft.controllers.probing.rungs import Rung, is_short, lengthened, moved_rungs, rungs_of
from ratecraft.controllers.probing.scoring import frozen_rungs, reaching, scoring
from ratecraft.controllers.settings.shape import Shape, check_names, shape_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.answer import Decision, RunResult
from ratecraft.records.job import Job
from ratecraft.records.metrics import TRAINING_LOSS, Metric
from ratecraft.records.outcome import Outcome

LEAST_PROBES = 5
"""Probes of the first rung: three to begin with, and the two ×2 neighbours of the best."""


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """What is fixed before the first probe of a study.

    Attributes:
        start: What was known before the first probe.
        settings: The user's decisions and the constants.
        metric: The metric that full runs are compared by.
        scored_by: The metric that probes are compared by: the same, or training losses where a probe cannot give it.
        rungs: One or two, shortest first.
        budget: The price of jobs, and how much may be spent.
        short: The run is so short that its study takes a larger budget.
        shape: The user's schedule of the full run; None for the usual one.
        to_come: Steps that the budget must still hold after the first rung.
        reach: The lowest and the highest octave that may be probed; None for no limit.
        decisions: What was fixed, for the reader.
        scale: Multipliers of the rates of parts of the model, in every job (`Job.scale`).
    """

    start: Start
    settings: TunerSettings
    metric: Metric
    scored_by: Metric
    rungs: tuple[Rung, ...]
    budget: Budget
    short: bool
    shape: Shape | None
    to_come: int
    decisions: tuple[Decision, ...]
    reach: tuple[int, int] | None = None
    scale: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def horizon(self) -> int:
        """Steps of a full run."""
        return self.start.horizon

    @property
    def is_one_short_rung(self) -> bool:
        """Whether the run is too short for a second rung."""
        return self.short and len(self.rungs) == 1

    @property
    def warm_up(self) -> int:
        """Steps of the full run's warm-up: that of the longest probes, whose trunks it continues."""
        return self.rungs[-1].warm_up

    @property
    def is_scored_alike(self) -> bool:
        """Whether probes and full runs share a metric, so that a probe can be compared with a full run."""
        return self.scored_by == self.metric

    def in_doubt(self) -> "StudyPlan":
        """This plan with the larger budget of a study in doubt."""
        settings = self.settings
        runs = max(self.budget.runs, settings.doubt_budget) if settings.has_usual_budget else self.budget.runs
        return replace(self, budget=replace(self.budget, runs=runs))

    def lengthened(self, onset: int | None) -> "StudyPlan":
        """The same plan with a last rung long enough to learn something, as far as that is allowed.

        Args:
            onset: The step at which the script's own run began to learn; None if that is not known, in which case the
                rung is as long as is allowed.
        """
        settings, horizon = self.settings, self.horizon
        least, most = horizon * settings.rungs(horizon)[1], horizon * settings.longest_rung
        steps = max(least, most if onset is None else min(settings.beyond_onset * onset, most))
        rungs = lengthened(self.rungs, steps, horizon, settings)
        if self.start.cadence.steps:
            rungs = (*rungs[:-1], *moved_rungs(rungs[-1:], self.start.cadence.steps, settings))
        last = replace(rungs[-1], evaluate=reaching(rungs[-1].evaluate, rungs[-1].stop, self.start.cadence, settings))
        return replace(self, rungs=(*rungs[:-1], last))

    def reaches(self, octave: int) -> bool:
        """Whether the user's limits allow this octave."""
        return self.reach is None or self.reach[0] <= octave <= self.reach[1]

    def rate(self, octave: float) -> float:
        """The rate of an octave: exact for whole octaves, else rounded to three digits, finer than any interval."""
        rate = self.start.own_rate * 2.0**octave
        return rate if float(octave).is_integer() else float(f"{rate:.3g}")

    def figure(self, score: float) -> float:
        """The score of a probe in the unit of its metric."""
        return self.scored_by.sign() * score

    def scores(self, outcome: Outcome) -> tuple[tuple[int, float], ...]:
        """The figures of a run as scores (smaller = better), each with its step."""
        sign = self.metric.sign()
        return tuple((figure.step, sign * figure.value) for figure in figures_of(outcome.figures, self.metric))

    def run_result(self, outcome: Outcome, start: int = 0) -> RunResult:
        """The result of a full run whose own part begins at step `start`."""
        return run_result_of(outcome, start + outcome.steps, self.metric, self.horizon, self.settings)

    def remaining(self, piece: int, jobs: Iterable[Job], after: int) -> int:
        """How many more jobs of `piece` steps the budget holds beside these jobs and `after` steps to come."""
        return self.budget.remaining(piece, self._spent(jobs) + after)

    def affords(self, steps: int, jobs: Iterable[Job], after: int = 0) -> bool:
        """Whether the budget holds `steps` more steps beside these jobs and `after` steps to come; 0 always fit."""
        return steps == 0 or self.budget.allows(steps + self._spent(jobs) + after)

    def least_budget(self, steps: int, jobs: Iterable[Job]) -> float:
        """The smallest budget, in runs, that holds `steps` steps beside these jobs."""
        return self.budget.least(steps + self._spent(jobs))

    def _spent(self, jobs: Iterable[Job]) -> int:
        return self.budget.of_jobs((*self.start.census, *jobs))


def plan_of(start: Start, settings: TunerSettings) -> StudyPlan:
    """Fix the plan of a study.

    Raises:
        InvalidInput: The length of the run is unknown, it is too short, the budget is too small for any study, the
            user's schedule does not fit the run, or it schedules a hyperparameter that the optimizers do not have.
    """
    if not start.horizon:
        raise InvalidInput("horizon-unknown")
    short = is_short(start.horizon, settings)
    wants_cheap = settings.mode == "cheap" and not short
    planned = rungs_of(start.horizon, settings, cheap=wants_cheap and start.single_pass)
    rungs, scored_by, said = scoring(start, planned, settings)
    metric = start.metric or scored_by
    decisions = list(said)
    decisions += [Decision("short-run", {"steps": start.horizon})] if short else []
    decisions += [Decision("cheap-refused")] if wants_cheap and not start.single_pass else []
    decisions += _wishes(settings, start.horizon)
    budget = Budget(start.horizon, settings.budget_of(start.horizon), settings.branching)
    least = budget.of_jobs(start.census) + LEAST_PROBES * budget.of_piece(rungs[0].stop)
    to_come = after_bracket(rungs, budget, settings)
    least += to_come
    if not budget.allows(least):
        raise InvalidInput("budget-too-small", budget=budget.runs, least=budget.least(least))
    shape = None
    if settings.schedule:
        check_names(settings.schedule, start.facts.hyperparameters)
        shape = shape_of(settings.schedule, start.sizes.over(start.horizon))
    if settings.budget >= settings.second_run_budget:
        to_come += budget.of_run()
    return StudyPlan(start, settings, metric, scored_by, rungs, budget, short, shape, to_come, tuple(decisions))


def scored_by_training(plan: StudyPlan) -> StudyPlan:
    """The plan for a script that gives no figure after a probe: all probes are scored by frozen losses instead."""
    said = Decision("figure-did-not-come", {"metric": plan.metric.name, "stop": plan.rungs[0].stop})
    rungs = frozen_rungs(plan.rungs, plan.settings)
    return replace(plan, rungs=rungs, scored_by=TRAINING_LOSS, decisions=(*plan.decisions, said))


def after_bracket(rungs: tuple[Rung, ...], budget: Budget, settings: TunerSettings) -> int:
    """Steps that must follow the first rung: two probes of the second if there is one, and what follows those."""
    probes = 2 * budget.of_piece(rungs[-1].stop) if len(rungs) > 1 else 0
    return probes + after_probes(rungs, budget, settings)


def after_probes(rungs: tuple[Rung, ...], budget: Budget, settings: TunerSettings) -> int:
    """Steps that must follow the probes of a common rate: probes of body and head if asked for, and a final run."""
    parts = settings.share_probes * budget.of_piece(rungs[-1].stop) if settings.groups else 0
    return parts + budget.of_run(left_at(rungs, settings))


def left_at(rungs: tuple[Rung, ...], settings: TunerSettings) -> int:
    """The step at which the final run leaves a trunk; 0 for the user's own schedule, which begins like no trunk."""
    return 0 if settings.schedule else rungs[-1].trunk


def _wishes(settings: TunerSettings, horizon: int) -> Iterator[Decision]:
    if settings.schedule:
        yield Decision("shape-given", {"schedule": settings.schedule.expression})
        if others := settings.schedule.others:
            yield Decision("shape-beside", {"names": ", ".join(others)})
    if settings.compare_constant:
        runs = {"budget": settings.budget_of(horizon), "most": settings.most_runs(horizon)}
        yield Decision("budget-extended", runs)
