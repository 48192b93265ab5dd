"""What the ranks of a guarded run read at a step, as one reading: so that each of them asks the same and acts alike.

Path:   a rank's own values, just before an update -> one exchange (`instrument.agreement`) -> values of the run, the
        same on all ranks -> the guard's policy, which is pure.

A loss is the mean of those of the ranks; what is not a number on one of them is none for all. A figure is that of the
lowest rank that told one since the update before. Ranks that are not at the same step, or one that is only watched
from now on, end the guard on all of them, so that none of them waits for another.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ratecraft.records.watching.guarding import Validated

Exchange = Callable[[Sequence[float]], Sequence[Sequence[float]]]
"""Gives what each rank gave, in the order of the ranks; raises `RuntimeError` where one of them does not come."""

_NONE = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Values:
    """The readings taken just before an update.

    Attributes:
        loss: Loss of the step; None if none was heard.
        norm: Norm of all gradients before any clipping; None if there are none.
        growth: As in `guarding.Update`.
        broken: As in `guarding.Update`.
        figure: The last validation figure since the update before.
    """

    loss: float | None = None
    norm: float | None = None
    growth: float | None = None
    broken: bool = False
    figure: Validated | None = None


@dataclass
class Agreeing:
    """Agrees with the other ranks until one of them is at another step.

    Attributes:
        exchange: Exchanges values with the other ranks.
        depart: Leaves a last row for them without waiting; None if only an exchange can tell them.
        is_off: Whether exchanges have ended.
        is_due: Whether the current step has not had its exchange, at which the other ranks wait.
    """

    exchange: Exchange
    depart: Callable[[Sequence[float]], object] | None = None
    is_off: bool = False
    is_due: bool = False

    def agreed(self, step: int, own: Values, *, sharded: bool = False) -> Values | None:
        """The values of the run; None if the ranks are at different steps, after which this is not called again.

        Args:
            step: Step of the update.
            own: What this rank read.
            sharded: Whether this rank holds only a part of each gradient.

        Example:
            >>> rows = Agreeing(lambda row: [row, [*row[:3], 3.0, *row[4:]]])
            >>> rows.agreed(7, Values(loss=1.0, norm=0.5)).loss
            2.0
        """
        figure = own.figure
        row = [
            float(step),
            float(sharded),
            *_given(own.loss),
            *_given(own.norm),
            *_given(own.growth),
            float(own.broken),
            *_given(None if figure is None else figure.score),
            *((0.0, 0.0) if figure is None else (float(figure.step), float(figure.reacts))),
        ]
        rows = self._exchanged(row)
        if rows is None:
            return None
        _, _, *columns = zip(*rows, strict=True)
        losses, norms, growths = (_known(columns[at], columns[at + 1]) for at in (0, 2, 4))
        told = [row for row in rows if row[9]]
        return Values(
            _mean(losses),
            (math.hypot(*norms) if sharded else _worst(norms)) if norms else None,
            _worst(growths) if growths else None,
            any(columns[6]),
            Validated(int(told[0][11]), told[0][10], bool(told[0][12])) if told else None,
        )

    def leave(self) -> None:
        """From now on this rank is only watched; the others learn it at their next exchange, which waits for it."""
        row = [-1.0, *[0.0] * 12]
        if self.is_off:
            return
        if self.depart is None:
            self._exchanged(row)
        else:
            self.is_off, self.is_due = True, False
            self.depart(row)

    def _exchanged(self, row: Sequence[float]) -> Sequence[Sequence[float]] | None:
        self.is_due = False
        try:
            rows = self.exchange(row)
        except RuntimeError:  # a rank is gone, or never joined: what becomes of the script is its own business
            self.is_off = True
            return None
        self.is_off = row[0] < 0 or any(list(other[:2]) != list(row[:2]) for other in rows)
        return None if self.is_off else rows


def with_limit(values: Values, limit: float | None) -> Values:
    """The values with the training's own clipping limit.

    Example:
        >>> with_limit(Values(norm=8.0), 1.0).norm
        1.0
    """
    norm = values.norm
    if norm is None or limit is None or not abs(norm) < math.inf:
        return values
    return replace(values, norm=min(norm, limit))


def _given(value: float | None) -> tuple[float, float]:
    return _NONE if value is None else (1.0, value)


def _known(are: Sequence[float], values: Sequence[float]) -> list[float]:
    return [value for is_there, value in zip(are, values, strict=True) if is_there]


def _mean(values: Sequence[float]) -> float | None:
    if not values:
        return None
    return values[0] if all(value == values[0] for value in values) else sum(values) / len(values)


def _worst(values: Sequence[float]) -> float:
    return math.nan if any(map(math.isnan, values)) else max(values)
