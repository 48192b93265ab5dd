"""A bound schedule as plain Python functions of the step.

Path:   a tree in steps -> lines of code that need `math` at most -> `code`, which adds what a framework needs.
Units:  `rate(step)` is the schedule's value at optimizer step 0, 1, 2, …

A plain tree (lines, cosines, exponentials, joins, products, scaling) changes its formula at few steps only. Between two
of them it is one expression of `step`, or a number. Every other node becomes a function of its own, `part_1`, `part_2`,
…, on a clock of its own.
"""

import ast
import math
from bisect import bisect_right
from collections.abc import Mapping
from fractions import Fraction
from itertools import groupby, pairwise
from typing import cast

from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import Length, plain_number, simplest
from ratecraft.schedules.trees.leaves import Exp, Fn, Power, Segment
from ratecraft.schedules.trees.nodes import Affine, Const, Max, Min, Mul, Quantise, Repeat, Schedule, Seq, Shift, Span
from ratecraft.schedules.trees.shapes import Cosine, Linear
from ratecraft.schedules.trees.tree import Tree


def rate_functions(schedules: Schedule | Mapping[str, Schedule]) -> list[str]:
    r"""The lines of the function `rate`, after those of the functions that it calls.

    Args:
        schedules: Bound to a horizon: one, or several by what their functions are called.

    Raises:
        InvalidInput: It isn't bound, or has a function of the user's own, which isn't ours to write down.

    Example:
        >>> from ratecraft.schedules.builders.constructors import cosine
        >>> print(*rate_functions(cosine(1, 0, 10).repeat(2)), sep="\n")
        def part_1(step):
            if step < 10:
                return math.sin(math.pi / 2 * ((10 - step) / 10)) ** 2
            return 0.0
        <BLANKLINE>
        <BLANKLINE>
        def rate(step):
            if step >= 20:
                return 0.0
            return part_1(step % 10)
    """
    named = {"rate": schedules} if isinstance(schedules, Schedule) else schedules
    writer, lines = _Writer(), list[str]()
    for name, schedule in named.items():
        if schedule.needs_horizon:
            raise InvalidInput("schedule-unbound", schedule=repr(schedule))
        body = writer.body(schedule)
        lines += [*([""] * 2 if lines else []), f"def {name}(step):", *(f"    {line}" for line in body)]
    return [*writer.lines, *lines]


class _Writer:
    """Collects the functions of the nodes that need one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.names: dict[Tree, str] = {}

    def body(self, node: Tree) -> list[str]:
        """A function's lines: one formula up to each step at which it changes, then the value that is held."""
        if isinstance(node, Repeat):
            return self.repeated(node)
        if isinstance(node, Seq) and not _is_plain(node):
            return self.joined(node)
        firsts = sorted({0} | _changes(node, 0))
        grouped = groupby(firsts, key=lambda first: self.formula_or_value(node, first))
        stretches = [(formula, next(group)) for formula, group in grouped]
        lines: list[str] = []
        for (formula, _), (_, following) in pairwise(stretches):
            lines += [f"if step < {following}:", f"    return {formula}"]
        return [*lines, f"return {stretches[-1][0]}"]

    def formula_or_value(self, node: Tree, first: int) -> str:
        formula = self.formula(node, 0, first)
        return _shortened(formula) if "step" in formula else repr(node.value_at(first))

    def formula(self, node: Tree, begin: int, first: int) -> str:
        """The node's value as an expression of `step`, right from step `first` to its next change."""
        here = _minus("step", begin)
        match node:
            case Const():
                return repr(node.value)
            case Segment() | Exp() if _is_plain(node):
                return _leaf_formula(node, begin, first)
            case Segment():
                return _general_segment(node, here)
            case Exp():
                return f"({node.factor!r} ** ({_least(here, node.length)} / {_number(node.every)}))"
            case Power():
                gone = f"({_least(here, node.length)} + {_number(node.offset)})"
                return f"(({gone} / {_number(node.scale)}) ** {node.exponent!r})"
            case Affine():
                scaled = _times(node.scale, self.formula(node.inner, begin, first))
                return f"({scaled} + {node.shift!r})" if node.shift else scaled
            case Mul():
                return "(" + " * ".join(self.formula(factor, begin, first) for factor in node.factors) + ")"
            case Min() | Max():
                parts = ", ".join(self.formula(part, begin, first) for part in node.parts)
                return f"{type(node).__name__.lower()}({parts})"
            case Seq() if _is_plain(node):
                index = bisect_right(node.starts, first - begin) - 1
                return self.formula(node.parts[index], begin + cast("int", node.starts[index]), first)
            case Shift():
                return self.call(node.inner, f"max({here} + {_number(node.by)}, 0)")
            case Quantise():
                clock = here if node.end == math.inf else f"min({here}, {node.end!r})"
                return self.call(node.inner, _stair(clock, node.every))
            case Span():
                return self.call(node.inner, _least(here, node.length))
            case Fn():
                raise InvalidInput("schedule-function-code", name=node.name)
            case _:
                return self.call(node, here)

    def call(self, node: Tree, clock: str) -> str:
        """A call of the node's own function."""
        if node not in self.names:
            body = self.body(node)
            self.names[node] = f"part_{len(self.names) + 1}"
            self.lines += [f"def {self.names[node]}(step):", *(f"    {line}" for line in body), "", ""]
        return f"{self.names[node]}({clock})"

    def joined(self, node: Seq) -> list[str]:
        lines: list[str] = []
        for part, start, following in zip(node.parts, node.starts, (*node.starts[1:], math.inf), strict=True):
            value = self.formula(part, 0, 0) if isinstance(part, Const) else self.call(part, _minus("step", start))
            last = following == math.inf
            lines += [f"return {value}"] if last else [f"if step < {following!r}:", f"    return {value}"]
        return lines

    def repeated(self, node: Repeat) -> list[str]:
        end = repr(node.held)
        if node.clock is None:
            return [f"return {end}"]
        ends = [Fraction(cast("int", length)) for length in (node.length, node.clock.end) if length is not None]
        limits = [plain_number(simplest(end)) for end in ends]
        lines: list[str] = []
        if node.growth == 1:
            length = node.clock.length
            local, cycle = _cycle(length)
            value = self.call(node.inner, local)
        else:
            starts, scales = node.clock.starts, node.clock.scales
            latest = min(limits, default=math.inf)
            known = [index for index, start in enumerate(starts) if start < latest or index == 0]
            lines += [f"starts = {[starts[index] for index in known]!r}"]
            lines += [f"scales = {[scales[index] for index in known]!r}"]
            lines += ["cycle = max(index for index, start in enumerate(starts) if start <= step)"]
            cycle, value = "cycle", self.call(node.inner, "(step - starts[cycle]) / scales[cycle]")
        if node.decay != 1:
            value = f"{node.decay!r} ** {cycle} * {value}"
        value = _shortened(value)
        if not limits:
            return [*lines, f"return {value}"]
        return [f"if step >= {min(limits)!r}:", f"    return {end}", *lines, f"return {value}"]


def _is_plain(node: Tree) -> bool:
    """Whether the node is a piece of one formula between few whole steps."""
    match node:
        case Const():
            return True
        case Segment():
            simple = isinstance(node.shape, Linear) or node.shape == Cosine()
            whole = isinstance(node.length, int) and isinstance(node.offset, int)
            return simple and whole and node.inset == 0 and node.after == "hold" and node.offset >= 0
        case Exp():
            return isinstance(node.length, int) and isinstance(node.every, int)
        case Seq():
            whole = all(isinstance(start, int) for start in node.starts)
            return whole and all(map(_is_plain, node.parts))
        case Mul() | Affine():
            return all(map(_is_plain, node.children))
        case _:
            return False


def _changes(node: Tree, begin: int) -> set[int]:
    """The steps of the run at which the node's formula changes, where the node's own clock starts at `begin`."""
    match node:
        case Segment() | Exp() if _is_plain(node):
            return {begin + _moving_steps(node)}
        case Seq() if _is_plain(node):
            changes: set[int] = set()
            starts = cast("tuple[int, ...]", node.starts)
            for part, start, following in zip(node.parts, starts, (*starts[1:], math.inf), strict=True):
                own = _changes(part, begin + start)
                changes |= {begin + start} | {change for change in own if change < begin + following}
            return changes
        case Mul() | Affine() | Min() | Max():
            return set[int]().union(*(_changes(child, begin) for child in node.children))
        case _:
            return set()


def _moving_steps(leaf: Segment | Exp) -> int:
    """Steps for which a leaf follows its formula, before it holds its end."""
    length = cast("int", leaf.length)
    # A segment's formula still holds at the first step at its end: a warm-up of 8 steps has one formula for 8 steps.
    return max(0, min(length, length - cast("int", leaf.offset) + 1)) if isinstance(leaf, Segment) else length


def _leaf_formula(leaf: Segment | Exp, begin: int, first: int) -> str:
    if first - begin >= _moving_steps(leaf):
        return repr(leaf.value_at(first - begin))
    if isinstance(leaf, Exp):
        return f"({leaf.factor!r} ** ({_minus('step', begin)} / {leaf.every}))"
    length, offset = cast("int", leaf.length), cast("int", leaf.offset)
    rise = f"({_minus('step', begin - offset)} / {length})"
    fall = f"(({begin - offset + length} - step) / {length})"
    if isinstance(leaf.shape, Cosine):
        rise, fall = (f"(math.sin(math.pi / 2 * {share}) ** 2)" for share in (rise, fall))
    start, end = leaf.start, leaf.end
    if start == 0:
        return _times(end, rise)
    return _times(start, fall) if end == 0 else f"({end!r} + ({start!r} - {end!r}) * {fall})"


def _general_segment(segment: Segment, here: str) -> str:
    """Any segment, at any step: its share is kept within its limits by the expression itself."""
    span, after, start, end = segment.span, segment.after, segment.start, segment.end
    if span == 0:
        return repr(after if isinstance(after, float) else end)
    done = f"max({here} + {_number(segment.offset)}, 0)" if segment.offset else here
    if after == "reflect":
        share = f"(1 - abs({done} / {span!r} % 2 - 1))"
    elif after == "extend":
        share = f"({done} / {span!r})"
    else:
        share = f"(min({done}, {span!r}) / {span!r})"
    value = segment.shape.source_between(start, end, share)
    return f"({value} if {done} < {span!r} else {after!r})" if isinstance(after, float) else value


def _cycle(length: int | Fraction) -> tuple[str, str]:
    """(step of the cycle, number of the cycle) in exact arithmetic."""
    if length.denominator == 1:
        return f"step % {length.numerator}", f"(step // {length.numerator})"
    fine = f"step * {length.denominator}"
    return f"{fine} % {length.numerator} / {length.denominator}", f"({fine} // {length.numerator})"


def _stair(clock: str, every: Length) -> str:
    width = cast("int | Fraction", every)
    if width.denominator == 1:
        return f"{clock} // {width.numerator} * {width.numerator}"
    return f"{clock} * {width.denominator} // {width.numerator} * {width.numerator} / {width.denominator}"


def _shortened(formula: str) -> str:
    return ast.unparse(ast.parse(formula, mode="eval"))  # leaves out the brackets that aren't needed


def _number(length: Length) -> str:
    return repr(plain_number(cast("int | Fraction", length)))


def _least(clock: str, length: Length) -> str:
    return clock if length is None else f"min({clock}, {_number(length)})"


def _times(scale: float, formula: str) -> str:
    return formula if scale == 1 else f"({scale!r} * {formula})"


def _minus(text: str, number: int | float) -> str:
    if number == 0:
        return text
    return f"({text} {'-' if number > 0 else '+'} {abs(number)})"
