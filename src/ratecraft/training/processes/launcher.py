"""Starts worker processes: by a fork server where possible, else each in a new Python.

Path:   `ScriptRun` -> a `Launch` -> the process of a `worker`, the first of a new session, and how it ended.

A worker out of the fork server starts in a tenth of a second, for torch is loaded already; what it then does is the
same bit for bit (`fork_server` says why).
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import BinaryIO, Protocol

from ratecraft.training.processes.lifeline import lifeline
from ratecraft.training.sandbox.quiet_trackers import quiet_trackers

_WORKER = ("-m", "ratecraft.training.hosting.entry")
_FORK_SERVER = ("-m", "ratecraft.training.hosting.fork_server")
_FORK_SECONDS = 120.0  # to load torch from a slow disk, once; a server that takes longer is given up
_CODE_SECONDS = 5.0  # a fork server that lives tells at once how a worker ended
_READ_LATE = frozenset({"CUDA_VISIBLE_DEVICES", "PYTHONDONTWRITEBYTECODE", "TMPDIR", *quiet_trackers({}, Path("/"))})
"""Variables that neither Python nor torch has read before a script runs; all others are those of the fork server."""


class Process(Protocol):
    """A started process: the part of `Popen` that is used."""

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""
        ...

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, or the negative number of the signal that ended it. Raises `TimeoutExpired`."""
        ...


class Launch(Protocol):
    """Starts `entry.main` in a process of its own, the first of a new group, which ends with this process."""

    def __call__(self, directory: str, environment: Mapping[str, str], output: BinaryIO, pipe: int, /) -> Process:
        """The process; it inherits the descriptor `pipe` and writes to `output`."""
        ...


def fresh_python(directory: str, environment: Mapping[str, str], output: BinaryIO, pipe: int, /) -> Process:
    """A worker in a Python of its own."""
    return _python(_WORKER, pipe, directory, environment, output)


class ForkedProcess:
    """A process forked by another process than this one.

    Args:
        pid: Process id, which is also that of its group.
        handle: A descriptor of the process (pidfd), which is closed here.
        told: Where its exit code is reported; None if only the run that it branched from knows it.
    """

    def __init__(self, pid: int, handle: int, told: socket.socket | None = None) -> None:
        self.pid = pid
        self._handle, self._told = handle, told
        self._code: int | None = None
        self._lock = threading.Lock()  # who serves the run and who closes it may wait at once

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; reports SIGKILL if nothing is left to report the cause.

        Raises:
            TimeoutExpired: It lives on.
        """
        with self._lock:
            if self._code is not None:
                return self._code
            handle = os.dup(self._handle)
        try:
            if not wait([handle], timeout):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        finally:
            os.close(handle)
        with self._lock:
            if self._code is None:
                os.close(self._handle)
                self._code = self._read_code()
            return self._code

    def _read_code(self) -> int:
        if self._told is None:
            return -signal.SIGKILL
        with self._told:
            self._told.settimeout(_CODE_SECONDS)
            try:
                return int(self._told.recv(32) or -signal.SIGKILL)
            except OSError:
                return -signal.SIGKILL


class Launcher:
    """Starts workers (a `Launch`): forks of a fork server on Linux, else fresh Pythons. Close it after the last run.

    There is one server for each set of the variables that are read when Python and torch are loaded, such as the seed
    of hashes. One that was killed is replaced at the next start, and its workers live on; one that ends before it has
    forked anything is not tried again.

    Args:
        program: What Python runs as the server.
    """

    def __init__(self, program: Sequence[str] = _FORK_SERVER) -> None:
        self._program = program
        self._servers: dict[frozenset[tuple[str, str]], _ForkServer | None] = {}
        self._lock = threading.Lock()

    def __call__(self, directory: str, environment: Mapping[str, str], output: BinaryIO, pipe: int, /) -> Process:
        """A worker; it takes the server's start, once, or its own."""
        request = {"directory": directory, "environment": dict(environment)}
        return self.fork(request, environment, output, pipe) or fresh_python(directory, environment, output, pipe)

    def fork(
        self, request: Mapping[str, object], environment: Mapping[str, str], output: BinaryIO, *descriptors: int
    ) -> Process | None:
        """A process forked for this request; None if that is impossible."""
        key = frozenset((name, value) for name, value in environment.items() if name not in _READ_LATE)
        while (server := self._server(key, environment)) is not None:
            process = server.fork(request, output, *descriptors)
            if process is not None:
                return process
            self._replace(key, server)
        return None

    def close(self) -> None:
        """End the servers; safe to call twice."""
        with self._lock:
            servers, self._servers = self._servers, {}
        for server in servers.values():
            if server is not None:
                server.close()

    def __enter__(self) -> "Launcher":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _server(self, key: frozenset[tuple[str, str]], environment: Mapping[str, str]) -> "_ForkServer | None":
        if sys.platform != "linux" or not _has_whole_paths(environment):
            return None
        with self._lock:
            if key not in self._servers:
                self._servers[key] = _ForkServer(self._program, environment)
            return self._servers[key]

    def _replace(self, key: frozenset[tuple[str, str]], server: "_ForkServer") -> None:
        """The server is gone: forget it, or that one could be."""
        with self._lock:
            if self._servers.get(key) is not server:
                return  # another thread was faster
            if server.has_forked:
                del self._servers[key]
            else:
                self._servers[key] = None
        server.close()


class _ForkServer:
    """A process that forks others; used by several threads at once.

    Args:
        program: What Python runs.
        environment: What it is started with.
    """

    def __init__(self, program: Sequence[str], environment: Mapping[str, str]) -> None:
        self.has_forked = False
        self._requests, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, Path(os.devnull).open("wb") as nowhere:
            asks_nvml = {"PYTORCH_NVML_BASED_CUDA_CHECK": "1"}  # a look for devices must not initialise CUDA here
            self._process = _python(program, theirs.fileno(), "/", {**environment, **asks_nvml}, nowhere)

    def fork(self, request: Mapping[str, object], output: BinaryIO, *descriptors: int) -> ForkedProcess | None:
        """The process forked for a request; None if the server is gone, or the request is too long."""
        told, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs:
                text = json.dumps(request).encode()
                socket.send_fds(self._requests, [text], [output.fileno(), theirs.fileno(), *descriptors])
            told.settimeout(_FORK_SECONDS)
            line, handles, _, _ = socket.recv_fds(told, 32, 1)
        except OSError:
            line, handles = b"", []
        if not handles:
            told.close()
            return None
        self.has_forked = True
        return ForkedProcess(int(line), handles[0], told)

    def close(self) -> None:
        """End the server; processes that it forked live on."""
        self._requests.close()
        try:
            self._process.wait(_CODE_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _python(
    program: Sequence[str], descriptor: int, directory: str, environment: Mapping[str, str], output: BinaryIO
) -> "subprocess.Popen[bytes]":
    """`python PROGRAM DESCRIPTOR LIFELINE`."""
    return subprocess.Popen(  # noqa: S603 - a list, no shell; the script is the user's own
        [sys.executable, "-P", *program, str(descriptor), str(lifeline())],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        cwd=directory,
        pass_fds=[descriptor, lifeline()],
        start_new_session=True,
    )


def _has_whole_paths(environment: Mapping[str, str]) -> bool:
    """Whether Python finds its modules alike in whichever folder it is started."""
    paths = environment.get("PYTHONPATH")
    return not paths or all(Path(path).is_absolute() for path in paths.split(os.pathsep))
