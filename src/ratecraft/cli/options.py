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

from ratecraft.cli.values import Number, WholeNumber
from ratecraft.cli.words import language_option, words
from ratecraft.errors import Interrupted

if TYPE_CHECKING:  # help needs none of it
    from ratecraft.api.study import Study
    from ratecraft.diagnosis.finding import Severity
    from ratecraft.records.events import Event
    from ratecraft.reporting.first_sign import FirstSign
    from ratecraft.reporting.progress import Screen
    from ratecraft.reporting.summary import Summary

__all__ = [
    "cluster_options",
    "clustered",
    "common_options",
    "first_sign",
    "hide_option",
    "part_options",
    "print_diagnosis",
    "print_estimate",
    "print_summary",
    "run_and_print",
    "run_on_screen",
    "running_options",
    "severity_code",
    "size_options",
    "sized",
    "stopping",
]


def common_options(language: str) -> list[click.Parameter]:
    """`--json`, `--no-plot`, `--language`, `--debug`."""
    say = words(language)
    return [
        click.Option(["--json", "as_json"], is_flag=True, help=say("cli.json")),
        click.Option(["--no-plot"], is_flag=True, help=say("cli.no-plot")),
        language_option(language),
        click.Option(["--debug"], is_flag=True, expose_value=False, help=say("cli.debug")),
    ]


def part_options(language: str) -> list[click.Parameter]:
    """What has rates of its own."""
    say = words(language)
    return [
        click.Option(["--groups"], metavar="body-head", help=say("cli.groups")),
        click.Option(["--head"], metavar="NAME", help=say("cli.head")),
    ]


def size_options(language: str) -> list[click.Parameter]:
    """How large an epoch and a step are, for schedules that count in them."""
    say = words(language)
    return [
        click.Option(["--steps-per-epoch"], type=Number(), help=say("cli.steps-per-epoch")),
        click.Option(["--batch-size"], type=Number(), help=say("cli.batch-size")),
        click.Option(["--tokens-per-step"], type=Number(), help=say("cli.tokens-per-step")),
    ]


def sized(given: dict[str, Any]) -> dict[str, Any]:
    """What was given, with the sizes in place of their options.

    Raises:
        InvalidInput: One is no number above 0.
    """
    from ratecraft.schedules.sizes import UNIT_SIZES, Sizes

    sizes = Sizes(**{name: given.pop(name) for name in UNIT_SIZES.values()})
    return {**given, "sizes": sizes}


def hide_option(language: str) -> click.Option:
    """What jobs do not see."""
    return click.Option(["--hide"], metavar="PATH", multiple=True, help=words(language)("cli.hide"))


def running_options(language: str) -> list[click.Parameter]:
    """What decides nothing, and may differ when a study is resumed."""
    say = words(language)
    return [
        click.Option(["--workers"], type=WholeNumber(1), default=1, show_default=True, help=say("cli.workers")),
        click.Option(["--start-timeout"], type=Number(), default=300, show_default=True, help=say("cli.start-timeout")),
        click.Option(["--time-limit"], type=Number(), help=say("cli.time-limit")),
    ]


def cluster_options(language: str) -> list[click.Parameter]:
    """Where jobs run. Decides nothing either."""
    say = words(language)
    return [
        click.Option(["--executor"], metavar="local|ray", default="local", show_default=True, help=say("cli.executor")),
        click.Option(["--address"], metavar="HOST:PORT", help=say("cli.address")),
        click.Option(["--shared-folder"], metavar="PATH", help=say("cli.shared-folder")),
        click.Option(["--environment"], metavar="NAME", multiple=True, help=say("cli.environment")),
        click.Option(["--send"], metavar="FILE", multiple=True, help=say("cli.send")),
    ]


def clustered(given: dict[str, Any]) -> dict[str, Any]:
    """What was given, with a cluster in place of its options.

    Raises:
        InvalidInput: They name none.
    """
    from ratecraft.api.cluster import cluster_named

    named = {name: given.pop(name) for name in ("executor", "address", "shared_folder", "environment", "send")}
    return {**given, "cluster": cluster_named(**named)}


@contextmanager
def stopping(command: str) -> Generator[threading.Event]:
    """Ctrl-C or SIGTERM asks the study to stop and keep what it has; a second one ends it at once.

    Args:
        command: The one that goes on with the study.

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
    from ratecraft.reporting.first_sign import FirstSign

    return FirstSign(None if silent else sys.stderr, language, key, **values)


def run_and_print(
    study: "Study", language: str, sign: "FirstSign", *, as_json: bool, no_plot: bool, new: bool = False
) -> int:
    """Run a study, on a screen of its own, and print its result; returns the exit code.

    Args:
        study: What was described.
        language: Code of a language, e.g. `ja`.
        sign: What was said first; it gives way to the screen.
        as_json: Print JSON, and show no screen.
        no_plot: Leave the plot out.
        new: Put an earlier study of the same aside first.

    Raises:
        Interrupted: Ctrl-C, SIGTERM or the time limit.
    """
    summary = run_on_screen(study, language, sign, silent=as_json, new=new)
    return print_summary(summary, as_json, no_plot, language)


def run_on_screen(study: "Study", language: str, sign: "FirstSign", *, silent: bool, new: bool) -> "Summary":
    """Run a study on a screen of its own, which takes the place of what was said first.

    Raises:
        Interrupted: Ctrl-C, SIGTERM or the time limit.
    """
    from ratecraft.api.running import run_study
    from ratecraft.api.screens import screen_opener

    opener = screen_opener(language, sys.stderr, silent=silent)

    def opened(study: "Study", past: "Sequence[Event]") -> "Screen":
        sign.give_way()
        return opener(study, past)

    with sign, stopping(study.command) as stop:
        return run_study(study, new=new, open_screen=opened, stop=stop)


def print_diagnosis(log: Path, as_json: bool, language: str) -> int:
    """Print what is said of a run that was watched on stdout; returns the exit code."""
    from ratecraft.api.diagnose import diagnose
    from ratecraft.reporting.findings import findings_json, findings_text
    from ratecraft.reporting.page import page_of

    runs = diagnose(log).runs
    if as_json:
        click.echo(json.dumps(findings_json(runs, language), ensure_ascii=False))
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(findings_text(runs, page), color=page.colour)
    return 0


def severity_code(severity: "Severity | None") -> int:
    """The exit code of a diagnosis: 0 nothing worse than a hint, 1 a warning, 3 a run that is lost."""
    return 3 if severity == "error" else 1 if severity == "warning" else 0


def print_estimate(study: "Study", as_json: bool, language: str) -> int:
    """Print on stdout what a study will cost, and what of the folder it sends to a cluster; returns the exit code."""
    from ratecraft.api.cluster import cargo
    from ratecraft.api.estimating import announced
    from ratecraft.reporting.estimate import estimate_text
    from ratecraft.reporting.page import page_of
    from ratecraft.reporting.sending import sending_text

    (estimate, again), sent = announced(study), cargo(study.cluster, study.directory, study.folder)
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
    from ratecraft.reporting.page import page_of
    from ratecraft.reporting.result import PLOT_ROWS, result_text
    from ratecraft.reporting.summary import to_json

    if as_json:
        click.echo(json.dumps(to_json(summary), ensure_ascii=False))
    else:
        page = page_of(sys.stdout, os.environ, language)
        click.echo(result_text(summary, page, 0 if no_plot else PLOT_ROWS), color=page.colour)
    if summary.diagnosed is not None:
        return severity_code(summary.diagnosed.diagnosis.severity)
    answer = summary.answer
    return 1 if answer.verdict == "no-information" or (answer.final_job and answer.tuned is None) else 0
