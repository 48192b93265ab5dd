"""What an option's value may be; a wrong one is an error of ours, in the user's language.

Path:   the text behind an option -> a number, or `InvalidInput`.
"""

import math
from typing import Any

import click

from ratecraft.errors import InvalidInput


class Number(click.ParamType):  # pyright: ignore[reportMissingTypeArgument] - generic in new versions only
    """A finite number above 0."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number.

        Raises:
            InvalidInput: It is none, or not above 0 (`option-number`).
        """
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not 0 < number < math.inf:
            raise InvalidInput("option-number", option=_option(param), given=value)
        return number


class WholeNumber(click.ParamType):  # pyright: ignore[reportMissingTypeArgument]
    """A whole number.

    Args:
        least: The smallest that is allowed.
    """

    name = "integer"

    def __init__(self, least: int) -> None:
        self._least = least

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number.

        Raises:
            InvalidInput: It is none, or too small (`option-whole-number`).
        """
        try:
            number = int(value)
        except ValueError:
            number = self._least - 1
        if number < self._least:
            raise InvalidInput("option-whole-number", option=_option(param), given=value, least=self._least)
        return number


def _option(param: click.Parameter | None) -> str:
    return max(param.opts, key=len) if param is not None else ""
