"""What a search has asked for and what came of it, trial by trial.

Path:   proposals of the record and their outcomes, one by one -> `Ledger` -> what a method wants next, the answer.
Units:  scores with smaller = better, infinite where none came; steps are optimizer steps.

A ledger is a value: an event gives the next one, in a time that hardly grows with the trials.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

from ratecraft.controllers.search.space import Values
from ratecraft.controllers.search.trial_jobs import Frame, arguments_of, look_at, trial_jobs
from ratecraft.controllers.standing import standing_of
from ratecraft.records.answer import Standing
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.trials import Trial
from ratecraft.records.versions import Versioned

__all__ = ["Cohort", "Ledger", "Stage"]

Ranked: TypeAlias = tuple[tuple[float, int], ...]
"""Scores with the numbers of their trials, the best first."""


@dataclass(frozen=True)
class Stage:
    """A trial at one rung.

    Attributes:
        frame: The frame of the search.
        trial: The trial.
        jobs: Its scored jobs, one for each seed; none where the script was only looked at with its arguments.
        outcomes: What came of them so far.
        looks: What came of that look.
    """

    frame: Frame
    trial: Trial
    jobs: tuple[Job, ...] = ()
    outcomes: tuple[Outcome | None, ...] = ()
    looks: tuple[Outcome | None, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether all of it has ended."""
        return None not in (self.outcomes or self.looks)

    @property
    def is_whole(self) -> bool:
        """Whether it is the trial's full run."""
        stopped = self.frame.settings.what == "loop" and self.ending is Ending.ENDED_EARLY
        return self.trial.rung >= len(self.frame.rungs) and bool(self.jobs) and not stopped

    @cached_property
    def score(self) -> float:
        """The mean over the seeds."""
        return math.fsum(self.scores) / len(self.scores) if self.scores else math.inf

    @cached_property
    def scores(self) -> tuple[float, ...]:
        """One for each seed."""
        return tuple(self._score(job, outcome) for job, outcome in zip(self.jobs, self.outcomes, strict=True))

    @property
    def ending(self) -> Ending:
        """How it ended: of several runs the first that did not end well."""
        endings = [each.ending for each in (self.outcomes or self.looks) if each is not None]
        return next((each for each in endings if each is not Ending.DONE), endings[0] if endings else Ending.FAILED)

    def standing(self, place: int = 0) -> Standing:
        """How one of its full runs came out."""
        job, outcome = self.jobs[place], self.outcomes[place]
        if outcome is None:
            return Standing(None, None, None, 0)
        settings = self.frame.settings.tuner
        return standing_of(outcome, job.start + outcome.steps, self.frame.metric, job.stop or 0, settings)

    def asking(self, proposed: Proposed) -> "Stage":
        """It with one more job, or a look."""
        if proposed.phase == "census":
            return replace(self, looks=(*self.looks, None))
        return replace(self, jobs=(*self.jobs, proposed.job), outcomes=(*self.outcomes, None))

    def knowing(self, outcome: Outcome, proposed: Proposed) -> "Stage":
        """It with what came of one of its jobs, or of its look."""
        if proposed.phase == "census":
            return replace(self, looks=(*self.looks[:-1], outcome))
        place = self.jobs.index(proposed.job)
        return replace(self, outcomes=(*self.outcomes[:place], outcome, *self.outcomes[place + 1 :]))

    def _score(self, job: Job, outcome: Outcome | None) -> float:
        if outcome is None or outcome.ending not in (Ending.DONE, Ending.ENDED_EARLY):
            return math.inf
        is_full = self.trial.rung >= len(self.frame.rungs)
        score = self.standing(self.jobs.index(job)).final if is_full else outcome.score
        return math.inf if score is None or not math.isfinite(score) else self.frame.metric.sign() * score


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who are compared with each other: the trials of a bracket on one rung.

    Attributes:
        entered: How many came to it.
        over: Those of them that are over, the best first.
        waiting: Of these, the ones that have a score and have not gone on.
    """

    entered: int = 0
    over: Ranked = ()
    waiting: Ranked = ()

    def best(self, count: int) -> Iterator[int]:
        """Numbers of the trials that are among the best so many, and have not gone on; the best first."""
        for each in self.waiting:
            if bisect_left(self.over, each) >= count:
                return
            yield each[1]

    def __add__(self, stage: Stage) -> "Cohort":
        """With one that is over."""
        mine = (stage.score, stage.trial.number)
        waiting = _with(self.waiting, mine) if math.isfinite(stage.score) else self.waiting
        return replace(self, over=_with(self.over, mine), waiting=waiting)

    def __sub__(self, stage: Stage) -> "Cohort":
        """Without one that is not over any more."""
        mine = (stage.score, stage.trial.number)
        return replace(self, over=_without(self.over, mine), waiting=_without(self.waiting, mine))

    def gone_on(self, stage: Stage) -> "Cohort":
        """With one that has gone on."""
        return replace(self, waiting=_without(self.waiting, (stage.score, stage.trial.number)))


@dataclass(frozen=True, slots=True)
class Ledger:
    """All trials of a search.

    Attributes:
        frame: The frame of the search.
        asked: Every proposal of the search by the key of its job, in order.
        outcomes: What came of jobs, by key.
        by_place: Every trial at every rung that it came to, by its number and the rung, in order.
        cohorts: By bracket and rung.
        looked: Trials at a rung whose look has ended well, and whose jobs were not asked for yet.
        begun: How many of the proposals are jobs of trials: all but looks.
        trials: How many trials there are.
        spent: Steps of all jobs as planned: the same whatever becomes of them.
        open_jobs: How many jobs are under way.
        open_stages: How many trials are under way at a rung.
        has_whole: Whether a trial has come to its full run.
    """

    frame: Frame
    asked: Versioned[str, Proposed] = field(default_factory=Versioned[str, Proposed])
    outcomes: Versioned[str, Outcome] = field(default_factory=Versioned[str, Outcome])
    by_place: Versioned[tuple[int, int], Stage] = field(default_factory=Versioned[tuple[int, int], Stage])
    cohorts: Versioned[tuple[int, int], Cohort] = field(default_factory=Versioned[tuple[int, int], Cohort])
    looked: tuple[tuple[int, int], ...] = ()
    begun: int = 0
    trials: int = 0
    spent: int = 0
    open_jobs: int = 0
    open_stages: int = 0
    has_whole: bool = False

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Every trial at every rung that it came to, in the order in which they were asked for."""
        return tuple(self.by_place.values())

    @property
    def is_open(self) -> bool:
        """Whether something is under way."""
        return self.open_jobs > 0

    def asking(self, proposed: Proposed) -> "Ledger":
        """The ledger once this is asked for too."""
        key = proposed.job.key
        ledger = replace(
            self,
            asked=self.asked.having(key, proposed),
            begun=self.begun + (proposed.phase == "trial"),
            spent=self.spent + self.cost(proposed.job),
            open_jobs=self.open_jobs + (key not in self.outcomes),
        )
        trial = proposed.trial
        if trial is None or proposed.job.evaluate is None:
            return ledger
        before = self.by_place.get((trial.number, trial.rung))
        if before is None:
            ledger = _entered(ledger, trial)
        return _at_place(ledger, before, (before or Stage(self.frame, trial)).asking(proposed))

    def knowing(self, outcome: Outcome) -> "Ledger":
        """The ledger once this has come, of a job that was asked for."""
        proposed = self.asked.get(outcome.job)
        if proposed is None:
            return self
        is_first = outcome.job not in self.outcomes
        ledger = replace(self, outcomes=self.outcomes.having(outcome.job, outcome), open_jobs=self.open_jobs - is_first)
        trial = proposed.trial
        if trial is None or proposed.job.evaluate is None:
            return ledger
        before = self.by_place[trial.number, trial.rung]
        return _at_place(ledger, before, before.knowing(outcome, proposed))

    def cohort(self, bracket: int, rung: int) -> Cohort:
        """The trials of a bracket on a rung."""
        return self.cohorts.get((bracket, rung), Cohort())

    def cost(self, job: Job) -> int:
        """Steps of a job as planned: by forks its own; by replay all from 0, and of a trunk none."""
        if self.frame.branching == "fork":
            return (job.stop or 0) - job.start
        return 0 if job.evaluate is None else job.stop or 0

    def affords(self, *more: Proposed, later: int = 0) -> bool:
        """Whether the budget holds these jobs too, and so many steps that must follow them."""
        budget = self.frame.settings.budget
        steps = self.spent + later + sum(self.cost(each.job) for each in more)
        return budget is None or steps <= budget * self.frame.horizon * (1 + 1e-9)

    def horizon(self, values: Values) -> int | None:
        """Steps of a full run with a trial's arguments; None until a look has told them, 0 where that look failed."""
        arguments = arguments_of(self.frame, values) if self.frame.looks else ()
        return self.length(look_at(self.frame, arguments).key if arguments else "")

    def length(self, look: str) -> int | None:
        """The same by the key of the look; an empty one is for the script's own arguments."""
        if not look:
            return self.frame.horizon
        outcome = self.outcomes.get(look)
        if outcome is None:
            return None
        return 0 if outcome.ending is Ending.FAILED else outcome.facts.horizon or self.frame.horizon

    def opened(self, trial: Trial) -> tuple[Proposed, ...]:
        """What is to be asked for first, for a trial at its rung.

        Returns:
            Its jobs, without those that were asked for before; a look where nobody knows how long its runs are; nothing
            where that look is under way, or has failed.
        """
        steps = self.horizon(trial.values)
        if steps is None:
            look = Proposed(look_at(self.frame, arguments_of(self.frame, trial.values)), "census", trial=trial)
            return () if look.job.key in self.asked else (look,)
        jobs = trial_jobs(self.frame, trial, steps) if steps else ()
        return tuple(each for each in jobs if each.job.key not in self.asked)

    def looked_at(self) -> tuple[Proposed, ...]:
        """The first jobs of trials whose look has ended, whichever ended first."""
        return tuple(job for place in sorted(self.looked) for job in self.opened(self.by_place[place].trial))

    def further(self, *more: Proposed) -> "Ledger":
        """The ledger once all of these are asked for too."""
        ledger = self
        for each in more:
            ledger = ledger.asking(each)
        return ledger


def _entered(ledger: Ledger, trial: Trial) -> Ledger:
    """One more trial, or one that has come to its next rung."""
    here, below = (trial.bracket, trial.rung), (trial.bracket, trial.rung - 1)
    cohort = ledger.cohort(*here)
    cohorts = ledger.cohorts.having(here, replace(cohort, entered=cohort.entered + 1))
    came_from = ledger.by_place.get((trial.number, trial.rung - 1))
    if came_from is not None:
        cohorts = cohorts.having(below, ledger.cohort(*below).gone_on(came_from))
    return replace(ledger, cohorts=cohorts, trials=ledger.trials + (came_from is None))


def _at_place(ledger: Ledger, before: Stage | None, stage: Stage) -> Ledger:
    """With a trial at its rung as it is now."""
    trial = stage.trial
    place, here = (trial.number, trial.rung), (trial.bracket, trial.rung)
    cohort, was_over = ledger.cohort(*here), before is not None and before.is_over
    if before is not None and was_over:
        cohort -= before
    if stage.is_over:
        cohort += stage
    is_looked_at = stage.is_over and not stage.jobs and stage.ending is not Ending.FAILED
    others = tuple(each for each in ledger.looked if each != place)
    return replace(
        ledger,
        by_place=ledger.by_place.having(place, stage),
        cohorts=ledger.cohorts.having(here, cohort),
        looked=(*others, place) if is_looked_at else others,
        open_stages=ledger.open_stages + (was_over or before is None) - stage.is_over,
        has_whole=ledger.has_whole or stage.is_whole,
    )


def _with(ranked: Ranked, mine: tuple[float, int]) -> Ranked:
    place = bisect_left(ranked, mine)
    return (*ranked[:place], mine, *ranked[place:])


def _without(ranked: Ranked, mine: tuple[float, int]) -> Ranked:
    place = bisect_left(ranked, mine)
    return (*ranked[:place], *ranked[place + 1 :]) if ranked[place : place + 1] == (mine,) else ranked
