"""How many optimizer steps a full run has: from the loops around its step, or by counting them in a run.

Path:   a framework's own count; the frames of the user's code at the first two steps -> loop lengths; a scheduler's
        `total_steps` where it is called at every step -> steps, or None.
Units:  optimizer steps. One round of the innermost loop is a step, unless the step is taken under a condition: then the
        rounds of one step are seen between the first two.

Only names, attributes, items, constants, + − × // and `len`, `int`, `range`, `enumerate`, `zip`, `tqdm`, `trange` are
read, and nothing of the script is run: where a loop is anything else the answer is None, never a guess.
"""

import ast
import linecache
import operator
import weakref
from collections.abc import Callable, Iterator, Mapping, Sized
from contextlib import suppress
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from torch.optim.lr_scheduler import LRScheduler

from ratecraft.training.instrument.loaders import Loaders

_OPERATIONS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {  # pyright: ignore[reportUnknownVariableType]
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,  # pyright: ignore[reportUnknownMemberType]
}
_PLAIN: Mapping[str, Callable[..., Any]] = {"len": len, "int": int, "range": range, "trange": range}
_WRAPPERS = ("enumerate", "tqdm", "list", "iter", "reversed")  # their first argument tells the length
_PLAIN_CONTAINERS = (dict, list, tuple, str)  # reading an item of these runs no code of the user's


class _UnknownError(Exception):
    """The expression is not one that may be read."""


@dataclass(frozen=True, slots=True)
class Loops:
    """The loops around a step.

    Attributes:
        inner: Rounds of the innermost loop.
        outer: How often it is gone through.
        conditional: Whether the step is taken under a condition, such as at every fourth round.
        position: The round of the innermost loop that is under way; None if it does not tell.
    """

    inner: int
    outer: int
    conditional: bool
    position: int | None

    def steps(self, rounds: int = 1) -> int:
        """Steps of a full run if a step takes `rounds` rounds of the innermost loop.

        Example:
            >>> Loops(inner=10, outer=3, conditional=True, position=None).steps(rounds=4)
            6
        """
        return self.inner // rounds * self.outer


@dataclass
class Horizon:
    """Follows the first two steps of a run.

    Attributes:
        is_users: Whether a file is the user's own code.
        first_batches: Batches of the training loader that the first step took.
        framework: Steps of the trainings that a framework has begun, as it tells them; 0 while it told none.
        loops: Steps by the loops around the step; None if they do not tell.
        scheduler: Total steps of a scheduler that was called once by the second step; None if there is none.
        most: The most steps that the training under way can have, known at the second step; early stopping makes it
            shorter. None if neither a framework nor the loops tell.
    """

    is_users: Callable[[str], bool]
    first_batches: int = 0
    framework: int = 0
    loops: int | None = None
    scheduler: int | None = None
    most: int | None = None
    _first: Loops | None = None
    _schedulers: list["weakref.ref[LRScheduler]"] = field(default_factory=list["weakref.ref[LRScheduler]"])

    def known(self, counted: int | None = None) -> tuple[int | None, str]:
        """Steps of a full run and where they are from, by the best that is known.

        Args:
            counted: What a census counted; None if there was none, or it could not tell.
        """
        if self.framework:
            return self.framework, "framework"
        if counted:
            return counted, "census"
        if self.loops:
            return self.loops, "loops"
        return self.scheduler, "scheduler" if self.scheduler else ""

    def scheduled(self, scheduler: LRScheduler) -> None:
        """A scheduler was made."""
        self._schedulers.append(weakref.ref(scheduler))

    def one_step_is_done(self) -> None:
        """A second one, or a second batch, is asked for: a scheduler that counts steps has counted one by now."""
        for scheduler in filter(None, (known() for known in self._schedulers)):
            total = getattr(scheduler, "total_steps", None)
            if isinstance(total, int) and scheduler.last_epoch == 1:
                self.scheduler = total
        self._schedulers.clear()

    def look(self, step: int, batches: int, epoch: int | None, frame: FrameType | None) -> None:
        """Step 1 or 2 begins.

        Args:
            step: Number of that step.
            batches: Batches of the training loader, those of this step included.
            epoch: Batches of one of its epochs.
            frame: The innermost frame.
        """
        loops = loops_around(frame, self.is_users)
        if step == 1:
            self._first, self.first_batches = loops, batches
            if loops is not None and not loops.conditional:
                self.loops = loops.steps()
        elif self._first is not None and loops is not None:
            first, over_loader = self._first, self._first.inner == epoch
            rounds = _rounds(first, loops, batches - self.first_batches)
            if first.conditional:
                self.loops = first.steps(rounds) if rounds else None
            elif rounds and (over_loader or first.position is not None):  # a framework may take a step in some alone
                self.loops = first.steps(rounds)
            self.most = None if self.loops is None else max(self.loops, -(-first.inner // max(1, rounds)) * first.outer)
        if step == 2 and self.framework:
            self.most = self.framework


def _rounds(first: Loops, second: Loops, batches: int) -> int:
    """Rounds of the innermost loop between two steps: as the loop tells them, else as many as batches were read."""
    if first.position is None or second.position is None:
        return batches
    return max(0, second.position - first.position)


def census(loaders: Loaders, first_batches: int, steps: int, most: int = 0, *, ended: bool) -> int | None:
    """Optimizer steps of a full run, after a walk through the whole script with one batch an epoch.

    Args:
        loaders: The loaders, in the order in which they were met.
        first_batches: Batches of the training loader that the one true step took.
        steps: Steps that the script asked for, frozen ones included.
        most: Frozen steps after which it went no further than to the first figure; 0 if it went through all.
        ended: The script came to its own end before any epoch was shortened, so that its steps are all there are.

    Returns:
        None if it did not go through all, or the loader does not tell its length.
    """
    if ended or not (most or loaders.found):
        return steps
    if most:
        return None
    epoch = loaders.epoch()
    return None if epoch is None else epoch // max(1, first_batches) * loaders.ended_epochs


def loops_around(frame: FrameType | None, is_users: Callable[[str], bool]) -> Loops | None:
    """The `for` loops around the current line of the user's frames.

    Args:
        frame: The innermost frame.
        is_users: Whether a file is the user's own code.

    Returns:
        None if a `while` loop or an unreadable one is among them, or there is none.
    """
    inner: ast.For | None = None
    position: int | None = None
    lengths: list[int] = []
    conditional = False
    while frame is not None:
        if is_users(frame.f_code.co_filename):
            for node in reversed(list(_around(frame))):
                if isinstance(node, ast.If):
                    conditional = conditional or inner is None
                    continue
                length = _length(node, frame) if isinstance(node, ast.For) else None
                if length is None:
                    return None
                lengths.append(length)
                if inner is None and isinstance(node, ast.For):
                    inner, position = node, _position(node, frame)
        frame = frame.f_back
    outer = 1
    for length in lengths[1:]:
        outer *= length
    return Loops(lengths[0], outer, conditional, position) if lengths else None


def begins_around(frame: FrameType | None, is_users: Callable[[str], bool]) -> frozenset[int]:
    """Where the `for` loops over a range around the current line begin to count: those of 2 and more."""
    begins = set[int]()
    while frame is not None:
        for node in _around(frame) if is_users(frame.f_code.co_filename) else ():
            with suppress(_UnknownError, TypeError, AttributeError, LookupError, ValueError, ArithmeticError):
                value = _value(node.iter, frame) if isinstance(node, ast.For) else None
                begins |= {value.start} if isinstance(value, range) else set()
        frame = frame.f_back
    return frozenset(line for line in begins if line > 1)


def _around(frame: FrameType) -> Iterator[ast.For | ast.While | ast.If]:
    """The loops and conditions of the frame's own function that hold its current line, outermost first."""
    source = "".join(linecache.getlines(frame.f_code.co_filename, frame.f_globals))
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    body = module.body if frame.f_code.co_name == "<module>" else _body_of(frame.f_code, module)
    yield from _enclosing(body, frame.f_lineno)


def _body_of(code: CodeType, module: ast.Module) -> list[ast.stmt]:
    """The statements of the function that this code is of."""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            starts = {node.lineno, *(decorator.lineno for decorator in node.decorator_list)}
            if code.co_firstlineno in starts:
                return node.body
    return []


def _enclosing(body: list[ast.stmt], line: int) -> Iterator[ast.For | ast.While | ast.If]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            if isinstance(node, (ast.For, ast.While, ast.If)):
                yield node
            yield from _enclosing([child for child in _parts(node) if isinstance(child, ast.stmt)], line)


def _parts(node: ast.stmt) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        yield child
        if isinstance(child, (ast.ExceptHandler, ast.match_case)):
            yield from child.body


def _length(loop: ast.For, frame: FrameType) -> int | None:
    try:
        return _count(loop.iter, frame)
    except (_UnknownError, TypeError, AttributeError, LookupError, ValueError, ArithmeticError, NotImplementedError):
        return None


def _count(node: ast.expr, frame: FrameType) -> int:
    """How many rounds a loop over this expression has."""
    if (
        isinstance(node, ast.Call)
        and node.args
        and not any(isinstance(argument, ast.Starred) for argument in node.args)
    ):
        if _called(node) == "zip":
            return min(_count(argument, frame) for argument in node.args)
        if _called(node) in _WRAPPERS:
            return _count(node.args[0], frame)
    value = _value(node, frame)
    if not isinstance(value, Sized):
        raise _UnknownError
    return len(value)


def _position(loop: ast.For, frame: FrameType) -> int | None:
    """The round that is under way, where the loop counts its rounds: over a range, or enumerated."""
    target = loop.target.elts[0] if isinstance(loop.target, ast.Tuple) and loop.target.elts else loop.target
    if not isinstance(loop.iter, ast.Call) or not isinstance(target, ast.Name):
        return None
    counter = frame.f_locals.get(target.id)
    if not isinstance(counter, int):
        return None
    if _called(loop.iter) == "enumerate" and isinstance(loop.target, ast.Tuple):
        return counter
    try:
        values = _value(loop.iter, frame)
        return values.index(counter) if isinstance(values, range) else None
    except (_UnknownError, TypeError, AttributeError, LookupError, ValueError):
        return None


def _called(node: ast.Call) -> str:
    """The name of a called function; of methods only those of `tqdm.tqdm(…)` and the like."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr if node.func.attr in ("tqdm", "trange") else ""
    return getattr(node.func, "id", "")


def _value(node: ast.expr, frame: FrameType) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.List(elts=items) | ast.Tuple(elts=items) if not any(isinstance(other, ast.Starred) for other in items):
            return items
        case ast.Name(id=name):
            return frame.f_locals[name] if name in frame.f_locals else frame.f_globals[name]
        case ast.Attribute(value=inner, attr=attribute):
            return getattr(_value(inner, frame), attribute)
        case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
            container = _value(inner, frame)
            if type(container) not in _PLAIN_CONTAINERS:
                raise _UnknownError
            return container[key]
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
            return _OPERATIONS[type(operation)](_value(left, frame), _value(right, frame))
        case ast.Call(args=arguments, keywords=keywords) if _called(node) in _PLAIN:
            if keywords and _called(node) != "trange":  # whose keywords are the bar's
                raise _UnknownError
            return _PLAIN[_called(node)](*(_value(argument, frame) for argument in arguments))
        case _:
            raise _UnknownError
