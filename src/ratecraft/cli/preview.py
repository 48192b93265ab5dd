"""`ratecraft preview EXPRESSION --steps N`: a schedule, looked at before it is used."""

import json
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ratecraft.cli.flags import flag
from ratecraft.cli.options import common_options
from ratecraft.cli.values import Number, WholeNumber
from ratecraft.cli.words import TranslatedCommand, words
from ratecraft.controllers.settings.tune import SIZES

if TYPE_CHECKING:  # help needs none of it
    from ratecraft.reporting.preview import Previewed
    from ratecraft.schedules.continuing import GoingOn
    from ratecraft.schedules.sizes import Sizes
    from ratecraft.schedules.stretching import Keep

_USUAL_STEPS = 1000


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return TranslatedCommand(
        "preview",
        language=language,
        callback=partial(_preview, language),
        params=[
            click.Argument(["expression"]),
            click.Option(
                ["--steps"], type=WholeNumber(1), default=_USUAL_STEPS, show_default=True, help=say("cli.preview.steps")
            ),
            click.Option(["--compare"], multiple=True, metavar="EXPRESSION", help=say("cli.preview.compare")),
            *(flag(language, size, "usual") for size in SIZES),
            click.Option(["--from-step", "first"], metavar="N", type=WholeNumber(1), help=say("cli.preview.from-step")),
            click.Option(["--to", "total"], metavar="M", type=WholeNumber(1), help=say("cli.preview.to")),
            click.Option(["--keep"], type=click.Choice(["position", "tail", "shape"]), help=say("cli.preview.keep")),
            click.Option(["--times"], metavar="FACTOR", type=Number(), help=say("cli.preview.times")),
            click.Option(["--csv", "as_csv"], is_flag=True, help=say("cli.preview.csv")),
            click.Option(["--svg"], metavar="FILE", type=click.Path(path_type=Path), help=say("cli.preview.svg")),
            *common_options(language),
        ],
    )


def _preview(
    language: str,
    *,
    expression: str,
    compare: tuple[str, ...],
    steps: int,
    first: int | None,
    total: int | None,
    keep: "Keep | None",
    times: float | None,
    as_csv: bool,
    as_json: bool,
    no_plot: bool,
    svg: Path | None,
    **sizes: float | None,
) -> int:
    from ratecraft.reporting.preview import preview_csv, preview_json, preview_svg, preview_text
    from ratecraft.reporting.text.page import page_of
    from ratecraft.schedules.sizes import Sizes

    how = _going_on(steps, first, total, keep, times)
    all_of = [_previewed(text, steps, Sizes(**sizes), how) for text in (expression, *compare)]
    if svg is not None:
        svg.write_text(preview_svg(all_of), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(preview_json(all_of, language), ensure_ascii=False))
    elif as_csv:
        click.echo(preview_csv(all_of), nl=False)
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(preview_text(all_of, page, *([0] if no_plot else [])), color=page.colour)
    return 0


def _going_on(
    steps: int, first: int | None, total: int | None, keep: "Keep | None", times: float | None
) -> "GoingOn | None":
    from ratecraft.errors import InvalidInput
    from ratecraft.schedules.continuing import GoingOn

    if first is not None:
        return GoingOn(first, steps if total is None else total, keep or "position", 1.0 if times is None else times)
    for name, given in (("--to", total), ("--keep", keep), ("--times", times)):
        if given is not None:
            raise InvalidInput("preview-needs-step", name=name)
    return None


def _previewed(expression: str, steps: int, sizes: "Sizes", how: "GoingOn | None") -> "Previewed":
    from ratecraft.reporting.preview import Previewed
    from ratecraft.schedules.analysis import analyse
    from ratecraft.schedules.continuing import continued
    from ratecraft.schedules.generated_code.code import torch_code
    from ratecraft.schedules.language.text import parse_set

    schedules, total, code = parse_set(expression), steps, ""
    if how is not None:
        schedules, total = continued(schedules, steps, how, sizes), how.total
        code = torch_code(schedules, total, first=how.first)
    names = sorted(schedules, key=lambda name: (name != "rate", name))
    surveys = tuple((name, analyse(schedules[name], total, sizes)) for name in names)
    return Previewed(expression.strip(), surveys, code)
