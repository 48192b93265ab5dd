"""What is shown while a study runs: a fold over its events, and the lines it gives.

Path:   events -> `View` -> lines of text; `screen` prints them.
Units:  steps are optimizer steps; `executed` counts every one that was run, replayed prefixes included.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from ratecraft.controllers.estimate import Estimate
from ratecraft.records.events import Event, Finished, Progress, Proposed, Started
from ratecraft.records.job import Job, Phase
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.records.persistent_map import PersistentMap
from ratecraft.reporting.progress.estimate import Planner
from ratecraft.reporting.progress.glimpse import Glimpse, Tally
from ratecraft.reporting.progress.trial_progress import TrialProgress, trial_progress_lines
from ratecraft.reporting.text.durations import about_text
from ratecraft.reporting.text.numbers import count_text, number_text
from ratecraft.reporting.text.page import Page, cells, table
from ratecraft.translations.catalogue import rate_text

MOST_JOBS = 8
_BAR = 24
_SAMPLES = 16


@dataclass(frozen=True, slots=True)
class View:
    """The state of a study on the screen.

    Attributes:
        jobs: Every proposed job by key, in order.
        tally: Totals over the jobs.
        phase: Phase of the job that started last; None before the first.
        horizon: Steps of a full run; None while unknown.
        probes: Planned probes.
        runs: Planned `cost.runs`; None if nothing was planned.
        budget: Upper limit of `runs`.
        baseline: Whether a baseline is run in addition to `runs`.
        final_runs: Planned full runs at chosen rates.
        standings: Progress of the trials of a search.
    """

    jobs: PersistentMap[str, Glimpse] = field(default_factory=PersistentMap[str, Glimpse])
    tally: Tally = Tally()
    phase: Phase | None = None
    horizon: int | None = None
    probes: int = 0
    runs: float | None = None
    budget: float | None = None
    baseline: bool = False
    final_runs: int = 1
    standings: TrialProgress = TrialProgress()

    @classmethod
    def of(cls, estimate: Estimate) -> "View":
        """The view before any event."""
        return replanned(cls(horizon=estimate.horizon), estimate)

    @property
    def spent(self) -> int:
        """Steps executed for the study, each counted once: without the baseline and attempts that were cut off."""
        return self.tally.spent

    @property
    def executed(self) -> int:
        """All executed steps, including the baseline's."""
        return self.tally.spent + self.tally.baseline

    @property
    def remaining(self) -> float | None:
        """Steps still to be run; None while unknown. A planned full run is always included, whatever was spent."""
        if self.runs is None or self.horizon is None:
            return None
        final = self.horizon - self.tally.longest
        is_run = final <= 0 or (self.tally.longest_ended > 0 and not self.tally.under_way)
        if self.final_runs == 1 and is_run and (self.tally.baseline_over or not self.baseline):
            return 0.0  # after the full run nothing is left, whatever was planned before it
        left = max(self.runs * self.horizon - self.spent - self.tally.known, final * (self.final_runs > 0), 0)
        return left + (0 if self.tally.baseline_over else self.horizon * self.baseline)

    @property
    def to_start(self) -> int:
        """Processes still to be started, as planned."""
        full = 1 - self.tally.full_started if self.final_runs else 0
        return max(self.probes + 1 - self.tally.started, full)

    def having(self, key: str, seen: Glimpse) -> "View":
        """The view with the new state of a job."""
        tally = self.tally.moving(key, self.jobs.get(key), seen)
        return replace(self, jobs=self.jobs.with_item(key, seen), tally=tally)


def follow(view: View, event: Event) -> View:
    """The view after one more event. Events of jobs that were never proposed change nothing."""
    standings = view.standings.after(event)
    if standings is not view.standings:
        view = replace(view, standings=standings)
    if isinstance(event, Proposed):
        seen = _first_sight(event.job, event.phase, view.horizon)
        if event.trial is not None and isinstance(rate := event.trial.values.get("rate"), float):
            seen = replace(seen, rate=rate)  # a run begun by others may never report its first part
        baseline = view.baseline or event.phase == "baseline"
        return replace(view.having(event.job.key, seen), baseline=baseline)
    key = event.outcome.job if isinstance(event, Finished) else event.job
    seen = view.jobs.get(key)
    if seen is None:
        return view
    if isinstance(event, Started):
        again = Glimpse(seen.phase, seen.rate, seen.stop, seen.is_trunk, seen.leaves, event.attempt)
        return replace(view.having(key, again), phase=seen.phase)
    if isinstance(event, Progress):
        return view.having(key, _further(seen, event))
    horizon = _horizon_after(view, seen.phase, event.outcome)
    return replace(view.having(key, _ended(seen, event)), horizon=horizon)


def follow_planned(view: View, event: Event, plan: Planner | None) -> View:
    """The view after one more event, with a new plan if the event shows the length of a run.

    Raises:
        InvalidInput: Such a run is too short for a study.
    """
    after = follow(view, event)
    return replanned(after, plan(after.horizon)) if plan is not None and after.horizon != view.horizon else after


def replanned(view: View, estimate: Estimate) -> View:
    """The view with the new plan."""
    return replace(
        view, probes=estimate.probes, runs=estimate.runs, budget=estimate.budget, final_runs=estimate.final_runs
    )


def _horizon_after(view: View, phase: Phase, outcome: Outcome) -> int | None:
    """Steps of a full run: a completed baseline shows them, whatever was known before."""
    if phase == "baseline" and outcome.ending in (Ending.DONE, Ending.ENDED_EARLY):
        return outcome.steps
    if view.horizon is None and phase in ("baseline", "census"):
        return outcome.facts.horizon
    return view.horizon


def view_lines(view: View, page: Page, seconds_left: float | None = None) -> tuple[str, ...]:
    """The block: phase and cost so far, the trials, then the jobs, only the last ones if there are many."""
    phase = page.words(f"screen.phase.{view.phase}") if view.phase else page.words("screen.progress.waiting")
    left = page.words("screen.progress.left", time=about_text(seconds_left, page)) if seconds_left is not None else ""
    parts = [part for part in (page.paint(phase, "strong"), budget_text(view, page), left) if part]
    plain = cells(phase) + sum(2 + cells(part) for part in parts[1:])
    bar = min(_BAR, page.width - plain - 2)
    if bar >= 8 and view.remaining is not None:
        parts.insert(1, _bar(view.executed / max(view.executed + view.remaining, 1), bar, page))
    rows = [row for _, _, row in islice(_rows(view, page), MOST_JOBS)][::-1]
    body = [f"  {line}" for line in table([job_head(page), *rows], text_columns=(0, 1))] if rows else []
    told = trial_progress_lines(view.standings, page)
    return ("  ".join(parts), *told, *(page.paint(line, "faint") for line in body[:1]), *body[1:])


def job_head(page: Page) -> tuple[str, ...]:
    """The head of the table of `job_rows`."""
    return tuple(page.words(f"screen.progress.{name}") for name in ("rate", "step", "loss", "score"))


def job_rows(view: View, page: Page) -> list[tuple[str, Glimpse, tuple[str, ...]]]:
    """Every started job: its key, its state, and its cells: rate, progress, loss, score.

    A trunk that went well is left out, since its branches are shown.
    """
    return [*_rows(view, page)][::-1]


def _rows(view: View, page: Page) -> Iterator[tuple[str, Glimpse, tuple[str, ...]]]:
    """The rows, the last job first."""
    for key, job in view.jobs.newest_first():
        if (job.attempt > 0 or job.reused) and not _is_passed(job):
            yield key, job, _row(job, view, page)


def budget_text(view: View, page: Page) -> str:
    """Steps spent of the budget, also in runs once the length of a run is known."""
    spent = count_text(view.spent)
    if view.horizon is None:
        return page.words("screen.progress.steps", steps=count_text(view.executed))
    share = f"{view.spent / view.horizon:.2f}"
    if view.budget is None:
        return page.words("screen.progress.spent", steps=spent, runs=share)
    return page.words("screen.progress.spent-of", steps=spent, runs=share, budget=f"{view.budget:g}")


def news_of(view: View, event: Event) -> Glimpse | None:
    """The job that a log should report on after an event; None if there is nothing to report.

    For the reader a probe is one thing: its trunk begins it, its branch ends it. What another job's process brought
    along was reported with that job.
    """
    if isinstance(event, Proposed):
        return None
    job = view.jobs.get(event.outcome.job if isinstance(event, Finished) else event.job)
    if job is None or (isinstance(event, Finished) and (not (event.attempt or event.reused) or _is_passed(job))):
        return None
    trunk = view.jobs.get(job.leaves)
    begun = trunk is not None and trunk.attempt > 0 and trunk.phase == job.phase and job.attempt == 1
    return None if isinstance(event, Started) and begun else job


def job_text(job: Glimpse, view: View, page: Page) -> str:
    """One line on a job, for a log: its kind, its progress or how it ended, and its result."""
    name = page.words(f"screen.phase.{job.phase}")
    rate, step, loss, score = _row(job, view, page)
    if job.reused:
        step = page.words("screen.progress.again-of", study=job.reused)
    elif job.ending is None and job.step == 0:
        step = page.words("screen.progress.started")
    told = [step if job.rate is None else page.words("screen.progress.at", rate=rate, step=step)]
    if job.loss is not None:
        told.append(f"{page.words('screen.progress.loss')} {loss}")
    if job.score is not None:
        told.append(f"{page.words('screen.progress.score')} {score}")
    return page.words("screen.progress.line", phase=name, told=page.words("screen.progress.and").join(told))


def _first_sight(job: Job, phase: Phase, horizon: int | None) -> Glimpse:
    return Glimpse(phase, _peak_rate(job, horizon), job.stop, job.evaluate is None, job.parent or "")


def _is_passed(job: Glimpse) -> bool:
    """Whether it is a trunk that went well: from then on its branches are shown instead."""
    return job.is_trunk and job.ending is Ending.DONE


def _peak_rate(job: Job, horizon: int | None) -> float | None:
    """The largest rate over the job's own steps, sampled at a few of them."""
    schedule = job.schedules.get("rate")
    if schedule is None or schedule.needs_horizon:
        return None
    last = max((job.stop or horizon or job.start + 1) - 1, job.start)
    steps = {job.start + (last - job.start) * at // _SAMPLES for at in range(_SAMPLES + 1)}
    return max(schedule.at(step) for step in steps)


def _further(seen: Glimpse, event: Progress) -> Glimpse:
    return replace(
        seen,
        step=max(event.step, seen.step),
        executed=max(event.executed, seen.executed),
        loss=seen.loss if event.loss is None else event.loss,
        score=seen.score if event.figure is None else event.figure,
    )


def _ended(seen: Glimpse, event: Finished) -> Glimpse:
    outcome = event.outcome
    executed = outcome.executed if event.attempt else 0  # another job's process brought it along
    score = seen.score if outcome.score is None else outcome.score
    losses = [loss for loss in outcome.losses[-8:] if math.isfinite(loss)]
    loss = sum(losses) / len(losses) if losses else seen.loss
    known = outcome.steps if event.reused else 0
    ended = replace(seen, executed=executed, score=score, loss=loss, ending=outcome.ending)
    return replace(ended, reused=event.reused, known=known)


def _bar(share: float, width: int, page: Page) -> str:
    full = round(share * width)
    return page.paint(page.spell("█" * full), "accent") + page.paint(page.spell("░" * (width - full)), "faint")


def _row(job: Glimpse, view: View, page: Page) -> tuple[str, str, str, str]:
    rate = page.words("screen.progress.own") if job.rate is None else rate_text(job.rate)
    stop = job.stop or view.horizon
    if job.reused:
        step = page.words("screen.progress.again")
    elif job.ending is not None:
        step = page.words(f"screen.ending.{job.ending.replace(' ', '-')}")
    elif job.step == 0 and job.loss is None and not job.leaves:
        step = page.words("screen.progress.starting")
    elif stop is None:
        step = count_text(job.step)
    else:
        step = page.words("screen.progress.of", step=count_text(job.step), stop=count_text(stop))
    loss, score = ("" if value is None else number_text(value) for value in (job.loss, job.score))
    return rate, step, loss, score
