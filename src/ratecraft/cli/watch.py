"""`ratecraft watch SCRIPT -- ARGUMENTS`: runs a script as it is, and says when its training goes wrong.

Codes:  those of the script.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from ratecraft.cli.as_typed import ProgramCommand
from ratecraft.cli.options import common_options
from ratecraft.cli.values import WholeNumber
from ratecraft.cli.words import words


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return ProgramCommand(
        "watch",
        language=language,
        callback=partial(_watch, language),
        params=[
            click.Argument(["script"]),
            click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED),
            click.Option(["--every"], type=WholeNumber(1), default=10, show_default=True, help=say("cli.watch.every")),
            click.Option(["--guard", "is_guarded"], is_flag=True, help=say("cli.watch.guard")),
            click.Option(["--processes"], type=WholeNumber(1), default=1, show_default=True, help=say("cli.processes")),
            click.Option(["--study"], type=click.Path(path_type=Path), help=say("cli.watch.study")),
            *(option for option in common_options(language) if option.name != "no_plot"),
        ],
    )


def _watch(
    language: str,
    *,
    script: str,
    arguments: tuple[str, ...],
    every: int,
    is_guarded: bool,
    processes: int,
    study: Path | None,
    as_json: bool,
) -> int:
    from ratecraft.api.watch.watched_script import watch_script
    from ratecraft.records.watching.guarding import guard_acts
    from ratecraft.reporting.findings.screen import findings_json, findings_text
    from ratecraft.reporting.text.page import page_of
    from ratecraft.watching.guard import Guard

    page = page_of(sys.stderr, os.environ, language)
    output = sys.stderr.fileno() if as_json else None  # so that stdout is nothing but JSON
    guard = Guard() if is_guarded else None
    how: dict[str, Any] = {"every": every, "guard": guard, "study": study, "processes": processes}
    watched = watch_script(script, arguments, language=language, output=output, **how)
    if as_json:
        told = [finding.code for finding in watched.told if finding.status != "withdrawn"]
        back = [finding.code for finding in watched.told if finding.status == "withdrawn"]
        said = {**findings_json([watched.seen], language), "told": told, "withdrawn": back, "code": watched.code}
        said |= {"guard": guard_acts(watched.seen.run)} if is_guarded else {}
        click.echo(json.dumps(said, ensure_ascii=False))
    elif watched.seen.run.series:
        click.echo(f"\n{findings_text([watched.seen], page)}", err=True, color=page.colour)
    else:
        click.echo(page.words("screen.watch.nothing"), err=True)
    return watched.code
