"""What the user decides about a search for a rate alone, and its constants.

Path:   command line, `find()` -> these settings -> `find`, its estimate.
Units:  steps are optimizer steps; rates are absolute, of the leading group.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypedDict, cast

from ratecraft.controllers.settings.option import (
    FLAG,
    HEAD,
    METRIC,
    PARTS,
    SEED,
    STEPS,
    Kind,
    Option,
    asked,
    check_head,
    whole,
)
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Evaluate
from ratecraft.records.metrics import Metric
from ratecraft.records.numbers import is_number
from ratecraft.schedules.lengths import shown


class FindKeywords(TypedDict, total=False):
    """What decides a search for a rate, as `find` takes it.

    Attributes:
        metric: Figure to compare, as `--metric`: `val_acc`, `score:max`. Default: the validation loss where there is
            one.
        rates: Lowest and highest rate to try. Default: around the training's own.
        seeds: How often every probe is made, each time with another seed; from 2 on the interval has a measured noise.
        thorough: Probes of 1/32 of the run however long it is, instead of 256 steps at most.
        ramp_only: Instead of probes, the whole curve of a range ramp: an edge and other finders' suggestions, but no
            rate.
        groups: `"body-head"`: after the common rate also the body's share of the head's, as in `tune`.
        head: Names of the head's parameters, as in `tune`.
        seed: Seed of every job.
    """

    metric: str | Metric | None
    rates: tuple[float, float] | None
    seeds: int
    thorough: bool
    ramp_only: bool
    groups: str | None
    head: str | None
    seed: int


def _pair(name: str, given: object) -> tuple[float, float]:
    pair = cast("Sequence[Any]", given) if isinstance(given, tuple | list) else ()
    if len(pair) != 2 or not all(map(is_number, pair)):
        raise InvalidInput("argument-rates", given=shown(cast("object", given)))
    return float(pair[0]), float(pair[1])


SEEDS = Option("seeds", whole(1), "cli.find.seeds", default=1)
_STEPS = replace(STEPS, help="cli.find.steps")
_RATES = Option("rates", Kind(_pair, "pair", "LOW HIGH"), "cli.find.rates", "usual")
_THOROUGH = Option("thorough", FLAG, "cli.find.thorough", default=False)
_RAMP = Option("ramp_only", FLAG, "cli.find.ramp-only", default=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindSettings:
    """The settings of one search for a rate; recorded at its start and fixed from then on.

    Attributes:
        metric: The figure that is compared; None chooses it from the names that the script prints.
        steps: Steps of a full run; None to read them off the loops around the script's step.
        rates: The lowest and the highest rate to try; None starts from the script's own.
        seed: Seed of every job.
        seeds: How often every probe is made, each time with another seed.
        thorough: Probes of T/32 steps however long the run is.
        ramp_only: Instead of probes, the whole curve of a range ramp, as in other finders.
        groups: `body-head`; it and `head` are as for the tuner (`TunerSettings.groups`).
        branching: How a branch is reached (`TunerSettings.branching`).

    Raises:
        InvalidInput: Rates that are not above 0, in the wrong order or too near each other, less than one seed, or
            steps that are not above 0.

    Example:
        >>> FindSettings(rates=(1e-4, 1e-1)).middle
        0.00316
    """

    metric: Metric | None = asked(METRIC)
    steps: int | None = asked(_STEPS)
    rates: tuple[float, float] | None = asked(_RATES)
    seed: int = asked(SEED)
    seeds: int = asked(SEEDS)
    thorough: bool = asked(_THOROUGH)
    ramp_only: bool = asked(_RAMP)
    groups: Literal["", "body-head"] = asked(PARTS, default="")
    head: str = asked(HEAD, default="")
    branching: Literal["replay", "fork"] = "replay"

    share: float = 1 / 32  # of a full run: the tuner's first rung
    most_trunk: int = 256  # gives an answer in a minute for long runs; rungs of 25–75 steps ranked rates as well
    unknown_trunk: int = 64  # 64 + 16 steps if the length of a run is not known
    most_probes: int = 9  # 3, 4 extensions and 2 neighbours; 5 or 6 are usual
    scores: int = 5  # the fewest whose scatter about a parabola can be measured (`laws.rate_response`)
    around: int = 3  # octaves from the best within which they must lie
    least_range: float = 4.0  # ×: two rates and one between them
    ramp_steps: int = 100  # as in all public finders; …
    ramp_share: float = 1 / 24  # … more in a long run, as the tuner's
    most_ramp_steps: int = 400
    most_look: int = 200  # frozen steps of the first look: a third of them costs more than most probes
    slope_doubt_once: float = 0.1  # of the horizon slope: −0.16 … −0.29 was seen where data are seen once, …
    slope_doubt_often: float = 0.2  # … and −0.5 … +0.3 elsewhere, over-fitting aside
    uneven: float = 3.0  # the spread of the scores must be this many times their unevenness
    tail: int = 8  # first and last losses of a probe that show whether it trained

    def __post_init__(self) -> None:
        if self.steps is not None and self.steps <= 0:
            raise InvalidInput("steps-not-positive", steps=self.steps)
        check_head(self.groups, self.head)
        if self.seeds < 1:
            raise InvalidInput("seeds-below-one", seeds=self.seeds)
        if self.rates is not None:
            low, high = self.rates
            if not (0 < low < math.inf and low * self.least_range <= high < math.inf):
                raise InvalidInput("rates-range", low=low, high=high, least=self.least_range)

    @property
    def tuner(self) -> TunerSettings:
        """The tuner's rules for what both have in common: the first look, the bracket, the scores."""
        return TunerSettings(
            metric=self.metric,
            baseline=False,
            steps=self.steps,
            seed=self.seed,
            branching=self.branching,
            groups=self.groups,
            head=self.head,
        )

    @property
    def first_look(self) -> Evaluate:
        """The census: only up to the first figure, since a script's loops tell how long it is."""
        return Evaluate("census", self.metric.name if self.metric else "", steps=self.most_look)

    @property
    def baseline(self) -> bool:
        """False: a search for a rate alone compares nothing with the script as it is."""
        return False

    @property
    def middle(self) -> float | None:
        """The rate in the middle of the range that the user gave."""
        return None if self.rates is None else float(f"{math.sqrt(self.rates[0] * self.rates[1]):.3g}")

    @property
    def reach(self) -> tuple[int, int] | None:
        """The lowest and the highest octave about the middle that lie in that range."""
        if self.rates is None:
            return None
        half = math.floor(math.log2(self.rates[1] / self.rates[0]) / 2 + 0.01)
        return -half, half

    def trunk(self, horizon: int) -> int:
        """Steps of a probe before its cool-down.

        Args:
            horizon: Steps of a full run; 0 if they are unknown.

        Example:
            >>> FindSettings().trunk(1000), FindSettings().trunk(100_000), FindSettings(thorough=True).trunk(100_000)
            (31, 256, 3125)
        """
        if not horizon:
            return self.unknown_trunk
        steps = int(horizon * self.share)
        return steps if self.thorough else min(steps, self.most_trunk)

    def ramp_length(self, horizon: int) -> int:
        """Steps of a ramp that is not followed by probes."""
        steps = min(max(self.ramp_steps, int(horizon * self.ramp_share)), self.most_ramp_steps)
        return max(2, min(steps, horizon)) if horizon else steps
