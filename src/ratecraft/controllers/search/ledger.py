"""All jobs that a search has asked for and their outcomes, trial by trial.

Path:   proposals of the record and their outcomes, one by one -> `Ledger` -> the next jobs of a method, the answer.
Units:  scores with smaller = better, infinite if there is none; steps are optimizer steps.

A ledger is a frozen value: an event gives the next one, in a time that hardly grows with the number of trials.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from ratecraft.controllers.search.draws import drawn
from ratecraft.controllers.search.ranking import Ranking
from ratecraft.controllers.search.search_job import Came, SearchJob, asked_for, known
from ratecraft.controllers.search.space import Values
from ratecraft.controllers.search.trial_jobs import Frame, arguments_of, look_at, trial_jobs
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.persistent_map import PersistentMap
from ratecraft.records.trials import Trial
from ratecraft.schedules.lengths import Horizon


@dataclass(frozen=True, slots=True)
class Stage:
    """A trial at one rung.

    Attributes:
        frame: What was fixed before the first trial.
        trial: The trial.
        jobs: Its scored jobs, one for each seed; empty if there was only a look at the script with its arguments.
        looks: Those looks.
    """

    frame: Frame
    trial: Trial
    jobs: tuple[SearchJob, ...] = ()
    looks: tuple[SearchJob, ...] = ()

    @property
    def came(self) -> tuple[Came, ...]:
        """The outcomes of its jobs so far; of its looks if it has no jobs."""
        return tuple(job.came for job in self.jobs or self.looks if job.came is not None)

    @property
    def is_over(self) -> bool:
        """Whether all its jobs have ended."""
        return len(self.came) == len(self.jobs or self.looks)

    @property
    def is_whole(self) -> bool:
        """Whether it is the trial's full run."""
        stopped = self.frame.settings.what == "loop" and self.ending is Ending.ENDED_EARLY
        return self.trial.rung >= len(self.frame.rungs) and bool(self.jobs) and not stopped

    @property
    def score(self) -> float:
        """The mean score over the seeds."""
        scores = self.scores
        return math.fsum(scores) / len(scores) if scores else math.inf

    @property
    def scores(self) -> tuple[float, ...]:
        """The scores, one for each seed."""
        return tuple(math.inf if job.came is None else job.came.score for job in self.jobs)

    @property
    def ending(self) -> Ending:
        """How the stage ended: of several runs, the first that did not complete."""
        endings = [result.ending for result in self.came]
        return next(
            (ending for ending in endings if ending is not Ending.DONE), endings[0] if endings else Ending.FAILED
        )

    def having(self, job: SearchJob) -> "Stage":
        """The stage with one more job or look, or with the outcome of one."""
        if job.is_look:
            return replace(self, looks=_having(self.looks, job))
        return replace(self, jobs=_having(self.jobs, job))


@dataclass(frozen=True, slots=True)
class Cohort:
    """Trials that are compared with each other: those of one bracket on one rung.

    Attributes:
        entered: How many trials came to this rung.
        over: How many of them have ended.
        waiting: Those that have a score and have not gone on to the next rung.
    """

    entered: int = 0
    over: Ranking = Ranking()
    waiting: Ranking = Ranking()

    def best(self, count: int) -> Iterator[int]:
        """Numbers of the trials that are among the best `count` and have not gone on, the best first."""
        for ranked in self.waiting:
            if self.over.place(ranked) >= count:
                return
            yield ranked[1]

    def __add__(self, stage: Stage) -> "Cohort":
        """The cohort with one more stage that is over."""
        mine = (stage.score, stage.trial.number)
        waiting = self.waiting.having(mine) if math.isfinite(stage.score) else self.waiting
        return replace(self, over=self.over.having(mine), waiting=waiting)

    def __sub__(self, stage: Stage) -> "Cohort":
        """The cohort without a stage that is open again."""
        mine = (stage.score, stage.trial.number)
        return replace(self, over=self.over.without(mine), waiting=self.waiting.without(mine))

    def gone_on(self, stage: Stage) -> "Cohort":
        """The cohort after one of its trials has gone on."""
        return replace(self, waiting=self.waiting.without((stage.score, stage.trial.number)))


@dataclass(frozen=True, slots=True)
class Ledger:
    """All trials of a search.

    Attributes:
        frame: What was fixed before the first trial.
        jobs: Every job of the search by its key, in the order of the proposals.
        by_place: Every stage by the number of its trial and the rung, in order.
        cohorts: The cohorts by bracket and rung.
        looked: Stages whose look has ended well and whose jobs were not asked for yet.
        begun: How many jobs belong to trials: all but the looks.
        trials: Number of trials so far.
        draws: Number of draws that these took, repetitions included.
        spent: Steps of all jobs as planned, whatever became of them.
        open_jobs: Number of jobs under way.
        open_stages: Number of stages under way.
        has_whole: Whether a trial has reached its full run.
    """

    frame: Frame
    jobs: PersistentMap[str, SearchJob] = field(default_factory=PersistentMap[str, SearchJob])
    by_place: PersistentMap[tuple[int, int], Stage] = field(default_factory=PersistentMap[tuple[int, int], Stage])
    cohorts: PersistentMap[tuple[int, int], Cohort] = field(default_factory=PersistentMap[tuple[int, int], Cohort])
    looked: tuple[tuple[int, int], ...] = ()
    begun: int = 0
    trials: int = 0
    draws: int = 0
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
        """Whether any job is under way."""
        return self.open_jobs > 0

    def asking(self, proposed: Proposed) -> "Ledger":
        """The ledger after this job was asked for."""
        job = asked_for(proposed)
        ledger = replace(
            self,
            jobs=self.jobs.with_item(job.key, job),
            begun=self.begun + (not job.is_look),
            spent=self.spent + self.cost(proposed.job),
            open_jobs=self.open_jobs + 1,
        )
        trial = job.trial
        if trial is None or not job.is_scored:
            return ledger
        before = self.by_place.get((trial.number, trial.rung))
        if before is None:
            ledger = _entered(ledger, trial)
        return _at_place(ledger, before, (before or Stage(self.frame, trial)).having(job))

    def knowing(self, outcome: Outcome) -> "Ledger":
        """The ledger after the outcome of a job that was asked for."""
        before = self.jobs.get(outcome.job)
        if before is None:
            return self
        job = known(before, outcome, self.frame)
        is_first = before.came is None
        ledger = replace(self, jobs=self.jobs.with_item(job.key, job), open_jobs=self.open_jobs - is_first)
        trial = job.trial
        if trial is None or not job.is_scored:
            return ledger
        stage = self.by_place[trial.number, trial.rung]
        return _at_place(ledger, stage, stage.having(job))

    def cohort(self, bracket: int, rung: int) -> Cohort:
        """The trials of a bracket on a rung."""
        return self.cohorts.get((bracket, rung), Cohort())

    def cost(self, job: Job) -> int:
        """Steps of a job as planned. With forks its own; with replay all from step 0, and 0 for a trunk."""
        if self.frame.branching == "fork":
            return (job.stop or 0) - job.start
        return 0 if job.evaluate is None else job.stop or 0

    def affords(self, *more: Proposed, later: int = 0) -> bool:
        """Whether the budget holds these jobs, and `later` steps that must follow them."""
        budget = self.frame.settings.budget
        steps = self.spent + later + sum(self.cost(proposal.job) for proposal in more)
        return budget is None or steps <= budget * self.frame.horizon * (1 + 1e-9)

    def horizon(self, values: Values) -> Horizon | None:
        """A full run with a trial's arguments; None until a look has told it, of 0 steps where that look failed."""
        arguments = arguments_of(self.frame, values) if self.frame.looks else ()
        return self.length(look_at(self.frame, arguments).key if arguments else "")

    def length(self, look: str) -> Horizon | None:
        """Steps of a full run by the key of its look; an empty key is for the script's own arguments."""
        if not look:
            return self.frame.run
        job = self.jobs.get(look)
        if job is None or job.came is None:
            return None
        return Horizon(0) if job.came.ending is Ending.FAILED else job.came.horizon or self.frame.run

    def opened(self, trial: Trial) -> tuple[Proposed, ...]:
        """The first job to ask for, for a trial at its rung.

        Returns:
            Its jobs, without those that were asked for before; a look if the length of its runs is not known; nothing
            while that look is under way, or if it failed.
        """
        horizon = self.horizon(trial.values)
        if horizon is None:
            look = Proposed(look_at(self.frame, arguments_of(self.frame, trial.values)), "census", trial=trial)
            return () if look.job.key in self.jobs else (look,)
        jobs = trial_jobs(self.frame, trial, horizon) if horizon.steps else ()
        return tuple(job for job in jobs if job.job.key not in self.jobs)

    def new_trial(self, first: Sequence[Values] = (), *, rung: int = 0, bracket: int = 0) -> tuple[Proposed, ...]:
        """The first jobs of one more trial, with the first of the given values not tried yet, else with drawn ones.

        Args:
            first: Values to be tried before any draw.
            rung: The rung on which it begins.
            bracket: Its bracket.

        Returns:
            Nothing if a look at the same arguments is under way, or if everything was tried before.
        """
        settings = self.frame.settings
        begin = self.draws if settings.shortens else self.trials
        draws = (drawn(self.frame, draw) for draw in range(begin, begin + settings.most_misses))
        for values in chain(first, draws):
            fresh = self.opened(Trial(self.trials, values, rung, bracket))
            if fresh or self.horizon(values) is None:
                return fresh
        return ()

    def looked_at(self) -> tuple[Proposed, ...]:
        """The first jobs of trials whose look has ended, in the order in which the looks ended."""
        return tuple(job for place in sorted(self.looked) for job in self.opened(self.by_place[place].trial))

    def further(self, *more: Proposed) -> "Ledger":
        """The ledger after all of these were asked for."""
        ledger = self
        for proposal in more:
            ledger = ledger.asking(proposal)
        return ledger


def _entered(ledger: Ledger, trial: Trial) -> Ledger:
    """One more trial, or a trial that has come to its next rung."""
    here, below = (trial.bracket, trial.rung), (trial.bracket, trial.rung - 1)
    cohort = ledger.cohort(*here)
    cohorts = ledger.cohorts.with_item(here, replace(cohort, entered=cohort.entered + 1))
    came_from = ledger.by_place.get((trial.number, trial.rung - 1))
    if came_from is not None:
        return replace(ledger, cohorts=cohorts.with_item(below, ledger.cohort(*below).gone_on(came_from)))
    return replace(ledger, cohorts=cohorts, trials=ledger.trials + 1, draws=_draws(ledger, trial))


def _draws(ledger: Ledger, trial: Trial) -> int:
    """How many draws it takes to come to a trial."""
    settings = ledger.frame.settings
    for draw in range(ledger.draws, ledger.draws + settings.most_misses) if settings.shortens else ():
        if drawn(ledger.frame, draw) == trial.values:
            return draw + 1
    return ledger.draws


def _at_place(ledger: Ledger, before: Stage | None, stage: Stage) -> Ledger:
    """The ledger with the stage as it is now."""
    trial = stage.trial
    place, here = (trial.number, trial.rung), (trial.bracket, trial.rung)
    cohort, was_over = ledger.cohort(*here), before is not None and before.is_over
    if before is not None and was_over:
        cohort -= before
    if stage.is_over:
        cohort += stage
    is_looked_at = stage.is_over and not stage.jobs and stage.ending is not Ending.FAILED
    others = tuple(look for look in ledger.looked if look != place)
    return replace(
        ledger,
        by_place=ledger.by_place.with_item(place, stage),
        cohorts=ledger.cohorts.with_item(here, cohort),
        looked=(*others, place) if is_looked_at else others,
        open_stages=ledger.open_stages + (was_over or before is None) - stage.is_over,
        has_whole=ledger.has_whole or stage.is_whole,
    )


def _having(jobs: tuple[SearchJob, ...], job: SearchJob) -> tuple[SearchJob, ...]:
    """The tuple with one more element, or with one replaced."""
    keys = [other.key for other in jobs]
    place = keys.index(job.key) if job.key in keys else len(jobs)
    return (*jobs[:place], job, *jobs[place + 1 :])
