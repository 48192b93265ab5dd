"""Options of the verbs as values, each declared once, beside the setting that it decides.

Path:   a field of a verb's settings -> keyword in Python, flag and help of the command, and the checked value.

A dataclass of settings declares the options of its fields: `seed: int = asked(SEED)`. The names in the record and the
check of a resumed study follow from the fields themselves.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeAlias

from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import Metric, parse_metric
from ratecraft.records.numbers import is_number
from ratecraft.schedules.lengths import shown, whole_number

Group: TypeAlias = Literal["usual", "search", "running", "cluster", "output"]
"""The section of the help that lists an option; what everybody needs comes first."""

GROUPS: tuple[Group, ...] = ("usual", "search", "running", "cluster", "output")

Form: TypeAlias = Literal["flag", "switch", "number", "whole", "text", "texts", "pair", "path", "python"]
"""What is typed: nothing, one of two flags, a number, text, several texts…; `python` has no flag of its own."""

Keys: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the value of an option may be.

    Attributes:
        read: Makes the value from the option's name and what was given; raises `InvalidInput`.
        form: How it is typed.
        metavar: Placeholder shown in the help.
        least: The smallest whole number allowed.
    """

    read: Callable[[str, Any], Any]
    form: Form
    metavar: str = ""
    least: int = 0


@dataclass(frozen=True, slots=True)
class Option:
    """An option: something that a user may decide about a study.

    Attributes:
        name: The keyword; with dashes, the flag.
        kind: What its value may be.
        help: Code of the sentence that explains it.
        group: Section of the help.
        default: Value of the keyword if it is not given.
    """

    name: str
    kind: Kind
    help: str
    group: Group = "search"
    default: Any = None

    def read(self, given: object) -> Any:
        """The checked value; None if nothing was given.

        Raises:
            InvalidInput: What was given is of another kind.
        """
        return None if given is None and self.default is None else self.kind.read(self.name, given)


@dataclass(frozen=True, slots=True)
class Asked:
    """How the value of a field is made from options.

    Attributes:
        options: The options that decide it.
        into: Makes the field's value from those of the options.
    """

    options: tuple[Option, ...]
    into: Callable[..., Any]


def asked(*options: Option, into: Callable[..., Any] | None = None, **default: Any) -> Any:
    """Declare a field whose value is decided by options.

    Args:
        options: The options.
        into: Makes the field's value from those of the options. Default: the value of the only option.
        default: The field's default (`default=…`), if it differs from that of its only option.
    """
    value = default["default"] if "default" in default else options[0].default
    return field(default=value, metadata={"asked": Asked(options, into or _itself)})


def asked_by(settings: type) -> Mapping[str, Asked]:
    """The fields that are decided by options, by name."""
    return {field.name: field.metadata["asked"] for field in fields(settings) if "asked" in field.metadata}


def options_of(*settings: type) -> tuple[Option, ...]:
    """The options of some dataclasses, in the order of their fields."""
    return tuple(option for setting in settings for asked in asked_by(setting).values() for option in asked.options)


def values_of(settings: type, given: Keys) -> dict[str, Any]:
    """The checked values of the fields that were decided; the others keep their defaults.

    Args:
        settings: A dataclass with fields declared by `asked`.
        given: Keywords, which may include those of other dataclasses.

    Raises:
        InvalidInput: A value is of another kind.

    Example:
        >>> from ratecraft.controllers.find.settings import FindSettings
        >>> values_of(FindSettings, {"seeds": 3, "rates": None, "workers": 2})
        {'seeds': 3}
    """
    found: dict[str, Any] = {}
    for name, wanted in asked_by(settings).items():
        said = [option.read(given[option.name]) if option.name in given else None for option in wanted.options]
        if any(value is not None for value in said):
            found[name] = wanted.into(*said)
    return found


def _itself(value: object) -> object:
    return value


# ---- kinds


def _flag(name: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise InvalidInput("argument-flag", name=name, given=shown(given))
    return given


def _number(name: str, given: object) -> float:
    if not is_number(given) or not 0 < given < float("inf"):
        raise InvalidInput("argument-number", name=name, given=shown(given))
    return float(given)


def _metric(name: str, given: object) -> Metric:
    if not isinstance(given, str | Metric):
        raise InvalidInput("argument-metric", given=shown(given))
    return parse_metric(given) if isinstance(given, str) else given


def _groups(name: str, given: object) -> str:
    if given != "body-head":
        raise InvalidInput("argument-groups", given=shown(given))
    return "body-head"


def _head(name: str, given: object) -> str:
    if not isinstance(given, str) or not given.strip(" ,"):
        raise InvalidInput("argument-head", given=shown(given))
    return given


def words_of(arguments: Any) -> tuple[str, ...]:
    """A list of words, such as a script's own arguments.

    Raises:
        InvalidInput: It is not a list of words (`argument-words`).
    """
    given, is_list = shown(arguments), isinstance(arguments, Iterable) and not isinstance(arguments, str)
    words: tuple[Any, ...] = tuple(arguments) if is_list else (None,)  # pyright: ignore[reportUnknownArgumentType]
    if not all(isinstance(word, str) for word in words):
        raise InvalidInput("argument-words", given=given)
    return words


def check_head(groups: str, head: str) -> None:
    """Refuse a head if no part of the model has its own rate.

    Raises:
        InvalidInput: A head was given (`argument-head`).
    """
    if head and not groups:
        raise InvalidInput("argument-head", given=shown(head))


def whole(least: int) -> Kind:
    """A kind: whole numbers of at least `least`."""
    return Kind(lambda name, given: whole_number(name, given, least=least), "whole", least=least)


FLAG = Kind(_flag, "flag")
SWITCH = Kind(_flag, "switch")
NUMBER = Kind(_number, "number")

# ---- options of several verbs

METRIC = Option("metric", Kind(_metric, "text", "NAME[:min|:max]"), "cli.tune.metric", "usual")
STEPS = Option("steps", whole(1), "cli.tune.steps", "usual")
SEED = Option("seed", whole(0), "cli.tune.seed", default=0)
PARTS = Option("groups", Kind(_groups, "text", "body-head"), "cli.groups")
HEAD = Option("head", Kind(_head, "text", "NAME"), "cli.head")
