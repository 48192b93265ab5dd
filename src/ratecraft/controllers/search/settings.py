"""What the user decides about a classic search, and its constants.

Path:   command line, `search()` -> these settings -> `Search`, its estimate.
Units:  the budget is in runs (steps / horizon); steps are optimizer steps.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from ratecraft.controllers.search.space import Space
from ratecraft.controllers.settings import TunerSettings
from ratecraft.controllers.shape import check_shape
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import Metric
from ratecraft.schedules.sizes import Sizes
from ratecraft.schedules.text import parse_set

__all__ = ["DRAWN", "METHODS", "MODELLED", "SHORTENING", "Method", "SearchSettings", "Subject"]

Method: TypeAlias = Literal["grid", "random", "sobol", "tpe", "gp", "asha", "hyperband"]

Subject: TypeAlias = Literal["script", "program", "loop"]
"""What a trial runs: a script under the host (or a task), any program, or the body of a loop in the user's process."""

METHODS: tuple[Method, ...] = get_args(Method)
DRAWN = ("grid", "random", "sobol")
"""Methods whose every trial is known beforehand."""
MODELLED = ("tpe", "gp")
"""Methods whose trials are chosen by a model of those before."""
SHORTENING = ("asha", "hyperband")
"""Methods that stop most trials early, on rungs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """The settings of one search; recorded at its start and fixed from then on.

    Attributes:
        method: How trials are chosen.
        space: What is varied; an empty one is the rate, about what is usual for the optimizer that is seen.
        trials: How many; None for what the method or the budget gives.
        budget: Runs that it may cost, the baseline not counted; None for no limit.
        seeds: Runs of every trial, each with another seed.
        metric: The figure that is compared; None chooses it from the names that the script prints.
        steps: Steps of a full run, for every trial; None where the runs are to tell them.
        baseline: Run the script as it is, to compare with.
        sizes: How large an epoch and a step are, for schedules that count in them; what is None the runs may tell.
        seed: Seed of every job, and of the draws.
        arguments: The script's own arguments, which a trial may change.
        branching: How a branch is reached (`TunerSettings.branching`).
        what: What a trial runs. Of a program and of a loop `arguments` are the words with places for values.
        metric_file: JSON file with the figure that a program writes, from its working folder; empty for its output.
        trial_seconds: A program's trial that takes longer is ended and has failed; None for no limit.

    Raises:
        InvalidInput: A method that there is not, or not for what is tried; a count, a budget or a time that holds no
            trial; or a schedule that is no shape.

    Example:
        >>> SearchSettings(method="grid").most_trials
        16
    """

    method: Method = "random"
    space: Space = Space()
    trials: int | None = None
    budget: float | None = None
    seeds: int = 1
    metric: Metric | None = None
    steps: int | None = None
    baseline: bool = True
    sizes: Sizes = Sizes()
    seed: int = 0
    arguments: tuple[str, ...] = ()
    branching: Literal["replay", "fork"] = "replay"
    what: Subject = "script"
    metric_file: str = ""
    trial_seconds: float | None = None

    usual_trials: int = 16
    decades: float = 2.0  # about the script's own rate, where nothing is known of its optimizer; as in the benchmark
    about_own: float = 4.0  # × and ÷: by so much at least the usual range reaches beyond the script's own rate
    reduction: int = 4  # one of so many goes on: Optuna's and our benchmark's; 3 and 4 are usual (Li et al. 2018)
    first_rung: float = 1 / 16  # of a full run: two rungs below it, as its rivals have in the benchmark
    start_up: int = 10  # trials drawn at random before a model is trusted: Optuna's own default
    most_modelled: int = 300  # trials of a Gaussian process: 0.1 s a proposal there, and it grows with their cube
    most_begun: int = 10_000  # trials of a search that only a budget limits
    most_misses: int = 200  # draws in a row that were all tried before: then there is nothing new to try
    gain: float = 0.005  # as the tuner's
    most_look: int = 200  # frozen steps of a first look

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InvalidInput("search-method", given=self.method, allowed=", ".join(METHODS))
        for name in ("trials", "seeds", "steps"):
            given = getattr(self, name)
            if given is not None and given < 1:
                raise InvalidInput("search-count", name=name, given=given)
        if self.budget is not None and not 0 < self.budget < math.inf:
            raise InvalidInput("search-budget", budget=self.budget)
        if self.method == "gp" and (self.trials or 0) > self.most_modelled:
            raise InvalidInput("search-gp-trials", trials=self.trials, most=self.most_modelled)
        stops_early = {"script": SHORTENING, "program": (), "loop": ("asha",)}[self.what]
        if self.method in SHORTENING and self.method not in stops_early:
            allowed = ", ".join(each for each in METHODS if each not in SHORTENING or each in stops_early)
            raise InvalidInput("search-method-whole", method=self.method, allowed=allowed)
        for text in (each for parameter in self.space.parameters if parameter.is_shape for each in parameter.choices):
            check_shape(parse_set(text), self.sizes)
        if self.trial_seconds is not None and not 0 < self.trial_seconds < math.inf:
            raise InvalidInput("argument-number", name="time_limit_per_trial", given=self.trial_seconds)

    @property
    def tuner(self) -> TunerSettings:
        """The tuner's rules for what both have in common: the first look, rungs, scores."""
        return TunerSettings(
            metric=self.metric,
            baseline=self.baseline,
            steps=self.steps,
            sizes=self.sizes,
            seed=self.seed,
            branching=self.branching,
        )

    @property
    def first_look(self) -> Evaluate:
        """A census: only to the first figure, for the loops tell how long a run is."""
        return Evaluate("census", self.metric.name if self.metric else "", steps=self.most_look)

    @property
    def most_trials(self) -> int | None:
        """How many trials there are at most; None where what there is to try, or the budget, ends the search."""
        if self.trials is not None:
            return self.trials
        parameters = self.space.parameters
        if self.method == "grid" and parameters and not any(each.is_range for each in parameters):
            return None
        if self.method in DRAWN and self.budget is not None:
            return max(1, int(self.budget / self.seeds))
        return None if self.budget is not None or self.method == "hyperband" else self.usual_trials

    @property
    def groups(self) -> str:
        """All of a model has one rate here."""
        return ""

    @property
    def head(self) -> str:
        """So no head is looked for."""
        return ""

    @property
    def shortens(self) -> bool:
        """Whether most trials are run on rungs, to go on from there. A loop's own are stopped, and never go on."""
        return self.method in SHORTENING and self.what == "script"
