"""Probes: a trunk and its branch, proposed together as two jobs, and the scores that they come to.

Path:   octaves of a rung -> jobs -> outcomes -> scores by octave.
Units:  scores with smaller = better, infinite if there is none (blown up, failed, NaN).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from ratecraft.controllers.probing.rungs import Rung
from ratecraft.controllers.synchronous import Asking
from ratecraft.controllers.tune.study_jobs import branch_job, trunk_job
from ratecraft.controllers.tune.study_plan import StudyPlan
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.laws.losses.noise import margin, paired_noise
from ratecraft.laws.responses.rate_response import best_octave
from ratecraft.records.answer import Probe
from ratecraft.records.events import Proposed
from ratecraft.records.job import Job, Phase
from ratecraft.records.outcome import Ending, Outcome


@dataclass(frozen=True, slots=True)
class Probed:
    """One octave of a rung: its two jobs and their outcomes.

    `tried` is empty if a shorter trunk at this rate did not survive: nothing was run, and the score is infinite.
    """

    octave: int
    rung: Rung
    score: float = math.inf
    tried: tuple[tuple[Job, Outcome], ...] = ()

    @property
    def trunk(self) -> Job | None:
        """The trunk, if it survived: the final run may continue it."""
        alive = self.tried and self.tried[0][1].ending is Ending.DONE
        return self.tried[0][0] if alive else None


Probes: TypeAlias = Mapping[int, Probed]
"""The probes of a rung by octave."""


def probe(plan: StudyPlan, octaves: Iterable[int], rung: Rung, phase: Phase, shorter: Probes) -> Asking[Probes]:
    """Probe several octaves in one rung, all at once.

    Args:
        plan: What was fixed before the first probe.
        octaves: Rates to probe.
        rung: The rung, which sets their length.
        phase: Phase of the jobs in the record.
        shorter: Probes of the rung before, whose trunks are continued.

    Returns:
        The probes by octave.

    Raises:
        InvalidInput: The script ended by itself before the end of a probe, earlier than the given number of steps.
        NoAnswer: The script ended by itself before the end of a probe, and no number of steps was given.
    """
    jobs: dict[int, tuple[Job, Job]] = {}
    for octave in octaves:
        before = shorter.get(octave)
        if before is None or before.trunk is not None:
            trunk = trunk_job(plan, octave, rung, before.trunk if before else None)
            jobs[octave] = (trunk, branch_job(plan, octave, rung, trunk))
    outcomes = iter((yield tuple(Proposed(job, phase) for pair in jobs.values() for job in pair)))
    probed = {octave: Probed(octave, rung) for octave in octaves}
    for octave, (trunk, branch) in jobs.items():
        tried = ((trunk, next(outcomes)), (branch, next(outcomes)))
        probed[octave] = Probed(octave, rung, score_of(plan, tried[1][1]), tried)
        if plan.start.baseline is None:
            _check_length(plan, tried)
    return probed


def score_of(plan: StudyPlan, outcome: Outcome) -> float:
    """The score of a job, smaller = better; infinite if it has none."""
    score = outcome.score if outcome.ending in (Ending.DONE, Ending.ENDED_EARLY) else None
    return math.inf if score is None or not math.isfinite(score) else plan.scored_by.sign() * score


def _check_length(plan: StudyPlan, tried: Iterable[tuple[Job, Outcome]]) -> None:
    for job, outcome in tried:
        if outcome.ending is Ending.ENDED_EARLY:
            ended = job.start + outcome.steps
            if not plan.start.horizon:
                raise NoAnswer("too-few-steps", steps=ended, least=plan.rungs[0].stop)
            raise InvalidInput("steps-too-many", steps=plan.horizon, ended=ended)


def scores_of(probes: Probes) -> dict[float, float]:
    """Octave to score, in the form that the laws take."""
    return {octave: probe.score for octave, probe in probes.items()}


def noise_of(probes: Probes) -> float | None:
    """Noise sd of a score, from the frozen batches that the best three probes share; None if it can't be measured."""
    finite = sorted((probe for probe in probes.values() if math.isfinite(probe.score)), key=lambda probe: probe.score)
    return paired_noise([probe.tried[-1][1].frozen_losses for probe in finite[:3]])


def jobs_of(*rungs: Probes) -> tuple[Job, ...]:
    """All jobs of these probes."""
    return tuple(job for probes in rungs for probe in probes.values() for job, _ in probe.tried)


def blew_up(each: Probed) -> bool:
    """Whether the probe blew up, in its trunk or in its branch."""
    return any(outcome.ending is Ending.BLOWN_UP for _, outcome in each.tried)


def record_of(plan: StudyPlan, each: Probed) -> Probe | None:
    """The probe as the answer records it, its score in the unit of the metric; None if nothing was run."""
    if not each.tried:
        return None
    job, outcome = each.tried[-1]
    score = plan.figure(each.score) if math.isfinite(each.score) else None
    rung = each.rung
    return Probe(job.key, plan.rate(each.octave), rung.stop, score, outcome.ending.value, job.seed, rung.warm_up)


def helped(short: Probes, long: Probes, share: float) -> bool:
    """Whether the best longer probe beats the best shorter one by more than the given share and the noise.

    Args:
        short: Probes of the first rung.
        long: Probes of the second rung.
        share: Share of |best score| of the shorter ones.
    """
    before = min(probe.score for probe in short.values())
    return min(probe.score for probe in long.values()) < before - margin(before, share, noise_of(long))


def best_of(probes: Probes) -> int:
    """The octave of the best score."""
    return int(best_octave(scores_of(probes)))
