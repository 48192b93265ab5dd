"""What the user decides about a tuning study, and every constant of the tuner with where it comes from.

Path:   command line, `tune()` -> these settings -> bracket–branch–continue, estimate.
Units:  shares are of the horizon T; octaves are log2 of a ratio of rates; a slope is octaves of the rate per octave of
        steps; budgets are runs (steps / T).
Source: "twelve tasks" are the small real tasks on which the rules were validated (42 whole studies, T = 500 … 2400).
        The constants are starting values; only the tuning benchmark changes them.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

from ratecraft.controllers.shape import check_shape
from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import Metric
from ratecraft.schedules.nodes import Schedule

__all__ = ["TunerSettings"]


_USUAL_BUDGET = {"fork": 1.6, "replay": 1.75}


@dataclass(frozen=True, slots=True, kw_only=True)
class TunerSettings:
    """The settings of one tuning study; recorded at its start and fixed from then on.

    Attributes:
        metric: The figure that is compared; None chooses it from the names that the script prints.
        baseline: Run the script as it is first. It gives the horizon and what the result is compared with.
        steps: Steps of a full run, for where no baseline tells them.
        own_rate: Rate to start from; None takes the largest rate that the script itself writes.
        seed: Seed of every job.
        budget: Runs that the study may cost, the baseline not counted.
        branching: How a branch is reached, which is what costs are planned by: `replay` runs its trunk's steps again
            from 0, `fork` goes on from the trunk's own process. A run that turns out not to fork changes no decision.
        mode: `cheap` leaves out the T/8 rung where data are seen once.
        stop_when_saturated: End without a final run where the run is several times too long.
        schedule: Shape of the full run, relative to its own peak; None for the usual one (warm-up, constant to 0.4 T,
            linear to 0). Probes have the usual shape whatever it is.
        compare_constant: After the final run, hold its rate constant in one more, to show what the schedule gained.
            Like the baseline it is no part of the search: it costs one run more than the budget.

    Raises:
        InvalidInput: A budget below one run or without end, steps or a rate that are not above 0, or a schedule that is
            no shape.
    """

    metric: Metric | None = None
    baseline: bool = True
    steps: int | None = None
    own_rate: float | None = None
    seed: int = 0
    budget: float = 1.75  # 9 probes and a run by replay; 8–12 random runs reach the same regret
    branching: Literal["replay", "fork"] = "replay"
    mode: Literal["whole", "cheap"] = "whole"
    stop_when_saturated: bool = False
    schedule: Schedule | None = None
    compare_constant: bool = False

    # Lengths.
    least_horizon: int = 320  # below it a rung of 24 steps is over T/13: probes cost too much and see too little
    long_horizon: int = 768  # 24 · 32: the least T whose T/32 rung has 24 steps
    first_rung: float = 1 / 32  # T/64 was equal on a single pass and 2 % worse where nothing is learned by then
    second_rung: float = 1 / 8
    short_rung: float = 1 / 12  # the only rung of a short run: twelve tasks at T = 500
    least_trunk: int = 24  # the shortest rung that ranked rates on the twelve tasks had 25 steps
    cool_down: float = 1 / 4  # of the trunk, linear to 0; un-annealed losses do not rank rates
    least_cool_down: int = 8
    warm_up: float = 1 / 128  # no task was sensitive to it
    decay: float = 0.6  # 40 % equal on text, 85 % worse by 0.3–0.6 % on a single pass
    copies: float = 1 / 16  # between two copies that a blown-up final run can go back to

    # The bracket.
    wide: int = 2  # octaves: ×4. Ramp-free starts at the own rate × ¼, 1, 4 equal ramps (36 paired runs)
    extensions: int = 4  # ×4 each: the twelve tasks never needed more
    short_probes: int = 6  # of a short run, extensions included
    worse: float = 0.01  # share of |best| that is clearly worse: the valley is 2 octaves wide at 1 % (single pass)
    flat: float = 4.0  # noise sds that six equal scores span in 19 of 20 cases (studentised range)

    # The branch rung and the choice.
    expected_slope: float = -0.25  # between the rungs: −1 … 0 seen; places the second rung
    below: float = 0.5  # octaves that the bottom may lie under the lowest T/8 probe; upwards is where runs blow up
    slope: float = -0.1  # T/8 → T; −0.1 … −0.3 cannot be told apart, −0.1 is the safest over all tasks
    steep: float = -0.8  # a seen slope below it is over-fitting (two tasks of twelve at −1) and is used, …
    steepest: float = -1.0  # … but never below rate × steps fixed
    helped: float = 0.05  # share of |best| by which T/8 is better where it isn't over-fitting; 0.03 … 0.1 choose alike
    cheap_slope: float = -0.3  # T/32 → T: +0.5 % at most on a single pass, unsafe where data are seen often
    short_slope_once: float = -0.1  # +0.2 … 0.7 % on a single pass
    short_slope_often: float = -0.2  # +1.2 % against +2.2 % at −0.1
    safety: float = -0.1  # octaves; without it 76 % instead of 83 % of the runs are within their target
    restart: float = 0.75  # octaves from the nearest trunk beyond which the final run starts from 0
    single_pass: float = 1.01  # passes over the data that still count as one (rounding of the last batch)

    # Scores.
    most_frozen: int = 200  # frozen steps to wait for a figure: a third of 200 steps is dearer than most probes
    most_frozen_share: float = 1 / 32
    moved_share: float = 0.2  # a rung moves to an evaluation step where its length changes by less
    frozen_share: float = 1 / 8  # frozen batches that score a probe without a figure, of the trunk
    least_frozen: int = 8
    tail_share: float = 1 / 32  # last live losses whose mean is compared where there is no figure
    least_tail: int = 8
    same_loss: float = 1e-5  # relative: two starts with first losses this close are the same start

    # The verdict.
    gain: float = 0.005  # share of |baseline|: the smallest seed-sd of the twelve tasks (AdamW transformer on text)
    second_run_budget: float = 2.6  # a short run's second full run 1.5 octaves lower: +0.55 % instead of +1.2 %
    second_run: float = -1.5  # octaves

    @classmethod
    def usual(cls, branching: Literal["replay", "fork"], **decided: Any) -> "TunerSettings":
        """Settings with the usual budget of a way of branching: 1.6 runs by forks, 1.75 by replay (DESIGN §5).

        Args:
            branching: How branches are reached.
            decided: Fields that the user decided; a `budget` of None is the usual one.

        Example:
            >>> TunerSettings.usual("fork").budget, TunerSettings.usual("replay", budget=2.6).budget
            (1.6, 2.6)
        """
        budget = decided.pop("budget", None)
        return cls(branching=branching, budget=_USUAL_BUDGET[branching] if budget is None else budget, **decided)

    def __post_init__(self) -> None:
        if not 1 <= self.budget < math.inf:
            raise InvalidInput("budget-below-one", budget=self.budget)
        if self.steps is not None and self.steps <= 0:
            raise InvalidInput("steps-not-positive", steps=self.steps)
        if self.own_rate is not None and not 0 < self.own_rate < math.inf:
            raise InvalidInput("own-rate-not-positive", rate=self.own_rate)
        if self.schedule is not None:
            check_shape(self.schedule)

    @property
    def most_runs(self) -> float:
        """The most that the study may cost, in runs: the budget, and what is compared beside it."""
        return self.budget + self.compare_constant
