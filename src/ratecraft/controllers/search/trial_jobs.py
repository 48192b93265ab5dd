"""The jobs of a trial: its values as schedules and arguments, for its full run and the shortened runs before it.

Path:   values of a trial, what the search fixed -> jobs, one for each seed.
Units:  steps are optimizer steps; rates are absolute.

A shortened run follows the trial's own schedules up to a step, and then cools down to 0 from whatever its rate is
there, since un-annealed scores rank rates wrongly. The full run continues from the step where the cool-down began.
"""

from dataclasses import dataclass, replace
from typing import Literal

from ratecraft.controllers.probing.rungs import Rung, rung_of
from ratecraft.controllers.search.placeholders import SEED, filled, placeholders
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.space import Space, Values
from ratecraft.controllers.settings.shape import shape_of
from ratecraft.errors import InvalidInput
from ratecraft.records.events import Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric
from ratecraft.records.trials import Trial
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.lengths import Horizon
from ratecraft.schedules.sets import ScheduleSet, set_of
from ratecraft.schedules.sizes import Sizes
from ratecraft.schedules.trees.nodes import Schedule

HELD = ("momentum", "beta2", "weight_decay")
"""Hyperparameters that are held constant at their value."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What is fixed before the first trial.

    Attributes:
        settings: The user's decisions and the constants.
        space: What is varied.
        horizon: Steps of a full run of the script as it is.
        own_rate: The script's own largest rate.
        metric: The metric that trials are compared by.
        seeds: Number of runs of every trial, each with its own seed.
        rungs: Rungs of a search that stops trials early, shortest first, for a run of `horizon` steps; the full run
            comes after the last.
        sizes: How large an epoch and a step of the script as it is are.
    """

    settings: SearchSettings
    space: Space
    horizon: int
    own_rate: float
    metric: Metric
    seeds: int = 1
    rungs: tuple[Rung, ...] = ()
    sizes: Sizes = Sizes()

    @property
    def run(self) -> Horizon:
        """A full run of the script as it is."""
        return self.sizes.over(self.horizon)

    @property
    def branching(self) -> Literal["replay", "fork"]:
        """How a branch is reached."""
        return self.settings.branching

    @property
    def looks(self) -> bool:
        """Whether trials may have runs of other lengths, so that the script must be looked at with their arguments."""
        return bool(self.space.arguments) and self.settings.what == "script" and not self.settings.steps

    def rung(self, place: int, horizon: int) -> Rung:
        """A rung for a run of `horizon` steps."""
        rung = self.rungs[place]
        if horizon == self.horizon:
            return rung
        other = rung_of(rung.trunk * horizon / self.horizon, self.settings.tuner)
        return Rung(other.trunk, other.stop, rung.evaluate)


def first_rung(frame: Frame, bracket: int) -> int:
    """The rung on which the trials of a bracket begin: one further for each, and again from the first."""
    return bracket % (len(frame.rungs) + 1)


def arguments_of(frame: Frame, values: Values) -> tuple[str, ...]:
    """The whole command line of a trial; empty if it is the script's own."""
    words = frame.settings.arguments
    if frame.settings.what == "program":
        return filled(words, values)
    if frame.settings.what == "loop":  # an inactive parameter has no word
        return tuple(word for word in filled(words, values) if not placeholders((word,)))
    for argument in frame.space.arguments:
        if argument.name in values:
            words = with_argument(words, argument.argument, str(values[argument.name]))
    return () if words == frame.settings.arguments else words


def look_at(frame: Frame, arguments: tuple[str, ...]) -> Job:
    """A look at the script with other arguments, which may make its run longer or shorter."""
    settings = frame.settings
    return Job(stop=1, seed=settings.seed, arguments=arguments, evaluate=settings.first_look)


def trial_jobs(frame: Frame, trial: Trial, horizon: Horizon) -> tuple[Proposed, ...]:
    """The jobs of a trial at its rung, each seed's trunk before what leaves it.

    Args:
        frame: What was fixed before the first trial.
        trial: The trial; a rung beyond the last is its full run.
        horizon: Steps of a full run with its arguments.

    Raises:
        InvalidInput: A schedule does not fit the run.
    """
    if frame.settings.what != "script":
        return _plain_jobs(frame, trial)
    schedules, arguments = _schedules(frame, trial.values, horizon), arguments_of(frame, trial.values)
    jobs: list[Job] = []
    for seed in range(frame.settings.seed, frame.settings.seed + frame.seeds):
        run = Job(schedules, stop=horizon.steps, seed=seed, arguments=arguments, evaluate=_to_the_end(frame.metric))
        trunk = _trunk(frame, trial, run)
        if trial.rung < len(frame.rungs) and trunk is not None:
            jobs += [trunk, _cooled(trunk, frame.rung(trial.rung, horizon.steps))]
        else:
            jobs.append(_leaving(trunk, run))
    return tuple(Proposed(job, "trial", trial=trial) for job in jobs)


def _plain_jobs(frame: Frame, trial: Trial) -> tuple[Proposed, ...]:
    """The jobs of a trial whose rate ratecraft does not set: its values are only words of the command."""
    words, seed, evaluate = arguments_of(frame, trial.values), frame.settings.seed, _to_the_end(frame.metric)
    jobs = (
        Job(stop=frame.horizon, seed=run_seed, arguments=filled(words, {SEED: run_seed}), evaluate=evaluate)
        for run_seed in range(seed, seed + frame.seeds)
    )
    return tuple(Proposed(job, "trial", trial=trial) for job in jobs)


def _trunk(frame: Frame, trial: Trial, run: Job) -> Job | None:
    """The trunk of a run at the trial's rung, continued from those of earlier rungs; None if there is none."""
    trunk = None
    for place in range(first_rung(frame, trial.bracket), min(trial.rung + 1, len(frame.rungs))):
        stop = frame.rung(place, run.stop or 0).trunk
        trunk = replace(_leaving(trunk, run), stop=stop, evaluate=None)
    return trunk


def _leaving(trunk: Job | None, run: Job) -> Job:
    return run if trunk is None else replace(run, start=trunk.stop or 0, parent=trunk.key)


def _cooled(trunk: Job, rung: Rung) -> Job:
    """The end of a shortened run: the rate of the schedule, times a factor that falls to 0."""
    falling = constant(1, rung.trunk) >> linear(1, 0, rung.stop - rung.trunk)
    schedules = {**trunk.schedules, "rate": trunk.schedules["rate"] * falling}
    return replace(_leaving(trunk, trunk), schedules=schedules, stop=rung.stop, evaluate=rung.evaluate)


def _to_the_end(metric: Metric) -> Evaluate:
    """How a full run is scored: by its own figures, or by its last losses."""
    if metric.source == "training":
        return Evaluate("natural")
    return Evaluate("natural", metric.name, direction=metric.direction)


def _schedules(frame: Frame, values: Values, horizon: Horizon) -> dict[str, Schedule]:
    """The schedules of a full run."""
    rate = float(values.get("rate", frame.own_rate))
    share = values.get("warm_up")
    warm_up = None if share is None else round(share * horizon.steps)
    text: str | None = values.get("schedule")
    held = {name: constant(float(values[name])) for name in HELD if name in values}
    if text is None:
        return {"rate": _usual(frame, rate, horizon.steps, warm_up), **held}
    shape = set_of(parse_set(text))
    if warm_up:
        shape = ScheduleSet({**shape, "rate": warmup(warm_up) >> shape.rate})
    return {**shape_of(shape, horizon).at_peak(rate), **held}


def _usual(frame: Frame, rate: float, horizon: int, warm_up: int | None) -> Schedule:
    """The tuner's usual schedule: a warm-up, constant, then linear to 0."""
    tuner = frame.settings.tuner
    decay = round(horizon * tuner.decay)
    flat = horizon - decay
    rising = max(1, int(horizon * tuner.warm_up)) if warm_up is None else min(warm_up, flat)
    begun = rate * warmup(rising) >> constant(rate, flat - rising) if rising else constant(rate, flat)
    return begun >> linear(rate, 0.0, decay)


def with_argument(words: tuple[str, ...], argument: str, value: str) -> tuple[str, ...]:
    """A command line in which an argument has another value: in its place if it is there, else at the end.

    Raises:
        InvalidInput: The argument is not a word (`space-argument`).
    """
    if argument.endswith("="):  # one word, as in `lr=0.1`
        others = tuple(word for word in words if not word.startswith(argument))
        return (*others, argument + value)
    if not argument or argument.split() != [argument]:
        raise InvalidInput("space-argument", given=argument)
    for at, word in enumerate(words):
        if word.startswith(f"{argument}="):
            return (*words[:at], f"{argument}={value}", *words[at + 1 :])
        if word == argument and at + 1 < len(words):
            return (*words[: at + 1], value, *words[at + 2 :])
    return (*words, argument, value)
