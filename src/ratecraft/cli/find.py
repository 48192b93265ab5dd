"""`ratecraft find SCRIPT -- ARGUMENTS`: only a rate, in a minute."""

from functools import partial
from typing import Any

import click

from ratecraft.api.studies.keywords import TRACK, Running
from ratecraft.cli.as_typed import ProgramCommand
from ratecraft.cli.flags import flag, flags_of
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
from ratecraft.controllers.find.settings import FindSettings

__all__ = ["command"]


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return ProgramCommand(
        "find",
        language=language,
        callback=partial(_find, language),
        help=say("cli.find.help"),
        short_help=say("cli.find.short"),
        epilog=say("cli.find.examples"),
        params=[
            click.Argument(["script"]),
            click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED),
            *flags_of(language, FindSettings, Running),
            *beginning_options(language),
            *cluster_options(language),
            flag(language, TRACK),
            *common_options(language),
        ],
    )


def _find(language: str, *, script: str, as_json: bool, no_plot: bool, dry_run: bool, new: bool, **given: Any) -> int:
    track: str | None = given.pop("track")
    with first_sign(language, "screen.begins.find", silent=as_json or dry_run, script=script) as sign:
        from ratecraft.api.find import describe_find

        study = describe_find(script, given.pop("arguments"), **clustered(given))
        study.header()  # a script that is not there is told before an estimate is
        if dry_run:
            return print_estimate(study, as_json, language, track)
        return run_and_print(study, language, sign, as_json=as_json, no_plot=no_plot, new=new, track=track)
