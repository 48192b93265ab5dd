"""Starts the process of a program's trial, in a scratch mirror of the user's folder and with a log of its own.

Path:   an executor asks for the run of a job -> a folder to run in, an environment, a `ProgramRun`.

Files of the user's are copies in the mirror as far as they are small, so that a program may write over what an earlier
run has left; large ones are links, and the kernel denies to write to those (`sandbox.landlock`).
"""

import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ratecraft.records.job import Job
from ratecraft.records.running import Listener, Run
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.machine.devices import LIBRARY_THREADS, Device, DevicePool, pinned
from ratecraft.training.processes.lifeline import lifeline
from ratecraft.training.programs.run import ProgramRun
from ratecraft.training.sandbox.bringing_home import is_same_file
from ratecraft.training.sandbox.mirror import link_surroundings, mirror, remove_mirror
from ratecraft.training.sandbox.quiet_trackers import quiet_trackers
from ratecraft.training.sandbox.writable import writable_folders

_SMALL = 1 << 20  # bytes of a file that is copied
_MOST_COPIED = 64 << 20  # bytes of all that are: a trial must not cost the copy of a data set


@dataclass(frozen=True, slots=True)
class ProgramStarter:
    """Makes a run of one program for any trial (a `tuning.executor.StartRun`); the job's arguments are its words.

    Attributes:
        directory: The user's working folder.
        study: Where logs and mirrors go, and what trials leave behind.
        metric: Normal name of the compared figure.
        metric_file: File that the program writes it to, from its working folder; empty for its output.
        seconds: A trial may take so long; None for no limit.
        threads: Threads of the numerical libraries, for every trial alike.
        environment: The user's environment.
        devices: CUDA devices that trials are spread over.
        numbers: Names temporary folders.
    """

    directory: Path
    study: StudyFolder
    metric: str
    metric_file: str = ""
    seconds: float | None = None
    threads: int = 1
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    devices: DevicePool = field(default_factory=DevicePool)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def __call__(self, job: Job, attempt: int, listener: Listener, /) -> Run:
        """A fresh run for this attempt at the job."""
        return self.devices.lend(partial(self._begin, job, attempt, listener))

    def _begin(self, job: Job, attempt: int, listener: Listener, device: Device | None) -> Run:
        name = f"{job.key}-{attempt}"
        base, home = self.study.scratch / name, self.directory.resolve()
        remove_mirror(base)
        scratch = mirror(home, base / home.relative_to(home.anchor), leave_out=(self.study.path,))
        link_surroundings(home, base.resolve())  # so that `../data` is found
        _copy_small(scratch)
        result = scratch / self.metric_file if self.metric_file else None
        if result is not None:
            result.unlink(missing_ok=True)  # that of an earlier run would be taken for this one's
        temporary = self.study.scratch / f"t{next(self.numbers)}"
        temporary.mkdir(parents=True, exist_ok=True)
        environment = self._environment(job, scratch, temporary, device)
        self.study.logs.mkdir(parents=True, exist_ok=True)
        log = self.study.logs / f"{name}.log"
        log.touch()

        def ended(well: bool) -> None:
            self.devices.give_back(device)
            remove_mirror(temporary)
            if well:
                self._keep(job, scratch)
            remove_mirror(base)

        launch = partial(_launch, job.arguments, scratch, environment, self._writable(scratch, environment), log)
        return ProgramRun(launch, log, listener, self.metric, result=result, seconds=self.seconds, ended=ended)

    def _environment(self, job: Job, scratch: Path, temporary: Path, device: Device | None) -> dict[str, str]:
        environment = pinned(self.environment, device) | {
            **dict.fromkeys(LIBRARY_THREADS, str(self.threads)),
            "PYTHONHASHSEED": str(job.seed),
            "PYTHONUNBUFFERED": "1",  # figures are read while it runs, and of what is killed too
            "TMPDIR": str(temporary),
        }
        return quiet_trackers(environment, scratch)

    def _writable(self, scratch: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(map(str, writable_folders(self.directory, scratch, environment)))

    def _keep(self, job: Job, scratch: Path) -> None:
        """Keep what the trial wrote: no links, no files that are as they were, no empty folders."""
        for folder, names, files in os.walk(scratch, topdown=False):
            here = Path(folder)
            for path in (here / name for name in (*files, *names)):
                if path.is_symlink() or is_same_file(path, self.directory / path.relative_to(scratch)):
                    path.unlink()
                elif path.is_dir() and (path.name == "__pycache__" or not any(path.iterdir())):
                    remove_mirror(path)
        kept = self.study.path / f"run-{job.key}"
        remove_mirror(kept)
        if any(scratch.iterdir()):
            scratch.rename(kept)


def _copy_small(scratch: Path) -> None:
    """Make small linked files in a mirror copies, as many as are cheap."""
    left = _MOST_COPIED
    for folder, _, files in os.walk(scratch):
        for path in (Path(folder, name) for name in files):
            if not path.is_symlink() or not path.is_file() or not os.access(path, os.R_OK):
                continue
            size = path.stat().st_size
            if size <= min(_SMALL, left):
                original = path.resolve()
                path.unlink()
                shutil.copy2(original, path)
                left -= size


def _launch(
    words: tuple[str, ...], folder: Path, environment: Mapping[str, str], writable: tuple[str, ...], log: Path
) -> "subprocess.Popen[bytes]":
    command, is_posix = list(words), hasattr(os, "killpg")
    if is_posix:  # elsewhere there are neither groups nor a way to become another program
        worker = ("-P", "-m", "ratecraft.training.programs.worker", str(lifeline()), json.dumps(writable), "--")
        command = [sys.executable, *worker, *words]
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - a list, no shell; the program is the user's own
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            pass_fds=[lifeline()] if is_posix else (),
            start_new_session=is_posix,
        )
