"""Lowers the rate when a metric stops improving: a function of the observations so far.

Path:   (state, figure) -> state; the state's rates go to the optimizer, or their share of the first ones multiplies a
        schedule.
Units:  an observation is one figure, mostly of one epoch; rates are absolute, one a parameter group.
Source: PyTorch 2.13 `ReduceLROnPlateau` and Keras 3.15 `ReduceLROnPlateau`, run side by side in the tests.

The same words mean different counts: with patience 2 and a figure that stays the same, PyTorch cuts after observations
4, 7, 10 and Keras after 3, 5, 7. A NaN is one more bad observation to both.

`Plateau`, the rule of our own, asks instead whether a line through the last figures still falls by more than their
noise lets one see. It needs no patience that is right for one noise and wrong for another, and a lucky best figure does
not hold it up. A NaN is counted and not looked at.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias, cast, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import finite_number, positive_number, shown, whole_number

Direction: TypeAlias = Literal["min", "max"]

_LONGEST_WINDOW: Final = 10_000


@final
@dataclass(frozen=True, slots=True)
class PlateauState:
    """What a rule remembers; plain values, which survive JSON.

    Attributes:
        rates: Rates of the parameter groups, now.
        cuts: Number of cuts so far.
        best: The best figure; None before the first.
        bad: Bad observations in a row.
        cooldown: Observations for which none is bad.
        recent: The last figures since a cut, for the rule that looks at their noise.
        not_numbers: Observations that were NaN or infinite, for that rule.
    """

    rates: tuple[float, ...]
    cuts: int = 0
    best: float | None = None
    bad: int = 0
    cooldown: int = 0
    recent: tuple[float, ...] = ()
    not_numbers: int = 0

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.rates), tuple | list) or not self.rates:
            raise InvalidInput("plateau-rates", given=shown(self.rates))
        object.__setattr__(self, "rates", tuple(finite_number("rates", rate) for rate in self.rates))
        object.__setattr__(self, "recent", tuple(self.recent))


@final
@dataclass(frozen=True, slots=True)
class Plateau:
    """Cut when the last figures show no improvement beyond their noise.

    A least-squares line is laid through the last `window` figures. They improve as long as its slope is more than
    `certainty` standard errors on the good side, and its gain over the window more than `threshold` of their mean.

    Attributes:
        factor: What a cut multiplies the rates by; between 0 and 1.
        window: Figures that are looked at, and the least between two cuts; 4 or more.
        certainty: Standard errors of the slope; 2 lets 1 flat window in 30 pass as an improvement.
        threshold: Gain over a window, as a share of the mean figure, that is none.
        direction: `min` where less is better.
        floor: The rates are never cut below it.

    Example:
        >>> rule, state = Plateau(factor=0.5, window=4), PlateauState((0.1,))
        >>> for figure in (2.0, 1.5, 1.1, 0.8, 0.81, 0.79, 0.8, 0.81):
        ...     state = rule.observe(state, figure)
        >>> state.rates, state.cuts
        ((0.05,), 1)
    """

    factor: float = 0.1
    window: int = 10
    certainty: float = 2.0
    threshold: float = 1e-4
    direction: Direction = "min"
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "certainty", "threshold", "floor")
        whole_number("window", self.window, least=4, most=_LONGEST_WINDOW)

    def observe(self, state: PlateauState, value: float) -> PlateauState:
        """The state after one more figure."""
        if not math.isfinite(value):
            return replace(state, not_numbers=state.not_numbers + 1)
        recent = (*state.recent, float(value))[-self.window :]
        best = value if state.best is None or _sign(self.direction) * (state.best - value) > 0 else state.best
        state = replace(state, recent=recent, best=best)
        if len(recent) < self.window or self._improves(recent):
            return state
        rates = tuple(rate if rate <= self.floor else max(rate * self.factor, self.floor) for rate in state.rates)
        return replace(state, rates=rates, cuts=state.cuts + (rates != state.rates), recent=())

    def _improves(self, recent: tuple[float, ...]) -> bool:
        count, middle = len(recent), (len(recent) - 1) / 2
        mean = math.fsum(recent) / count
        spread = math.fsum((place - middle) ** 2 for place in range(count))
        slope = math.fsum((place - middle) * (value - mean) for place, value in enumerate(recent)) / spread
        left = math.fsum((value - mean - slope * (place - middle)) ** 2 for place, value in enumerate(recent))
        error = math.sqrt(left / (count - 2) / spread)
        gain = -_sign(self.direction) * slope
        return gain > self.certainty * error and gain * (count - 1) > self.threshold * abs(mean)


@final
@dataclass(frozen=True, slots=True)
class TorchPlateau:
    """PyTorch's rule: cut on the first bad observation in a row after `patience` of them.

    Attributes:
        factor: What a cut multiplies the rates by; below 1.
        patience: Bad observations in a row that are let pass.
        threshold: What a figure must be better than the best one by.
        threshold_mode: `rel`: as a share of the best; `abs`: as it is.
        cooldown: Observations after a cut for which none is bad.
        direction: `min` where less is better; `mode` in PyTorch.
        floor: The rates are never cut below it; `min_lr` in PyTorch.
        least_cut: A smaller cut is none; `eps` in PyTorch.

    Example:
        >>> rule, state = TorchPlateau(patience=2), PlateauState((0.1,))
        >>> rates = []
        >>> for _ in range(4):
        ...     state = rule.observe(state, 1.0)
        ...     rates.append(state.rates[0])
        >>> rates
        [0.1, 0.1, 0.1, 0.010000000000000002]
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: Literal["rel", "abs"] = "rel"
    cooldown: int = 0
    direction: Direction = "min"
    floor: float = 0.0
    least_cut: float = 1e-8

    def __post_init__(self) -> None:
        _check(self, "threshold", "floor", "least_cut")
        whole_number("patience", self.patience)
        whole_number("cooldown", self.cooldown)
        if self.threshold_mode not in ("rel", "abs"):
            raise InvalidInput(
                "plateau-choice", name="threshold_mode", given=shown(self.threshold_mode), allowed="rel, abs"
            )

    def observe(self, state: PlateauState, value: float) -> PlateauState:
        """The state after one more figure."""
        better = self._is_better(value, state.best)
        bad, cooldown = 0 if better else state.bad + 1, state.cooldown
        if cooldown > 0:
            bad, cooldown = 0, cooldown - 1
        state = replace(state, best=value if better else state.best, bad=bad, cooldown=cooldown)
        if bad <= self.patience:
            return state
        rates = tuple(map(self._cut, state.rates))
        return replace(state, rates=rates, cuts=state.cuts + (rates != state.rates), bad=0, cooldown=self.cooldown)

    def _is_better(self, value: float, best: float | None) -> bool:
        worst = math.inf if self.direction == "min" else -math.inf
        best = worst if best is None else best
        if self.threshold_mode == "rel":
            return (
                value < best * (1.0 - self.threshold)
                if self.direction == "min"
                else value > best * (1.0 + self.threshold)
            )
        return value < best - self.threshold if self.direction == "min" else value > best + self.threshold

    def _cut(self, rate: float) -> float:
        cut = max(rate * self.factor, self.floor)
        return cut if rate - cut > self.least_cut else rate


@final
@dataclass(frozen=True, slots=True)
class KerasPlateau:
    """Keras's rule: cut on the `patience`-th bad observation in a row (0 counts as 1).

    Attributes:
        factor: What a cut multiplies the rates by; below 1.
        patience: Bad observations in a row until the cut.
        least_gain: What a figure must be better than the best one by, as it is; `min_delta` in Keras.
        cooldown: Observations after a cut for which none is bad; 1 does nothing.
        direction: `min` where less is better; `mode` in Keras, which guesses it from a metric's name.
        floor: The rates are never cut below it; `min_lr` in Keras.

    Example:
        >>> rule, state = KerasPlateau(patience=2), PlateauState((0.1,))
        >>> rates = []
        >>> for _ in range(5):
        ...     state = rule.observe(state, 1.0)
        ...     rates.append(round(state.rates[0], 6))
        >>> rates
        [0.1, 0.1, 0.01, 0.01, 0.001]
    """

    factor: float = 0.1
    patience: int = 10
    least_gain: float = 1e-4
    cooldown: int = 0
    direction: Direction = "min"
    floor: float = 0.0

    def __post_init__(self) -> None:
        _check(self, "least_gain", "floor")
        whole_number("patience", self.patience)
        whole_number("cooldown", self.cooldown)

    def observe(self, state: PlateauState, value: float) -> PlateauState:
        """The state after one more figure."""
        cooldown, bad = (state.cooldown - 1, 0) if state.cooldown > 0 else (0, state.bad)
        if state.best is None or _sign(self.direction) * (state.best - value) > self.least_gain:
            return replace(state, best=float(value), bad=0, cooldown=cooldown)
        if cooldown > 0:
            return replace(state, bad=bad, cooldown=cooldown)
        bad += 1
        rates = state.rates
        if bad >= self.patience:
            rates = tuple(rate if rate <= self.floor else max(rate * self.factor, self.floor) for rate in rates)
        if rates == state.rates:
            return replace(state, bad=bad, cooldown=cooldown)
        return replace(state, rates=rates, cuts=state.cuts + 1, bad=0, cooldown=self.cooldown)


def _check(rule: Plateau | TorchPlateau | KerasPlateau, *names: str) -> None:
    """Refuse a factor that does not cut, an unknown direction, and negative numbers."""
    if positive_number("factor", rule.factor) >= 1:
        raise InvalidInput("schedule-range", name="factor", given=rule.factor, low=0, high=1)
    if rule.direction not in ("min", "max"):
        raise InvalidInput("plateau-choice", name="direction", given=shown(rule.direction), allowed="min, max")
    for name in names:
        value: Any = getattr(rule, name)
        if finite_number(name, value) < 0:
            raise InvalidInput("schedule-not-negative", name=name, given=shown(value))


def _sign(direction: Direction) -> float:
    return 1.0 if direction == "min" else -1.0
