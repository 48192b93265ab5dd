"""`ratecraft diagnose PATH…`: what went wrong in a run, from its log; also while it is written, and as a page.

Codes:  0 nothing worse than a hint; 1 a warning; 3 a run that is lost (as for code of the user's that fails).
"""

import json
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ratecraft.cli.options import common_options
from ratecraft.cli.words import TranslatedCommand, words
from ratecraft.errors import InvalidInput

if TYPE_CHECKING:  # help needs none of it
    from ratecraft.api.diagnose import DiagnoseResult
    from ratecraft.diagnosis.finding import Finding, Severity

__all__ = ["command"]

_BETWEEN_LOOKS = 2.0  # seconds


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
            click.Option(["--follow", "is_followed"], is_flag=True, help=say("cli.diagnose.follow")),
            click.Option(["--output", "-o"], metavar="FILE", default="", help=say("cli.diagnose.output")),
            *(option for option in common_options(language) if option.name != "no_plot"),
        ],
    )


def _diagnose(language: str, paths: tuple[str, ...], is_followed: bool, output: str, as_json: bool) -> int:
    from ratecraft.api.diagnose import diagnose
    from ratecraft.api.diagnosis_page import write_diagnosis
    from ratecraft.reporting.findings import findings_json, findings_text
    from ratecraft.reporting.page import page_of

    result = _followed(paths, language, as_json=as_json) if is_followed else diagnose(*paths)
    if output:
        write_diagnosis(result, Path(output), language)
    page = page_of(sys.stdout, os.environ, language)
    if as_json:
        click.echo(json.dumps(findings_json(result.runs, language), ensure_ascii=False))
    elif not is_followed:
        click.echo(findings_text(result.runs, page), color=page.colour)
    if output and not as_json:
        click.echo(page.words("screen.diagnosis.written", path=output))
    return _code(result.severity)


def _followed(paths: tuple[str, ...], language: str, *, as_json: bool) -> "DiagnoseResult":
    """Findings as they come, a line each; as JSON only the whole at the end."""
    from ratecraft.api.follow_log import follow_log
    from ratecraft.reporting.finding_lines import finding_line
    from ratecraft.reporting.page import page_of

    if len(paths) != 1:
        raise InvalidInput("diagnose-follow-one", count=len(paths))
    page = page_of(sys.stdout, os.environ, language)

    def tell(finding: "Finding") -> None:
        if not as_json:
            click.echo(finding_line(finding, page), color=page.colour)

    return follow_log(paths[0], _wait, tell)


def _wait() -> bool:
    """Wait a little; False where Ctrl-C came meanwhile."""
    try:
        time.sleep(_BETWEEN_LOOKS)
    except KeyboardInterrupt:
        return False
    return True


def _code(severity: "Severity | None") -> int:
    return 3 if severity == "error" else 1 if severity == "warning" else 0
