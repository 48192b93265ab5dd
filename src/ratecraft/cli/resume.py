"""`ratecraft resume [STUDY]`: continue a study as its own record describes it; the newest where none is named."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from ratecraft.api.studies.keywords import TRACK, Running
from ratecraft.cli.flags import flag
from ratecraft.cli.options import (
    cluster_options,
    clustered,
    common_options,
    first_sign,
    limit_options,
    run_and_print,
)
from ratecraft.cli.words import TranslatedCommand


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    return TranslatedCommand(
        "resume",
        language=language,
        callback=partial(_resume, language),
        params=[
            click.Argument(["study"], required=False, default=""),
            *limit_options(language),
            *cluster_options(language),
            flag(language, TRACK),
            *common_options(language),
        ],
    )


def _resume(language: str, *, study: str, as_json: bool, no_plot: bool, track: str | None, **running: Any) -> int:
    with first_sign(language, "screen.begins.resume", silent=as_json) as sign:
        from ratecraft.api.studies.recorded import recorded_study
        from ratecraft.records.storage.study import find_study

        described = recorded_study(find_study(Path.cwd(), study), study, running=Running.of(clustered(running)))
        return run_and_print(described, language, sign, as_json=as_json, no_plot=no_plot, track=track)
