"""What the user decides about a classic search, and its constants.

Path:   command line, `search()` -> these settings -> `Search`, its estimate.
Units:  the budget is in runs (steps / horizon); steps are optimizer steps.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Literal, TypeAlias

from ratecraft.controllers.find.settings import SEEDS
from ratecraft.controllers.search.methods import METHODS, Method, SearchMethod, method_named
from ratecraft.controllers.search.space import Space
from ratecraft.controllers.settings.option import METRIC, NUMBER, SEED, STEPS, Kind, Option, asked, whole
from ratecraft.controllers.settings.shape import check_shape
from ratecraft.controllers.settings.tune import BASELINE, SIZES, SizeKeywords, TunerSettings, sizes_of
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import Metric
from ratecraft.records.numbers import is_number
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.lengths import shown
from ratecraft.schedules.sizes import NO_SIZES, Sizes

Subject: TypeAlias = Literal["script", "program", "loop"]
"""What a trial runs: a script under the host (or a task), any program, or the body of a loop in the user's process."""


class SearchKeywords(SizeKeywords, total=False):
    """What decides a search, as `search` takes it.

    Attributes:
        method: `grid`, `random` (log-uniform), `sobol`, `tpe` and `gp` (Optuna's), `asha`, `hyperband`.
        space: What is varied: a mapping (`{"rate": (1e-4, 1e-1), "momentum": [0.8, 0.9]}`, see `space_of`) or a TOML
            file of the same form. Default: the rate, about what is usual for the optimizer that is seen.
        trials: How many. Default: 16; a grid of choices has all of them, and Hyperband one of each of its brackets.
        budget: Full runs that the search may cost, the baseline not counted. Default: no limit.
        seeds: Runs of each trial, each with another seed: from 2 on the noise is measured.
        metric: Figure to compare, as `--metric`. Default: the validation loss where there is one; of a program it must
            be told, and stands in its output (the last one counts).
        metric_file: JSON file in the program's working folder that holds the figure instead.
        baseline: First run it as it is, to compare with.
        time_limit_per_trial: Seconds after which a program's trial is ended and lost. Default: no limit.
        seed: Seed of every job, and of the draws.
    """

    method: Method
    space: Mapping[str, Any] | str | PurePath | None
    trials: int | None
    budget: float | None
    seeds: int
    metric: str | Metric | None
    metric_file: str | None
    baseline: bool
    time_limit_per_trial: float | None
    seed: int


def _method(name: str, given: Any) -> Method:
    if given not in METHODS:
        raise InvalidInput("search-method", given=given, allowed=", ".join(METHODS))
    return given


def _any_number(name: str, given: object) -> float:
    if not is_number(given):
        raise InvalidInput("argument-number", name=name, given=shown(given))
    return float(given)


def _inner_file(name: str, given: object) -> str:
    """Check that a file lies within the program's working folder, which is a new one in each trial."""
    file = PurePath(given) if isinstance(given, str | PurePath) else PurePath()
    if file.is_absolute() or ".." in file.parts or not file.name:
        raise InvalidInput("program-metric-file", file=given)
    return file.as_posix()


_METHOD = Option("method", Kind(_method, "text", "METHOD"), "cli.search.method", "usual", default="random")
_SPACE = Option("space", Kind(lambda name, given: given, "python"), "cli.search.space")
_TRIALS = Option("trials", whole(1), "cli.search.trials", "usual")
_BUDGET = Option("budget", Kind(_any_number, "number", "RUNS"), "cli.search.budget", "usual")
_METRIC_FILE = Option("metric_file", Kind(_inner_file, "text", "FILE"), "cli.search.metric-file")
_SECONDS = Option("time_limit_per_trial", NUMBER, "cli.search.time-limit-per-trial")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSettings:
    """The settings of one search; recorded at its start and fixed from then on.

    Attributes:
        method: How trials are chosen.
        space: What is varied; if empty, the rate within the usual range of the optimizer that is seen.
        trials: Number of trials; None for as many as the method or the budget gives.
        budget: Full runs that the search may cost, the baseline not counted; None for no limit.
        seeds: Runs of every trial, each with another seed.
        metric: The figure that is compared; None chooses it from the names that the script prints.
        steps: Steps of a full run, for every trial; None if the runs show them.
        baseline: Run the script as it is, to compare with.
        sizes: How large an epoch and a step are, for schedules that count in them; the runs may fill in what is None.
        seed: Seed of every job, and of the draws.
        arguments: The script's own arguments, which a trial may change.
        branching: How a branch is reached (`TunerSettings.branching`).
        what: What a trial runs. For a program or a loop, `arguments` are its words, with placeholders for values.
        metric_file: JSON file in its working folder to which a program writes the figure; empty for its output.
        trial_seconds: Seconds after which a program's trial is ended and has failed; None for no limit.

    Raises:
        InvalidInput: An unknown method, or one that does not suit what is tried; a count, a budget or a time that is
            too small for any trial; or a schedule that is not a shape.

    Example:
        >>> SearchSettings(method="grid").most_trials
        16
    """

    method: Method = asked(_METHOD)
    space: Space = asked(_SPACE, default=Space())
    trials: int | None = asked(_TRIALS)
    budget: float | None = asked(_BUDGET)
    seeds: int = asked(replace(SEEDS, help="cli.search.seeds"))
    metric: Metric | None = asked(METRIC)
    steps: int | None = asked(STEPS)
    baseline: bool = asked(BASELINE)
    sizes: Sizes = asked(*SIZES, into=sizes_of, default=NO_SIZES)
    seed: int = asked(SEED)
    arguments: tuple[str, ...] = ()
    branching: Literal["replay", "fork"] = "replay"
    what: Subject = "script"
    metric_file: str = asked(_METRIC_FILE, default="")
    trial_seconds: float | None = asked(_SECONDS)

    usual_trials: int = 16
    decades: float = 2.0  # about the script's own rate, if nothing is known of its optimizer; as in the benchmark
    about_own: float = 4.0  # factor by which the range reaches at least on both sides of the own rate
    reduction: int = 4  # one in so many goes on: Optuna's value and our benchmark's; 3 and 4 are usual (Li et al. 2018)
    first_rung: float = 1 / 16  # of a full run: two rungs below it, as for its rivals in the benchmark
    start_up: int = 10  # trials drawn at random before a model is trusted: Optuna's own default
    most_modelled: int = 300  # trials of a Gaussian process: 0.1 s per proposal there, and it grows with their cube
    most_begun: int = 10_000  # trials of a search that is limited only by its budget
    most_misses: int = 200  # draws in a row that were all tried before: then nothing new is left to try
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
        if self.rule.is_slow and (self.trials or 0) > self.most_modelled:
            raise InvalidInput("search-gp-trials", trials=self.trials, most=self.most_modelled)
        if not self._can_run(self.rule):
            allowed = ", ".join(method for method in METHODS if self._can_run(method_named(method)))
            raise InvalidInput("search-method-whole", method=self.method, allowed=allowed)
        for text in (
            choice for parameter in self.space.parameters if parameter.is_shape for choice in parameter.choices
        ):
            check_shape(parse_set(text), self.sizes)
        if self.trial_seconds is not None and not 0 < self.trial_seconds < math.inf:
            raise InvalidInput("argument-number", name="time_limit_per_trial", given=self.trial_seconds)

    def _can_run(self, rule: SearchMethod) -> bool:
        """Whether what is tried can be stopped early, if the method needs that."""
        return rule.trials != "halved" or self.what == "script" or (self.what == "loop" and rule.stops_loops)

    @property
    def rule(self) -> SearchMethod:
        """How the method works."""
        return method_named(self.method)

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
        """The first look: a census up to the first figure, since the loops tell how long a run is."""
        return Evaluate("census", self.metric.name if self.metric else "", steps=self.most_look)

    @property
    def most_trials(self) -> int | None:
        """The largest number of trials; None if the space or the budget ends the search."""
        if self.trials is not None:
            return self.trials
        parameters = self.space.parameters
        if self.rule.is_grid and parameters and not any(parameter.is_range for parameter in parameters):
            return None
        if self.rule.trials == "listed" and self.budget is not None:
            return max(1, int(self.budget / self.seeds))
        return None if self.budget is not None or self.rule.waits else self.usual_trials

    @property
    def groups(self) -> str:
        """A search uses one rate for the whole model."""
        return ""

    @property
    def head(self) -> str:
        """A search does not look for a head."""
        return ""

    @property
    def shortens(self) -> bool:
        """Whether most trials are run on rungs and continued from there. Those of a loop are never continued."""
        return self.rule.trials == "halved" and self.what == "script"
