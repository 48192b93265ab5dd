"""The range ramp: a run whose rate rises at every step until it breaks. It gives an upper bound, not a choice.

Path:   settings, `Start` -> one job -> its curve -> `Ramp`; the starting rate of a script that sets none itself.
Units:  rates are absolute, of the leading group; steps are optimizer steps.
Source: docs/reference/tuner.md, "Ramp", 1e-6 to 30. On twelve tasks the edge that it found lay 1.6 to 11 octaves above
        the best rate (median 5.1), so the first probes are tried 2, 4 and 6 octaves below it.
"""

from dataclasses import replace

from ratecraft.controllers.baseline.failures import raise_failure
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.synchronous import Asking
from ratecraft.laws.responses.range_ramp import edge_of, ramp_emptiness
from ratecraft.laws.responses.suggestions import suggestions
from ratecraft.records.answer import Decision, Ramp
from ratecraft.records.events import Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Outcome
from ratecraft.schedules.builders.constructors import exponential

FULL_RANGE = (1e-6, 30.0)
_BELOW_EDGE = 4  # octaves under the edge: where the ladder has its middle
_LEAST_STEPS = 48  # half an octave a step over the full range
_SHARE = 1 / 24
_MOST_STEPS = 256


def ramp_job(rates: tuple[float, float], steps: int, seed: int) -> Job:
    """The job of a ramp. Its rate is computed from the step, so that rounding errors do not accumulate.

    Args:
        rates: The first and the last rate.
        steps: At least 2.
        seed: Seed of the run.

    Example:
        >>> rate = ramp_job((0.25, 16.0), steps=4, seed=0).schedules["rate"]
        >>> [round(rate.at(step), 9) for step in range(4)]
        [0.25, 1.0, 4.0, 16.0]
    """
    low, high = rates
    rising = low * exponential(high / low, steps - 1)
    # A job that nothing scores is a trunk, which waits for a job that leaves it; one frozen batch is the least score.
    return Job(schedules={"rate": rising}, stop=steps, seed=seed, evaluate=Evaluate("frozen", steps=1))


def ramp(job: Job) -> Asking[Ramp]:
    """Run a ramp and read its curve.

    Raises:
        ScriptFailed: The script raised an error of its own, at a rate that cannot be the cause.
    """
    (outcome,) = yield (Proposed(job, "ramp"),)
    if not outcome.losses:
        raise_failure(outcome)
    return _read(job, outcome)


def with_own_rate(start: Start, seed: int) -> Asking[Start]:
    """What is known before the first probe, with a rate to build the ladder on.

    If the script never sets a rate above 0, a short ramp gives an upper bound for one.

    Args:
        start: What the first run showed.
        seed: Seed of the study's jobs.

    Raises:
        ScriptFailed: The script's own error.
    """
    if start.own_rate:
        return start
    steps = min(max(_LEAST_STEPS, int(start.horizon * _SHARE)), _MOST_STEPS)
    job = ramp_job(FULL_RANGE, steps, seed)
    seen = yield from ramp(job)
    edge = FULL_RANGE[1] if seen.edge is None else seen.edge
    said = Decision("ramp-without-edge", {"rate": edge}) if seen.edge is None else Decision("ramp-edge", {"edge": edge})
    middle = float(f"{edge / 2**_BELOW_EDGE:.2g}")
    return replace(start, own_rate=middle, ramp=seen, census=(*start.census, job), decisions=(*start.decisions, said))


def _read(job: Job, outcome: Outcome) -> Ramp:
    rates = tuple(job.schedules["rate"].curve(job.stop or 0).tolist())
    edge = edge_of(rates, outcome.losses, blown_up=outcome.ending is Ending.BLOWN_UP)
    empty = ramp_emptiness(rates, outcome.losses, edge)
    return Ramp(
        job.key,
        rates,
        outcome.losses,
        edge=edge.rate if edge else None,
        edge_interval=(edge.low, edge.high) if edge else None,
        suggestions={} if empty else suggestions(rates, outcome.losses, edge),
        empty=empty or "",
    )
