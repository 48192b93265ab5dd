"""`ratecraft scale SCRIPT --vary "--width {64,128,256}" --target "--width 1024"`: a law over sizes."""

import json
import os
import sys
from functools import partial
from typing import Any

import click

from ratecraft.api.studies.keywords import Running
from ratecraft.cli.as_typed import ProgramCommand
from ratecraft.cli.flags import Flag, flags_of
from ratecraft.cli.options import cluster_options, clustered, common_options, first_sign, run_on_screen
from ratecraft.cli.words import words
from ratecraft.controllers.scale.settings import ScaleSettings


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return ProgramCommand(
        "scale",
        language=language,
        callback=partial(_scale, language),
        params=[
            click.Argument(["script"]),
            click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED),
            Flag(["--vary"], metavar='"ARGUMENT {A,B,C}"', multiple=True, help=say("cli.scale.vary")),
            Flag(["--target"], metavar='"ARGUMENT A"', multiple=True, help=say("cli.scale.target")),
            *flags_of(language, ScaleSettings, Running),
            Flag(["--dry-run"], group="usual", is_flag=True, help=say("cli.scale.dry-run")),
            Flag(["--new"], group="running", is_flag=True, help=say("cli.tune.new")),
            *cluster_options(language),
            *common_options(language),
        ],
    )


def _scale(language: str, *, script: str, as_json: bool, no_plot: bool, dry_run: bool, new: bool, **given: Any) -> int:
    with first_sign(language, "screen.begins.scale", silent=as_json, script=script):
        from ratecraft.api.scale.scale import describe_scale, run_scale
        from ratecraft.reporting.scale.screen import price_json, price_text, scale_text
        from ratecraft.reporting.text.page import page_of

        study = describe_scale(script, given.pop("arguments"), **clustered(given))
        seen = study.seen()
    page = page_of(sys.stdout, os.environ, language)
    if dry_run:
        click.echo(json.dumps(price_json(seen.price)) if as_json else price_text(seen.price, page))
        return 0
    if not as_json:
        click.echo(price_text(seen.price, page_of(sys.stderr, os.environ, language)), err=True)

    def run(search: Any, *, new: bool) -> Any:
        name = " ".join((script, *search.arguments))
        sign = first_sign(language, "screen.begins.search", silent=as_json, script=name)
        return run_on_screen(search, language, sign, silent=as_json, new=new)

    result = run_scale(seen, run, new=new)
    if as_json:
        click.echo(json.dumps(result.to_json(), ensure_ascii=False))
    else:
        click.echo(
            scale_text(result.scaled, result.program, page, plot=not no_plot, study=result.study), color=page.colour
        )
    return 0 if result.rate is not None else 1
