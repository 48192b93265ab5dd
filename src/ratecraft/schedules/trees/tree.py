"""What every node can be asked: its value at a step, its curve, how long it lasts, and to fit a run.

Path:   nodes and leaves implement it; `bind` fits a tree to a horizon; users read values and curves.
Units:  steps are optimizer steps, counted from 0 on the node's own clock. The public readings take whole steps; inside
        a tree a clock may stand between two of them.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias, cast, final

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import (
    MOST_STEPS,
    UNIT_HORIZON,
    Horizon,
    Length,
    Steps,
    measure,
    rounded,
    shown,
    simplest,
    whole_number,
)
from ratecraft.schedules.picture import curve_picture
from ratecraft.schedules.trees.stepping import Stepper, scaled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Clock: TypeAlias = "NDArray[Any]"
"""Steps of a node's own clock: whole numbers, or within a cycle that comes again floats."""
Values: TypeAlias = "NDArray[np.float64]"

DEEPEST: Final = 64
"""Most levels of a tree, so that walking it can't exhaust the stack. Joins and products are one level, however long."""

_PIECE: Final = 2**15
_MOST_VALUES: Final = 2**30  # 8 GiB
_SHOWN_HORIZON: Final = 1000
_SHOWN_POINTS: Final = 400

set_field = object.__setattr__
"""Sets a field of a frozen node: only in its `__post_init__`, to store the checked value."""


@final
@dataclass(frozen=True, slots=True)
class Place:
    """Where in a run a node is fitted.

    Attributes:
        horizon: The run.
        start: Where the node begins, exactly.
        end: Where its time is over, exactly.
        first: Where it begins in fact: the joints before it are rounded to whole steps.
        whole: Whether joints are rounded. Within a cycle that comes again they are not: it has no place of its own.
        cut: Whether what is longer than its time is cut off, as `lasting` does, and not refused.
    """

    horizon: Horizon
    start: Fraction
    end: Fraction
    first: Fraction
    whole: bool = True
    cut: bool = False

    def steps_of(self, length: Length) -> Steps:
        """The length of a leaf here: its own steps, or what lies between the rounded joints."""
        if isinstance(length, int | Fraction):
            return length
        return simplest(max(self.joint(self.end) - self.first, Fraction()))

    def pace_of(self, pace: Length, least: int = 1) -> Steps:
        """A length that is not a stretch of the run, such as the steps of one stair, in steps."""
        steps = measure(pace, self.horizon)
        if isinstance(pace, int | Fraction) or steps is None:
            return least if steps is None else simplest(steps)
        return max(simplest(steps) if not self.whole else rounded(steps), least)

    def joint(self, position: Fraction) -> Fraction:
        """The position, rounded to a whole step where joints are."""
        if not self.whole:
            return position
        return Fraction(rounded(position) if self.cut else min(rounded(position), self.horizon.steps))

    def within(self, start: Fraction, end: Fraction, first: Fraction) -> "Place":
        """The place of a part of the node."""
        return replace(self, start=start, end=end, first=first)

    def check_room(self, node: "Tree", end: Fraction) -> None:
        """Refuse a node that ends beyond its time. Half a step is not yet too late: a share of 1/3 is a cut decimal.

        Raises:
            InvalidInput: It ends too late.
        """
        over = math.ceil(end - Fraction(1, 2)) - rounded(self.end)
        if over > 0 and not self.cut:
            steps = self.horizon.steps
            raise InvalidInput("schedule-beyond-horizon", schedule=repr(node), over=over, horizon=steps)


class Tree(ABC):
    """The readings of a schedule. `at`, `curve` and `stepper` are for everybody; the rest is between the nodes."""

    __slots__ = ("_stepper",)
    _stepper: Stepper
    """Cached from the first reading on; not part of the value, so a copy computes it again."""
    infix: ClassVar[bool] = False
    """Whether its expression has an operator outside of any brackets."""

    @final
    def at(self, step: int) -> float:
        """The value at a step; after the end, the end is held.

        Raises:
            InvalidInput: A negative step; a tree that isn't bound to a horizon and needs one; a value beyond the range
                of a float64.
        """
        if type(step) is not int or not 0 <= step <= MOST_STEPS:
            step = whole_number("step", step)
        try:
            value = self._stepper(step)
        except AttributeError:
            value = self.stepper()(step)
        if value - value == 0:  # finite, at the least cost
            return value
        raise InvalidInput("schedule-overflow", schedule=repr(self), step=step)

    @final
    def stepper(self) -> Stepper:
        """`at` as one plain function without its checks, for loops: it equals `at` at each step, in less time.

        Raises:
            InvalidInput: It isn't bound to a horizon and needs one.

        Example:
            >>> from ratecraft.schedules.builders.constructors import linear, warmup
            >>> rate = (0.1 * (warmup(2) >> linear(1, 0, 8))).stepper()
            >>> rate(0), rate(1), rate(6), rate(10)
            (0.05, 0.1, 0.05, 0.0)
        """
        if not hasattr(self, "_stepper"):
            if self.needs_horizon:
                raise InvalidInput("schedule-unbound", schedule=repr(self))
            set_field(self, "_stepper", self.compiled(1.0, 0.0))
        return self._stepper

    @final
    def curve(self, steps: int, first: int = 0) -> Values:
        """The values at `steps` steps from `first` on.

        Each equals `at`: to the last bit where only lines and constants are at work, else to the last bits, since the
        sines and powers of numpy differ from those of `math` on some processors.

        Raises:
            InvalidInput: Same as `at`.

        Example:
            >>> from ratecraft.schedules.builders.constructors import linear
            >>> linear(1, 0, 4).curve(3, first=2).tolist()
            [0.5, 0.25, 0.0]
        """
        import numpy as np

        steps, first = whole_number("steps", steps), whole_number("first", first)
        if self.needs_horizon:
            raise InvalidInput("schedule-unbound", schedule=repr(self))
        if steps > _MOST_VALUES:
            raise InvalidInput("schedule-curve-size", given=steps, most=_MOST_VALUES)
        values = np.empty(steps)
        with np.errstate(all="ignore"):
            for done in range(0, steps, _PIECE):  # pieces that stay in the processor's cache
                count = min(_PIECE, steps - done)
                begin = first + done
                values[done : done + count] = self.values_at(np.arange(begin, begin + count, dtype=np.int64))
        finite = np.isfinite(values)
        if not finite.all():
            raise InvalidInput("schedule-overflow", schedule=repr(self), step=first + int(finite.argmin()))
        return values

    @property
    def children(self) -> "tuple[Tree, ...]":
        """The schedules that this one is made of."""
        return ()

    @property
    def needs_horizon(self) -> bool:
        """Whether it has values only once `bind` has given it a horizon: if one of its parts does."""
        return any(child.needs_horizon for child in self.children)

    def extent(self, horizon: Horizon) -> Fraction | None:
        """Steps that it lasts in a run, not yet rounded; None: as long as there is time. The longest part decides."""
        extents = [child.extent(horizon) for child in self.children]
        return None if None in extents else max(extent or Fraction() for extent in extents)

    @property
    def is_number(self) -> bool:
        """Whether it is one value for ever: it has no length of its own, and takes no rest either."""
        return False

    @property
    def takes_rest(self) -> bool:
        """Whether it lasts as long as there is time."""
        return self.extent(UNIT_HORIZON) is None

    @abstractmethod
    def fit(self, place: Place) -> "Tree":
        """The node with all lengths in steps, at a place of a run."""

    @abstractmethod
    def value_at(self, step: float) -> float:
        """What `at` reads, told in the plainest way."""

    def compiled(self, scale: float, shift: float) -> Stepper:
        """A function that gives scale · `value_at` + shift; nodes that are read often have a faster one."""
        return scaled(self.value_at, scale, shift)

    @abstractmethod
    def values_at(self, steps: Clock) -> Values:
        """What `curve` reads, without its checks."""

    def _repr_html_(self) -> str:
        """What notebooks show: the expression and a small picture, of 1000 steps where it has no length of its own."""
        horizon = Horizon(_SHOWN_HORIZON)
        try:
            end = self.extent(horizon)
            place = Place(horizon, Fraction(), Fraction(_SHOWN_HORIZON) if end is None else end, Fraction())
            shown = self.fit(place) if self.needs_horizon or end is None else self
            last = int(shown.extent(UNIT_HORIZON) or 0) or _SHOWN_HORIZON
            points = [round(point * last / _SHOWN_POINTS) for point in range(_SHOWN_POINTS + 1)]
            return curve_picture(repr(self), last, [shown.at(point) for point in points])
        except InvalidInput:  # such as lengths in epochs: nothing here knows how long those are
            return curve_picture(repr(self), 0, [])


def flat(kind: type[Tree], children: tuple[Tree, ...]) -> tuple[Tree, ...]:
    """The children, checked, with those of the same kind replaced by their own children.

    Raises:
        InvalidInput: Fewer than two, one that is not a schedule, or a tree that would be too deep.
    """
    if not isinstance(cast("object", children), tuple):
        raise InvalidInput("schedule-part", given=shown(children))
    inner = tuple(tree for child in children for tree in (child.children if isinstance(child, kind) else (child,)))
    if len(inner) < 2:
        raise InvalidInput("schedule-too-few-parts", given=len(inner))
    check_children(inner)
    return inner


def check_children(children: tuple[Tree, ...]) -> None:
    """Refuse what is not a schedule, and a tree that would be too deep.

    Raises:
        InvalidInput: One of the children is not a schedule, or is as deep as a tree may be.
    """
    for child in children:
        if not isinstance(cast("object", child), Tree):
            raise InvalidInput("schedule-part", given=shown(child))
    if max(map(_depth, children)) >= DEEPEST:
        raise InvalidInput("schedule-depth", most=DEEPEST)


def fit_each(node: Tree, place: Place) -> tuple[Tree, ...]:
    """The children of a node on one clock, each fitted for itself, none beyond the node's own time.

    Raises:
        InvalidInput: One is longer than there is time.
    """
    own = node.extent(place.horizon)
    latest = place.end if own is None else place.start + own
    fitted: list[Tree] = []
    for child in node.children:
        extent = child.extent(place.horizon)
        end = latest if extent is None else place.start + extent
        place.check_room(node, end)
        fitted.append(child.fit(place.within(place.start, end, place.first)))
    return tuple(fitted)


def enclosed(node: Tree) -> str:
    """The node's expression as an operand: in brackets where it needs them."""
    return f"({node!r})" if node.infix else repr(node)


def _depth(node: Tree) -> int:
    return 1 + max(map(_depth, node.children), default=0)
