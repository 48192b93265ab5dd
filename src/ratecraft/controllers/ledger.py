"""What a search has asked for and what came of it, trial by trial.

Path:   proposals of the record and their outcomes -> `Ledger` -> what a method wants next, the answer.
Units:  scores with smaller = better, infinite where none came; steps are optimizer steps.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ratecraft.controllers.search_space import Values
from ratecraft.controllers.standing import standing_of
from ratecraft.controllers.trial_jobs import Frame, arguments_of, look_at, trial_jobs
from ratecraft.records.answer import Standing
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.trials import Trial

__all__ = ["Ledger", "Stage"]


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
    jobs: tuple[Job, ...]
    outcomes: tuple[Outcome | None, ...]
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

    def _score(self, job: Job, outcome: Outcome | None) -> float:
        if outcome is None or outcome.ending not in (Ending.DONE, Ending.ENDED_EARLY):
            return math.inf
        is_full = self.trial.rung >= len(self.frame.rungs)
        score = self.standing(self.jobs.index(job)).final if is_full else outcome.score
        return math.inf if score is None or not math.isfinite(score) else self.frame.metric.sign() * score


@dataclass(frozen=True)
class Ledger:
    """All trials of a search.

    Attributes:
        frame: The frame of the search.
        asked: Every proposal of the search by the key of its job, in order.
        outcomes: What came of jobs, by key.
        begun: How many of the proposals are jobs of trials: all but looks.
    """

    frame: Frame
    asked: Mapping[str, Proposed]
    outcomes: Mapping[str, Outcome]
    begun: int = 0

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """Every trial at every rung that it came to, in the order in which they were asked for."""
        found: dict[tuple[int, int], dict[str, Proposed]] = {}
        for key, each in self.asked.items():  # keys are at hand here, and cost a hash of the whole job elsewhere
            if each.trial is not None and each.job.evaluate is not None:
                found.setdefault((each.trial.number, each.trial.rung), {})[key] = each
        return tuple(self._stage(together) for together in found.values())

    @property
    def is_open(self) -> bool:
        """Whether something is under way."""
        return any(key not in self.outcomes for key in reversed(tuple(self.asked)))  # what is open was asked for late

    @property
    def trials(self) -> int:
        """How many trials there are."""
        return len({stage.trial.number for stage in self.stages})

    @cached_property
    def spent(self) -> int:
        """Steps of all jobs as planned: the same whatever becomes of them."""
        return sum(map(self.cost, (each.job for each in self.asked.values())))

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
        if not arguments:
            return self.frame.horizon
        outcome = self.outcomes.get(look_at(self.frame, arguments).key)
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
        """The first jobs of trials whose look has ended."""
        waiting = (stage.trial for stage in self.stages if not stage.jobs and stage.is_over)
        return tuple(job for trial in waiting for job in self.opened(trial))

    def further(self, *more: Proposed) -> "Ledger":
        """The ledger once these are asked for too."""
        return Ledger(self.frame, {**self.asked, **{each.job.key: each for each in more}}, self.outcomes)

    def _stage(self, together: Mapping[str, Proposed]) -> Stage:
        runs = {key: each.job for key, each in together.items() if each.phase != "census"}
        looks = tuple(self.outcomes.get(key) for key in together if key not in runs)
        trial = next(iter(together.values())).trial
        assert trial is not None  # noqa: S101 - `stages` gathers no others
        return Stage(self.frame, trial, tuple(runs.values()), tuple(map(self.outcomes.get, runs)), looks)
