"""What a proof will cost, once its baseline tells what is tried: its own code, run over made-up outcomes.

Path:   experiments -> `try_all` in a few made-up worlds, in which no arm gains, or one kind does -> `Price`.
Units:  runs are multiples of the full run's steps, baseline and scores among them; a frozen step is a third of a step.

What is tried depends on the outcomes, so a price is a range. It assumes that no arm blows up, and that branches are
reached as the settings say.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Literal, TypeAlias

from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.prove.trying import Further, jobs_of, try_all
from ratecraft.records.job import Job
from ratecraft.records.outcome import FROZEN_STEP, Ending, Outcome
from ratecraft.records.proof import Arm, Experiment, Price, TriedArm

_Kind: TypeAlias = Literal["up", "down", "held", "other", "none"]

_World: TypeAlias = Callable[[Experiment, Arm, int], float]
"""The score of a repeat of an arm."""

_AS_IT_IS = 0.5  # score of the run as it is, which begins at 1; of one that was seen to stand it is 1
_GAIN, _FAR_GAIN, _LOSS = 0.12, 0.18, 0.12  # shares: of the nearest arm of a kind, of the next one, of the other side
_NOISE = 0.06  # of a score: three repeats cannot tell a gain from it, five mostly can


@lru_cache(maxsize=8)  # a controller is run again at every event
def priced(settings: ProveSettings, experiments: tuple[Experiment, ...], further: Further, horizon: int) -> Price:
    """The total cost of a proof: at least and at most.

    Args:
        settings: Settings of the proof, with the metric of its run.
        experiments: The first experiments.
        further: Returns the next experiments, given those that were made.
        horizon: Steps of a full run.

    Example:
        >>> from ratecraft.records.proof import AS_IT_IS
        >>> tries = (Experiment(0, 0.1, (AS_IT_IS, Arm("higher", 3.0)), 50),)
        >>> priced(ProveSettings(branching="fork"), tries, lambda tried, waiting, steps: (), 1000)
        Price(low=1.39, high=1.39)
    """
    own = 1.0 if any(experiment.is_on_one_batch for experiment in experiments) else _AS_IT_IS
    worlds = [_world("none", 0.0, own, confirmed=False)]
    kinds: tuple[_Kind, ...] = ("none", "up", "down", "other")
    worlds += [_world(kind, _NOISE, own, confirmed=confirmed) for kind in kinds for confirmed in (True, False)]
    steps = [_steps_in(world, settings, experiments, further, horizon) for world in worlds]
    runs = [round(settings.baseline + step / horizon, 2) for step in steps]
    return Price(min(runs), max(runs))


def _world(kind: _Kind, noise: float, own: float, *, confirmed: bool) -> _World:
    """A made-up world in which arms of one kind gain.

    Args:
        kind: The kind that gains; of the others, rates do worse and the rest equally well.
        noise: Noise of a score from repeat to repeat.
        own: Score of the run as it is.
        confirmed: Whether a longer branch gains too.
    """

    def score(experiment: Experiment, arm: Arm, repeat: int) -> float:
        jitter = noise * ((repeat + 2 * len(arm.name)) % 5 - 2) / 2
        if arm == experiment.arms[0]:
            return own * (1 + jitter / 2)
        changed = _kind_of(arm)
        gain = 0.0 if changed == "other" or own == 1.0 else -_LOSS
        if changed == kind:
            reach = round(abs(math.log(arm.factor, 3)))
            gain = _GAIN if reach <= 1 else _FAR_GAIN if reach == 2 else _GAIN / 2  # so the third ends a ladder
            gain = gain if confirmed or not experiment.validated else 0.0
        return own * (1 - gain) * (1 + jitter)

    return score


def _kind_of(arm: Arm) -> _Kind:
    if not arm.cooled:
        return "held"  # a held rate does worse in every world, as it does where a cool-down wins
    return "up" if arm.factor > 1 else "down" if arm.factor < 1 else "other"


def _steps_in(
    world: _World, settings: ProveSettings, experiments: Sequence[Experiment], further: Further, horizon: int
) -> float:
    """Steps of all jobs in one world, and their scores."""
    known: dict[str, float] = {}

    def learn(asked: Sequence[Experiment]) -> None:
        for experiment in asked:
            known.update(
                {job.key: world(experiment, arm, repeat) for arm, repeat, job in jobs_of(settings, experiment)}
            )

    def told(tried: Sequence[TriedArm], waiting: Sequence[Experiment], steps: int) -> Sequence[Experiment]:
        asked = further(tried, waiting, steps)
        learn(asked)
        return asked

    learn(experiments)
    asking, came = try_all(settings, experiments, told, horizon), dict[str, Outcome]()
    outcome = partial(_outcome, settings, known)
    try:
        asked = next(asking)
        while True:
            came |= {proposed.job.key: outcome(proposed.job) for proposed in asked if proposed.job.key not in came}
            asked = asking.send(tuple(came[proposed.job.key] for proposed in asked))
    except StopIteration:
        return sum(one.executed + one.evaluation_steps for one in came.values())


def _outcome(settings: ProveSettings, known: dict[str, float], job: Job) -> Outcome:
    """The outcome of a job; a trunk that is replayed costs nothing beside its branches."""
    replayed, stop = settings.branching == "replay", job.stop or 0
    if job.evaluate is None:
        steps = 0 if replayed else stop - job.start
        return Outcome(job.key, Ending.DONE, steps, steps, losses=(1.0,))
    steps, frozen = stop if replayed else stop - job.start, job.evaluate.steps
    if job.evaluate.kind == "figure":
        checks = () if settings.cadence.is_led else settings.cadence.steps
        frozen = min((check - stop for check in checks if check >= stop), default=0)
    score, cost = known[job.key], frozen * FROZEN_STEP
    return Outcome(job.key, Ending.DONE, steps, steps, score=score, first_loss=1.0, evaluation_steps=cost)
