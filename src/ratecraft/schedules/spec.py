"""A schedule as plain JSON values with a version number.

Path:   tree -> records, other processes, other tools -> tree.

Each node is an object with its `kind` and the fields that aren't at their default, so that equal trees give equal JSON,
and do so in later versions that have more fields. Floats keep every bit through `json`.
"""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from fractions import Fraction
from typing import Any, Final, cast

from ratecraft.errors import InvalidInput, StudyError
from ratecraft.schedules.lengths import Epochs, Samples, Tokens, shown, steps
from ratecraft.schedules.trees.leaves import Exp, Fn, Power, Segment
from ratecraft.schedules.trees.nodes import Affine, Const, Max, Min, Mul, Quantise, Repeat, Schedule, Seq, Shift, Span
from ratecraft.schedules.trees.shapes import SHAPES, Shape
from ratecraft.schedules.trees.tree import DEEPEST

VERSION: Final = 1

Functions = Mapping[str, Callable[[float], float]]
"""Functions of the user's own by their names."""

_KINDS: Final[Mapping[str, type[Schedule]]] = {
    "affine": Affine,
    "const": Const,
    "exp": Exp,
    "function": Fn,
    "max": Max,
    "min": Min,
    "mul": Mul,
    "power": Power,
    "quantise": Quantise,
    "repeat": Repeat,
    "segment": Segment,
    "seq": Seq,
    "shift": Shift,
    "span": Span,
}
_SHAPES: Final[Mapping[str, type[Shape]]] = {
    kind.__name__.lower(): kind
    for kind in sorted({type(shape) for shape in SHAPES.values()}, key=lambda shape: shape.__name__)
}
_NAMES: Final[Mapping[type, str]] = {node: kind for kind, node in (*_KINDS.items(), *_SHAPES.items())}
_UNITS: Final[Mapping[str, Callable[..., Any]]] = {"epochs": Epochs, "samples": Samples, "tokens": Tokens}


def to_json(schedule: Schedule) -> dict[str, Any]:
    """The schedule as plain values.

    Example:
        >>> from ratecraft.schedules.builders.constructors import warmup
        >>> to_json(warmup(8))
        {'version': 1, 'kind': 'segment', 'start': 0.0, 'end': 1.0, 'length': 8, 'offset': 1}
    """
    return {"version": VERSION, **_plain(schedule)}


def from_json(plain: Mapping[str, Any], functions: Functions | None = None) -> Schedule:
    """The schedule that `to_json` wrote.

    Args:
        plain: What it wrote.
        functions: Functions that the schedule names.

    Raises:
        StudyError: Written by a newer version.
        InvalidInput: Not what `to_json` writes: no version, an unknown kind or field, a missing field, a bad value, or
            the name of a function that isn't among those given.

    Example:
        >>> from_json({"version": 1, "kind": "const", "value": 0.3})
        constant(0.3)
    """
    given = cast("object", plain)
    version = plain.get("version") if isinstance(given, Mapping) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise InvalidInput("schedule-json-version", given=shown(plain))
    if version > VERSION:
        raise StudyError("schedule-json-newer", version=version, known=VERSION)
    return _node({key: value for key, value in plain.items() if key != "version"}, functions or {}, DEEPEST)


def _plain(node: Schedule | Shape) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": _NAMES[type(node)]}
    for field in fields(cast("Any", node)):
        value = getattr(node, field.name)
        if field.init and value != field.default and field.name != "function":
            plain[field.name] = _encoded(value)
    return plain


def _encoded(value: Any) -> Any:
    match value:
        case Schedule():
            return _plain(value)
        case tuple():
            return [_plain(schedule) for schedule in cast("tuple[Schedule, ...]", value)]
        case Shape():
            return next((name for name, shape in SHAPES.items() if shape == value), None) or _plain(value)
        case Fraction():
            return {"steps": [value.numerator, value.denominator]}
        case Epochs() | Samples() | Tokens():
            return {type(value).__name__.lower(): value.count}
        case _:
            return value


def _node(plain: object, functions: Functions, levels: int) -> Schedule:
    if not isinstance(plain, Mapping):
        raise InvalidInput("schedule-json-node", given=shown(plain))
    if levels == 0:
        raise InvalidInput("schedule-depth", most=DEEPEST)
    values = {str(key): value for key, value in cast("Mapping[object, Any]", plain).items()}
    kind = values.pop("kind", None)
    node = _KINDS.get(kind) if isinstance(kind, str) else None
    if node is None:
        raise InvalidInput("schedule-json-kind", given=shown(kind), allowed=", ".join(_KINDS))
    decoded = {name: _decoded(name, value, functions, levels - 1) for name, value in values.items()}
    if node is Fn:
        decoded["function"] = _function(values.get("name"), functions)
    return cast("Schedule", _made(node, kind, decoded))


def _made(kind: type, name: object, values: Mapping[str, Any]) -> Any:
    """A value of the kind, if the fields are its own."""
    known = {field.name: field for field in fields(cast("Any", kind)) if field.init}
    missing = [other for other, own in known.items() if own.default is MISSING and other not in values]
    strange = [value for value in values if value not in known]
    if missing or strange:
        given = ", ".join(values) or "-"
        raise InvalidInput("schedule-json-fields", kind=name, allowed=", ".join(known), given=given)
    return kind(**values)


def _decoded(name: str, value: Any, functions: Functions, levels: int) -> Any:
    if isinstance(value, list):
        return tuple(_node(item, functions, levels) for item in cast("list[object]", value))
    if not isinstance(value, Mapping):
        return value
    plain = cast("Mapping[str, Any]", value)
    if name == "shape":
        kind = plain.get("kind")
        shape = _SHAPES.get(kind) if isinstance(kind, str) else None
        if shape is None:
            raise InvalidInput("schedule-json-kind", given=shown(kind), allowed=", ".join(_SHAPES))
        return _made(shape, kind, {str(share): number for share, number in plain.items() if share != "kind"})
    if "kind" in plain or len(plain) != 1:
        return _node(plain, functions, levels)
    ((unit, count),) = plain.items()
    size = cast("object", count)
    parts = cast("list[object]", size) if isinstance(size, list) else []
    if unit == "steps" and len(parts) == 2:
        return _fraction(*parts)
    return _UNITS[unit](cast("Any", size)) if unit in _UNITS else _node(plain, functions, levels)


def _fraction(numerator: object, denominator: object) -> Any:
    negative = isinstance(numerator, int) and numerator < 0
    size = steps(cast("int", -cast("int", numerator) if negative else numerator), cast("int", denominator))
    return -size if negative else size


def _function(name: object, functions: Functions) -> Callable[[float], float]:
    if not isinstance(name, str) or name not in functions:
        allowed = ", ".join(functions) or "-"
        raise InvalidInput("schedule-function-unknown", given=shown(name), allowed=allowed)
    return functions[name]
