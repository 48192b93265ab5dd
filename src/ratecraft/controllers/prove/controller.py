"""Proof by experiment: the run as it is, then short branches off it that can show what is wrong with it.

Path:   settings -> baseline -> experiments for its findings (a function handed in) -> branches, all arms from the same
        states over the same batches -> further experiments (a function handed in), until there are none -> scores for
        the judgement.
Units:  steps are optimizer steps; rates are absolute.
Source: docs/reference/findings.md, "Branches": 50 steps with a cool-down named the best of five factors in 48 of 56
        cases and never the wrong direction; without a cool-down, or with 20 steps, much less often.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from ratecraft.controllers.baseline.cadence import cadence_of
from ratecraft.controllers.baseline.failures import raise_failure
from ratecraft.controllers.baseline.run_result import figures_of
from ratecraft.controllers.prove.price import priced
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.prove.trying import Further, try_all
from ratecraft.controllers.synchronous import Asking, State, Synchronous, next_jobs
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.records.answer import Answer, Decision
from ratecraft.records.events import Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric, choose_metric, direction_of, normal_name
from ratecraft.records.outcome import Ending, Outcome, RunFacts
from ratecraft.records.proof import Experiment, Price
from ratecraft.records.treatment import MEASURED

Found = TypeVar("Found")

Plan: TypeAlias = Callable[[Proposed, Outcome, int], tuple[Experiment, ...]]
"""From the baseline and the steps of a full run to the experiments worth making, the most telling first."""


@dataclass(frozen=True, slots=True)
class Prove(Synchronous):
    """A proof as a controller (`controllers.controller.Controller`).

    Attributes:
        settings: Settings of the study.
        plan: Returns the experiments to make, given the baseline.
        further: Returns the next experiments, given those that were made.

    Example:
        >>> proof = Prove(ProveSettings(), lambda asked, outcome, steps: (), lambda tried, waiting, steps: ())
        >>> [each.phase for each in proof.wanted(proof.init(), free=1)]
        ['baseline']
    """

    settings: ProveSettings
    plan: Plan
    further: Further

    def wanted(self, state: State, free: int) -> tuple[Proposed, ...] | Answer:
        """At most `free` new jobs, trunks not counted (none while it waits for outcomes), or the answer.

        Raises:
            InvalidInput: The script makes no step.
            ScriptFailed: The user's own code fails where the rate cannot be the cause.
            NoAnswer: The run is shorter than a branch.
        """
        return next_jobs(prove(self.settings, self.plan, self.further), state, free)


def prove(settings: ProveSettings, plan: Plan, further: Further) -> Asking[Answer]:
    """A whole proof from beginning to end.

    Raises:
        InvalidInput: The script makes no step.
        NoAnswer: The run is too short for a branch (`too-few-steps`).
    """
    facts, steps, experiments = RunFacts(), settings.steps or 0, settings.experiments or ()
    if settings.experiments is None:
        asked = baseline_of_proof(settings)
        (baseline,) = yield (asked,)
        raise_failure(baseline)
        if not baseline.steps:
            raise InvalidInput("no-steps")
        facts, steps = baseline.facts, length_of(baseline, settings)
        experiments = plan(asked, baseline, steps) if steps >= settings.least_steps else ()
        settings = with_validation(settings, baseline)
    if steps < settings.least_steps:
        raise NoAnswer("too-few-steps", steps=steps, least=settings.least_steps)
    price = priced(settings, experiments, further, steps)
    tried, decisions = yield from _told(try_all(settings, experiments, further, steps), price)
    if tried:
        decisions = (Decision("proof-price", {"low": price.low, "high": price.high}), *decisions)
    return Answer(
        verdict="proved",
        metric=Metric("training_loss", "min", source="training"),
        own_rate=facts.own_rate,
        horizon=steps,
        horizon_source="run" if settings.baseline else "steps",
        groups=facts.groups,
        leading=facts.leading,
        decisions=decisions,
        tried=tried,
    )


def baseline_of_proof(settings: ProveSettings) -> Proposed:
    """The job that runs the script as it is and measures its gradients."""
    return Proposed(Job(seed=settings.seed, treatment=MEASURED, evaluate=Evaluate("natural")), "baseline")


def with_validation(settings: ProveSettings, baseline: Outcome) -> ProveSettings:
    """The settings with the run's validation loss as the metric, if the run validates."""
    names = [name for figure in baseline.figures if direction_of(name := normal_name(figure.name)) == "min"]
    metric = choose_metric(names)
    if metric is None:
        return settings
    cadence = cadence_of(figures_of(baseline.figures, metric), baseline.facts, whole=True)
    return replace(settings, metric=metric, cadence=cadence)


def length_of(baseline: Outcome, settings: ProveSettings) -> int:
    """Steps of a full run: of one that ended before its time, as many as it announced."""
    if baseline.ending is Ending.DONE:
        return baseline.steps
    return max(baseline.steps, baseline.facts.horizon or 0, settings.steps or 0)


def _told(asking: Asking[Found], price: Price) -> Asking[Found]:
    """The same controller code, with the price attached to the first job that it asks for."""
    try:
        first, *others = next(asking)
        asked = (replace(first, price=price), *others)
        while True:
            asked = asking.send((yield asked))
    except StopIteration as over:
        return over.value
