"""`ratecraft demo`: the whole loop on a bundled task, to see what comes out."""

import json
import os
import sys
from functools import partial

import click

from ratecraft.cli.options import common_options, first_sign, print_summary, run_on_screen
from ratecraft.cli.words import TranslatedCommand, words


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return TranslatedCommand(
        "demo",
        language=language,
        callback=partial(_demo, language),
        params=[
            click.Option(["--new"], is_flag=True, help=say("cli.tune.new")),
            *common_options(language),
        ],
    )


def _demo(language: str, *, as_json: bool, no_plot: bool, new: bool) -> int:
    with first_sign(language, "screen.begins.demo", silent=as_json) as sign:
        from ratecraft.api.demo import demo_report, demo_study
        from ratecraft.reporting.results.summary import to_json
        from ratecraft.reporting.text.page import page_of, wrap

        study = demo_study()
        summary = run_on_screen(study, language, sign, silent=as_json, new=new)
    report = demo_report(study, language)
    if as_json:
        click.echo(json.dumps({**to_json(summary), "report": str(report)}, ensure_ascii=False))
        return 0
    code = print_summary(summary, as_json, no_plot, language)
    page = page_of(sys.stdout, os.environ, language)
    click.echo("\n" + "\n".join(wrap(page.words("screen.demo.report", path=report), page.width)))
    return code
