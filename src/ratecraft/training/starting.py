"""Starts the process of a job: in a scratch mirror what is only tried, in the user's own folder the final run.

Path:   an executor asks for the run of a job -> a folder to run in, an environment, a `ScriptRun`.
"""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Job
from ratecraft.records.outcome import Note
from ratecraft.records.program import FILE, Entry
from ratecraft.records.running import Listener, Run
from ratecraft.records.study import StudyFolder
from ratecraft.training.launching import Launch, fresh_python
from ratecraft.training.machine import Device, DevicePool, pinned
from ratecraft.training.sandbox.bringing_home import bring_home, entries_of, is_same_file
from ratecraft.training.sandbox.fingerprint import changes, fingerprint
from ratecraft.training.sandbox.landlock import has_landlock
from ratecraft.training.sandbox.mirror import mirror, remove_mirror
from ratecraft.training.sandbox.writable import writable_folders
from ratecraft.training.script_run import ScriptRun
from ratecraft.training.terminal import Terminal, users_terminal
from ratecraft.training.trackers import quiet_trackers
from ratecraft.training.wire import Start

__all__ = ["LIBRARY_THREADS", "ScriptStarter"]


@dataclass(frozen=True, slots=True)
class _Family:
    """A run at step 0 and all that leave it.

    Attributes:
        environment: Of their processes.
        begun: What the mirror held when the first began.
        strayed: Paths in the folders of other runs that one of the family wanted to write to: none branches then.
    """

    environment: dict[str, str]
    begun: Mapping[Path, str]
    strayed: set[Path] = field(default_factory=set[Path])


_LONGEST_TEMPORARY = 70  # characters: a loader's socket in it has up to 36 more, and may have 107 in all
LIBRARY_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Variables that tell numerical libraries how many threads they may have."""


@dataclass(frozen=True, slots=True)
class ScriptStarter:
    """Makes a run of one script for any job (a `tuning.executor.StartRun`).

    Attributes:
        script: Path of the script as the user wrote it, from `directory`.
        arguments: Its own arguments.
        directory: The user's working folder.
        study: Where logs, models and mirrors go.
        metric: Name of a figure that the user asked for; empty where none was.
        threads: Threads of torch and of the numerical libraries, for every job alike.
        start_timeout: Seconds that the script may take to its first optimizer step.
        environment: The user's environment.
        launch: How processes are started.
        launch_whole: How those of the baseline and of a run in place are, which are compared with the script as it is:
            in a Python of their own, so that whatever a fork server changed could be seen.
        schedules: Names of what some job of the study has a schedule for.
        branches: Whether a run at step 0 that only waits (a job that stops there) may be left by forks.
        head: The model's head as the user told it, empty to look for it; None where body and head are one.
        least: Steps below which a whole run is too short; the baseline ends at its second one if it surely has fewer.
        plain: The script runs without hooks (`wire.Start.plain`).
        terminal: The user's own, which jobs have one like; None where there is none.
        devices: CUDA devices that runs are spread over.
        numbers: Names temporary folders.
        entry: How the script becomes `__main__`.
    """

    script: str
    arguments: tuple[str, ...]
    directory: Path
    study: StudyFolder
    metric: str = ""
    threads: int = 1
    start_timeout: float = 300.0
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    launch: Launch = fresh_python
    launch_whole: Launch = fresh_python
    head: str | None = None
    schedules: tuple[str, ...] = ()
    branches: bool = False
    least: int = 0
    plain: bool = False
    terminal: Terminal | None = field(default_factory=users_terminal)
    devices: DevicePool = field(default_factory=DevicePool)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    entry: Entry = FILE

    def __call__(self, job: Job, attempt: int, listener: Listener, /) -> Run:
        """A fresh run for this attempt at the job."""
        return self.devices.lend(partial(self._begin, job, attempt, listener))

    def _begin(self, job: Job, attempt: int, listener: Listener, device: Device | None) -> Run:
        environment = pinned({**self.environment, **self.entry.variables}, device) | {
            **dict.fromkeys(LIBRARY_THREADS, str(self.threads)),
            "PYTHONHASHSEED": str(job.seed),
        }
        name = f"{job.key}-{attempt}"
        log = self.study.logs / f"{name}.log"
        self.study.models.mkdir(parents=True, exist_ok=True)  # a probe may write into it, not make it
        if job.in_place:
            start = self._start(job, self.directory, first_writes=str(self.study.first_writes), tell_lines=True)
            timeout, launch = self.start_timeout, self.launch_whole
            ended = partial(self.devices.give_back, device)
            return ScriptRun(start, environment, log, listener, start_timeout=timeout, launch=launch, ended=ended)
        return self._mirrored(job, name, environment, log, listener, device)

    def _mirrored(
        self, job: Job, name: str, environment: dict[str, str], log: Path, listener: Listener, device: Device | None
    ) -> Run:
        """A run in a mirror. The baseline's mirror stays: its files are what the user has where nothing is gained."""
        keeps = _keeps(job)
        scratch = self._kept(job) if keeps else self.study.scratch / name
        remove_mirror(scratch)
        scratch = mirror(self.directory, scratch, leave_out=(self.study.path,))
        is_root = self.branches and job.stop == 0
        temporary = self._temporary(is_root)
        if temporary is not None:
            environment["TMPDIR"] = str(temporary)
        environment = quiet_trackers({**environment, "PYTHONDONTWRITEBYTECODE": "1"}, scratch)
        start = self._start(
            job,
            scratch,
            originals=str(self.directory),
            writable=self._writable(scratch, environment),
            branches=(str(self.study.scratch),) if is_root else (),
        )

        def ended() -> None:
            self.devices.give_back(device)
            if is_root:  # all that leave it have its paths in their names; the folder goes with the study's scratch
                return
            if temporary is not None:
                remove_mirror(temporary)
            if keeps:
                _keep_written(scratch, self.directory)
            else:
                remove_mirror(scratch)

        return ScriptRun(
            start,
            environment,
            log,
            listener,
            start_timeout=self.start_timeout,
            look=tuple if has_landlock() else self._look_afterwards(),
            ended=ended,
            launch=self.launch_whole if keeps and not job.schedules else self.launch,
            branching=self._brancher(scratch, _Family(environment, entries_of(scratch))) if is_root else None,
        )

    def _brancher(self, folder: Path, family: "_Family") -> Callable[[ScriptRun, Listener], Run]:
        """Makes the runs that leave the run in this folder: each in a copy of it."""
        numbers = itertools.count(1)

        def strays(path: Path) -> bool:
            if path.is_relative_to(self.study.scratch):
                family.strayed.add(path)
            return path in family.strayed

        def branch(run: ScriptRun, listener: Listener) -> Run:
            if family.strayed:
                raise CannotBranch("cannot-branch", reason="absolute-path")
            job = listener.job
            copy = folder.with_name(f"{folder.name}.{next(numbers)}")
            shutil.copytree(folder, copy, symlinks=True)
            in_place = job.in_place and job.evaluate is not None
            start = self._start(
                job,
                copy,
                originals=str(self.directory),
                writable=self._writable(copy, family.environment),
                branches=(str(self.study.scratch),) if job.evaluate is None else (),
                tell_lines=in_place,
            )

            def ended() -> None:
                if in_place and made.is_scored:
                    bring_home(copy, self.directory, self.study.first_writes, family.begun)
                elif _keeps(job) and made.is_scored:
                    remove_mirror(self._kept(job))
                    shutil.copytree(copy, self._kept(job), symlinks=True)
                    _keep_written(self._kept(job), self.directory)

            made = ScriptRun(
                start,
                family.environment,
                self.study.logs / f"{copy.name}.log",
                listener,
                start_timeout=self.start_timeout,
                ended=ended,
                launch=run.fork,
                branching=self._brancher(copy, family),
                strays=strays,
            )
            return made

        return branch

    def _kept(self, job: Job) -> Path:
        """Where the files of a complete run in a mirror stay."""
        return self.study.path / f"run-{job.key}" if job.schedules else self.study.baseline

    def _writable(self, scratch: Path, environment: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(map(str, writable_folders(self.directory, scratch, environment, (self.study.models,))))

    def _look_afterwards(self) -> Callable[[], tuple[Note, ...]]:
        """Where nothing denies a program of the script's to change the user's files: have they changed since now?"""
        before = fingerprint(self.directory, leave_out=(self.study.path,))

        def look() -> tuple[Note, ...]:
            found = changes(before, fingerprint(self.directory, leave_out=(self.study.path,)))
            paths = ", ".join((*found.added, *found.removed, *found.changed))
            return (Note("files-changed", {"paths": paths}),) if paths else ()

        return look

    def _start(self, job: Job, directory: Path, **how: object) -> Start:
        natural = job.evaluate is not None and job.evaluate.kind == "natural" and job.evaluate.metric
        return Start(
            script=self.script,
            entry=self.entry,
            arguments=job.arguments or self.arguments,
            directory=str(directory),
            seed=job.seed,
            threads=self.threads,
            model=str(self.study.models / job.key),
            metric=self.metric,
            schedules=self.schedules,
            head=self.head,
            best_by=job.evaluate if natural else None,
            least=self.least if _keeps(job) and not job.schedules else 0,
            plain=self.plain,
            terminal=self.terminal,
            **how,  # pyright: ignore[reportArgumentType]
        )

    def _temporary(self, is_root: bool) -> Path | None:
        """A run's own folder for temporary files, where the user's lies among those of all: that is not written to.

        Args:
            is_root: Other runs will leave this one, with the folder's name in theirs. Such a run has no loader workers,
                which are who needs a short name.
        """
        shared = Path(self.environment.get("TMPDIR") or "/tmp").resolve()  # noqa: S108 - where temporary files go
        if not self.directory.resolve().is_relative_to(shared):
            return None
        own = self.study.scratch / f"t{next(self.numbers)}"
        if len(str(own)) > _LONGEST_TEMPORARY and not is_root:
            return Path(tempfile.mkdtemp(prefix="rc", dir=shared))
        own.mkdir(parents=True, exist_ok=True)
        return own


def _keeps(job: Job) -> bool:
    return job.evaluate is not None and job.evaluate.kind == "natural"


def _keep_written(scratch: Path, original: Path) -> None:
    """Leave in a mirror only what the run itself wrote: no links, no untouched copies, no empty folders."""
    for folder, names, files in os.walk(scratch, topdown=False):
        here = Path(folder)
        for path in (here / name for name in (*files, *names)):
            if path.is_symlink() or (path.suffix == ".py" and is_same_file(path, original / path.relative_to(scratch))):
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
