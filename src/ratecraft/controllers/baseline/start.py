"""What must be known before the first probe: horizon, own rate, figures; read from the baseline or a census.

Path:   settings -> baseline or census job -> `Start`.
Units:  steps are optimizer steps; rates are absolute, of the leading group.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from ratecraft.controllers.baseline.cadence import Cadence, cadence_of
from ratecraft.controllers.baseline.compared import Compared, compared, raise_if_direction_is_asked
from ratecraft.controllers.baseline.failures import raise_failure, raise_opponents
from ratecraft.controllers.baseline.run_result import figures_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.synchronous import Asking
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.records.answer import Decision, Ramp
from ratecraft.records.events import Proposed
from ratecraft.records.job import Evaluate, Job, Phase
from ratecraft.records.metrics import Metric, normal_name
from ratecraft.records.outcome import Ending, Outcome, RunFacts
from ratecraft.schedules.sizes import Sizes

_WHOLE = Evaluate("census")


@dataclass(frozen=True, slots=True)
class Start:
    """What is known before the first probe.

    Attributes:
        horizon: Steps of a full run, and `horizon_source` says how they are known; 0 if they are not.
        own_rate: The rate that the ladder of probes is built on; 0 if the script never sets one above 0.
        metric: The figure that is compared; None if the script prints none that can be.
        cadence: When the script gives that figure.
        single_pass: Each sample is seen once.
        facts: Facts of the script.
        sizes: How large an epoch and a step are, as far as that is known.
        baseline: Outcome of the script as it is; None if that was not run.
        census: The jobs so far that count towards the budget.
        ramp: The ramp that replaces a missing own rate; None if the script has one.
        decisions: What was found, for the reader.
        compared: The reported figures, of which `metric` is one.
    """

    horizon: int
    horizon_source: str
    own_rate: float
    metric: Metric | None
    cadence: Cadence
    single_pass: bool
    facts: RunFacts
    sizes: Sizes = Sizes()
    baseline: Outcome | None = None
    census: tuple[Job, ...] = ()
    ramp: Ramp | None = None
    decisions: tuple[Decision, ...] = ()
    compared: Compared = Compared()


def begin(settings: TunerSettings, look: Evaluate = _WHOLE) -> Asking[Start]:
    """Run the baseline, a census, or both, and read off what the study needs.

    Args:
        settings: Settings of the study.
        look: How far a census goes; one with `steps` ends at the first figure.

    Raises:
        ScriptFailed: The script fails by itself.
        InvalidInput: It has no optimizer, or makes no step; or its optimizers learn from different losses, and the user
            named no figure.
        NoAnswer: The figure that the user named is never printed, the figure to compare is never a number, the
            direction of the only figure is not known, or the loss is NaN or infinite before any update.
    """
    baseline = (yield from _baseline(settings)) if settings.baseline else None
    steps, source = _length_of(baseline, settings)
    told = _tells_enough(baseline, settings)
    first_look = Job(stop=1, seed=settings.seed, evaluate=look)
    census = None if steps and told else (yield from _first_run(first_look, "census"))
    if not steps and census is not None:
        steps, source = census.facts.horizon or 0, census.facts.horizon_source or "census"
    if settings.metric is None:
        raise_opponents(baseline)
    found = _compared(census or baseline, settings, whole=not look.steps)
    metric = found.metric
    _raise_if_never_a_number(baseline, metric)
    facts = next((seen.facts for seen in (baseline, census) if seen), RunFacts())
    passes = _passes(facts, steps) if steps else None
    return Start(
        horizon=steps,
        horizon_source=source,
        own_rate=settings.own_rate or scripts_rate(facts, started=baseline is None),
        metric=metric,
        cadence=_cadence(baseline or census, facts, metric, whole=baseline is not None),
        single_pass=passes is not None and passes <= settings.single_pass,
        facts=facts,
        sizes=sizes_of(settings.sizes, facts),
        baseline=baseline,
        census=() if census is None else (first_look,),
        decisions=(
            Decision(f"horizon-{source}", {"steps": steps}) if steps else Decision("horizon-none"),
            *_about(baseline, metric),
            Decision("passes-unknown") if passes is None else Decision("passes", {"passes": passes}),
        ),
        compared=found,
    )


def baseline_job(settings: TunerSettings) -> Job:
    """The job that runs the script as it is."""
    metric = settings.metric
    evaluate = Evaluate("natural", metric.name, direction=metric.direction) if metric else Evaluate("natural")
    return Job(seed=settings.seed, evaluate=evaluate)


def sizes_of(told: Sizes, facts: RunFacts) -> Sizes:
    """How large an epoch and a step are: as the user says, else as a run showed.

    Example:
        >>> sizes_of(Sizes(batch_size=32), RunFacts(samples_per_step=16.0, dataset_length=1600))
        Sizes(steps_per_epoch=50.0, batch_size=32.0, tokens_per_step=None)
    """
    batch_size = told.batch_size or facts.samples_per_step
    epoch = told.steps_per_epoch or facts.steps_per_epoch
    if epoch is None and batch_size and facts.dataset_length:
        epoch = facts.dataset_length / batch_size
    return Sizes(steps_per_epoch=epoch, batch_size=batch_size, tokens_per_step=told.tokens_per_step)


def _first_run(job: Job, phase: Phase) -> Asking[Outcome]:
    (outcome,) = yield (Proposed(job, phase),)
    raise_failure(outcome)
    _raise_if_lost_before_any_update(outcome)
    return outcome


def _raise_if_lost_before_any_update(outcome: Outcome) -> None:
    """A loss that is NaN or infinite in step 0 is not the rate's doing: every probe would blow up alike.

    Raises:
        NoAnswer: The first loss is not finite (`first-loss-not-finite`).
    """
    first = outcome.first_loss
    if outcome.ending is Ending.BLOWN_UP and outcome.steps <= 1 and first is not None and not math.isfinite(first):
        raise NoAnswer("first-loss-not-finite", loss=first)


def _baseline(settings: TunerSettings) -> Asking[Outcome]:
    outcome = yield from _first_run(baseline_job(settings), "baseline")
    if not outcome.steps and outcome.ending is not Ending.BLOWN_UP:
        raise InvalidInput("no-steps")
    return outcome


def _length_of(baseline: Outcome | None, settings: TunerSettings) -> tuple[int, str]:
    """Steps of a full run and how they are known; 0 if a census must tell them."""
    if baseline is not None and baseline.ending is not Ending.BLOWN_UP:
        return baseline.steps, "run"
    if settings.steps:
        return settings.steps, "steps"
    if baseline is not None and baseline.facts.horizon:
        return baseline.facts.horizon, baseline.facts.horizon_source
    return 0, ""


def _tells_enough(baseline: Outcome | None, settings: TunerSettings) -> bool:
    """Whether rate and figures are known without a census. A run that blew up may never have reached its evaluation."""
    if baseline is None:
        return settings.own_rate is not None
    return baseline.ending is not Ending.BLOWN_UP or bool(baseline.figures)


def scripts_rate(facts: RunFacts, *, started: bool) -> float:
    """The largest rate that the script is known to set; 0 if none is known.

    Args:
        facts: Facts of the script.
        started: The run was only begun and may still be warming up, so the rate that its optimizer was made with counts
            too.
    """
    base = facts.groups[facts.leading].base_rate if started and facts.groups else 0.0
    return max(facts.own_rate or 0.0, base)


def _compared(seen: Outcome | None, settings: TunerSettings, *, whole: bool) -> Compared:
    """The figure to compare, the user's or one that a run reported, and the others.

    If the script was not run to its end, the user's figure may still come.

    Raises:
        NoAnswer: The user's figure is not among those that were seen; or the only figure has no known direction.
    """
    metric, found = settings.metric, compared(seen, settings.metric)
    if metric is None:
        raise_if_direction_is_asked(found)
        return found
    counts = Counter(normal_name(figure.name) for figure in (seen.figures if seen else ()))
    if seen is not None and metric.name not in counts and (counts or whole):
        names = ", ".join(f"{name} ({count}×)" for name, count in counts.items())
        code = "metric-not-printed" if names else "nothing-printed"
        raise NoAnswer(code, metric=metric.name, seen=names)
    return found


def _raise_if_never_a_number(baseline: Outcome | None, metric: Metric | None) -> None:
    """Raise if the figure is never a number: probes would tell nothing. A run that blew up may have had no better one.

    Raises:
        NoAnswer: The figure is not a number, however often it was printed.
    """
    if baseline is None or metric is None or baseline.ending is Ending.BLOWN_UP:
        return
    figures = figures_of(baseline.figures, metric)
    if figures and not any(math.isfinite(figure.value) for figure in figures):
        raise NoAnswer("metric-never-a-number", metric=metric.name, count=len(figures))


def _cadence(seen: Outcome | None, facts: RunFacts, metric: Metric | None, *, whole: bool) -> Cadence:
    """When the script gives the figure. If it has not been seen yet, it is expected where an epoch can be ended."""
    if metric is None:
        return Cadence("none")
    figures = figures_of(seen.figures, metric) if seen else ()
    if not figures and not whole:
        return Cadence("epoch-end" if facts.loader or not facts.optimizers else "none")
    return cadence_of(figures, facts, whole=whole)


def _passes(facts: RunFacts, horizon: int) -> float | None:
    """How often each sample is seen in a full run."""
    if not facts.samples_per_step or not facts.dataset_length:
        return None
    return horizon * facts.samples_per_step / facts.dataset_length


def _about(baseline: Outcome | None, metric: Metric | None) -> Iterator[Decision]:
    """What the baseline shows besides its length, as decisions."""
    if baseline is None:
        return
    if baseline.ending is Ending.BLOWN_UP:
        own = scripts_rate(baseline.facts, started=False)
        told = {"own": own, "step": baseline.steps}
        yield Decision("own-rate-diverged", told) if own else Decision("baseline-blown-up", {"step": baseline.steps})
    elif baseline.facts.horizon and baseline.facts.horizon > baseline.steps:
        yield Decision("early-stopping", {"steps": baseline.steps, "planned": baseline.facts.horizon})
    figures = figures_of(baseline.figures, metric) if metric else ()
    if figures and not math.isfinite(figures[-1].value):
        yield Decision("metric-nan", {"metric": figures[-1].name})
