"""The trials of a classic search: what each was given, and what came of it.

Path:   a controller marks its proposals with a `Trial` -> the record -> `Searched`, a part of the answer.
Units:  scores in the unit of the metric; steps are optimizer steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Trial:
    """The trial that a job belongs to.

    Attributes:
        number: Number of the trial, from 0.
        values: Parameter to value: a number, or a text (an expression, a word of the command line).
        rung: How far the trial has come: rungs are counted from 0, and a search without rungs has only that one.
        bracket: Whom it is compared with, in a search with several brackets.
    """

    number: int
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rung: int = 0
    bracket: int = 0


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that a search varied: between two ends, or among choices.

    Attributes:
        name: Name of the parameter.
        low: Lowest value of a range; None for choices.
        high: Highest.
        is_log: The range is spread over its logarithm.
        is_integer: Only whole numbers.
        choices: All values, where it is not a range.
    """

    name: str
    low: float | None = None
    high: float | None = None
    is_log: bool = False
    is_integer: bool = False
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a trial, at the longest run of it.

    Attributes:
        number: Number of the trial.
        values: Parameter to value.
        score: The mean over its seeds; None if one of them came to none.
        scores: One for each seed; None if none came.
        steps: Steps of the run that was scored.
        is_whole: It was a full run, and not a shortened one.
        ending: How it ended; of several seeds the first that did not end well.
        job: Key of the scored job, of its first seed.
    """

    number: int
    values: Mapping[str, Any]
    score: float | None
    scores: tuple[float | None, ...]
    steps: int
    is_whole: bool
    ending: str
    job: str


@dataclass(frozen=True, slots=True)
class Searched:
    """A search that is over.

    Attributes:
        method: `grid`, `random`…
        axes: What was varied.
        trials: Every trial, the best first: full runs before shortened ones.
        horizon: Steps of the best trial's full run; its arguments may make it another than the script's own.
        seeds: Runs of each trial.
        noise: Standard deviation of the score of one run between seeds; None with one seed.
        saved: Steps that runs of the search shared instead of running them twice.
    """

    method: str
    axes: tuple[Axis, ...]
    trials: tuple[Tried, ...]
    horizon: int = 0
    seeds: int = 1
    noise: float | None = None
    saved: int = 0
