"""`ratecraft diagnose PATH…`: what went wrong in a run, from its log.

Codes:  0 nothing worse than a hint; 1 a warning; 3 a run that is lost (as for code of the user's that fails).
"""

import json
import os
import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from ratecraft.cli.options import common_options
from ratecraft.cli.words import TranslatedCommand, words

if TYPE_CHECKING:  # help needs none of it
    from ratecraft.diagnosis.finding import Severity

__all__ = ["command"]


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return TranslatedCommand(
        "diagnose",
        language=language,
        callback=partial(_diagnose, language),
        help=say("cli.diagnose.help"),
        short_help=say("cli.diagnose.short"),
        epilog=say("cli.diagnose.examples"),
        params=[
            click.Argument(["paths"], nargs=-1, required=True, metavar="PATH..."),
            *(option for option in common_options(language) if option.name != "no_plot"),
        ],
    )


def _diagnose(language: str, paths: tuple[str, ...], as_json: bool) -> int:
    from ratecraft.api.diagnose import diagnose
    from ratecraft.reporting.findings import findings_json, findings_text
    from ratecraft.reporting.page import page_of

    result = diagnose(*paths)
    if as_json:
        click.echo(json.dumps(findings_json(result.runs, language), ensure_ascii=False))
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(findings_text(result.runs, page), color=page.colour)
    return _code(result.severity)


def _code(severity: "Severity | None") -> int:
    return 3 if severity == "error" else 1 if severity == "warning" else 0
