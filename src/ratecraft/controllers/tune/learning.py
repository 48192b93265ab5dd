"""The untrained model's score, which tells whether a probe learned anything.

Path:   plan -> one evaluation at step 0 -> what a score must beat to count as learned.
Units:  scores with smaller = better, infinite if there is none.
Source: docs/reference/tuner.md, "Learned, or not". Without this test two studies in which no probe had learned anything
        called the script's own rate good: all scores were at chance, so neither end of the bracket was clearly worse.
"""

import math
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from ratecraft.controllers.synchronous import Asking
from ratecraft.controllers.tune.probes import Probed, Probes, noise_of, score_of
from ratecraft.controllers.tune.study_jobs import untrained_job
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.laws.losses.learning import learning_margin, onset
from ratecraft.records.answer import Decision
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Untrained:
    """The untrained model's score.

    Attributes:
        score: Infinite if it is not known; every probe then counts as one that learned.
        noise: Standard deviation of its difference to a probe scored on other batches; 0 for a figure.
        gained: How far the script's own run was below it at its best; None if that is not known.
        job: The job that scored it; None if there is none.
    """

    score: float = math.inf
    noise: float = 0.0
    gained: float | None = None
    job: Job | None = None

    @property
    def is_known(self) -> bool:
        """Whether there is a score."""
        return math.isfinite(self.score)

    def margin(self, probes: Probes) -> float:
        """How far a score must be from it to be told apart from it."""
        noise = max(self.noise, noise_of(probes) or 0.0)
        return learning_margin(self.score, self.gained, noise)

    def has_learned(self, probe: Probed, probes: Probes) -> bool:
        """Whether a probe is better than the untrained model, given all `probes` of its rung."""
        if not self.is_known:
            return math.isfinite(probe.score)
        return probe.score < self.score - self.margin(probes)

    def any_learned(self, probes: Probes) -> bool:
        """Whether any of these probes learned something."""
        return any(self.has_learned(probe, probes) for probe in probes.values())

    def is_worse(self, probe: Probed, probes: Probes) -> bool:
        """Whether a probe ended worse than the untrained model, or without a score."""
        return not math.isfinite(probe.score) or (self.is_known and probe.score > self.score + self.margin(probes))


def untrained(plan: StudyPlan) -> Asking[Untrained]:
    """Score the untrained model in the way probes are scored."""
    job = untrained_job(plan)
    (outcome,) = yield (Proposed(job, "untrained"),)
    score = score_of(plan, outcome)
    if not math.isfinite(score):
        return Untrained()
    noise = _noise(outcome) if plan.scored_by.source == "training" else 0.0
    return Untrained(score, noise, _gained(plan, score), job)


def about(plan: StudyPlan, found: Untrained) -> Iterator[Decision]:
    """The decisions about the untrained score, and about a script that as it is ends worse than it."""
    if not found.is_known:
        return
    score = plan.figure(found.score)
    yield Decision("untrained", {"score": score})
    baseline = plan.start.baseline
    final = plan.run_result(baseline).final if baseline and plan.is_scored_alike else None
    if final is not None and plan.metric.sign() * final > found.score + found.margin({}):
        yield Decision("baseline-below-untrained", {"final": final, "score": score})


def onset_of(plan: StudyPlan) -> int | None:
    """The step at which the script's own run began to learn; None if that is not known."""
    baseline, settings = plan.start.baseline, plan.settings
    if baseline is None:
        return None
    return onset(baseline.losses, max(settings.least_tail, int(plan.horizon * settings.tail_share)))


def _noise(outcome: Outcome) -> float:
    """The noise of its difference to a probe, which is scored on as many batches, but on others."""
    losses = [loss for loss in outcome.frozen_losses if math.isfinite(loss)]
    return statistics.stdev(losses) * math.sqrt(2 / len(losses)) if len(losses) > 1 else 0.0


def _gained(plan: StudyPlan, score: float) -> float | None:
    baseline = plan.start.baseline
    if baseline is None or not plan.is_scored_alike:
        return None
    finite = [other for _, other in plan.scores(baseline) if math.isfinite(other)]
    return score - min(finite) if finite else None
