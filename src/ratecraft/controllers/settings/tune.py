"""What the user decides about a tuning study, and every constant of the tuner with where it comes from.

Path:   command line, `tune()` -> these settings -> bracket–branch–continue, estimate.
Units:  shares are of the horizon T; octaves are log2 of a ratio of rates; a slope is octaves of the rate per octave of
        steps; budgets are runs (steps / T).
Source: docs/reference/tuner.md. "Twelve tasks" are the small real ones on which the rules were validated (42 whole
        studies, T = 500 … 2400). The constants are starting values; only the tuning benchmark changes them.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from ratecraft.controllers.settings.option import (
    FLAG,
    HEAD,
    METRIC,
    NUMBER,
    PARTS,
    SEED,
    STEPS,
    SWITCH,
    Kind,
    Option,
    asked,
    check_head,
)
from ratecraft.controllers.settings.shape import check_shape
from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import Metric
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.lengths import shown
from ratecraft.schedules.sets import ScheduleSet, set_of
from ratecraft.schedules.sizes import NO_SIZES, Sizes
from ratecraft.schedules.trees.nodes import Schedule

_USUAL_BUDGET = 1.85  # nine short probes, three of T/8 started again, and a run that starts again, by replay
_USUAL_WITH_PARTS = 2.5  # four probes of T/8 more, each with its own cool-down: 0.625


class SizeKeywords(TypedDict, total=False):
    """How large an epoch and a step are, as `tune` and `search` take it.

    Attributes:
        steps_per_epoch: Optimizer steps of one pass over the data, for lengths in epochs. Default: as the runs show it.
        batch_size: Samples of one optimizer step, for lengths in samples. Default: as the runs show it.
        tokens_per_step: Tokens of one optimizer step, for lengths in tokens.
    """

    steps_per_epoch: float | None
    batch_size: float | None
    tokens_per_step: float | None


class TunerKeywords(SizeKeywords, total=False):
    """What decides a tuning study, as `tune` takes it.

    Attributes:
        metric: Figure to compare, as `--metric`: `val_acc`, `score:max`. Default: the validation loss where there is
            one.
        baseline: First run it as it is, to compare with.
        budget: Full runs that the study may cost, the baseline not counted. Default: 1.85, with `groups` 2.5; 2 for a
            run of fewer than 768 steps, and 2.85 where the probes leave a doubt. Another number is never exceeded.
        schedule: Another shape for the full run: a schedule, or text such as `"warmup(500) >> cosine()"`. A set of
            schedules can also set other hyperparameters: `"onecycle()"` cycles momentum (or β1) too. Lengths may be in
            epochs, samples or tokens: `"step(epochs(30), 0.1)"`.
        rate: Rate to start from. Default: the largest that the training itself sets.
        compare_constant: Also train at the chosen rate without any decay: one more run, on top of the budget.
        cheap: Leave out the second round of probes if each sample is seen once.
        stop_when_saturated: Skip the full run if the run is several times longer than it needs to be.
        groups: `"body-head"`: after the common rate, find the body's share of the head's (×1, 1/3, 1/10, 1/30, frozen),
            by probes of 1/8 of the run. The optimizer may have a single group, which is then split during each step.
        head: The head's parameters by their names: a part between dots (`"fc"`, `"classifier.1"`) or a pattern
            (`"*.out.*"`), several with commas. Default: the parameters that were not loaded from a checkpoint when the
            rest was, else a last module with a usual name (`head`, `fc`, `classifier`, …), else the last module; the
            result says which.
        seed: Seed of every job.
    """

    metric: str | Metric | None
    baseline: bool
    budget: float | None
    schedule: str | Schedule | ScheduleSet | None
    rate: float | None
    compare_constant: bool
    cheap: bool
    stop_when_saturated: bool
    groups: str | None
    head: str | None
    seed: int


def _shape(name: str, given: object) -> ScheduleSet:
    if isinstance(given, str):
        return parse_set(given)
    if not isinstance(given, Schedule | ScheduleSet):
        raise InvalidInput("argument-schedule", given=shown(given))
    return set_of(given)


def _mode(cheap: bool | None) -> Literal["whole", "cheap"]:
    return "cheap" if cheap else "whole"


def sizes_of(steps_per_epoch: float | None, batch_size: float | None, tokens_per_step: float | None) -> Sizes:
    """The sizes that these three options give.

    Raises:
        InvalidInput: A size is not a number above 0.
    """
    return Sizes(steps_per_epoch=steps_per_epoch, batch_size=batch_size, tokens_per_step=tokens_per_step)


BASELINE = Option("baseline", SWITCH, "cli.tune.baseline", "usual", default=True)
SIZES = (
    Option("steps_per_epoch", NUMBER, "cli.steps-per-epoch"),
    Option("batch_size", NUMBER, "cli.batch-size"),
    Option("tokens_per_step", NUMBER, "cli.tokens-per-step"),
)
_BUDGET = Option("budget", NUMBER, "cli.tune.budget", "usual")
_SCHEDULE = Option("schedule", Kind(_shape, "text", "EXPRESSION"), "cli.tune.schedule", "usual")
_RATE = Option("rate", NUMBER, "cli.tune.rate")
_CONSTANT = Option("compare_constant", FLAG, "cli.tune.compare-constant", default=False)
_CHEAP = Option("cheap", FLAG, "cli.tune.cheap", default=False)
_SATURATED = Option("stop_when_saturated", FLAG, "cli.tune.stop-when-saturated", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TunerSettings:
    """The settings of one tuning study; recorded at its start and fixed from then on.

    Attributes:
        metric: The figure that is compared; None chooses it from the names that the script prints.
        baseline: Run the script as it is first. It gives the horizon and what the result is compared with.
        steps: Steps of a full run; None if the baseline shows them.
        own_rate: Rate to start from; None for the largest rate that the script itself sets.
        seed: Seed of every job.
        budget: Runs that the study may cost, the baseline not counted.
        branching: How a branch is reached, which is what costs are planned by: `replay` runs its trunk's steps again
            from 0, `fork` continues in a copy of the trunk's process. If a run turns out not to fork, no decision
            changes.
        mode: `cheap` leaves out the T/8 rung if each sample is seen once.
        stop_when_saturated: End without a final run where the run is several times too long.
        schedule: Schedule of the full run, its rate relative to its own peak and all else absolute; None for the usual
            one (warm-up, constant to 0.4 T, linear to 0). Probes always have the usual one.
        sizes: How large an epoch and a step are, for a schedule that counts in them; the runs may fill in what is None.
        compare_constant: After the final run, make another with its rate held constant, to show what the schedule
            gained. Like the baseline it does not count towards the budget.
        groups: `body-head`: after the common rate, look for the body's share of the head's.
        foresees: Say before the final run where it will end.
        head: Names or patterns of the head's parameters; empty to look for them.

    Raises:
        InvalidInput: A budget below one run or infinite, steps or a rate that are not above 0, or a schedule that is
            not a shape.
    """

    metric: Metric | None = asked(METRIC)
    baseline: bool = asked(BASELINE)
    steps: int | None = asked(STEPS)
    own_rate: float | None = asked(_RATE)
    seed: int = asked(SEED)
    budget: float = asked(_BUDGET, default=_USUAL_BUDGET)
    branching: Literal["replay", "fork"] = "replay"
    mode: Literal["whole", "cheap"] = asked(_CHEAP, into=_mode, default="whole")
    stop_when_saturated: bool = asked(_SATURATED)
    schedule: ScheduleSet | None = asked(_SCHEDULE)
    sizes: Sizes = asked(*SIZES, into=sizes_of, default=NO_SIZES)
    compare_constant: bool = asked(_CONSTANT)
    groups: Literal["", "body-head"] = asked(PARTS, default="")
    head: str = asked(HEAD, default="")
    foresees: bool = True

    # Lengths.
    least_horizon: int = 192  # below it six probes of 24 steps, with their cool-downs, cost more than a run
    long_horizon: int = 768  # 24 · 32: the least T whose T/32 rung has 24 steps
    first_rung: float = 1 / 32  # T/64 was equal on a single pass and 2 % worse where nothing is learned by then
    second_rung: float = 1 / 8
    vast_horizon: int = 10_000  # from here on both rungs are smaller shares: 1.24 runs instead of 1.53, equal regret
    vast_first_rung: float = 1 / 64
    vast_second_rung: float = 1 / 18  # with six probes before it and a final run just below 1.25 runs
    short_rung: float = 1 / 12  # the only rung if two do not fit into a short run: twelve tasks at T = 500
    least_trunk: int = 24  # the shortest rung that ranked rates on the twelve tasks had 25 steps
    longest_rung: float = 1 / 4  # if nothing is learned by the second rung: beyond it no budget is left for a full run
    beyond_onset: float = 1.5  # such a rung is this many times as long as it takes to begin to learn
    cool_down: float = 1 / 4  # of the trunk, linear to 0; un-annealed losses do not rank rates
    least_cool_down: int = 8
    warm_up: float = 1 / 20  # of the long probes and the full run: docs/reference/tuner.md, "Warm-up"
    most_warm_up: float = 0.8  # of a long probe's trunk
    first_warm_up: float = 1 / 128  # of the first rung, which only finds the octaves to look at
    decay: float = 0.6  # 40 % equal on text, 85 % worse by 0.3–0.6 % on a single pass
    copies: float = 1 / 16  # between two copies that a blown-up final run can go back to

    # The bracket.
    wide: int = 2  # octaves: ×4. Ramp-free starts at the own rate × ¼, 1, 4 equal ramps (36 paired runs)
    extensions: int = 4  # ×4 each: the twelve tasks never needed more
    short_probes: int = 6  # of a short run, extensions included
    worse: float = 0.01  # share of |best| that is clearly worse: the valley is 2 octaves wide at 1 % (single pass)
    flat: float = 4.0  # noise sds that six equal scores span in 19 of 20 cases (studentised range)

    # The branch rung and the choice.
    below: float = 0.5  # octaves that the bottom may lie below the lowest T/8 probe; higher rates might blow up
    beyond_ends: int = 2  # more T/8 probes as long as the best of them is at an end
    slope: float = -0.1  # T/8 → T; −0.1 … −0.3 cannot be told apart, −0.1 is the safest over all tasks
    rising: float = 0.1  # a measured slope above it is taken to go on, …
    lasting: float = 0.5  # … at half its pace, …
    most_rising: float = 0.5  # … and no faster than this: the tuning benchmark, decision 11
    steep: float = -0.8  # a measured slope below it is over-fitting (two tasks of twelve at −1) and is used, …
    steepest: float = -1.0  # … but never lower than rate × steps constant
    helped: float = 0.05  # share of |best| by which T/8 is better where it isn't over-fitting; 0.03 … 0.1 choose alike
    cheap_slope: float = -0.3  # T/32 → T: +0.5 % at most on a single pass, unsafe where data are seen often
    short_slope_once: float = -0.1  # +0.2 … 0.7 % on a single pass
    short_slope_often: float = -0.2  # +1.2 % against +2.2 % at −0.1
    safety: float = -0.4  # octaves; too low costs less than too high: the tuning benchmark, decision 15
    turned: float = 1 / 8  # of T: stretches of the final run whose mean validation is compared; 3/16 finds it later
    restart: float = 0.75  # octaves from the nearest trunk beyond which the final run starts from 0, …
    always_restart: float = 1.0  # … even beyond the budget: from a trunk at half its rate it is a different run
    single_pass: float = 1.01  # passes over the data that still count as one (rounding of the last batch)

    # Body and head.
    shares: tuple[float, float, float] = (1 / 3, 1 / 10, 1 / 30)  # of the head's rate, in steps of half a decade
    share_probes: int = 4  # two on both sides of the common rate, and two on the better side

    # Scores.
    most_frozen: int = 200  # frozen steps to wait for a figure: a third of 200 steps costs more than most probes
    most_frozen_share: float = 1 / 32
    most_evaluation: float = 0.5  # runs that all waiting for figures may cost; beyond that training losses are compared
    long_probes: int = 3  # of the second rung, assumed in that estimate
    moved_share: float = 0.2  # a rung is moved to an evaluation step if its length changes by less
    frozen_share: float = 1 / 8  # frozen batches that score a probe without a figure, of the trunk
    least_frozen: int = 8
    tail_share: float = 1 / 32  # last live losses whose mean is compared if there is no figure
    least_tail: int = 8
    same_loss: float = 1e-5  # relative: two starts with first losses this close are the same start

    # What may be spent if the user did not set a budget.
    short_budget: float = 2.0  # of a short run, whose probes are larger parts of it
    doubt_budget: float = 2.85  # if the probes leave a doubt: longer probes, and more of them

    # The verdict.
    gain: float = 0.005  # share of |baseline|: the smallest seed-sd of the twelve tasks (AdamW transformer on text)
    second_run_budget: float = 2.6  # from here on a second full run is made, and the better one kept
    second_run: float = -1.0  # octaves: a wrong choice is usually too high, …
    second_run_rising: float = 2.0  # … except where the best rate rises with the length of the run: decision 14
    short_second_run: float = -1.5  # octaves, of a short run: +0.55 % instead of +1.2 %

    @classmethod
    def usual(cls, branching: Literal["replay", "fork"], **decided: Any) -> "TunerSettings":
        """Settings with the usual budget: 1.85 runs, and 2.5 with body and head.

        Args:
            branching: How branches are reached.
            decided: Fields that the user decided; a `budget` of None is the usual one.

        Example:
            >>> TunerSettings.usual("fork").budget, TunerSettings.usual("replay", budget=2.6).budget
            (1.85, 2.6)
        """
        budget = decided.pop("budget", None)
        usual = _USUAL_WITH_PARTS if decided.get("groups") else _USUAL_BUDGET
        return cls(branching=branching, budget=usual if budget is None else budget, **decided)

    def __post_init__(self) -> None:
        if not 1 <= self.budget < math.inf:
            raise InvalidInput("budget-below-one", budget=self.budget)
        if self.steps is not None and self.steps <= 0:
            raise InvalidInput("steps-not-positive", steps=self.steps)
        if self.own_rate is not None and not 0 < self.own_rate < math.inf:
            raise InvalidInput("own-rate-not-positive", rate=self.own_rate)
        check_head(self.groups, self.head)
        if self.schedule is not None:
            check_shape(self.schedule, self.sizes)

    def rungs(self, horizon: int) -> tuple[float, float]:
        """The trunks of both rungs of a long run, as shares of its steps."""
        vast = horizon >= self.vast_horizon
        return (self.vast_first_rung, self.vast_second_rung) if vast else (self.first_rung, self.second_rung)

    def budget_of(self, horizon: int) -> float:
        """The most that the search may cost for a run of `horizon` steps, in runs."""
        may_be_more = self.has_usual_budget and horizon < self.long_horizon
        return max(self.budget, self.short_budget) if may_be_more else self.budget

    @property
    def has_usual_budget(self) -> bool:
        """Whether the user left the budget open, so that a short run, or a doubt about the rate, may cost more."""
        return self.budget == (_USUAL_WITH_PARTS if self.groups else _USUAL_BUDGET)

    def most_runs(self, horizon: int) -> float:
        """The most that the study may cost, in runs: the budget, and the constant-rate run if asked for."""
        return self.budget_of(horizon) + self.compare_constant
