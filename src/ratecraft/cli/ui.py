"""`ratecraft ui`: the local site to learn from, to watch studies on, and to try schedules and plans."""

import json
import os
import webbrowser
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from ratecraft.cli.values import WholeNumber
from ratecraft.cli.words import TranslatedCommand, language_option, words


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return TranslatedCommand(
        "ui",
        language=language,
        callback=partial(_ui, language),
        params=[
            click.Option(
                ["--study", "studies"], multiple=True, metavar="FOLDER", type=click.Path(path_type=Path),
                help=say("cli.ui.study"),
            ),
            click.Option(["--port"], type=WholeNumber(1), help=say("cli.ui.port")),
            click.Option(["--open", "opens"], is_flag=True, help=say("cli.ui.open")),
            click.Option(["--allow-run"], is_flag=True, help=say("cli.ui.allow-run")),
            click.Option(["--write"], metavar="FOLDER", type=click.Path(path_type=Path), help=say("cli.ui.write")),
            click.Option(["--json", "as_json"], is_flag=True, help=say("cli.json")),
            language_option(language),
            click.Option(["--debug"], is_flag=True, expose_value=False, help=say("cli.debug")),
        ],
    )  # fmt: skip


def _ui(
    language: str,
    studies: tuple[Path, ...],
    port: int | None,
    opens: bool,
    allow_run: bool,
    write: Path | None,
    as_json: bool,
) -> int:
    from ratecraft.api.ui import open_site, write_learn

    say = words(language)
    if write is not None:
        count = write_learn(write)
        start = write / language / "learn" / "index.html"
        said = json.dumps({"files": count, "start": str(start)}, ensure_ascii=False) if as_json else str(start)
        click.echo(said)
        return 0
    site = open_site(studies, port=port, language=language, allow_run=allow_run)
    with site.service.until_interrupted():
        _announce(site.address, site.service.port, say, as_json=as_json, allow_run=allow_run)
        if opens and not webbrowser.open(site.address):
            click.echo(say("cli.ui.no-browser"), err=True)
        site.service.run()
    return 0


def _announce(address: str, port: int, say: Callable[..., str], *, as_json: bool, allow_run: bool) -> None:
    """Say where the site is, and how it is stopped."""
    if as_json:
        click.echo(json.dumps({"address": address, "port": port}))
    else:
        click.echo(address)
        click.echo(say("cli.ui.how-to-stop"), err=True)
        if os.environ.get("SSH_CONNECTION"):
            click.echo(say("cli.ui.forward", port=port), err=True)
        if allow_run:
            click.echo(say("cli.ui.runs"), err=True)
