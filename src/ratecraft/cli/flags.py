"""The options of a verb as flags of its command, each under the heading of its group.

Path:   dataclasses of settings -> their options -> click's parameters.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratecraft.cli.values import Number, WholeNumber
from ratecraft.cli.words import words

if TYPE_CHECKING:  # a command without a study's options does not load them
    from ratecraft.controllers.settings.option import Group, Option


class Flag(click.Option):
    """An option that knows under which heading help has it.

    Args:
        names: As for `click.Option`.
        group: The heading.
        named: As for `click.Option`.
    """

    def __init__(self, names: list[str], *, group: "Group" = "usual", **named: Any) -> None:
        super().__init__(names, **named)
        self.group: Group = group


def flags_of(language: str, *settings: type) -> list[click.Parameter]:
    """The flags of everything that some dataclasses are decided by, in the order of their fields.

    Args:
        language: `en` or `ja`, of the help.
        settings: The dataclasses.
    """
    from ratecraft.controllers.settings.option import options_of

    return [flag(language, option) for option in options_of(*settings) if option.kind.form != "python"]


def flag(language: str, option: "Option", group: "Group | None" = None) -> click.Option:
    """The flag of an option; where help has it under another heading than its own, in that group."""
    dashed = "--" + option.name.replace("_", "-")
    names = [f"{dashed}/--no-{dashed[2:]}" if option.kind.form == "switch" else dashed]
    said = words(language)(option.help)
    return Flag(names, group=group or option.group, help=said, metavar=option.kind.metavar or None, **_typed(option))


def _typed(option: "Option") -> dict[str, Any]:
    """How click takes it."""
    default: Any = f"{option.default:g}" if isinstance(option.default, float) else option.default
    shown = {} if default is None else {"default": default, "show_default": True}
    match option.kind.form:
        case "flag":
            return {"is_flag": True}
        case "switch":
            return {"default": option.default}
        case "texts":
            return {"multiple": True}
        case "number":
            return {"type": Number(), **shown}
        case "pair":
            return {"type": Number(), "nargs": 2}
        case "whole":
            return {"type": WholeNumber(option.kind.least), **shown}
        case "path":
            return {"type": click.Path(path_type=Path)}
        case _:
            return shown
