"""A schedule from its expression, as `repr` writes it and people type it.

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

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, TypeAlias, cast

from ratecraft.errors import InvalidInput
from ratecraft.schedules.language.lexing import Token, error_at, place_of, tokens_of
from ratecraft.schedules.language.names import CONSTRUCTORS, METHODS, SET_CONSTRUCTORS, UNITS, form_of
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.spec import Functions
from ratecraft.schedules.trees.leaves import Fn
from ratecraft.schedules.trees.nodes import Const, Max, Min, Mul, Schedule, Seq
from ratecraft.schedules.trees.tree import DEEPEST

__all__ = ["parse", "parse_set"]

_LONGEST_NUMBER: Final = 40
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
    parser = _Parser(text, functions)
    result = parser.whole()
    if isinstance(result, ScheduleSet):
        raise parser.error("schedule-text-set", parser.tokens[0], names=", ".join(result))
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
    result = _Parser(text, functions).whole()
    return result if isinstance(result, ScheduleSet) else ScheduleSet(rate=result)


@lru_cache(256)
def _signature(call: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(call)


class _Parser:
    """Recursive descent over the tokens; one method a rule of the grammar."""

    def __init__(self, text: str, functions: Functions | None) -> None:
        self.text = text
        self.functions = functions or {}
        self.tokens = tokens_of(text)
        self.index = 0
        self.levels = 0

    def whole(self) -> Schedule | ScheduleSet:
        first = self.next
        result = self.schedule()
        if self.next.kind != "end":
            raise self.error("schedule-text-operator")
        if not isinstance(result, Schedule | ScheduleSet):
            raise self.error("schedule-text-number", first, given=f"{result:g}")
        return result

    def schedule(self) -> _Operand:
        first = self.next
        self.levels += 1
        if self.levels > DEEPEST:
            raise self.error("schedule-depth", most=DEEPEST)
        parts = [self.sum()]
        while operator := self.take(">>"):
            parts.append(self.sum())
            if not all(isinstance(part, Schedule) for part in parts[-2:]):
                raise self.error("schedule-text-operands", operator, operator=">>")
        self.levels -= 1
        # One join for all of them: joining them two by two takes quadratic time.
        return parts[0] if len(parts) == 1 else self.built(first, lambda: Seq(tuple(cast("list[Schedule]", parts))))

    def sum(self) -> _Operand:
        left = self.product()
        while operator := self.take("+", "-"):
            left = self.combined(left, operator, self.product())
        return left

    def product(self) -> _Operand:
        first = self.next
        factors = [self.changed()]  # schedules that wait to become one product, as the parts of a join do
        while operator := self.take("*"):
            right = self.changed()
            if isinstance(factors[-1], Schedule) and isinstance(right, Schedule):
                factors.append(right)
            else:
                factors = [self.combined(self.multiplied(first, factors), operator, right)]
        return self.multiplied(first, factors)

    def multiplied(self, first: Token, factors: list[_Operand]) -> _Operand:
        if len(factors) == 1:
            return factors[0]
        return self.built(first, lambda: Mul(tuple(cast("list[Schedule]", factors))))

    def changed(self) -> _Operand:
        operand = self.part()
        while self.take("."):
            name = self.advance()
            if isinstance(operand, ScheduleSet) and name.text in operand:
                operand = operand[name.text]
            elif isinstance(operand, Schedule) and name.text in METHODS:
                operand = self.method(operand, name)
            else:
                allowed = ", ".join(operand if isinstance(operand, ScheduleSet) else METHODS)
                raise self.error("schedule-text-method", name, given=name.text, allowed=allowed)
        return operand

    def part(self) -> _Operand:
        if self.next.text == "(":
            return self.group()
        if self.next.kind == "name":
            return self.call()
        if self.next.kind == "number" or self.next.text in ("+", "-"):
            return float(self.number("schedule-text-part", allowed=_NAMES))
        raise self.error("schedule-text-part", allowed=_NAMES)

    def group(self) -> _Operand:
        self.advance()
        inner = self.schedule()
        if not self.take(")"):
            raise self.error("schedule-text-close")
        return inner

    def call(self) -> Schedule | ScheduleSet:
        name = self.advance()
        if name.text in ("min", "max"):
            positional, named = self.arguments(name, f"{name.text}(schedule, schedule, ...)", self.scheduled)
            node = Min if name.text == "min" else Max
            return self.applied(
                name, f"{name.text}(schedule, schedule, ...)", lambda *parts: node(parts), positional, named
            )
        if name.text == "ScheduleSet":
            form = "ScheduleSet(rate=schedule, ...)"
            positional, named = self.arguments(name, form, self.scheduled)
            return self.applied(name, form, ScheduleSet, positional, named)
        if name.text == "function":
            form = "function(name, length=None)"
            positional, named = self.arguments(name, form, self.value)
            return self.applied(name, form, self.function, positional, named)
        constructor: Callable[..., Schedule | ScheduleSet] | None
        constructor = CONSTRUCTORS.get(name.text) or SET_CONSTRUCTORS.get(name.text)
        if constructor is None:
            code = "schedule-text-plateau" if "plateau" in name.text.lower() else "schedule-text-name"
            raise self.error(code, name, given=name.text, allowed=_NAMES)
        form = form_of(name.text, constructor)
        positional, named = self.arguments(name, form, self.value)
        return self.applied(name, form, constructor, positional, named)

    def method(self, operand: Schedule, name: Token) -> Schedule:
        call = METHODS[name.text]
        form = "." + form_of(name.text, call)
        each = self.scheduled if name.text in ("min", "max") else self.value
        positional, named = self.arguments(name, form, each)
        return self.applied(name, form, call, [operand, *positional], named)

    def function(self, name: object, length: Any = None) -> Schedule:
        if not isinstance(name, str) or name not in self.functions:
            allowed = ", ".join(self.functions) or "-"
            raise InvalidInput("schedule-function-unknown", given=repr(name), allowed=allowed)
        return Fn(name, self.functions[name], length)

    def applied(
        self, name: Token, form: str, call: Callable[..., Any], positional: list[Any], named: dict[str, Any]
    ) -> Any:
        try:
            arguments = _signature(call).bind(*positional, **named)
        except TypeError:
            raise self.error("schedule-text-call", name, given=name.text, form=form) from None
        return self.built(name, lambda: call(*arguments.args, **arguments.kwargs))

    def arguments(self, name: Token, form: str, each: Callable[[str], Any]) -> tuple[list[Any], dict[str, Any]]:
        if not self.take("("):
            raise self.error("schedule-text-open", given=name.text, form=form)
        positional: list[Any] = []
        named: dict[str, Any] = {}
        while not self.take(")"):
            if (positional or named) and not self.take(","):
                raise self.error("schedule-text-close")
            start = self.next
            if start.kind == "name" and self.tokens[self.index + 1].text == "=":
                self.index += 2
                if start.text in named:
                    raise self.error("schedule-text-argument", start, form=form)
                named[start.text] = each(form)
            elif named:
                raise self.error("schedule-text-argument", start, form=form)
            else:
                positional.append(each(form))
        return positional, named

    def scheduled(self, form: str) -> Schedule:
        start = self.next
        operand = self.schedule()
        if isinstance(operand, ScheduleSet):
            raise self.error("schedule-text-set", start, names=", ".join(operand))
        return operand if isinstance(operand, Schedule) else self.built(start, lambda: Const(operand))

    def value(self, form: str, levels: int = 1) -> Any:
        if self.next.kind == "word":
            return self.advance().text[1:-1]
        if self.take("None"):
            return None
        if levels and self.take("["):
            values: list[Any] = []
            while not self.take("]"):
                if values and not self.take(","):
                    raise self.error("schedule-text-bracket")
                values.append(self.value(form, levels - 1))
            return values
        return self.number("schedule-text-argument", form=form)

    def number(self, otherwise: str, **values: Any) -> Any:
        sign = self.take("+", "-")
        token = self.next
        if token.text in UNITS and otherwise == "schedule-text-argument":
            self.advance()
            unit, form = UNITS[token.text], form_of(token.text, UNITS[token.text])
            size = self.applied(token, form, unit, *self.arguments(token, form, self.plain))
            if sign and sign.text == "-":
                return self.built(token, lambda: _negative(size))
            return size
        if token.kind != "number" or len(token.text) > _LONGEST_NUMBER:
            raise self.error(otherwise, **values)
        self.advance()
        size = int(token.text) if token.text.isdigit() else float(token.text)
        return -size if sign and sign.text == "-" else size

    def plain(self, form: str) -> int | float:
        if self.next.kind != "number":
            raise self.error("schedule-text-argument", form=form)
        return self.number("schedule-text-argument", form=form)

    def combined(self, left: _Operand, operator: Token, right: _Operand) -> _Operand:
        """What Python's own operator makes of both sides."""
        first, second = cast("Any", left), cast("Any", right)
        numbers = [side for side in (left, right) if isinstance(side, float)]
        sets = [side for side in (left, right) if isinstance(side, ScheduleSet)]
        if operator.text == "*" and (not sets or numbers):
            return self.built(operator, lambda: first * second)
        if operator.text == "-" and not sets and isinstance(right, float):
            return self.built(operator, lambda: first - second)
        if operator.text == "+" and not sets and numbers:
            return self.built(operator, lambda: first + second)
        raise self.error("schedule-text-operands", operator, operator=operator.text)

    def built(self, at: Token, build: "Callable[[], Any]") -> Any:
        """What `build` gives; its error gets to know the column."""
        try:
            return build()
        except InvalidInput as error:
            raise InvalidInput(error.code, **{**error.values, **place_of(self.text, at)}) from None

    @property
    def next(self) -> Token:
        return self.tokens[self.index]

    def advance(self) -> Token:
        token = self.next
        self.index += token.kind != "end"
        return token

    def take(self, *texts: str) -> Token | None:
        return self.advance() if self.next.kind not in ("end", "word") and self.next.text in texts else None

    def error(self, code: str, at: Token | None = None, **values: Any) -> InvalidInput:
        return error_at(self.text, at or self.next, code, **values)


def _negative(size: Any) -> Any:
    if not isinstance(size, int) and not hasattr(size, "denominator"):
        raise InvalidInput("schedule-length", name="length", given=f"-{size!r}")
    return -size
