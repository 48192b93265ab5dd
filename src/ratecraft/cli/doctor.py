"""`ratecraft doctor`: what works here and why not, each with what to do."""

import json
import os
import sys
from functools import partial

import click

from ratecraft.cli.options import common_options
from ratecraft.cli.words import TranslatedCommand, words


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return TranslatedCommand(
        "doctor",
        language=language,
        callback=partial(_doctor, language),
        params=[
            click.Option(["--gpu"], is_flag=True, help=say("cli.doctor.gpu")),
            click.Option(["--output", "-o"], metavar="FILE", default="", help=say("cli.doctor.output")),
            *(option for option in common_options(language) if option.name != "no_plot"),
        ],
    )


def _doctor(language: str, gpu: bool, output: str, as_json: bool) -> int:
    from ratecraft.api.doctor import doctor
    from ratecraft.reporting.text.page import page_of

    if gpu:
        click.echo(words(language)("screen.doctor.gpu-begins"), err=True)
    found = doctor(language, gpu=gpu, output=output)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(found.text(page), color=page.colour)
    return 0 if found.able else 2
