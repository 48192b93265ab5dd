"""Parses a schedule from its expression, as people type it and `repr` writes it.

Path:   command line, files, `repr` -> this parser -> a tree, or a set of trees.

Grammar, with Python's precedence and meaning, and nothing else of Python::

    schedule  = sum {">>" sum}
    sum       = product {("+" | "-") product}
    product   = changed {"*" changed}
    changed   = part {"." name [arguments]}
    part      = number | "(" schedule ")" | name arguments
    arguments = "(" [argument {"," argument}] ")"
    argument  = [name "="] (value | schedule)
    value     = number | "None" | word | "[" [value {"," value}] "]" | ["-"] unit arguments
    unit      = "steps" | "epochs" | "samples" | "tokens"
    number    = ["+" | "-"] digits ["." digits] [("e" | "E") ["+" | "-"] digits]
    word      = characters in quotation marks

A name is one of the constructors, or `min`, `max`, `ScheduleSet`, whose arguments are schedules. A number with a point
or an exponent is a share where a length is meant.
"""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, cast

from ratecraft.errors import InvalidInput
from ratecraft.schedules.language.arguments import Arguments, arguments, called, number, value
from ratecraft.schedules.language.lexing import Cursor, Token
from ratecraft.schedules.language.names import CONSTRUCTORS, METHODS, SET_CONSTRUCTORS, form_of
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.spec import Functions
from ratecraft.schedules.trees.leaves import Fn
from ratecraft.schedules.trees.nodes import Const, Max, Min, Mul, Schedule, Seq
from ratecraft.schedules.trees.tree import DEEPEST

_NAMES: Final = ", ".join(sorted({*CONSTRUCTORS, *SET_CONSTRUCTORS, "max", "min"}))

_Operand: TypeAlias = "Schedule | ScheduleSet | float"


def parse(text: str, functions: Functions | None = None) -> Schedule:
    """The schedule of an expression; `parse(repr(schedule)) == schedule`.

    Args:
        text: For example `0.05 * (warmup(8) >> constant(1, 392) >> linear(1, 0, 600))`.
        functions: Functions that the expression names: `function("name")`.

    Raises:
        InvalidInput: Not an expression of the grammar, or refused by a constructor. Its `values` hold the `column`,
            counted from 1.

    Example:
        >>> parse("warmup(0.05) >> cosine(to=0.1)")
        warmup(0.05) >> cosine(1, 0.1)
    """
    cursor = Cursor(text)
    first = cursor.next
    result = _Parser(cursor, functions).whole()
    if isinstance(result, ScheduleSet):
        raise cursor.error("schedule-text-set", first, names=", ".join(result))
    return result


def parse_set(text: str, functions: Functions | None = None) -> ScheduleSet:
    """The schedules of an expression by their names; a schedule alone is that of the `rate`.

    Args:
        text: For example `onecycle()`, or `ScheduleSet(rate=cosine(), weight_decay=constant(0.1))`.
        functions: As for `parse`.

    Raises:
        InvalidInput: Same as `parse`.

    Example:
        >>> list(parse_set("0.1 * onecycle()")), list(parse_set("cosine()"))
        (['momentum', 'rate'], ['rate'])
    """
    result = _Parser(Cursor(text), functions).whole()
    return result if isinstance(result, ScheduleSet) else ScheduleSet(rate=result)


class _Parser:
    """Recursive descent over the tokens; one method a rule of the grammar."""

    def __init__(self, cursor: Cursor, functions: Functions | None) -> None:
        self.cursor = cursor
        self.functions = functions or {}
        self.levels = 0

    def whole(self) -> Schedule | ScheduleSet:
        first = self.cursor.next
        result = self.schedule()
        if self.cursor.next.kind != "end":
            raise self.cursor.error("schedule-text-operator")
        if not isinstance(result, Schedule | ScheduleSet):
            raise self.cursor.error("schedule-text-number", first, given=f"{result:g}")
        return result

    def schedule(self) -> _Operand:
        first = self.cursor.next
        self.levels += 1
        if self.levels > DEEPEST:
            raise self.cursor.error("schedule-depth", most=DEEPEST)
        parts = [self.sum()]
        while operator := self.cursor.take(">>"):
            parts.append(self.sum())
            if not all(isinstance(part, Schedule) for part in parts[-2:]):
                raise self.cursor.error("schedule-text-operands", operator, operator=">>")
        self.levels -= 1
        # One join for all of them: joining them two by two takes quadratic time.
        return (
            parts[0] if len(parts) == 1 else self.cursor.built(first, lambda: Seq(tuple(cast("list[Schedule]", parts))))
        )

    def sum(self) -> _Operand:
        left = self.product()
        while operator := self.cursor.take("+", "-"):
            left = _combined(self.cursor, left, operator, self.product())
        return left

    def product(self) -> _Operand:
        first = self.cursor.next
        factors = [self.changed()]  # schedules that wait to become one product, as the parts of a join do
        while operator := self.cursor.take("*"):
            right = self.changed()
            if isinstance(factors[-1], Schedule) and isinstance(right, Schedule):
                factors.append(right)
            else:
                factors = [_combined(self.cursor, self.multiplied(first, factors), operator, right)]
        return self.multiplied(first, factors)

    def multiplied(self, first: Token, factors: list[_Operand]) -> _Operand:
        if len(factors) == 1:
            return factors[0]
        return self.cursor.built(first, lambda: Mul(tuple(cast("list[Schedule]", factors))))

    def changed(self) -> _Operand:
        operand = self.part()
        while self.cursor.take("."):
            name = self.cursor.advance()
            if isinstance(operand, ScheduleSet) and name.text in operand:
                operand = operand[name.text]
            elif isinstance(operand, Schedule) and name.text in METHODS:
                operand = self.method(operand, name)
            else:
                allowed = ", ".join(operand if isinstance(operand, ScheduleSet) else METHODS)
                raise self.cursor.error("schedule-text-method", name, given=name.text, allowed=allowed)
        return operand

    def part(self) -> _Operand:
        if self.cursor.next.text == "(":
            return self.group()
        if self.cursor.next.kind == "name":
            return self.call()
        if self.cursor.next.kind == "number" or self.cursor.next.text in ("+", "-"):
            return float(number(self.cursor, "schedule-text-part", allowed=_NAMES))
        raise self.cursor.error("schedule-text-part", allowed=_NAMES)

    def group(self) -> _Operand:
        self.cursor.advance()
        inner = self.schedule()
        if not self.cursor.take(")"):
            raise self.cursor.error("schedule-text-close")
        return inner

    def call(self) -> Schedule | ScheduleSet:
        name = self.cursor.advance()
        if name.text in ("min", "max"):
            node = Min if name.text == "min" else Max
            return self.made(name, f"{name.text}(schedule, schedule, ...)", lambda *parts: node(parts), self.scheduled)
        if name.text == "ScheduleSet":
            return self.made(name, "ScheduleSet(rate=schedule, ...)", ScheduleSet, self.scheduled)
        if name.text == "function":
            return self.made(name, "function(name, length=None)", self.function, self.value)
        constructor: Callable[..., Schedule | ScheduleSet] | None
        constructor = CONSTRUCTORS.get(name.text) or SET_CONSTRUCTORS.get(name.text)
        if constructor is None:
            code = "schedule-text-plateau" if "plateau" in name.text.lower() else "schedule-text-name"
            raise self.cursor.error(code, name, given=name.text, allowed=_NAMES)
        return self.made(name, form_of(name.text, constructor), constructor, self.value)

    def made(self, name: Token, form: str, call: Callable[..., Any], read: Callable[[str], Any]) -> Any:
        return called(self.cursor, name, form, call, arguments(self.cursor, name, form, read))

    def method(self, operand: Schedule, name: Token) -> Schedule:
        call = METHODS[name.text]
        read = self.scheduled if name.text in ("min", "max") else self.value
        form = "." + form_of(name.text, call)
        given = arguments(self.cursor, name, form, read)
        return called(self.cursor, name, form, call, Arguments([operand, *given.positional], given.named))

    def function(self, name: object, length: Any = None) -> Schedule:
        if not isinstance(name, str) or name not in self.functions:
            allowed = ", ".join(self.functions) or "-"
            raise InvalidInput("schedule-function-unknown", given=repr(name), allowed=allowed)
        return Fn(name, self.functions[name], length)

    def value(self, form: str) -> Any:
        return value(self.cursor, form)

    def scheduled(self, form: str) -> Schedule:
        start = self.cursor.next
        operand = self.schedule()
        if isinstance(operand, ScheduleSet):
            raise self.cursor.error("schedule-text-set", start, names=", ".join(operand))
        return operand if isinstance(operand, Schedule) else self.cursor.built(start, lambda: Const(operand))


def _combined(cursor: Cursor, left: _Operand, operator: Token, right: _Operand) -> _Operand:
    """What Python's own operator makes of both sides."""
    first, second = cast("Any", left), cast("Any", right)
    numbers = [side for side in (left, right) if isinstance(side, float)]
    sets = [side for side in (left, right) if isinstance(side, ScheduleSet)]
    if operator.text == "*" and (not sets or numbers):
        return cursor.built(operator, lambda: first * second)
    if operator.text == "-" and not sets and isinstance(right, float):
        return cursor.built(operator, lambda: first - second)
    if operator.text == "+" and not sets and numbers:
        return cursor.built(operator, lambda: first + second)
    raise cursor.error("schedule-text-operands", operator, operator=operator.text)
