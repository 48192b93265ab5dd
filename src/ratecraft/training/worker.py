"""The process of one hosted script: `python -m ratecraft.training.worker DESCRIPTOR LIFELINE`.

Path:   supervisor -> pipe -> this process, which runs the script as its `__main__` with the host's hooks in torch.

The first message says how to run the script; the host takes all later ones. The script's output goes where this
process's output goes; what Python writes to it is read on the way for figures.
"""

import atexit
import os
import sys
import traceback
from contextlib import ExitStack, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from ratecraft.records import logging
from ratecraft.records.outcome import Failure
from ratecraft.training.control import Control
from ratecraft.training.ending import EndRun
from ratecraft.training.entering import enter
from ratecraft.training.frameworks.adapting import adapt_frameworks
from ratecraft.training.frameworks.processes import is_one_of_several
from ratecraft.training.hearing import Hearing
from ratecraft.training.host import Host
from ratecraft.training.loaded_weights import follow_loading
from ratecraft.training.patches import install, seed_everything
from ratecraft.training.sandbox.landlock import restrict_writes
from ratecraft.training.sandbox.protection import in_mirror, protected
from ratecraft.training.settings_folders import is_settings
from ratecraft.training.splitting import Splitting
from ratecraft.training.telling import failure_of, script_path
from ratecraft.training.terminal import take_terminal
from ratecraft.training.wire import Start

__all__ = ["main"]


def main(descriptor: int, lifeline: int) -> None:
    """Run one script under the host.

    Args:
        descriptor: Of this process's end of the control pipe.
        lifeline: Of the pipe that ends with the supervisor.
    """
    os.set_inheritable(descriptor, False)
    control = Control(Connection(descriptor), lifeline)
    start = control.next_command()
    if not isinstance(start, Start):
        return
    if start.terminal is not None:
        take_terminal(start.terminal)
    host = Host(start, control)
    if not start.plain:
        _hook(host, start)
    os.register_at_fork(after_in_child=host.leave)
    if not host.begin():
        return
    # Until after the script's own exit handlers, which print and write as well.
    around = ExitStack()
    atexit.register(around.close)
    hearing, branches = Hearing(host.heard), list[Start]()

    def denied(path: Path) -> None:
        if not is_settings(path, os.environ):
            host.note("write-denied", path=str(path))

    def on_branch(branch: Start) -> None:
        branches.append(branch)
        hearing.go_on_here()
        if not branch.branches:  # else its own branches could not write to their folders
            restrict_writes([Path(folder) for folder in branch.writable])
        around.enter_context(in_mirror(branch, denied))

    around.enter_context(protected(start, denied))
    if not start.plain:
        around.enter_context(hearing)
    host.on_branch = on_branch
    host.script_ended(_run(start, host))
    if branches and not branches[-1].tell_lines:  # exit handlers are the business of a run that is the user's
        around.close()
        os._exit(0)


def _hook(host: Host, start: Start) -> None:
    """Put the host into all that it hears and changes."""
    if start.head is not None:
        host.rates.splitting = Splitting(start.head)
    torch.set_num_threads(start.threads)
    seed_everything(start.seed)
    install(host)
    adapt_frameworks(host)
    follow_loading()
    logging.set_listener(host.logged)


def _run(start: Start, host: Host) -> Failure | None:
    """Run the script to its end, however it ends; the failure where it was one."""
    script = script_path(start)
    os.chdir(start.directory)
    try:
        if is_one_of_several(os.environ):
            host.refuse("several-processes", "torchrun")
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


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
