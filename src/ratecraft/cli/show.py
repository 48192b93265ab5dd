"""`ratecraft show [STUDY]`: the result of a finished study, or how far an unfinished one is."""

import os
import sys
from functools import partial
from pathlib import Path

import click

from ratecraft.cli.options import common_options, print_diagnosis, print_summary
from ratecraft.cli.words import TranslatedCommand


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    return TranslatedCommand(
        "show",
        language=language,
        callback=partial(_show, language),
        params=[click.Argument(["study"], required=False, default=""), *common_options(language)],
    )


def _show(language: str, study: str, as_json: bool, no_plot: bool) -> int:
    from ratecraft.api.results.summaries import summarise_study, way_on
    from ratecraft.records.storage.store import Record
    from ratecraft.records.storage.study import find_study
    from ratecraft.reporting.progress.studies import unfinished_text
    from ratecraft.reporting.text.page import page_of

    directory = Path.cwd()
    folder = find_study(directory, study)
    with Record.open(folder.record, read_only=True) as record:
        if record.header.verb == "watch":
            return print_diagnosis(folder.record, as_json, language)
        if as_json or record.answer() is not None:
            summary = summarise_study(folder, record, directory)
            return print_summary(summary, as_json, no_plot, language)
        page = page_of(sys.stdout, os.environ, language)
        resume = way_on(record.header, folder, directory)
        text = unfinished_text(folder.name, str(folder.path), tuple(record.events()), resume, page)
        click.echo(text, color=page.colour)
    return 0
