"""What is known beforehand of optimizers, tasks and schedules.

Path:   `presets.toml`, a file of the user's own -> these values -> a plan.
Units:  rates as the optimizer receives them, at their peak; batch sizes in samples a step; shares are of the run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from ratecraft.laws.scaling.batch import BatchRule
from ratecraft.laws.scaling.width import WidthRule

Confidence: TypeAlias = Literal["high", "medium", "low", "own"]
"""How well a value holds; `own` is one of the user's own."""

Coupling: TypeAlias = Literal["decoupled", "coupled"]
"""Weight decay shrinks the weights by rate · decay (`decoupled`), or is a term of the gradient (`coupled`)."""

WarmUp: TypeAlias = Literal["memory", "inside", "large-batch", "none"]
"""What a warm-up is for: the average of squared gradients; the same, by an argument of the optimizer itself; a batch
that was scaled up; nothing."""


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """A number that is set before training.

    Attributes:
        value: A good first one.
        low: The least that is usual; None if no range is known.
        high: The most that is usual.
        source: Where it is from, as it is cited.
        confidence: How well it holds.
        unit: What it is counted in, where its name does not say so: `epochs`.
    """

    value: float
    low: float | None
    high: float | None
    source: str
    confidence: Confidence
    unit: str = ""

    def times(self, factor: float, of_range: float | None = None) -> "Hyperparameter":
        """This hyperparameter times a factor, its range too, or the range by a factor of its own."""
        along = factor if of_range is None else of_range
        low, high = (None if end is None else end * along for end in (self.low, self.high))
        return replace(self, value=self.value * factor, low=low, high=high)


_RANKED: tuple[Confidence, ...] = ("low", "medium", "high")


def lowered(hyperparameter: Hyperparameter, steps: int = 1, most: Confidence = "high") -> Hyperparameter:
    """The hyperparameter, known less well: a value that stands in for another, or that a law has carried far.

    Args:
        hyperparameter: The published hyperparameter.
        steps: Number of degrees.
        most: The best that it may be known afterwards; what is the user's own stays so.

    Example:
        >>> hyperparameter = Hyperparameter(2e-5, 1e-5, 5e-5, "Devlin et al. 2019", "high")
        >>> lowered(hyperparameter).confidence, lowered(hyperparameter, 0, most="low").confidence
        ('medium', 'low')
    """
    if hyperparameter.confidence == "own":
        return hyperparameter
    rank = min(_RANKED.index(hyperparameter.confidence) - steps, _RANKED.index(most))
    return replace(hyperparameter, confidence=_RANKED[max(0, rank)])


@dataclass(frozen=True, slots=True)
class Kin:
    """How the values of another optimizer stand in where a task has none for this one.

    Attributes:
        factor: Factor for its rate; a decoupled weight decay is divided by it, so that rate times decay stays.
        confidence: The best that such a value may be known.
        source: Why they are alike.
    """

    factor: float
    confidence: Confidence
    source: str


@dataclass(frozen=True, slots=True)
class Call:
    """How an optimizer is made: its class, and its arguments with `$hyperparameter` where a number goes."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GroupRecipe:
    """Parameters that get a rate of their own.

    Attributes:
        role: Which parameters these are: `body`, `head`, `matrices`, `rest`.
        factor: Factor for the rate.
        call: The optimizer that they get, where it is another one.
    """

    role: str
    factor: float
    call: Call | None = None


@dataclass(frozen=True, slots=True)
class OptimizerRecipe:
    """An optimizer: what to set, and by which laws it moves.

    Attributes:
        key: What it is called on the command line.
        name: What people call it.
        call: How it is made.
        rule: How the rate follows the batch; None if it doesn't.
        width: Optimizer family whose table of multipliers holds for another width; None if none does.
        coupling: How it does weight decay.
        warm_up: What a warm-up is for.
        hyperparameters: Hyperparameters by name, the rate among them.
        batches: Smallest and largest batch at which the rate is usual; None if it does not depend on it.
        schedule: The one that it needs, whatever the task; None if the task decides.
        like: Optimizers whose values of a task stand in where it has none for this one, by their keys, nearest first.
        elsewhere: Key of the recipe that goes before this one where a task has no value for it; empty if none does.
        any_task: The rate is the same for every task.
        matters: Names of the hyperparameters to tune, in this order.
        groups: Where it cannot train all parameters alike.
        cautions: Codes of common mistakes.
    """

    key: str
    name: str
    call: Call
    rule: BatchRule | None
    width: WidthRule | None
    coupling: Coupling
    warm_up: WarmUp
    hyperparameters: Mapping[str, Hyperparameter]
    batches: tuple[float, float] | None = None
    schedule: str | None = None
    like: Mapping[str, Kin] = field(default_factory=dict[str, Kin])
    elsewhere: str = ""
    any_task: bool = False
    matters: tuple[str, ...] = ()
    groups: tuple[GroupRecipe, ...] = ()
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskOptimizer:
    """What a task knows of an optimizer.

    Attributes:
        hyperparameters: Hyperparameters that differ from the optimizer's own.
        batches: Smallest and largest batch at which the rate is usual.
        sizes: Pairs of parameters and rate, rising in size; empty if the rate does not follow the size.
        law: The rate of a model of a known size follows `laws.scaling.language_model`.
        call: Name of another class, which the data need.
        linear: Largest batch up to which the linear rule was published for just this; 0 if the usual limit holds.
        cautions: Codes of common mistakes with it there.
    """

    hyperparameters: Mapping[str, Hyperparameter]
    batches: tuple[float, float] | None = None
    sizes: tuple[tuple[float, float], ...] = ()
    law: bool = False
    call: str = ""
    linear: float = 0.0
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskRecipe:
    """A kind of training.

    Attributes:
        key: What it is called on the command line.
        schedule: Key of the usual one.
        hyperparameters: Hyperparameters that hold for every optimizer.
        optimizers: What is known of some, by their keys.
        groups: Parameters that get rates of their own; the first is the one that the rate is of.
        cautions: Codes of common mistakes.
    """

    key: str
    schedule: str
    hyperparameters: Mapping[str, Hyperparameter]
    optimizers: Mapping[str, TaskOptimizer]
    groups: tuple[GroupRecipe, ...] = ()
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleRecipe:
    """A shape of height 1.

    Attributes:
        key: What it is called on the command line.
        shape: Expression of the schedule.
        after_warm_up: The same with `$warm_up` in front, or with its `$length`.
        hyperparameters: Numbers of the schedule, with their ranges.
        cautions: Codes of common mistakes.
    """

    key: str
    shape: str
    after_warm_up: str
    hyperparameters: Mapping[str, Hyperparameter]
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Presets:
    """Every recipe by its key.

    Attributes:
        optimizers: Recipes of optimizers.
        tasks: Recipes of tasks.
        schedules: Recipes of schedules.
        origin: The user's file that went before ours; empty if there was none.
    """

    optimizers: Mapping[str, OptimizerRecipe]
    tasks: Mapping[str, TaskRecipe]
    schedules: Mapping[str, ScheduleRecipe]
    origin: str = ""
