"""`ratecraft tune SCRIPT -- ARGUMENTS`: the whole loop for an unmodified script."""

import json
import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ratecraft.cli.options import common_options, print_summary, running_options, screen_opener, stopping
from ratecraft.cli.values import Number, WholeNumber
from ratecraft.cli.words import TranslatedCommand, words

if TYPE_CHECKING:  # help needs none of it
    from ratecraft.api.estimating import StudyEstimate

__all__ = ["command"]


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return TranslatedCommand(
        "tune",
        language=language,
        callback=partial(_tune, language),
        help=say("cli.tune.help"),
        short_help=say("cli.tune.short"),
        epilog=say("cli.tune.examples"),
        params=[
            click.Argument(["script"], type=click.Path(path_type=Path)),
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
            *running_options(language),
            *common_options(language),
        ],
    )


def _tune(language: str, *, as_json: bool, no_plot: bool, dry_run: bool, new: bool, **given: Any) -> int:
    from ratecraft.api.estimating import study_estimate
    from ratecraft.api.script_study import branching_of, script_study
    from ratecraft.api.tune import run_study
    from ratecraft.controllers.settings import TunerSettings
    from ratecraft.records.metrics import parse_metric
    from ratecraft.schedules.text import parse

    settings = TunerSettings.usual(
        branching_of(given["threads"]),
        metric=parse_metric(given["metric"]) if given["metric"] is not None else None,
        baseline=given["baseline"],
        steps=given["steps"],
        own_rate=given["rate"],
        seed=given["seed"],
        budget=given["budget"],
        mode="cheap" if given["cheap"] else "whole",
        stop_when_saturated=given["stop_when_saturated"],
        schedule=parse(given["schedule"]) if given["schedule"] is not None else None,
        compare_constant=given["compare_constant"],
    )
    running = {name: given[name] for name in ("threads", "workers", "start_timeout", "time_limit")}
    study = script_study(given["script"], given["arguments"], settings, study=given["study"], **running)
    study.header()  # a script that is not there is told before an estimate is
    if dry_run:
        return _print_estimate(study_estimate(settings), settings.baseline, as_json, language)
    with stopping(study.command) as stop:
        summary = run_study(study, new=new, open_screen=screen_opener(as_json, language), stop=stop)
    return print_summary(summary, as_json, no_plot, language)


def _print_estimate(estimate: "StudyEstimate", baseline: bool, as_json: bool, language: str) -> int:
    from ratecraft.reporting.estimate import estimate_text
    from ratecraft.reporting.page import page_of

    if as_json:
        click.echo(json.dumps({"schema": 1, "estimate": asdict(estimate)}))
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(estimate_text(estimate, page, baseline=baseline))
    return 0
