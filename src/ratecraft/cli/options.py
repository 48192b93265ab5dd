"""Options that several commands share, and what they stand for.

Path:   click's values -> a page, a screen, a printed result.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from ratecraft.cli.flags import Flag, flag
from ratecraft.cli.words import language_option, words
from ratecraft.errors import Interrupted

if TYPE_CHECKING:  # help needs none of it
    from ratecraft.api.studies.study import Study
    from ratecraft.diagnosis.diagnosing import Verdict
    from ratecraft.records.events import Event
    from ratecraft.reporting.progress.first_sign import FirstSign
    from ratecraft.reporting.progress.screen import Screen
    from ratecraft.reporting.results.summary import Summary


def common_options(language: str) -> list[click.Parameter]:
    """`--json`, `--no-plot`, `--language`, `--debug`."""
    say = words(language)
    return [
        Flag(["--json", "as_json"], group="output", is_flag=True, help=say("cli.json")),
        Flag(["--no-plot"], group="output", is_flag=True, help=say("cli.no-plot")),
        language_option(language),
        Flag(["--debug"], group="output", is_flag=True, expose_value=False, help=say("cli.debug")),
    ]


def beginning_options(language: str) -> list[click.Parameter]:
    """`--dry-run`, `--new`."""
    say = words(language)
    return [
        Flag(["--dry-run"], group="usual", is_flag=True, help=say("cli.tune.dry-run")),
        Flag(["--new"], group="running", is_flag=True, help=say("cli.tune.new")),
    ]


def limit_options(language: str) -> list[click.Parameter]:
    """What decides nothing, and may differ when a study is resumed."""
    from ratecraft.api.studies.keywords import START_TIMEOUT, TIME_LIMIT, WORKERS

    return [flag(language, option) for option in (WORKERS, START_TIMEOUT, TIME_LIMIT)]


def cluster_options(language: str) -> list[click.Parameter]:
    """Where jobs run. Decides nothing either."""
    say = words(language)
    executor: dict[str, Any] = {"metavar": "local|ray", "default": "local", "show_default": True}
    return [
        Flag(["--executor"], group="cluster", **executor, help=say("cli.executor")),
        Flag(["--address"], group="cluster", metavar="HOST:PORT", help=say("cli.address")),
        Flag(["--shared-folder"], group="cluster", metavar="PATH", help=say("cli.shared-folder")),
        Flag(["--environment"], group="cluster", metavar="NAME", multiple=True, help=say("cli.environment")),
        Flag(["--send"], group="cluster", metavar="FILE", multiple=True, help=say("cli.send")),
    ]


def clustered(given: dict[str, Any]) -> dict[str, Any]:
    """The given options, with the executor that the cluster options imply.

    Raises:
        InvalidInput: They name none.
    """
    from ratecraft.api.studies.cluster import cluster_named

    named = {name: given.pop(name) for name in ("executor", "address", "shared_folder", "environment", "send")}
    return {**given, "executor": cluster_named(**named) or "local"}


@contextmanager
def stopping(command: str) -> Generator[threading.Event]:
    """Ctrl-C or SIGTERM asks the study to stop and keep what it has; a second one ends it at once.

    Args:
        command: The one that continues the study.

    Raises:
        Interrupted: It was ended at once; what was on disk is kept all the same.
    """
    stop = threading.Event()

    def asked(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    except KeyboardInterrupt:
        raise Interrupted("interrupted", command=command) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def first_sign(language: str, key: str, *, silent: bool, **values: object) -> "FirstSign":
    """Say on stderr what is being begun, before anything heavy is loaded."""
    from ratecraft.reporting.progress.first_sign import FirstSign

    return FirstSign(None if silent else sys.stderr, language, key, **values)


def run_and_print(
    study: "Study",
    language: str,
    sign: "FirstSign",
    *,
    as_json: bool,
    no_plot: bool,
    new: bool = False,
    track: str | None = None,
) -> int:
    """Run a study, on a screen of its own, print its result and send it on; returns the exit code.

    Args:
        study: What was described.
        language: Code of a language, e.g. `ja`.
        sign: What was said first; it gives way to the screen.
        as_json: Print JSON, and show no screen.
        no_plot: Leave the plot out.
        new: Put an earlier study of the same aside first.
        track: Name of the tracker that the finished study is sent to; None for none.

    Raises:
        InvalidInput: There is no such tracker, or its package is missing; nothing has been trained.
        Interrupted: Ctrl-C, SIGTERM or the time limit.
        StudyError: The tracker does not take the finished study (`track-failed`), whose result is printed all the same.
    """
    from ratecraft.api.results.tracking import tracker_of

    tracker = tracker_of(track)
    summary = run_on_screen(study, language, sign, silent=as_json, new=new)
    code = print_summary(summary, as_json, no_plot, language)
    if tracker is not None and (made := tracker.send(study.folder)):
        click.echo(words(language)("screen.alongside.tracked", tracker=tracker.name, made=made), err=True)
    return code


def run_on_screen(study: "Study", language: str, sign: "FirstSign", *, silent: bool, new: bool) -> "Summary":
    """Run a study on a screen of its own, which takes the place of what was said first.

    Raises:
        Interrupted: Ctrl-C, SIGTERM or the time limit.
    """
    from ratecraft.api.running.run_study import run_study
    from ratecraft.api.running.screens import screen_opener

    opener = screen_opener(language, sys.stderr, silent=silent)

    def opened(study: "Study", past: "Sequence[Event]") -> "Screen":
        sign.give_way()
        return opener(study, past)

    with sign, stopping(study.command) as stop:
        return run_study(study, new=new, open_screen=opened, stop=stop)


def print_diagnosis(log: Path, as_json: bool, language: str) -> int:
    """Print what is said of a run that was watched on stdout; returns the exit code."""
    from ratecraft.api.diagnose.diagnose import diagnose
    from ratecraft.reporting.findings.screen import findings_json, findings_text
    from ratecraft.reporting.text.page import page_of

    runs = diagnose(log).runs
    if as_json:
        click.echo(json.dumps(findings_json(runs, language), ensure_ascii=False))
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(findings_text(runs, page), color=page.colour)
    return 0


def verdict_code(verdict: "Verdict") -> int:
    """The exit code of a diagnosis: 0 nothing worse than a hint, 1 a warning, 3 a run that is lost, 5 cannot judge."""
    return {"lost": 3, "warning": 1, "cannot-judge": 5}.get(verdict, 0)


def print_estimate(study: "Study", as_json: bool, language: str, track: str | None = None) -> int:
    """Print on stdout what a study will cost, and what of the folder it sends to a cluster; returns the exit code.

    Raises:
        InvalidInput: There is no tracker of the name `track`, or its package is missing.
    """
    from ratecraft.api.results.tracking import tracker_of
    from ratecraft.api.studies.cluster import archive_contents
    from ratecraft.api.studies.estimating import announced
    from ratecraft.reporting.progress.estimate import estimate_text
    from ratecraft.reporting.progress.sending import sending_text
    from ratecraft.reporting.text.page import page_of

    tracker_of(track)  # what would stop the study is told before it too
    (estimate, again), sent = announced(study), archive_contents(study.running.cluster, study.directory, study.folder)
    if as_json:
        told = {"schema": 1, "estimate": asdict(estimate), "reused_baseline": again or None}
        click.echo(json.dumps({**told, **({"sent": asdict(sent)} if sent else {})}, ensure_ascii=False))
        return 0
    page = page_of(sys.stdout, os.environ, language)
    click.echo(estimate_text(estimate, page, baseline=study.settings.baseline and not again, again=again))
    if sent:
        click.echo(sending_text(sent, page))
    return 0


def print_summary(summary: "Summary", as_json: bool, no_plot: bool, language: str) -> int:
    """Print the result on stdout; returns the exit code."""
    from ratecraft.reporting.results.screen import PLOT_ROWS, result_text
    from ratecraft.reporting.results.summary import to_json
    from ratecraft.reporting.text.page import page_of

    if as_json:
        click.echo(json.dumps(to_json(summary), ensure_ascii=False))
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(result_text(summary, page, 0 if no_plot else PLOT_ROWS), color=page.colour)
    if summary.diagnosed is not None:
        return verdict_code(summary.diagnosed.diagnosis.verdict)
    answer = summary.answer
    return 1 if answer.verdict == "no-information" or (answer.final_job and answer.tuned is None) else 0
