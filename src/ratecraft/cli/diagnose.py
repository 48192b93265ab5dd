"""`ratecraft diagnose PATH…`: what went wrong in a run, from its log; also while it is written, and as a page.

Codes:  0 nothing worse than a hint; 1 a warning; 3 a run that is lost (as for code of the user's that fails); 5 too
        little was seen to judge.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ratecraft.api.studies.keywords import STUDY, THREADS
from ratecraft.cli.as_typed import ProgramCommand
from ratecraft.cli.flags import flag
from ratecraft.cli.options import common_options, limit_options, stopping, verdict_code
from ratecraft.cli.values import Number, WholeNumber
from ratecraft.cli.words import SEPARATED, words
from ratecraft.controllers.settings.option import SEED
from ratecraft.errors import InvalidInput

if TYPE_CHECKING:  # help needs none of it
    from ratecraft.api.diagnose.diagnose import DiagnoseResult
    from ratecraft.diagnosis.finding import Finding
    from ratecraft.records.program import Program
    from ratecraft.reporting.results.summary import Summary

_BETWEEN_LOOKS = 2.0  # seconds


def command(language: str) -> click.Command:
    """The command, with its help in the given language."""
    say = words(language)
    return ProgramCommand(
        "diagnose",
        language=language,
        callback=partial(_diagnose, language),
        params=[
            click.Argument(["paths"], nargs=-1, required=True, type=click.UNPROCESSED, metavar="PATH..."),
            click.Option(["--follow", "is_followed"], is_flag=True, help=say("cli.diagnose.follow")),
            *_proving_options(language),
            click.Option(["--apply", "is_applied"], is_flag=True, help=say("cli.diagnose.apply")),
            click.Option(["--output", "-o"], metavar="FILE", default="", help=say("cli.diagnose.output")),
            *(option for option in common_options(language) if option.name != "no_plot"),
        ],
    )


def _diagnose(
    language: str,
    *,
    paths: tuple[str, ...],
    is_followed: bool,
    is_proven: bool,
    is_applied: bool,
    output: str,
    as_json: bool,
    **given: Any,
) -> int:
    if is_proven:
        if is_followed:
            raise InvalidInput("prove-follow")
        return _proven(language, paths, given, output=output, as_json=as_json, is_applied=is_applied)
    _check_without_proof(click.get_current_context())
    for path in paths:
        if path.endswith((".py", ".ipynb")):  # it would be read as a log in which nothing is wrong
            raise InvalidInput("diagnose-script", path=path)
    from ratecraft.api.diagnose.diagnose import diagnose
    from ratecraft.api.diagnose.page import write_diagnosis
    from ratecraft.reporting.findings.applying import applied, applied_json, applied_text
    from ratecraft.reporting.findings.screen import findings_json, findings_text
    from ratecraft.reporting.text.page import page_of

    result = _followed(paths, language, as_json=as_json) if is_followed else diagnose(*paths)
    if output:
        write_diagnosis(result, Path(output), language)
    page = page_of(sys.stdout, os.environ, language)
    changes = applied(result.findings, language=language) if is_applied else ()
    if as_json:
        said = findings_json(result.runs, language)
        click.echo(json.dumps(said | ({"apply": applied_json(changes)} if is_applied else {}), ensure_ascii=False))
    elif not is_followed:
        click.echo(findings_text(result.runs, page), color=page.colour)
    if is_applied and not as_json:
        click.echo("\n" + applied_text(changes, page), color=page.colour)
    if output and not as_json:
        click.echo(page.words("screen.diagnosis.written", path=output))
    return verdict_code(result.verdict)


def _proven(
    language: str, paths: Sequence[str], given: Mapping[str, Any], *, output: str, as_json: bool, is_applied: bool
) -> int:
    """Run the training and its branches, print what they show."""
    from ratecraft.api.diagnose.diagnose import DiagnoseResult
    from ratecraft.api.diagnose.page import write_diagnosis
    from ratecraft.api.prove import own_rate_in
    from ratecraft.reporting.findings.applying import applied, applied_json, applied_text
    from ratecraft.reporting.results.screen import result_text
    from ratecraft.reporting.results.summary import to_json
    from ratecraft.reporting.text.page import page_of

    summary, program = _prove_paths(paths, language, given, silent=as_json)
    result = DiagnoseResult(() if summary.diagnosed is None else (summary.diagnosed,))
    own = own_rate_in(program) if is_applied else None
    changes = (
        applied(result.findings, program.words, program.arguments, own=own, language=language) if is_applied else ()
    )
    page = page_of(sys.stdout, os.environ, language)
    if output:
        write_diagnosis(result, Path(output), language)
    if as_json:
        said = to_json(summary) | ({"apply": applied_json(changes)} if is_applied else {})
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        click.echo(result_text(summary, page, 0), color=page.colour)
        if is_applied:
            click.echo("\n" + applied_text(changes, page), color=page.colour)
        if output:
            click.echo(page.words("screen.diagnosis.written", path=output))
    return verdict_code(result.verdict)


def _followed(paths: tuple[str, ...], language: str, *, as_json: bool) -> "DiagnoseResult":
    """Findings as they come, a line each; as JSON only the whole at the end."""
    from ratecraft.api.diagnose.follow_log import follow_log
    from ratecraft.reporting.findings.finding_lines import finding_line
    from ratecraft.reporting.text.page import page_of

    if len(paths) != 1:
        raise InvalidInput("diagnose-follow-one", count=len(paths))
    page = page_of(sys.stdout, os.environ, language)

    def tell(finding: "Finding") -> None:
        if not as_json:
            click.echo(finding_line(finding, page), color=page.colour)

    return follow_log(paths[0], _wait, tell)


def _wait() -> bool:
    """Wait a little; False where Ctrl-C came meanwhile."""
    try:
        time.sleep(_BETWEEN_LOOKS)
    except KeyboardInterrupt:
        return False
    return True


def _proving_options(language: str) -> list[click.Parameter]:
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


def _prove_paths(
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


def _check_without_proof(context: click.Context) -> None:
    """Refuse options that count with `--prove` alone.

    Raises:
        InvalidInput: One was given (`only-with-prove`).
    """
    for name in ("budget", "steps", "study", "new", "seed", "threads", "workers", "start_timeout", "time_limit"):
        if context.get_parameter_source(name) not in (ParameterSource.DEFAULT, None):
            raise InvalidInput("only-with-prove", name="--" + name.replace("_", "-"))
