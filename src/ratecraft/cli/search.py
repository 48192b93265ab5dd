"""`ratecraft search SCRIPT -- ARGUMENTS`, or `--program COMMAND`: a classic search over the rate and more."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from ratecraft.api.studies.keywords import TRACK, Running
from ratecraft.cli.as_typed import ProgramCommand
from ratecraft.cli.flags import Flag, flag, flags_of
from ratecraft.cli.options import (
    beginning_options,
    cluster_options,
    clustered,
    common_options,
    first_sign,
    print_estimate,
    run_and_print,
)
from ratecraft.cli.words import words
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.errors import InvalidInput

__all__ = ["command"]


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return ProgramCommand(
        "search",
        language=language,
        callback=partial(_search, language),
        help=say("cli.search.help"),
        short_help=say("cli.search.short"),
        epilog=say("cli.search.examples"),
        params=[
            click.Argument(["script"], required=False),
            click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED),
            Flag(["--program"], metavar="COMMAND", help=say("cli.search.program")),
            Flag(["--rate"], metavar="LOW..HIGH|A,B,C", help=say("cli.search.rate")),
            Flag(["--schedule"], metavar="EXPRESSION", multiple=True, help=say("cli.search.schedule")),
            Flag(["--vary"], metavar="NAME=VALUES", multiple=True, help=say("cli.search.vary")),
            Flag(["--space"], metavar="FILE", help=say("cli.search.space")),
            *flags_of(language, SearchSettings, Running),
            *beginning_options(language),
            *cluster_options(language),
            flag(language, TRACK),
            *common_options(language),
        ],
    )


def _search(
    language: str, *, script: str | None, as_json: bool, no_plot: bool, dry_run: bool, new: bool, **given: Any
) -> int:
    what, track = script or str(given["program"] or ""), given.pop("track")
    with first_sign(language, "screen.begins.search", silent=as_json or dry_run, script=what) as sign:
        from ratecraft.api.search import describe_search

        said = {name: given.pop(name) for name in ("rate", "schedule", "vary", "space")}
        study = describe_search(
            script, given.pop("arguments"), space=_space(**said, in_command=not script), **clustered(given)
        )
        study.header()  # a script that is not there is told before an estimate is
        if dry_run:
            return print_estimate(study, as_json, language, track)
        return run_and_print(study, language, sign, as_json=as_json, no_plot=no_plot, new=new, track=track)


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
