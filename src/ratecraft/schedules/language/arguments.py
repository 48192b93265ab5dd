"""Parses the arguments of a call: values, sizes with a unit, by position and by name.

Path:   tokens behind a name -> arguments -> the call of a constructor.
"""

import inspect
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ratecraft.errors import InvalidInput
from ratecraft.schedules.language.lexing import Cursor, Token
from ratecraft.schedules.language.names import UNITS, form_of

_LONGEST_NUMBER: Final = 40


class Arguments(NamedTuple):
    """Arguments of a call, by position and by name."""

    positional: list[Any]
    named: dict[str, Any]


def arguments(cursor: Cursor, name: Token, form: str, read: Callable[[str], Any]) -> Arguments:
    """Read the arguments of a call, with their parentheses.

    Args:
        cursor: Behind the name.
        name: What is called.
        form: The call as it should be, for errors.
        read: Reads one argument.

    Raises:
        InvalidInput: They are not of this grammar.
    """
    if not cursor.take("("):
        raise cursor.error("schedule-text-open", given=name.text, form=form)
    found = Arguments([], {})
    while not cursor.take(")"):
        if (found.positional or found.named) and not cursor.take(","):
            raise cursor.error("schedule-text-close")
        start = cursor.next
        if cursor.is_named_argument:
            cursor.advance()
            cursor.advance()
            if start.text in found.named:
                raise cursor.error("schedule-text-argument", start, form=form)
            found.named[start.text] = read(form)
        elif found.named:
            raise cursor.error("schedule-text-argument", start, form=form)
        else:
            found.positional.append(read(form))
    return found


def called(cursor: Cursor, name: Token, form: str, call: Callable[..., Any], given: Arguments) -> Any:
    """What a call gives.

    Raises:
        InvalidInput: It does not take these arguments, or refuses them.
    """
    try:
        bound = _signature(call).bind(*given.positional, **given.named)
    except TypeError:
        raise cursor.error("schedule-text-call", name, given=name.text, form=form) from None
    return cursor.built(name, lambda: call(*bound.args, **bound.kwargs))


def value(cursor: Cursor, form: str, levels: int = 1) -> Any:
    """Read a value: a word, None, a number or size, or a list of such.

    Raises:
        InvalidInput: It is none of them.
    """
    if cursor.next.kind == "word":
        return cursor.advance().text[1:-1]
    if cursor.take("None"):
        return None
    if levels and cursor.take("["):
        values: list[Any] = []
        while not cursor.take("]"):
            if values and not cursor.take(","):
                raise cursor.error("schedule-text-bracket")
            values.append(value(cursor, form, levels - 1))
        return values
    is_negative = _takes_minus(cursor)
    if cursor.next.text in UNITS:
        token = cursor.advance()
        unit, form = UNITS[token.text], form_of(token.text, UNITS[token.text])
        size = called(cursor, token, form, unit, arguments(cursor, token, form, lambda form: _unsigned(cursor, form)))
        return cursor.built(token, lambda: _negative(size)) if is_negative else size
    size = _unsigned(cursor, form)
    return -size if is_negative else size


def number(cursor: Cursor, otherwise: str, **values: Any) -> int | float:
    """Read a number with its sign.

    Args:
        cursor: At its sign.
        otherwise: Code of the error where there is none.
        values: Values of that error.

    Raises:
        InvalidInput: There is none.
    """
    is_negative = _takes_minus(cursor)
    token = cursor.next
    if token.kind != "number" or len(token.text) > _LONGEST_NUMBER:
        raise cursor.error(otherwise, **values)
    cursor.advance()
    size = int(token.text) if token.text.isdigit() else float(token.text)
    return -size if is_negative else size


def _takes_minus(cursor: Cursor) -> bool:
    sign = cursor.take("+", "-")
    return sign is not None and sign.text == "-"


def _unsigned(cursor: Cursor, form: str) -> int | float:
    if cursor.next.kind != "number":
        raise cursor.error("schedule-text-argument", form=form)
    return number(cursor, "schedule-text-argument", form=form)


def _negative(size: Any) -> Any:
    if not isinstance(size, int) and not hasattr(size, "denominator"):
        raise InvalidInput("schedule-length", name="length", given=f"-{size!r}")
    return -size


@lru_cache(256)
def _signature(call: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(call)
