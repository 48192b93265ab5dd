"""A schedule as plain JSON values, with a version.

Path:   tree -> records, other processes, other tools -> tree.

Each node is an object with its `kind` and the fields that aren't at their default, so that equal trees give equal JSON,
and do so in later versions that have more fields. Floats keep every bit through `json`.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Final, cast

from ratecraft.errors import InvalidInput, StudyError
from ratecraft.schedules.leaves import Const, Exp, Segment
from ratecraft.schedules.lengths import shown
from ratecraft.schedules.nodes import DEEPEST, Affine, Mul, Schedule, Seq

__all__ = ["VERSION", "from_json", "to_json"]

VERSION: Final = 1

_KINDS: Final[Mapping[str, type[Schedule]]] = {
    "affine": Affine,
    "const": Const,
    "exp": Exp,
    "mul": Mul,
    "segment": Segment,
    "seq": Seq,
}
_NAMES: Final[Mapping[type[Schedule], str]] = {node: kind for kind, node in _KINDS.items()}


def to_json(schedule: Schedule) -> dict[str, Any]:
    """The schedule as plain values.

    Example:
        >>> from ratecraft.schedules.constructors import warmup
        >>> to_json(warmup(8))
        {'version': 1, 'kind': 'segment', 'start': 0.0, 'end': 1.0, 'length': 8, 'offset': 1}
    """
    return {"version": VERSION, **_plain(schedule)}


def from_json(plain: Mapping[str, Any]) -> Schedule:
    """The schedule that `to_json` wrote.

    Raises:
        StudyError: Written by a newer version.
        InvalidInput: Not what `to_json` writes: no version, an unknown kind or field, a missing field, a bad value.

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
    return _node({key: value for key, value in plain.items() if key != "version"}, DEEPEST)


def _plain(node: Schedule) -> dict[str, Any]:
    plain: dict[str, Any] = {"kind": _NAMES[type(node)]}
    for each in fields(cast("Any", node)):
        value = getattr(node, each.name)
        if each.init and value != each.default:
            plain[each.name] = _encoded(value)
    return plain


def _encoded(value: Any) -> Any:
    if isinstance(value, Schedule):
        return _plain(value)
    return [_plain(each) for each in cast("tuple[Schedule, ...]", value)] if isinstance(value, tuple) else value


def _node(plain: object, levels: int) -> Schedule:
    if not isinstance(plain, Mapping):
        raise InvalidInput("schedule-json-node", given=shown(plain))
    if levels == 0:
        raise InvalidInput("schedule-depth", most=DEEPEST)
    values = {str(key): value for key, value in cast("Mapping[object, Any]", plain).items()}
    kind = values.pop("kind", None)
    node = _KINDS.get(kind) if isinstance(kind, str) else None
    if node is None:
        raise InvalidInput("schedule-json-kind", given=shown(kind), allowed=", ".join(_KINDS))
    known = {each.name: each for each in fields(cast("Any", node)) if each.init}
    missing = [name for name, each in known.items() if each.default is MISSING and name not in values]
    strange = [name for name in values if name not in known]
    if missing or strange:
        raise InvalidInput("schedule-json-fields", kind=kind, allowed=", ".join(known), given=", ".join(values) or "-")
    return node(**{name: _decoded(value, levels - 1) for name, value in values.items()})


def _decoded(value: Any, levels: int) -> Any:
    if isinstance(value, Mapping):
        return _node(cast("object", value), levels)
    return tuple(_node(each, levels) for each in cast("list[object]", value)) if isinstance(value, list) else value
