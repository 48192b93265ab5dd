"""`ratecraft report [STUDY]`: a finished study as one HTML file to open, to keep and to pass on, or as a card."""

import json
from functools import partial
from pathlib import Path

import click

from ratecraft.cli.words import TranslatedCommand, language_option, words


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return TranslatedCommand(
        "report",
        language=language,
        callback=partial(_report, language),
        params=[
            click.Argument(["study"], required=False, default=""),
            click.Option(["--output", "-o"], metavar="FILE", default="", help=say("cli.report.output")),
            click.Option(["--card"], is_flag=True, help=say("cli.report.card")),
            click.Option(["--json", "as_json"], is_flag=True, help=say("cli.json")),
            language_option(language),
            click.Option(["--debug"], is_flag=True, expose_value=False, help=say("cli.debug")),
        ],
    )


def _report(language: str, study: str, output: str, card: bool, as_json: bool) -> int:
    from ratecraft.api.diagnose.diagnose import diagnose
    from ratecraft.api.diagnose.page import write_diagnosis
    from ratecraft.api.results.report import write_card, write_report
    from ratecraft.api.scale.page import find_law, read_law, write_scale_page
    from ratecraft.errors import InvalidInput
    from ratecraft.records.storage.study import find_study, summarise

    directory = Path.cwd()
    law = find_law(directory, study)
    folder = law or find_study(directory, study)
    file = Path(output or f"{folder.name}.{'svg' if card else 'html'}")
    header = None if law else summarise(folder).header
    if law is not None:
        if card:
            raise InvalidInput("scale-card", study=law.name)
        write_scale_page(*read_law(law), file, language)
    elif card:
        write_card(folder, directory, file, language)
    elif header is not None and header.verb == "watch":
        write_diagnosis(diagnose(folder.record), file, language)
    else:
        write_report(folder, directory, file, language)
    click.echo(json.dumps({"study": folder.name, "report": str(file)}, ensure_ascii=False) if as_json else str(file))
    return 0
