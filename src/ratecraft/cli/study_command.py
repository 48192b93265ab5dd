"""What `tune`, `find` and `search` share: their options, and how a study is described, estimated or run.

Path:   command line -> a description of the study -> an estimate, or a run on a screen -> an exit code.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ratecraft.api.studies.keywords import TRACK, Running
from ratecraft.cli.as_typed import ProgramCommand
from ratecraft.cli.flags import flag, flags_of
from ratecraft.cli.options import (
    beginning_options,
    cluster_options,
    clustered,
    common_options,
    first_sign,
    print_estimate,
    run_and_print,
)

if TYPE_CHECKING:  # only a command that is carried out loads the study
    from ratecraft.api.studies.study import Study


def study_command(
    language: str, verb: str, settings: type[Any], describe: "Callable[..., Study]", own: Sequence[click.Option] = ()
) -> click.Command:
    """The command of a verb that trains, with its help in the given language.

    Args:
        language: Code of a language.
        verb: Name of the command.
        settings: Whose options it has, among others.
        describe: Describes a study, from its script, the arguments of that and the options.
        own: Options of this command alone; with them it may be called without a script.
    """
    return ProgramCommand(
        verb,
        language=language,
        callback=partial(_run, language, verb, describe),
        params=[
            click.Argument(["script"], required=not own),
            click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED),
            *own,
            *flags_of(language, settings, Running),
            *beginning_options(language),
            *cluster_options(language),
            flag(language, TRACK),
            *common_options(language),
        ],
    )


def _run(
    language: str,
    verb: str,
    describe: "Callable[..., Study]",
    *,
    script: str | None,
    arguments: Sequence[str],
    as_json: bool,
    no_plot: bool,
    dry_run: bool,
    new: bool,
    track: str | None,
    **given: Any,
) -> int:
    what = script or str(given.get("program") or "")
    with first_sign(language, f"screen.begins.{verb}", silent=as_json or dry_run, script=what) as sign:
        study = describe(script, arguments, **clustered(given))
        study.header()  # a script that is not there is told before an estimate is
        if dry_run:
            return print_estimate(study, as_json, language, track)
        return run_and_print(study, language, sign, as_json=as_json, no_plot=no_plot, new=new, track=track)
