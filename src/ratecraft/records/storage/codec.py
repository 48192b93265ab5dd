"""Values of the waist <-> plain JSON: events, outcomes, facts, headers, answers.

Path:   events -> rows of the record and lines of a worker's pipe -> the same events.

Floats are kept exactly; a NaN or infinity, which JSON has not, is `{"$float": "nan"}`, and a key that begins with `$`
gets a second one. Arrays come back as tuples. Unknown fields, as a later minor release may write, are ignored; an
unknown field of a job is not, because it would be another job. The series of an outcome are not part of its JSON, only
their lengths are.
"""

import json
import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from ratecraft.errors import StudyError
from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.job import Evaluate, Job, StopRule, job_from_json, job_to_json
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.spec import from_json, to_json
from ratecraft.schedules.trees.nodes import Schedule

SERIES: Mapping[str, str] = {
    "losses": "loss",
    "own_rates": "own_rate",
    "frozen_losses": "frozen_loss",
    "norms": "grad_norm",
}
"""Field of an outcome to the name of the series that holds it."""

_EVENTS: Mapping[str, type[Proposed | Started | Finished]] = {
    "proposed": Proposed,
    "started": Started,
    "finished": Finished,
}

T = TypeVar("T")


def event_to_json(event: Proposed | Started | Finished) -> dict[str, Any]:
    """The event as plain JSON values, with its kind; of the series of an outcome, the lengths.

    Example:
        >>> event_to_json(Started("9f86d081884c7d65", 1))
        {'kind': 'started', 'job': '9f86d081884c7d65', 'attempt': 1}
    """
    kind = type(event).__name__.lower()
    if not isinstance(event, Finished):
        return {"kind": kind, **to_plain(event)}
    counts = {name: len(getattr(event.outcome, name)) for name in SERIES}
    plain = to_plain(replace(event, outcome=replace(event.outcome, **dict.fromkeys(SERIES, ()))))
    for name in SERIES:
        del plain["outcome"][name]
    return {"kind": kind, **plain, "series": counts}


def event_from_json(plain: object) -> Event:
    """The event that `event_to_json` wrote, an outcome without its series.

    Raises:
        ValueError: It is not one of our events, or one of its values is not of its type.
        StudyError: A job has fields that this version does not know (`job-newer`).
    """
    kind = cast("Mapping[str, Any]", plain).get("kind") if isinstance(plain, Mapping) else None
    if not isinstance(kind, str) or kind not in _EVENTS:
        raise ValueError(f"{kind!r} is no kind of event")
    return from_plain(_EVENTS[kind], plain)


def series_counts(plain: Mapping[str, Any]) -> Mapping[str, int]:
    """The length of each series of an outcome, by field, from the JSON of its `Finished` event."""
    return {name: int(plain["series"].get(name, 0)) for name in SERIES}  # one may be younger than the record


def json_text(plain: object) -> str:
    """Plain values as compact JSON."""
    return json.dumps(plain, allow_nan=False, separators=(",", ":"))


def to_plain(value: object) -> Any:
    """The value as JSON values: dataclasses as objects with all their fields, enumerations as their values.

    Raises:
        TypeError: A value that has no place in a record.

    Example:
        >>> to_plain({"rate": 0.1, "edge": math.inf, "probes": (1, 2)})
        {'rate': 0.1, 'edge': {'$float': 'inf'}, 'probes': [1, 2]}
    """
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case float():
            return float(value) if math.isfinite(value) else {"$float": str(float(value))}
        case Job():
            return _with_legal_floats(job_to_json(value))
        case Schedule():
            return _with_legal_floats(to_json(value))
        case ScheduleSet():
            return _with_legal_floats(value.to_json())
        case Mapping():
            return _with_legal_floats(cast("Mapping[object, object]", value))
        case list() | tuple():
            return [to_plain(item) for item in cast("list[object]", value)]
        case _ if is_dataclass(value):
            return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
        case _:
            raise TypeError(f"a record cannot hold {value!r}")


def from_plain(kind: type[T], plain: Any) -> T:
    """The value of a type that `to_plain` wrote.

    Raises:
        ValueError: The plain value is not of that type, or a field that must be there is not.
        StudyError: A job has fields that this version does not know (`job-newer`).

    Example:
        >>> from_plain(Started, {"job": "9f86d081884c7d65", "attempt": 1, "field of the future": 0})
        Started(job='9f86d081884c7d65', attempt=1)
    """
    return _read(kind, plain)


def _with_legal_floats(values: Mapping[Any, Any]) -> dict[str, Any]:
    return {_escaped(str(key)): to_plain(value) for key, value in values.items()}


def _escaped(key: str) -> str:
    return f"${key}" if key.startswith("$") else key


def _read(kind: Any, plain: Any) -> Any:
    """Read a plain value as a type: the counterpart of `to_plain`, which needs no types."""
    if kind is Any:
        return _tuples(_revived(plain))
    if kind is Job:
        return _job(_revived(plain))
    if kind == Schedule:
        return from_json(_revived(plain))
    if kind == ScheduleSet:
        return ScheduleSet.from_json(_revived(plain))
    if is_dataclass(kind):
        return _instance(cast("type[Any]", kind), plain)
    if get_origin(kind) is not None:
        return _generic(get_origin(kind), get_args(kind), plain)
    return _scalar(kind, plain)


def _generic(origin: Any, arguments: tuple[Any, ...], plain: Any) -> Any:
    if origin in (Union, types.UnionType):
        (inner,) = [argument for argument in arguments if argument is not types.NoneType]
        return None if plain is None else _read(inner, plain)
    if origin is Literal:
        if plain not in arguments:
            raise ValueError(f"{plain!r} is none of {arguments}")
        return plain
    if origin is tuple and isinstance(plain, list):
        items = cast("list[Any]", plain)
        kinds = arguments[:1] * len(items) if arguments[-1] is Ellipsis else arguments
        return tuple(_read(kind, item) for kind, item in zip(kinds, items, strict=True))
    if issubclass(origin, Mapping) and isinstance(plain, dict):
        named = cast("dict[str, Any]", plain)
        return {key[1:] if key.startswith("$") else key: _read(arguments[1], value) for key, value in named.items()}
    raise ValueError(f"{plain!r} is no {origin}")


def _scalar(kind: type[Any], plain: Any) -> Any:
    if issubclass(kind, Enum):
        return kind(plain)
    value = _revived(plain)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not kind:
        raise ValueError(f"{plain!r} is no {kind.__name__}")
    return value


def _instance(kind: type[Any], plain: Any) -> Any:
    hints = _hints(kind)
    try:
        return kind(**{name: _read(hints[name], content) for name, content in plain.items() if name in hints})
    except (AttributeError, TypeError) as error:
        raise ValueError(f"{plain!r} is no {kind.__name__}: {error}") from error


@cache
def _hints(kind: type[Any]) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _revived(plain: Any) -> Any:
    """The value with its floats and keys as they were; lists stay lists."""
    if isinstance(plain, list):
        return [_revived(item) for item in cast("list[Any]", plain)]
    if not isinstance(plain, dict):
        return plain
    named = cast("dict[str, Any]", plain)
    if named.keys() == {"$float"}:
        return float(named["$float"])
    return {key[1:] if key.startswith("$") else key: _revived(value) for key, value in named.items()}


def _tuples(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_tuples(item) for item in cast("list[Any]", value))
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def _job(plain: Any) -> Job:
    """The job, if this version knows all its fields: one that it left out would make it another job."""
    known = {field.name for kind in (Job, StopRule, Evaluate) for field in fields(kind)}
    parts = cast("list[dict[str, Any]]", [plain, plain.get("stop_rule", {}), plain.get("evaluate", {})])
    unknown = sorted({name for part in parts for name in part} - known)
    if unknown:
        raise StudyError("job-newer", fields=", ".join(unknown))
    try:
        return job_from_json(plain)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{plain!r} is no job: {error}") from error
