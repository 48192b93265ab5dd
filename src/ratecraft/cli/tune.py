"""`ratecraft tune SCRIPT -- ARGUMENTS`: the whole loop for an unmodified script, or for a task by its name."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from ratecraft.cli.as_typed import ProgramCommand
from ratecraft.cli.options import (
    cluster_options,
    clustered,
    common_options,
    first_sign,
    hide_option,
    part_options,
    print_estimate,
    run_and_print,
    running_options,
    size_options,
    sized,
)
from ratecraft.cli.values import Number, WholeNumber
from ratecraft.cli.words import words

__all__ = ["command"]


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return ProgramCommand(
        "tune",
        language=language,
        callback=partial(_tune, language),
        help=say("cli.tune.help"),
        short_help=say("cli.tune.short"),
        epilog=say("cli.tune.examples"),
        params=[
            click.Argument(["script"]),
            click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED),
            click.Option(["--metric"], metavar="NAME[:min|:max]", help=say("cli.tune.metric")),
            click.Option(["--steps"], type=WholeNumber(1), help=say("cli.tune.steps")),
            click.Option(["--baseline/--no-baseline"], default=True, help=say("cli.tune.baseline")),
            click.Option(["--budget"], type=Number(), help=say("cli.tune.budget")),
            click.Option(["--schedule"], metavar="EXPRESSION", help=say("cli.tune.schedule")),
            click.Option(["--compare-constant"], is_flag=True, help=say("cli.tune.compare-constant")),
            click.Option(["--cheap"], is_flag=True, help=say("cli.tune.cheap")),
            click.Option(["--rate"], type=Number(), help=say("cli.tune.rate")),
            click.Option(["--stop-when-saturated"], is_flag=True, help=say("cli.tune.stop-when-saturated")),
            click.Option(["--dry-run"], is_flag=True, help=say("cli.tune.dry-run")),
            click.Option(["--study"], type=click.Path(path_type=Path), help=say("cli.tune.study")),
            click.Option(["--new"], is_flag=True, help=say("cli.tune.new")),
            click.Option(["--seed"], type=WholeNumber(0), default=0, show_default=True, help=say("cli.tune.seed")),
            click.Option(["--threads"], type=WholeNumber(1), default=1, show_default=True, help=say("cli.threads")),
            *part_options(language),
            *size_options(language),
            hide_option(language),
            *running_options(language),
            *cluster_options(language),
            *common_options(language),
        ],
    )


def _tune(language: str, *, script: str, as_json: bool, no_plot: bool, dry_run: bool, new: bool, **given: Any) -> int:
    with first_sign(language, "screen.begins.tune", silent=as_json or dry_run, script=script) as sign:
        from ratecraft.api.describing import described_study

        study = described_study(script, given.pop("arguments"), **sized(clustered(given)))
        study.header()  # a script that is not there is told before an estimate is
        if dry_run:
            return print_estimate(study, as_json, language)
        return run_and_print(study, language, sign, as_json=as_json, no_plot=no_plot, new=new)
