"""Stands for a system that is no POSIX: takes away what only those have, then types commands, one after the other.

What the standard library and other packages chose when they were loaded stays as it is here: they have their own ways
there, and it is ours that this looks at.
"""

import asyncio  # noqa: F401 - loaded before anything is taken away, as are those below
import concurrent.futures.process  # noqa: F401
import importlib.abc
import multiprocessing.connection  # noqa: F401
import os
import shlex
import signal
import subprocess  # noqa: F401
import sys
import sysconfig

import click._termui_impl  # noqa: F401
import numpy  # noqa: F401
import psutil  # noqa: F401

MODULES = ("fcntl", "grp", "pty", "pwd", "resource", "termios", "tty")
CALLS = (
    *("fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "getpgid", "getpgrp", "setpgid", "setsid"),
    *("killpg", "mkfifo", "chown", "lchown", "fchown", "register_at_fork", "pidfd_open", "unshare", "setns"),
    *("sched_getaffinity", "sched_setaffinity", "memfd_create", "getloadavg", "openpty", "ttyname", "wait3", "wait4"),
    *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NOCTTY"),
)
SIGNALS = ("SIGHUP", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGSTOP", "SIGCONT", "SIGCHLD", "SIGWINCH", "SIGPIPE", "SIGQUIT")


class Gone(importlib.abc.MetaPathFinder):
    """Finds no module that is not there."""

    def find_spec(self, name, path=None, target=None):
        if name in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def take_away() -> None:
    """From here on this process is elsewhere."""
    sysconfig.get_config_vars()
    sys.meta_path.insert(0, Gone())
    for name in MODULES:
        sys.modules.pop(name, None)
    for place, names in ((os, CALLS), (signal, SIGNALS)):
        for name in names:
            if hasattr(place, name):
                delattr(place, name)
    sys.platform = "elsewhere"


if __name__ == "__main__":
    take_away()
    from ratecraft.cli.main import main

    for line in sys.stdin.read().splitlines():
        print(f"{main(shlex.split(line))}: {line}", flush=True)
