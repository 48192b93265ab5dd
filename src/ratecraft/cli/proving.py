"""The options of `diagnose` that try things out, and what is done with them.

Path:   click's values -> a proof -> its screen, its exit code.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ratecraft.api.studies.keywords import STUDY, THREADS
from ratecraft.cli.flags import flag
from ratecraft.cli.options import limit_options, stopping
from ratecraft.cli.values import Number, WholeNumber
from ratecraft.cli.words import SEPARATED, words
from ratecraft.controllers.settings.option import SEED
from ratecraft.errors import InvalidInput

if TYPE_CHECKING:  # help needs none of it
    from ratecraft.records.program import Program
    from ratecraft.reporting.results.summary import Summary


def proving_options(language: str) -> list[click.Parameter]:
    """`--prove`, and what counts with it alone."""
    say = words(language)
    return [
        click.Option(["--prove", "is_proven"], is_flag=True, help=say("cli.diagnose.prove")),
        click.Option(["--budget"], type=Number(), help=say("cli.diagnose.prove-budget")),
        click.Option(["--steps"], type=WholeNumber(1), help=say("cli.find.steps")),
        flag(language, STUDY),
        click.Option(["--new"], is_flag=True, help=say("cli.tune.new")),
        flag(language, SEED),
        flag(language, THREADS),
        *limit_options(language),
    ]


def prove_paths(
    paths: Sequence[str], language: str, given: Mapping[str, Any], *, silent: bool
) -> "tuple[Summary, Program]":
    """Run a proof; the first path is the script, or a study of one.

    Returns:
        What came of it, and what was run; of a task its name.

    Raises:
        InvalidInput: The path is a log (`prove-needs-script`).
        Interrupted: Ctrl-C, SIGTERM or the time limit.
    """
    import sys

    from ratecraft.api.prove import describe_prove, with_run
    from ratecraft.api.running.run_study import run_study
    from ratecraft.api.running.screens import screen_opener
    from ratecraft.api.studies.script_study import ScriptStudy
    from ratecraft.records.program import Program

    options = {name: value for name, value in given.items() if value is not None and name != "new"}
    first, rest, run = _training(paths, is_told=click.get_current_context().meta.get(SEPARATED, False))
    study = describe_prove(first, rest, run=run, **options)
    program = study.program if isinstance(study, ScriptStudy) else Program(first, rest)
    study.header()
    with stopping(study.command) as stop:
        opener = screen_opener(language, sys.stderr, silent=silent)
        summary = run_study(study, new=bool(given["new"]), open_screen=opener, stop=stop)
    return (summary if run is None else with_run(summary, run)), program


def _training(paths: Sequence[str], *, is_told: bool) -> tuple[str, tuple[str, ...], Any]:
    """The script, its arguments, and what was seen of it where a study's record tells.

    Args:
        paths: As they were typed.
        is_told: Whether `--` tells where arguments begin; without it, one that is a script too is none.
    """
    from ratecraft.api.programs.typed import is_typed_program
    from ratecraft.api.prove import baseline_in
    from ratecraft.api.studies.task_study import is_task_name

    path, *arguments = paths
    other = next((argument for argument in arguments if argument.endswith(".py") and Path(argument).is_file()), None)
    if other is not None and not is_told:
        raise InvalidInput("prove-two-scripts", path=other, script=path)
    if path.endswith((".py", ".ipynb")) or is_task_name(path) or is_typed_program(path):
        return path, tuple(arguments), None
    recorded = baseline_in(Path(path))
    if recorded is None or arguments:
        raise InvalidInput("prove-needs-script", path=path)
    return recorded


def check_without_proof(context: click.Context) -> None:
    """Refuse options that count with `--prove` alone.

    Raises:
        InvalidInput: One was given (`only-with-prove`).
    """
    for name in ("budget", "steps", "study", "new", "seed", "threads", "workers", "start_timeout", "time_limit"):
        if context.get_parameter_source(name) not in (ParameterSource.DEFAULT, None):
            raise InvalidInput("only-with-prove", name="--" + name.replace("_", "-"))
