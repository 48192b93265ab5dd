"""Runs one script under the host, in a process that `entry` has set up.

Path:   `entry` -> here, the script as `__main__` with the host's hooks in torch.

The first message says how to run the script; the host takes all later ones. The script's output goes where this
process's output goes; what Python writes to it is read on the way for figures.
"""

import atexit
import os
import sys
import traceback
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import torch

from ratecraft.records import logging
from ratecraft.records.outcome import Failure
from ratecraft.training.forking.own_files import own_files
from ratecraft.training.frameworks.adapting import FRAMEWORKS, adapt_frameworks
from ratecraft.training.frameworks.processes import PROCESSES, is_one_of_several, joined_by_children
from ratecraft.training.hosting.host import Host
from ratecraft.training.hosting.protection import moved_by, protected, protected_branch
from ratecraft.training.hosting.run_facts import failure_of, script_path
from ratecraft.training.hosting.spawning import Spawning, run_spawned
from ratecraft.training.instrument.agreement import Agreement
from ratecraft.training.instrument.loaded_weights import follow_loading
from ratecraft.training.instrument.patches import install, seed_everything
from ratecraft.training.instrument.splitting import Splitting
from ratecraft.training.observing.each_rank.marking import Marking
from ratecraft.training.observing.error_boundary import ErrorBoundary, reason_of
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.terminal import take_terminal
from ratecraft.training.processes.wire import Marked, Start
from ratecraft.training.sandbox.prepared import link_finished
from ratecraft.training.sandbox.settings_folders import is_settings
from ratecraft.training.scoring.written_files import WrittenFiles
from ratecraft.training.scripts.ending import EndRun
from ratecraft.training.scripts.entering import enter
from ratecraft.training.scripts.output_capture import OutputCapture
from ratecraft.training.scripts.spawns import names_process, names_spawn

_SEEDS_APART = 1_000_003
"""Between the seeds of two ranks, which draw different numbers at home; more than a study has seeds."""


def main(start: Start, control: Control) -> None:
    """Run the script.

    Args:
        start: How it is run.
        control: The pipe to the supervisor.
    """
    if start.terminal is not None:
        take_terminal(start.terminal)
    host = Host(start, control)
    written, agreement = WrittenFiles(host.told.measured), Agreement(start.ranks)
    if not start.plain:
        _hook(host, start, written, agreement, control)
    os.register_at_fork(after_in_child=host.leave)
    if not host.begin():
        return
    # Until after the script's own exit handlers, which print and write as well.
    around = ExitStack()
    atexit.register(around.close)
    hearing, branches = OutputCapture(host.told.printed), list[Start]()

    def denied(path: Path) -> None:
        if not is_settings(path, os.environ):
            host.note("write-denied", path=str(path))

    def on_branch(branch: Start, output: int) -> None:
        left = (branches or [start])[-1]
        branches.append(branch)
        hearing.go_on_here()
        around.enter_context(protected_branch(branch, denied))
        own_files(output, moved_by(branch, left.mirror))

    around.enter_context(protected(start, denied))
    if not start.plain:
        around.enter_context(hearing)
    host.commands.on_branch = on_branch
    host.steps.on_first_step = partial(_first_step_begins, start, host, written, agreement)
    marking = _marking(start, control)
    failure = _run(start, host, control)
    if marking is not None:
        marking.close()
    if world := joined_by_children():
        failure = Failure("spawns-processes", str(world))
    written.read()
    host.script_ended(failure)
    if branches and not branches[-1].tell_lines:  # exit handlers are the business of a run that is the user's
        around.close()
        os._exit(0)


def _marking(start: Start, control: Control) -> Marking | None:
    """What holds the ranks of a run in the user's own folder against one another, as a watch does."""
    if start.ranks == 1 or start.plain or not start.first_writes:
        return None
    boundary = ErrorBoundary(lambda error: control.note("ranks-unseen", reason=reason_of(error)))
    return Marking(lambda facts: control.tell(Marked(facts)) if facts else None, start.ranks, boundary)


def _hook(host: Host, start: Start, written: WrittenFiles, agreement: Agreement, control: Control) -> None:
    """Put the host into all that it hears and changes."""
    written.follow()
    host.passes.on_evaluated = written.read
    if start.head is not None:
        host.rates.splitting = Splitting(start.head)
    torch.set_num_threads(start.threads)
    seed = partial(seed_everything, (start.seed + start.rank * _SEEDS_APART) % 2**32)
    seed()
    install(host)
    if start.ranks > 1:
        tell = control.tell if start.rank == 0 and _starts_others(script_path(start)) else None
        spawning = Spawning(start.rank, start.ranks, seed, tell)
        adapt_frameworks(
            host, [*(framework for framework in FRAMEWORKS if framework is not PROCESSES), spawning.framework]
        )
        host.losses.rule.agree, host.models.agreement = agreement.mean, agreement
        agreement.follow(host, spawning.joins_without, host.models.training_ends)
    else:
        adapt_frameworks(host)
    follow_loading()
    host.reasons.resuming.follow()
    logging.set_listener(host.told.logged)


def _starts_others(script: Path) -> bool:
    """Whether the other processes wait till the first one has run so far as to start them, or to join them."""
    return names_spawn(script) or names_process(script)


def _first_step_begins(start: Start, host: Host, written: WrittenFiles, agreement: Agreement) -> None:
    """What lies there was written beforehand."""
    if start.ranks > 1:
        agreement.first_step(host)
    written.training_begins()
    if start.overlaid is not None and start.rank == 0:
        link_finished(start.overlaid)


def _run(start: Start, host: Host, control: Control) -> Failure | None:
    """Run the script to its end, however it ends; the failure where it was one."""
    script = script_path(start)
    os.chdir(start.directory)
    try:
        if start.ranks == 1 and is_one_of_several(os.environ):
            host.refuse("several-processes", "torchrun")
        if start.rank and _starts_others(script):
            handed = control.handed()
            if handed is None:
                return None
            if handed:
                run_spawned(handed, start.rank)
                return None
        enter(start.entry, script, start.arguments, host.note)
    except EndRun:
        return None
    except SystemExit as end:
        if end.code in (None, 0):
            return None
        if not isinstance(end.code, int):
            print(end.code, file=sys.stderr)  # noqa: T201 - as Python itself does
        return failure_of(end, start)
    except BaseException as error:  # noqa: BLE001 - whatever the script raises is its outcome
        with suppress(OSError):  # a full disk holds no log either
            traceback.print_exc()
        return failure_of(error, start)
    return None
