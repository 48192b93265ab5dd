"""`ratecraft studies`: every study of the working folder."""

import json
import os
import sys
from functools import partial
from pathlib import Path

import click

from ratecraft.cli.options import common_options
from ratecraft.cli.words import TranslatedCommand, words


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return TranslatedCommand(
        "studies",
        language=language,
        callback=partial(_studies, language),
        params=[
            click.Option(["--delete"], multiple=True, metavar="STUDY", help=say("cli.studies.delete")),
            *(option for option in common_options(language) if option.name != "no_plot"),
        ],
    )


def _studies(language: str, delete: tuple[str, ...], as_json: bool) -> int:
    from ratecraft.api.results.summaries import study_lines
    from ratecraft.records.storage.study import delete_study, named_study
    from ratecraft.reporting.progress.studies import studies_json, studies_text
    from ratecraft.reporting.text.page import page_of

    for folder in [named_study(Path.cwd(), name) for name in delete]:
        delete_study(folder)
    lines = study_lines(Path.cwd())
    if as_json:
        click.echo(json.dumps(studies_json(lines), ensure_ascii=False))
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(studies_text(lines, page), color=page.colour)
    return 0
