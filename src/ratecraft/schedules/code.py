"""A schedule as PyTorch code that anyone can paste: no import of ratecraft, only `math` and `LambdaLR`.

Path:   the answer's schedule -> a report -> the user's script.
Units:  the code's `rate(step)` is the absolute rate of the leading group at optimizer step 0, 1, 2, …

A bound tree changes its formula at few steps only. Between two of them it is one expression of `step`, or a number.
"""

import ast
import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Final, cast

from ratecraft.errors import InvalidInput
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.leaves import Const, Exp, Segment
from ratecraft.schedules.lengths import finite_number
from ratecraft.schedules.nodes import Affine, Mul, Schedule, Seq

__all__ = ["torch_code"]

_LONGEST_TITLE: Final = 100


def torch_code(schedule: Schedule, horizon: int, ratios: Sequence[float] = (1.0,)) -> str:
    """Code that gives the groups of an existing `optimizer` the rates of a schedule.

    Args:
        schedule: Absolute rates of the leading group.
        horizon: Optimizer steps of the run.
        ratios: Each parameter group's rate as a multiple of the leading one's, in the optimizer's order; where all are
            equal, one is enough.

    Raises:
        InvalidInput: A schedule longer than the horizon, or ratios that aren't finite numbers.

    Example:
        >>> from ratecraft.schedules.constructors import linear, warmup
        >>> print(torch_code(0.1 * (warmup(2) >> linear(1, 0)), horizon=10))
        # Learning rate of 10 optimizer steps: 0.1 * (warmup(2) >> linear(1, 0, 8))
        # Paste this below the line that makes `optimizer`, in place of any other learning-rate scheduler.
        from torch.optim.lr_scheduler import LambdaLR
        <BLANKLINE>
        <BLANKLINE>
        def rate(step):
            if step < 2:
                return 0.1 * ((step + 1) / 2)
            if step < 10:
                return 0.1 * ((10 - step) / 8)
            return 0.0
        <BLANKLINE>
        <BLANKLINE>
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"] = 1.0  # LambdaLR multiplies it by rate(step)
        scheduler = LambdaLR(optimizer, rate)
        # In the training loop, call scheduler.step() after every optimizer.step().
        <BLANKLINE>
    """
    if not ratios:
        raise InvalidInput("schedule-no-ratios")
    factors = [finite_number("ratios", ratio) for ratio in ratios]
    bound = bind(schedule, horizon)
    body = _body(bound)
    math_import = ["import math", ""] if any("math." in line for line in body) else []
    lines = [
        _title(bound, horizon),
        "# Paste this below the line that makes `optimizer`, in place of any other learning-rate scheduler.",
        *math_import,
        "from torch.optim.lr_scheduler import LambdaLR",
        "",
        "",
        "def rate(step):",
        *(f"    {line}" for line in body),
        "",
        "",
        *_group_lines(factors),
        "scheduler = LambdaLR(optimizer, rate)",
        "# In the training loop, call scheduler.step() after every optimizer.step().",
    ]
    return "\n".join(lines) + "\n"


def _title(schedule: Schedule, horizon: int) -> str:
    expression = repr(schedule)
    title = f"# Learning rate of {horizon} optimizer steps"
    return f"{title}: {expression}" if len(expression) <= _LONGEST_TITLE else title


def _group_lines(ratios: list[float]) -> list[str]:
    base = 'group["lr"] = group["initial_lr"]'
    if len(set(ratios)) == 1:
        return [
            "for group in optimizer.param_groups:",
            f"    {base} = {ratios[0]!r}  # LambdaLR multiplies it by rate(step)",
        ]
    return [
        f"ratios = {ratios!r}  # rate of each parameter group, as a multiple of the leading one's",
        "for group, ratio in zip(optimizer.param_groups, ratios, strict=True):",
        f"    {base} = ratio  # LambdaLR multiplies it by rate(step)",
    ]


def _body(schedule: Schedule) -> list[str]:
    """The function's lines: one formula up to each step at which it changes, and the value that is held at the end."""
    firsts = sorted({0} | _changes(schedule, 0))
    grouped = groupby(firsts, key=lambda first: _formula_or_value(schedule, first))
    stretches = [(formula, next(group)) for formula, group in grouped]
    lines: list[str] = []
    for (formula, _), (_, following) in pairwise(stretches):
        lines += [f"if step < {following}:", f"    return {formula}"]
    return [*lines, f"return {stretches[-1][0]}"]


def _changes(node: Schedule, begin: int) -> set[int]:
    """The steps of the run at which the node's formula changes, where the node's own clock starts at `begin`."""
    match node:
        case Segment() | Exp():
            return {begin + _moving_steps(node)}
        case Seq():
            changes: set[int] = set()
            for part, start, following in zip(node.parts, node.starts, (*node.starts[1:], math.inf), strict=True):
                own = _changes(part, begin + start)
                changes |= {begin + start} | {change for change in own if change < begin + following}
            return changes
        case _:
            return set[int]().union(*(_changes(child, begin) for child in node.children))


def _moving_steps(leaf: Segment | Exp) -> int:
    """Steps for which a leaf follows its formula, before it holds its end."""
    length = cast("int", leaf.length)
    # A segment's formula still holds at the first step at its end: a warm-up of 8 steps has one formula for 8 steps.
    return max(0, min(length, length - leaf.offset + 1)) if isinstance(leaf, Segment) else length


def _formula_or_value(schedule: Schedule, first: int) -> str:
    formula = _formula(schedule, 0, first)
    if "step" not in formula:
        return repr(schedule.at(first))
    return ast.unparse(ast.parse(formula, mode="eval"))  # leaves out the brackets that aren't needed


def _formula(node: Schedule, begin: int, first: int) -> str:
    """The node's value as an expression of `step`, right from step `first` to its next change."""
    match node:
        case Segment() | Exp() if first - begin >= _moving_steps(node):
            return repr(node.at(first - begin))
        case Segment():
            return _segment_formula(node, begin)
        case Exp():
            return f"({node.factor!r} ** ({_minus('step', begin)} / {node.every}))"
        case Const():
            return repr(node.value)
        case Affine():
            scaled = _times(node.scale, _formula(node.inner, begin, first))
            return f"({scaled} + {node.shift!r})" if node.shift else scaled
        case Mul():
            return "(" + " * ".join(_formula(factor, begin, first) for factor in node.factors) + ")"
        case Seq():
            index = bisect_right(node.starts, first - begin) - 1
            return _formula(node.parts[index], begin + node.starts[index], first)
        case _:
            raise InvalidInput("schedule-part", given=repr(node))


def _segment_formula(segment: Segment, begin: int) -> str:
    length = cast("int", segment.length)
    rise = f"({_minus('step', begin - segment.offset)} / {length})"
    fall = f"(({begin - segment.offset + length} - step) / {length})"
    if segment.shape == "cosine":
        rise, fall = (f"(math.sin(math.pi / 2 * {share}) ** 2)" for share in (rise, fall))
    start, end = segment.start, segment.end
    if start == 0:
        return _times(end, rise)
    return _times(start, fall) if end == 0 else f"({end!r} + ({start!r} - {end!r}) * {fall})"


def _times(scale: float, formula: str) -> str:
    return formula if scale == 1 else f"({scale!r} * {formula})"


def _minus(text: str, number: int) -> str:
    if number == 0:
        return text
    return f"({text} {'-' if number > 0 else '+'} {abs(number)})"
