"""From the course of one run to the outcomes of its job and of the trunks that it passed through.

Path:   what a run reported, how it ended, its score -> one `Outcome` for each job.
Units:  steps count from the run's step 0; a frozen step costs a third of a step (docs/reference/studies.md, "Cost").

A trunk's outcome holds only what is the same in every run through it, so that it does not matter whether it was trained
by itself or replayed, and by which child.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ratecraft.records.blow_up import BlowUp
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import normal_name
from ratecraft.records.outcome import FROZEN_STEP, Ending, Failure, Figure, Note, Outcome, RunFacts
from ratecraft.records.running import Passage, Score
from ratecraft.tuning.run_listener import RunHistory


@dataclass(frozen=True, slots=True)
class Performance:
    """The course of one run, from its step 0 to its end.

    Attributes:
        told: All that it reported, including its trunks' part.
        passage: How it ended; `executed` counts the steps that were run for the job.
        score: The result of its evaluation.
        facts: Facts of its script.
        notes: Notes for the user.
        seconds: Wall time.
        pauses: For each advance, the step at its end and the number of figures reported by then.
        recomputed: Steps of its trunks that had to be run again.
        brought: No step was run for the job, because its trunk ended early and the job with it.
    """

    told: RunHistory
    passage: Passage
    score: Score | None = None
    facts: RunFacts = field(default_factory=RunFacts)
    notes: tuple[Note, ...] = ()
    seconds: float = 0.0
    pauses: tuple[tuple[int, int], ...] = ()
    recomputed: int = 0
    brought: bool = False

    @property
    def failure(self) -> Failure | None:
        """Why it failed, in training or in its evaluation; None if it did not."""
        return self.passage.failure or (self.score.failure if self.score else None)


def scored_outcome(job: Job, run: Performance) -> Outcome:
    """The outcome of the scored job that the run was made for."""
    ending, end = _end(job, run)
    failure = run.failure
    if failure is not None and ending is not Ending.BLOWN_UP:
        ending = Ending.FAILED
    score = run.score or Score(None)
    best = best_figure(run.told.figures, job.evaluate)
    return replace(
        _own_part(job, run, ending, end),
        executed=run.passage.executed,
        frozen=score.frozen,
        evaluation_steps=score.frozen * FROZEN_STEP,
        score=None if ending is Ending.FAILED else score.value,
        frozen_losses=tuple(run.told.of("frozen_loss")),
        figures=tuple(run.told.figures),
        halvings=tuple(step for step in run.passage.halvings if step >= job.start),
        failure=failure,
        facts=run.facts,
        notes=run.notes,
        seconds=run.seconds,
        model=score.model,
        best_score=best.value if best else None,
        best_step=best.step if best else None,
        recomputed=run.recomputed,
    )


def trained_outcome(trunk: Job, run: Performance) -> Outcome:
    """The outcome of the trunk that the run was made for."""
    return replace(
        trunk_outcome(trunk, run), executed=run.passage.executed, recomputed=run.recomputed, seconds=run.seconds
    )


def trunk_outcome(trunk: Job, run: Performance) -> Outcome:
    """The outcome of a trunk that the run passed through, as if the run had ended at the trunk's stop."""
    ending, end = _end(trunk, run)
    # A script that evaluates at this very step may do so after the trunk's end; a child's evaluation always does.
    told = next((count for step, count in run.pauses if step >= end), None)
    return replace(
        _own_part(trunk, run, ending, end),
        figures=tuple(figure for figure in run.told.figures[:told] if figure.step <= end),
        failure=run.passage.failure if ending is Ending.FAILED else None,
    )


def best_figure(figures: Sequence[Figure], how: Evaluate | None) -> Figure | None:
    """The best finite figure of the metric, the first of equal ones; None if no metric is named or it has no figure.

    Example:
        >>> told = [Figure(10, "val_acc", 0.5), Figure(20, "val_acc", 0.7), Figure(30, "val_acc", 0.6)]
        >>> best_figure(told, Evaluate("figure", "val_acc", direction="max")).step
        20
    """
    if how is None or not how.metric:
        return None
    known = [figure for figure in figures if normal_name(figure.name) == how.metric and math.isfinite(figure.value)]
    choose = min if how.direction == "min" else max
    return choose(known, key=lambda figure: figure.value, default=None)


def _own_part(job: Job, run: Performance, ending: Ending, end: int) -> Outcome:
    """The part of the outcome that every replay of the job has in common."""
    losses, own_rates = run.told.of("loss"), run.told.of("own_rate")
    return Outcome(
        job=job.key,
        ending=ending,
        steps=max(0, end - job.start),
        first_loss=losses[0] if losses else None,
        losses=tuple(losses[job.start : end]),
        own_rates=tuple(own_rates[job.start : end]),
        norms=tuple(run.told.of("grad_norm")[job.start : end]),
    )


def _end(job: Job, run: Performance) -> tuple[Ending, int]:
    """How the job ended within the run, and at which step of the run."""
    passage = run.passage
    blown_up_at = _blown_up_at(passage, run.told.of("loss")) if job.stop_rule.blown_up == "end" else None
    if blown_up_at is not None and (job.stop is None or blown_up_at <= job.stop):
        return Ending.BLOWN_UP, blown_up_at
    if job.stop is not None and passage.step >= job.stop and (passage.ending is Ending.DONE or job.evaluate is None):
        return Ending.DONE, job.stop
    if passage.ending is Ending.DONE and job.stop is not None:
        return Ending.ENDED_EARLY, passage.step
    return passage.ending, passage.step


def _blown_up_at(passage: Passage, losses: list[float]) -> int | None:
    """Steps done when the losses first blew up; a run may notice it some steps later."""
    if passage.ending is not Ending.BLOWN_UP and not passage.halvings:
        return None
    last_finite = max((step for step, loss in enumerate(losses) if math.isfinite(loss)), default=-1)
    state = BlowUp()
    for step, loss in enumerate(losses):
        if math.isnan(loss) and step < last_finite:
            continue  # the run went on: no loss was seen at this step
        state = state.add(loss)
        if state.happened:
            return step + 1
    return min((passage.step, *passage.halvings))
