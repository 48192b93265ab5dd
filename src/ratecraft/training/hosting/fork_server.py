"""The fork server: loads torch once, then forks every worker from itself.

    python -m ratecraft.training.hosting.fork_server

Path:   `launcher` asks over a socket -> a fork, which becomes a `worker` -> its number and its exit code go back.

What has a worker in a fresh Python loaded when its script begins, this process has loaded too, and nothing more; it
draws no random number, starts no thread, opens no device and writes nothing. The fork takes what is asked for as its
session, folder, environment and output, returns from `serve` and goes on as a worker does, to the interpreter's own
end, which closes what a script left open. So a script cannot tell a forked worker from a fresh one but by the time that
it took, by its parent, and by the folder of torch's compiler, which the environment names only once it is needed
(`tests/training/hosting/test_fork_server.py` holds losses, modules, exit handlers and more of both to each other).

At its end Python clears every module that it knows. In a fork that would copy most of what it shares with the server,
which takes longer than a short probe; so the modules that were loaded here are out of Python's sight by then.

Why no `multiprocessing.forkserver`: that is one for the whole process, with its environment and for pickled targets;
its forks keep folder, session and output, and its tracker is one process more.

CUDA: importing torch does not initialise it, so that a fork may. A server where something did ends at once.
"""

import atexit
import contextlib
import gc
import json
import os
import select
import socket
import sys
import tempfile
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any

from ratecraft.training.hosting import entry
from ratecraft.training.processes.lifeline import hold_on

_MOST_BYTES = 1 << 20  # of a request, most of it the environment
_MOST_DESCRIPTORS = 8
_LOADED = (
    "torch",
    "torch._dynamo",
    "ratecraft.training.hosting.worker",
)  # the host's hooks need them before a script begins

_shared: dict[str, ModuleType] = {}
"""In a fork: the modules that were loaded before it."""


@dataclass(frozen=True, slots=True)
class Fork:
    """What a forked process is to do.

    Attributes:
        request: `directory`, `environment`, and what else was asked for.
        descriptors: The descriptors handed over for it.
    """

    request: dict[str, Any]
    descriptors: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Child:
    pid: int
    handle: int
    status: int


def main(descriptor: int, lifeline: int) -> None:
    """Serve requests, and run as a worker in each fork.

    Args:
        descriptor: Descriptor of the socket that requests come over.
        lifeline: Descriptor of a pipe that closes when the supervisor dies.
    """
    own = hold_on(lifeline)
    atexit.register(_hide_shared)  # before any other, and so called last
    for name in _LOADED:
        import_module(name)
    if _spoils_cuda():
        return
    fork = serve(socket.socket(fileno=descriptor))
    if fork is not None:
        os.close(own)
        entry.main(fork.descriptors[0], lifeline)


def serve(requests: socket.socket) -> Fork | None:
    """Fork a process for every request.

    Returns:
        In each fork, its task. In the server None, once nobody is left to send requests.
    """
    gc.freeze()  # a collection in a fork would write to, and so copy, all that is shared
    children: dict[int, _Child] = {}
    waiting = select.poll()
    waiting.register(requests, select.POLLIN)
    while True:
        for descriptor, _ in waiting.poll():
            child = children.pop(descriptor, None)
            if child is not None:
                waiting.unregister(descriptor)
                _bury(child)
                continue
            text, handed, _, _ = socket.recv_fds(requests, _MOST_BYTES, _MOST_DESCRIPTORS)
            if not text:
                return None
            output, status, *others = handed
            pid = os.fork()
            if pid == 0:
                requests.close()
                for own in (number for child in children.values() for number in (child.handle, child.status)):
                    os.close(own)
                os.setsid()
                _tell_start(status)
                request = json.loads(text)
                _shared.update(sys.modules)
                _become(request, output)
                return Fork(request, tuple(others))
            for handle in (output, *others):
                os.close(handle)
            child = _Child(pid, os.pidfd_open(pid), status)
            children[child.handle] = child
            waiting.register(child.handle, select.POLLIN)


def _tell_start(status: int) -> None:
    """In a fork that has a group now: answer with its number, and a handle that shows its death without this server."""
    handle = os.pidfd_open(os.getpid())
    with contextlib.suppress(OSError), socket.socket(fileno=status) as answer:
        socket.send_fds(answer, [b"%d" % os.getpid()], [handle])
    os.close(handle)


def _bury(child: _Child) -> None:
    """A child is dead: tell how it ended."""
    _, status = os.waitpid(child.pid, 0)
    with contextlib.suppress(OSError):  # nobody wants to know it any more
        os.write(child.status, b"%d" % os.waitstatus_to_exitcode(status))
    os.close(child.status)
    os.close(child.handle)


def _become(request: dict[str, Any], output: int) -> None:
    """In a fork: be what a process is that was just started so."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    os.close(nothing)
    os.close(output)
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    tempfile.tempdir = None  # found again by this environment
    os.chdir(request["directory"])


def _hide_shared() -> None:
    """At the end of a fork: leave what it shares with the server as it is."""
    for name, module in _shared.items():
        if sys.modules.get(name) is module and name not in ("builtins", "sys"):
            del sys.modules[name]


def _spoils_cuda() -> bool:
    """Whether a fork of this process could not use CUDA, as something that was loaded has initialised it."""
    import torch

    if not torch.backends.cuda.is_built():
        return False
    pid = os.fork()
    if pid == 0:
        os._exit(torch.cuda._is_in_bad_fork())  # noqa: SLF001  # pyright: ignore
    return os.waitpid(pid, 0)[1] != 0


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
