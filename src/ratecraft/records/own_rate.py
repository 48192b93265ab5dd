"""The argument by which a program takes its learning rate: as it was typed, or as its source declares it.

Path:   the text of a script, its arguments -> `OwnRate` -> the command that sets another rate.

The source is parsed, and nothing of it is run.
"""

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_OPTIONS = ("--lr", "--learning-rate", "--learning_rate", "--base-lr", "--base_lr", "-lr")
_KEYS = frozenset({"lr", "learning_rate", "base_lr"})  # of an override as Hydra takes it: `optimizer.lr=0.1`
_DECLARE = frozenset({"add_argument", "option", "Option"})  # argparse, click, typer


@dataclass(frozen=True, slots=True)
class OwnRate:
    """An argument and its value.

    Attributes:
        option: The option as typed, `--lr` or `optimizer.lr`.
        value: Its current value.
        at: Place of the argument that holds the value; None if it is not typed, and its default holds.
        joined: Whether option and value are one word, with `=` between them.
    """

    option: str
    value: float
    at: int | None = None
    joined: bool = False

    def with_value(self, arguments: Sequence[str], value: str) -> tuple[str, ...]:
        """The program's arguments with another value.

        Example:
            >>> own_rate_of("", ("--lr", "0.1", "--epochs", "3")).with_value(("--lr", "0.1", "--epochs", "3"), "1e-2")
            ('--lr', '1e-2', '--epochs', '3')
            >>> own_rate_of("p.add_argument('--lr', default=0.1)", ()).with_value(("--epochs", "3"), "1e-2")
            ('--epochs', '3', '--lr', '1e-2')
        """
        if self.at is None:
            return (*arguments, self.option, value)
        word = f"{self.option}={value}" if self.joined else value
        return (*arguments[: self.at], word, *arguments[self.at + 1 :])


def own_rate_of(source: str, arguments: Sequence[str]) -> OwnRate | None:
    """The argument that sets the rate, by its usual names; None if there is none, or its value is not known.

    Args:
        source: Text of the script.
        arguments: The arguments that were typed.

    Example:
        >>> own_rate_of("", ("model=small", "optimizer.lr=0.1"))
        OwnRate(option='optimizer.lr', value=0.1, at=1, joined=True)
        >>> own_rate_of("lr = 0.1", ("--epochs", "3")) is None
        True
    """
    return next(_typed(arguments), None) or next(_declared(source), None)


def _typed(arguments: Sequence[str]) -> Iterator[OwnRate]:
    for place, word in enumerate(arguments):
        option, equals, text = word.partition("=")
        if equals and (option in _OPTIONS or option.lstrip("+").split(".")[-1] in _KEYS):
            value, at = _number(text), place
        elif word in _OPTIONS and place + 1 < len(arguments):
            value, at = _number(arguments[place + 1]), place + 1
        else:
            continue
        if value:
            yield OwnRate(option, value, at, bool(equals))


def _declared(source: str) -> Iterator[OwnRate]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _name_of(call.func) in _DECLARE:
            words = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
            option = next((option for option in _OPTIONS if option in words), None)
            default = next((argument.value for argument in call.keywords if argument.arg == "default"), None)
            value = _number(default.value) if isinstance(default, ast.Constant) else None
            if option is not None and value:
                yield OwnRate(option, value)


def _name_of(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def _number(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        return None
