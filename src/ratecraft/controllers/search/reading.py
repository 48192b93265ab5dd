"""The user's description of a search's space, given in Python, in a TOML file or on the command line, as a `Space`.

Path:   names with their ranges or choices -> `Parameter`s -> `Space`.
Units:  as in `space`.

The form is always the same: a pair of numbers is a range, a list holds choices, a table holds further settings. On the
command line `1e-4..1e-1` is a pair, and `0.1,0.01` a list.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from ratecraft.controllers.search.space import HYPERPARAMETERS, Condition, Parameter, Space
from ratecraft.errors import InvalidInput
from ratecraft.records.numbers import is_number
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.lengths import shown
from ratecraft.schedules.sets import ScheduleSet, set_of
from ratecraft.schedules.trees.nodes import Schedule

_KEYS = ("low", "high", "scale", "integer", "choices", "argument", "when")
_SCALES = ("log", "linear")
_WIDE = 100  # ratio of the ends: if spread evenly, 99 of 100 draws would lie in the upper two decades


def space_of(content: Mapping[str, Any], *, in_command: bool = False) -> Space:
    """Read the description of a space.

    Args:
        content: Name to `(low, high)`, to a list of choices, or to a table with `low` and `high`, or `choices`; and
            `scale` (`log` or `linear`), `integer`, `argument` (the script's, as `--batch-size`), `when` (a table of
            other names, each with the value or values that it must have).
        in_command: Every parameter fills the placeholder of its name (`placeholders`), which may be any name. A range
            whose ends are a factor of 100 apart is then spread over its logarithm.

    Raises:
        InvalidInput: An unknown entry in a table, an invalid range or list of choices, or an unknown name.

    Example:
        >>> space = space_of({"rate": (1e-4, 1e-1), "batch_size": {"argument": "--batch-size", "choices": [32, 64]}})
        >>> [(each.name, each.is_log, each.choices) for each in space.parameters]
        [('rate', True, ()), ('batch_size', False, (32, 64))]
    """
    given = cast("object", content)
    if not isinstance(given, Mapping) or not given:
        raise InvalidInput("space-empty", given=shown(cast("object", content)))
    tables = {name: _table(name, described) for name, described in content.items()}
    if in_command:
        tables = {name: _placed(name, table) for name, table in tables.items()}
    parameters = [_parameter(name, table) for name, table in tables.items()]
    return Space(tuple(sorted(parameters, key=lambda parameter: bool(parameter.when))))


def spoken(text: str) -> tuple[Any, ...] | list[Any]:
    """The values of a command-line option: a pair for `LOW..HIGH`, else the list of what commas separate.

    Example:
        >>> spoken("1e-4..1e-1"), spoken("0.1,0.01"), spoken("16,32"), spoken("adam,sgd")
        ((0.0001, 0.1), [0.1, 0.01], [16, 32], ['adam', 'sgd'])
    """
    low, dots, high = text.partition("..")
    if dots:
        return _number(low), _number(high)
    return [_number(word.strip()) for word in text.split(",")]


def _number(word: str) -> Any:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def _placed(name: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The setting of a placeholder in a command."""
    if "argument" in table:
        raise InvalidInput("program-argument", name=name)
    low, high = table.get("low"), table.get("high")
    is_wide = False
    if isinstance(low, int | float) and isinstance(high, int | float):
        is_wide = low > 0 and (HYPERPARAMETERS.get(name, False) or high >= _WIDE * low)
    whole = {"integer": False} if name in HYPERPARAMETERS else {}
    return {"scale": "log" if is_wide else "linear", **whole, **table, "argument": f"{{{name}}}"}


def _parameter(name: str, table: Mapping[str, Any]) -> Parameter:
    for key in table:
        if key not in _KEYS:
            raise InvalidInput("space-key", name=name, key=key, allowed=", ".join(_KEYS))
    argument, integer = table.get("argument", ""), table.get("integer")
    low, high = table.get("low"), table.get("high")
    scale = table.get("scale", "log" if HYPERPARAMETERS.get(name) and not argument else "linear")
    is_text = isinstance(argument, str) and isinstance(scale, str)
    if not is_text or scale not in _SCALES or not isinstance(integer, bool | None):
        raise InvalidInput("space-key", name=name, key=shown(table), allowed=", ".join(_KEYS))
    for end in (low, high):
        if end is not None and not is_number(end):
            raise InvalidInput("space-range", name=name, low=shown(low), high=shown(high))
    whole = bool(argument) and isinstance(low, int) and isinstance(high, int) if integer is None else integer
    return Parameter(
        name=name,
        low=None if low is None else float(low),
        high=None if high is None else float(high),
        is_log=scale == "log" and low is not None,
        is_integer=whole,
        choices=_choices(name, table["choices"], is_shape=not argument) if "choices" in table else (),
        argument=argument,
        when=_conditions(table.get("when", {})),
    )


def _table(name: str, given: Any) -> Mapping[str, Any]:
    """The settings of a parameter, as a table."""
    if isinstance(given, Mapping):
        return cast("Mapping[str, Any]", given)
    if isinstance(given, tuple):
        pair = cast("tuple[Any, ...]", given)
        if len(pair) != 2:
            raise InvalidInput("space-nothing", name=name)
        return {"low": pair[0], "high": pair[1]}
    return {"choices": given if isinstance(given, list) else [given]}


def _choices(name: str, given: Any, *, is_shape: bool) -> tuple[Any, ...]:
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InvalidInput("space-nothing", name=name)
    return tuple(_choice(name, choice, is_shape=is_shape) for choice in cast("Sequence[Any]", given))


def _choice(name: str, value: Any, *, is_shape: bool) -> Any:
    """A value as it is recorded: a schedule as its expression, unless it is an argument of the user's own."""
    is_shape = is_shape and name == "schedule"
    if is_shape and isinstance(value, str | Schedule | ScheduleSet):
        schedules = parse_set(value) if isinstance(value, str) else set_of(value)
        return schedules.expression
    if is_shape or not isinstance(value, str | int | float):
        raise InvalidInput("space-value", name=name, given=shown(value))
    return value


def _conditions(given: Any) -> tuple[Condition, ...]:
    if not isinstance(given, Mapping):
        raise InvalidInput("space-key", name="when", key=shown(given), allowed="when = { name = value }")
    named = cast("Mapping[str, Any]", given)
    return tuple(
        Condition(name, tuple(cast("list[Any]", among)) if isinstance(among, list) else (among,))
        for name, among in named.items()
    )
