"""`ratecraft plan [SCRIPT -- ARGUMENTS]`: a starting rate without training, by name or by a look at a script."""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from ratecraft.api.studies.keywords import HIDE, START_TIMEOUT
from ratecraft.cli.as_typed import ProgramCommand
from ratecraft.cli.flags import flag
from ratecraft.cli.options import common_options
from ratecraft.cli.values import Number, WholeNumber
from ratecraft.cli.words import words
from ratecraft.controllers.settings.tune import SIZES


class _PlanCommand(ProgramCommand):
    def begins_program(self, word: str) -> bool:
        """An optimizer goes before a program of its name: a `muon` builds, a `prodigy` labels."""
        from ratecraft.api.plan import is_optimizer

        return not is_optimizer(word) and super().begins_program(word)


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return _PlanCommand(
        "plan",
        language=language,
        callback=partial(_plan, language),
        params=[
            click.Argument(["what"], required=False, metavar="[SCRIPT]"),
            click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED),
            click.Option(["--optimizer"], metavar="NAME", help=say("cli.plan.optimizer")),
            click.Option(["--task"], metavar="NAME", help=say("cli.plan.task")),
            click.Option(["--batch-size"], type=Number(), help=say("cli.plan.batch-size")),
            click.Option(["--steps"], type=WholeNumber(1), help=say("cli.plan.steps")),
            click.Option(["--passes"], type=Number(), help=say("cli.plan.passes")),
            click.Option(["--parameters"], type=Number(), help=say("cli.plan.parameters")),
            click.Option(["--rate"], type=Number(), help=say("cli.plan.rate")),
            click.Option(["--base-batch-size"], type=Number(), help=say("cli.plan.base-batch-size")),
            click.Option(["--base-steps"], type=WholeNumber(1), help=say("cli.plan.base-steps")),
            click.Option(["--width"], type=Number(), help=say("cli.plan.width")),
            click.Option(["--base-width"], type=Number(), help=say("cli.plan.base-width")),
            click.Option(["--noise-scale"], type=Number(), help=say("cli.plan.noise-scale")),
            click.Option(["--schedule"], metavar="NAME|EXPRESSION", help=say("cli.plan.schedule")),
            *(flag(language, size, "usual") for size in SIZES if size.name != "batch_size"),
            click.Option(["--tokens"], type=Number(), help=say("cli.plan.tokens")),
            click.Option(["--processes"], type=WholeNumber(1), help=say("cli.plan.processes")),
            click.Option(["--full"], is_flag=True, help=say("cli.plan.full")),
            click.Option(["--presets"], type=click.Path(path_type=Path), help=say("cli.plan.presets")),
            flag(language, START_TIMEOUT),
            flag(language, HIDE),
            *(option for option in common_options(language) if option.name != "no_plot"),
        ],
    )


def _plan(language: str, *, as_json: bool, full: bool, **given: Any) -> int:
    from ratecraft.api.plan import plan
    from ratecraft.reporting.plan.screen import plan_json
    from ratecraft.reporting.text.page import page_of

    made = plan(**given)
    if as_json:
        plain = plan_json(made.plan, language, made.compared, made.notes)
        click.echo(json.dumps(plain, ensure_ascii=False))
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(made.text(page, full=full), color=page.colour)
    return 0
