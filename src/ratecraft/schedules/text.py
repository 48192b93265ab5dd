"""A schedule from its expression, as `repr` writes it and people type it.

Path:   command line, files, `repr` -> this parser -> a tree.

Grammar, with Python's precedence and meaning, and nothing else of Python::

    schedule  = sum {">>" sum}
    sum       = product {("+" | "-") product}
    product   = part {"*" part}
    part      = number | "(" schedule ")" | name "(" [argument {"," argument}] ")"
    argument  = [name "="] (number | "None")
    number    = ["+" | "-"] digits ["." digits] [("e" | "E") ["+" | "-"] digits]

A name is one of the constructors; a number with a point or an exponent is a share where a length is meant.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias, cast

from ratecraft.errors import InvalidInput
from ratecraft.schedules.constructors import CONSTRUCTORS
from ratecraft.schedules.nodes import DEEPEST, Schedule, Seq

__all__ = ["parse"]

_TOKEN: Final = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_]\w*)|(?P<sign>>>|[-+*(),=])|(?P<strange>\S)"
)
_LONGEST_NUMBER: Final = 40
_SHOWN: Final = 60
_NAMES: Final = ", ".join(sorted(CONSTRUCTORS))

_Operand: TypeAlias = "Schedule | float"


class _Token(NamedTuple):
    kind: str
    text: str
    column: int


def parse(text: str) -> Schedule:
    """The schedule of an expression; `parse(repr(schedule)) == schedule`.

    Args:
        text: For example `0.05 * (warmup(8) >> constant(1, 392) >> linear(1, 0, 600))`.

    Raises:
        InvalidInput: Not an expression of the grammar, or refused by a constructor. Its `values` hold the `column`,
            counted from 1.

    Example:
        >>> parse("warmup(0.05) >> cosine(to=0.1)")
        warmup(0.05) >> cosine(1, 0.1)
    """
    return _Parser(text).whole()


class _Parser:
    """Recursive descent over the tokens; one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self.text = text
        matches = _TOKEN.finditer(text)
        self.tokens = [_Token(match.lastgroup or "", match[0], match.start() + 1) for match in matches]
        self.tokens.append(_Token("end", "", len(text.rstrip()) + 1))
        self.index = 0
        self.levels = 0

    def whole(self) -> Schedule:
        first = self.next
        result = self.schedule()
        if self.next.kind != "end":
            raise self.error("schedule-text-operator")
        if not isinstance(result, Schedule):
            raise self.error("schedule-text-number", first, given=f"{result:g}")
        return result

    def schedule(self) -> _Operand:
        first = self.next
        parts = [self.sum()]
        while operator := self.take(">>"):
            parts.append(self.sum())
            if not all(isinstance(part, Schedule) for part in parts[-2:]):
                raise self.error("schedule-text-operands", operator, operator=">>")
        # One join for all of them: joining them two by two takes quadratic time.
        return parts[0] if len(parts) == 1 else self.built(first, lambda: Seq(tuple(cast("list[Schedule]", parts))))

    def sum(self) -> _Operand:
        left = self.product()
        while operator := self.take("+", "-"):
            left = self.combined(left, operator, self.product())
        return left

    def product(self) -> _Operand:
        left = self.part()
        while operator := self.take("*"):
            left = self.combined(left, operator, self.part())
        return left

    def part(self) -> _Operand:
        if self.next.text == "(":
            return self.group()
        if self.next.kind == "name":
            return self.call()
        if self.next.kind == "number" or self.next.text in ("+", "-"):
            return float(self.number("schedule-text-part", allowed=_NAMES))
        raise self.error("schedule-text-part", allowed=_NAMES)

    def group(self) -> _Operand:
        opening = self.advance()
        self.levels += 1
        if self.levels > DEEPEST:
            raise self.error("schedule-depth", opening, most=DEEPEST)
        inner = self.schedule()
        if not self.take(")"):
            raise self.error("schedule-text-close")
        self.levels -= 1
        return inner

    def call(self) -> Schedule:
        name = self.advance()
        constructor = cast("Callable[..., Schedule] | None", CONSTRUCTORS.get(name.text))
        if constructor is None:
            raise self.error("schedule-text-name", name, given=name.text, allowed=_NAMES)
        signature = inspect.signature(constructor)
        form = name.text + _form(signature)
        if not self.take("("):
            raise self.error("schedule-text-open", given=name.text, form=form)
        positional, named = self.arguments(form)
        try:
            arguments = signature.bind(*positional, **named)
        except TypeError:
            raise self.error("schedule-text-call", name, given=name.text, form=form) from None
        return self.built(name, lambda: constructor(*arguments.args, **arguments.kwargs))

    def arguments(self, form: str) -> tuple[list[Any], dict[str, Any]]:
        positional: list[Any] = []
        named: dict[str, Any] = {}
        while not self.take(")"):
            if (positional or named) and not self.take(","):
                raise self.error("schedule-text-close")
            start = self.next
            if start.kind == "name" and start.text != "None":
                self.advance()
                if not self.take("=") or start.text in named:
                    raise self.error("schedule-text-argument", start, form=form)
                named[start.text] = self.argument(form)
            elif named:
                raise self.error("schedule-text-argument", start, form=form)
            else:
                positional.append(self.argument(form))
        return positional, named

    def argument(self, form: str) -> int | float | None:
        return None if self.take("None") else self.number("schedule-text-argument", form=form)

    def number(self, otherwise: str, **values: Any) -> int | float:
        sign = self.take("+", "-")
        token = self.next
        if token.kind != "number" or len(token.text) > _LONGEST_NUMBER:
            raise self.error(otherwise, **values)
        self.advance()
        size = int(token.text) if token.text.isdigit() else float(token.text)
        return -size if sign and sign.text == "-" else size

    def combined(self, left: _Operand, operator: _Token, right: _Operand) -> _Operand:
        """What Python's own operator makes of both sides."""
        first, second = cast("Any", left), cast("Any", right)
        if operator.text == "*":
            return self.built(operator, lambda: first * second)
        if operator.text == "-" and not isinstance(right, Schedule):
            return self.built(operator, lambda: first - second)
        if operator.text == "+" and not (isinstance(left, Schedule) and isinstance(right, Schedule)):
            return self.built(operator, lambda: first + second)
        raise self.error("schedule-text-operands", operator, operator=operator.text)

    def built(self, at: _Token, build: "Callable[[], Any]") -> Any:
        """What `build` gives; its error gets to know the column."""
        try:
            return build()
        except InvalidInput as error:
            raise InvalidInput(error.code, **{**error.values, **self.place(at)}) from None

    @property
    def next(self) -> _Token:
        return self.tokens[self.index]

    def advance(self) -> _Token:
        token = self.next
        self.index += 1
        return token

    def take(self, *texts: str) -> _Token | None:
        return self.advance() if self.next.kind != "end" and self.next.text in texts else None

    def error(self, code: str, at: _Token | None = None, **values: Any) -> InvalidInput:
        return InvalidInput(code, **values, **self.place(at or self.next))

    def place(self, at: _Token) -> dict[str, object]:
        """The column, the text around it, and a caret that points at it."""
        first = max(0, at.column - 1 - _SHOWN // 2)
        around = re.sub(r"\s", " ", self.text[first : first + _SHOWN])
        return {"column": at.column, "text": around, "caret": " " * (at.column - 1 - first) + "^"}


def _form(signature: inspect.Signature) -> str:
    """How a constructor is called, without types: `(start=1, to=0, length=None)`."""
    plain = (each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values())
    return str(inspect.Signature(list(plain))).replace(".0", "")
