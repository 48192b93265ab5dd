"""Starts the process of a job: probes in a sandbox, the final run in the user's own folder.

Path:   an executor asks for the run of a job -> a folder to run in, an environment, a `ScriptRun`.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ratecraft.records.job import Job
from ratecraft.records.program import FILE, Entry
from ratecraft.records.running import Listener, Run
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.hosting.script_run import ScriptRun
from ratecraft.training.machine.devices import LIBRARY_THREADS, Device, DevicePool, pinned
from ratecraft.training.processes.launcher import Launch, fresh_python
from ratecraft.training.processes.terminal import Terminal, users_terminal
from ratecraft.training.processes.wire import Start
from ratecraft.training.ranks.starting import group_run
from ratecraft.training.sandbox.hiding import bring_back, put_aside
from ratecraft.training.sandbox.mirrors import MirrorSandbox
from ratecraft.training.sandbox.place import Place, Sandbox


@dataclass(frozen=True, slots=True)
class ScriptStarter:
    """Makes a run of one script for any job (a `tuning.executor.StartRun`).

    Attributes:
        script: Path of the script as the user wrote it, from `directory`.
        arguments: The script's own arguments.
        directory: The user's working folder.
        study: Where logs, models and mirrors go.
        metric: Name of a figure that the user asked for; empty if none was.
        threads: Threads of torch and of the numerical libraries, for every job alike.
        start_timeout: Seconds that the script may take to its first optimizer step.
        environment: The user's environment.
        launch: How processes are started.
        launch_whole: How the processes of the baseline and of a run in place are started: each in a Python of its own,
            since these are compared with the unmodified script, and effects of a fork server would show.
        schedules: Names of the hyperparameters for which some job of the study has a schedule.
        branches: Whether a run at step 0 that only waits (a job that stops there) may be left by forks.
        head: The model's head as the user told it, empty to look for it; None where body and head are one.
        least: Steps below which a whole run is too short; the baseline ends at its second one if it surely has fewer.
        one_loss: Nobody said which figure is compared (`wire.Start.one_loss`).
        plain: The script runs without hooks (`wire.Start.plain`).
        hidden: Paths from `directory` that jobs do not see.
        terminal: The user's terminal, which jobs get a copy of; None if there is none.
        devices: CUDA devices that runs are spread over.
        entry: How the script becomes `__main__`.
        sandbox: Makes the places of trial runs; None for mirrors.
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
    one_loss: bool = False
    plain: bool = False
    hidden: tuple[str, ...] = ()
    terminal: Terminal | None = field(default_factory=users_terminal)
    devices: DevicePool = field(default_factory=DevicePool)
    entry: Entry = FILE
    sandbox: Sandbox | None = None

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
            start = self._start(job, str(self.directory), first_writes=str(self.study.first_writes), tell_lines=True)
            timeout, launch = self.start_timeout, self.launch_whole
            aside = self.study.path / "hidden"
            put_aside(self.hidden, self.directory, self.study.first_writes, aside)

            def ended() -> None:
                self.devices.give_back(device)
                bring_back(self.directory, aside)

            how: dict[str, Any] = {"start_timeout": timeout, "launch": launch, "ended": ended}
            return (group_run if self._several else ScriptRun)(start, environment, log, listener, **how)
        return self._tried(job, name, environment, log, listener, device)

    def _tried(
        self, job: Job, name: str, environment: dict[str, str], log: Path, listener: Listener, device: Device | None
    ) -> Run:
        """A run in the sandbox. Of a baseline the files stay: they are what the user has where nothing is gained."""
        keeps, is_baseline = _is_whole(job), _is_whole(job) and not job.schedules
        waits = self.branches and job.stop == 0 and job.evaluate is None
        hidden = tuple(self.directory / other for other in self.hidden)
        sandbox = self.sandbox or MirrorSandbox(self.directory, self.study, hidden)
        prepares = job.parent is None and job.evaluate is not None and job.evaluate.kind in ("natural", "census")
        place = sandbox.open(name, environment, waits=waits, prepares=prepares)

        def ended() -> None:
            self.devices.give_back(device)
            if keeps:
                place.keep(self._kept(job))
            place.remove()

        start = self._start_in(place, job, tell_lines=is_baseline)
        how: dict[str, Any] = {
            "start_timeout": self.start_timeout,
            "look": place.look,
            "ended": ended,
            "launch": self.launch_whole if is_baseline else self.launch,
            "lines": self.study.lines(job.key) if is_baseline else None,
        }
        if self._several:
            return group_run(start, place.environment, log, listener, **how)
        branching = self._brancher(place) if waits else None
        return ScriptRun(start, place.environment, log, listener, branching=branching, **how)

    @property
    def _several(self) -> bool:
        """Whether a run is one of several processes."""
        return self.entry.processes > 1

    def _brancher(self, place: Place) -> Callable[[ScriptRun, Listener], Run]:
        """Makes the runs that leave the run in this place: each in a place of its own."""

        def branch(run: ScriptRun, listener: Listener) -> Run:
            job = listener.job
            waits = job.evaluate is None
            own = place.branch(waits=waits)
            in_place = job.in_place and not waits

            def ended() -> None:
                if made.is_scored and in_place:
                    own.bring_home(self.study.first_writes)
                elif made.is_scored and _is_whole(job):
                    own.keep(self._kept(job))
                own.remove()

            made = ScriptRun(
                self._start_in(own, job, tell_lines=in_place),
                own.environment,
                self.study.logs / f"{own.name}.log",
                listener,
                start_timeout=self.start_timeout,
                ended=ended,
                launch=run.fork,
                branching=self._brancher(own),
                strays=own.strays,
            )
            return made

        return branch

    def _kept(self, job: Job) -> Path:
        """Where the files of a complete run that was only tried stay."""
        return self.study.run(job.key) if job.schedules else self.study.baseline

    def _start_in(self, place: Place, job: Job, *, tell_lines: bool = False) -> Start:
        told = place.told
        where = {"mirror": told.mirror, "overlaid": told.overlaid, "writable": told.writable, "branches": told.branches}
        return self._start(job, told.directory, tell_lines=tell_lines, **where)

    def _start(self, job: Job, directory: str, **how: object) -> Start:
        natural = job.evaluate is not None and job.evaluate.kind == "natural" and job.evaluate.metric
        return Start(
            script=self.script,
            entry=self.entry,
            arguments=job.arguments or self.arguments,
            directory=directory,
            seed=job.seed,
            threads=self.threads,
            model=str(self.study.models / job.key),
            metric=self.metric,
            schedules=self.schedules,
            head=self.head,
            best_by=job.evaluate if natural else None,
            least=self.least if _is_whole(job) and not job.schedules else 0,
            one_loss=self.one_loss,
            plain=self.plain,
            terminal=self.terminal,
            **how,  # pyright: ignore[reportArgumentType]
        )


def _is_whole(job: Job) -> bool:
    return job.evaluate is not None and job.evaluate.kind == "natural"
