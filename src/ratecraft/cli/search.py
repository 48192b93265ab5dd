"""`ratecraft search SCRIPT -- ARGUMENTS`, or `--program COMMAND`: a classic search over the rate and more."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratecraft.cli.flags import Flag
from ratecraft.cli.study_command import study_command
from ratecraft.cli.words import words
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.errors import InvalidInput

if TYPE_CHECKING:
    from ratecraft.api.studies.study import Study


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    own = (
        Flag(["--program"], metavar="COMMAND", help=say("cli.search.program")),
        Flag(["--rate"], metavar="LOW..HIGH|A,B,C", help=say("cli.search.rate")),
        Flag(["--schedule"], metavar="EXPRESSION", multiple=True, help=say("cli.search.schedule")),
        Flag(["--vary"], metavar="NAME=VALUES", multiple=True, help=say("cli.search.vary")),
        Flag(["--space"], metavar="FILE", help=say("cli.search.space")),
    )
    return study_command(language, "search", SearchSettings, _described, own)


def _described(script: str | None, arguments: Sequence[str], **given: Any) -> "Study":
    from ratecraft.api.search import describe_search

    said = {name: given.pop(name) for name in ("rate", "schedule", "vary", "space")}
    return describe_search(script, arguments, space=_space(**said, in_command=not script), **given)


def _space(
    rate: str | None, schedule: Sequence[str], vary: Sequence[str], space: str | None, *, in_command: bool = False
) -> Mapping[str, Any] | None:
    """What the options and the file together vary; None if they say nothing.

    Raises:
        InvalidInput: One of them says nothing that could be varied, or two say something of the same name.
    """
    from ratecraft.api.search import space_file
    from ratecraft.controllers.search.reading import spoken

    found = dict(space_file(Path(space))) if space else {}
    options: list[tuple[str, Any]] = [("rate", spoken(rate))] if rate else []
    options += [("schedule", list(schedule))] if schedule else []
    for text in vary:
        name, equals, values = text.rpartition("=")
        if not equals or not name or not values:
            raise InvalidInput("search-vary", given=text)
        options.append(_varied(name, spoken(values), in_command=in_command))
    for name, values in options:
        if name in found:
            raise InvalidInput("space-twice", name=name)
        found[name] = values
    return found if found or space else None  # an empty file is an empty space, and no way to ask for the usual one


def _varied(name: str, values: tuple[Any, ...] | list[Any], *, in_command: bool) -> tuple[str, Any]:
    """A parameter of a plan; or an argument as the script knows it: with dashes, or as Hydra has it, `model.width`."""
    is_override = not in_command and not name.startswith("-") and (name.startswith("+") or "." in name)
    if not name.startswith("-") and not is_override:
        return name, values
    is_range = isinstance(values, tuple)
    said = {"low": values[0], "high": values[1]} if is_range else {"choices": values}
    if is_override:  # one word with its value
        return name.lstrip("+"), {"argument": f"{name}=", **said}
    return name.lstrip("-").replace("-", "_"), {"argument": name, **said}
