"""What the dialects share: joining many parts, stairs at given steps, and checks of string arguments.

Path:   the dialects -> trees.
Units:  steps.
"""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from ratecraft.errors import InvalidInput
from ratecraft.schedules.trees.nodes import Const, Schedule, Seq

__all__ = ["check_choice", "in_turn", "joined", "scaled", "stairs"]


def joined(parts: Iterable[Schedule]) -> Schedule:
    """Parts one after another; one alone is itself.

    Example:
        >>> joined([Const(1.0, 2), Const(0.5)])
        constant(1, 2) >> constant(0.5)
    """
    together = tuple(parts)
    return together[0] if len(together) == 1 else Seq(together)


def in_turn(schedules: Sequence[Schedule], starts: Sequence[int]) -> Schedule:
    """Schedules of any length, each from its own step 0; all but the first begin at the given steps.

    Raises:
        InvalidInput: The starts are not one fewer than the schedules, or not ascending.

    Example:
        >>> in_turn([Const(1.0), Const(0.5)], [3])
        constant(1).lasting(3) >> constant(0.5)
    """
    if len(starts) != len(schedules) - 1:
        raise InvalidInput("dialect-starts", given=len(starts), schedules=len(schedules))
    lengths = [later - earlier for earlier, later in pairwise([0, *starts])]
    if any(length < 0 for length in lengths):
        raise InvalidInput("dialect-starts-order", given=", ".join(map(str, starts)))
    return joined(
        [*(schedule.lasting(length) for schedule, length in zip(schedules, lengths, strict=False)), schedules[-1]]
    )


def scaled(scale: float, schedule: Schedule) -> Schedule:
    """The product; nothing is wrapped where the scale is 1.

    Example:
        >>> scaled(1.0, Const(0.5)), scaled(2.0, Const(0.5))
        (constant(0.5), 2 * constant(0.5))
    """
    return schedule if scale == 1 else scale * schedule


def stairs(values: Sequence[float], starts: Sequence[int]) -> Schedule:
    """Values one after another, the first from step 0 on, each other one from its start on.

    Raises:
        InvalidInput: Starts that are not ascending, or values that aren't finite.

    Example:
        >>> stairs([1.0, 0.5], [3])
        constant(1, 3) >> constant(0.5)
    """
    lengths = [later - earlier for earlier, later in pairwise([0, *starts])]
    if any(length < 0 for length in lengths):
        raise InvalidInput("dialect-starts-order", given=", ".join(map(str, starts)))
    return joined([*map(Const, values, lengths), Const(values[-1])])


def check_choice(name: str, given: object, allowed: Collection[str]) -> None:
    """Refuse a word that is not allowed.

    Raises:
        InvalidInput: It isn't.

    Example:
        >>> check_choice("mode", "triangular", ("triangular", "exp_range"))
    """
    if given not in allowed:
        raise InvalidInput("dialect-choice", name=name, given=repr(given), allowed=", ".join(allowed))
