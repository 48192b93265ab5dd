"""A study of one script, as a command describes it: its identity, and how its processes are started.

Path:   command line, `tune()` or a record -> `ScriptStudy` -> `running.run_study`.
Source: docs/reference/studies.md, "Identity".
"""

import contextlib
import os
import shlex
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ratecraft.api.programs.typed import program_hash
from ratecraft.api.studies.cluster import ray_executor
from ratecraft.api.studies.keywords import Running
from ratecraft.api.studies.plain_run import judged
from ratecraft.api.studies.putting_back import put_back_files
from ratecraft.api.studies.study import Means, Settings, Study, asked_for, header_of, verb_of
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput, ScriptFailed
from ratecraft.laws.capacity import Capacity
from ratecraft.records.program import Program
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import StudyFolder, study_folder, study_name
from ratecraft.tuning.branching import BranchingExecutor
from ratecraft.tuning.executor import ReplayExecutor, SlotExecutor

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.launching.starting import ScriptStarter

_LAST_LINES = 15
_SENT = (
    "script",
    "arguments",
    "metric",
    "threads",
    "start_timeout",
    "schedules",
    "head",
    "least",
    "one_loss",
    "terminal",
    "hidden",
    "entry",
)
"""Names of the settings that a starter on another machine gets unchanged."""


@dataclass(frozen=True, slots=True)
class ScriptStudy(Study):
    """A study of one script.

    Attributes:
        program: The script, with its arguments and how it becomes `__main__`.
    """

    program: Program

    def header(self) -> StudyHeader:
        """The identity of the study.

        Raises:
            InvalidInput: There is no such script, torch is not installed, or the script lies where no other machine
                gets it (`script-elsewhere`).
        """
        program, entry, running = self.program, self.program.entry, self.running
        if running.cluster is not None and Path(program.script).is_absolute() and not entry.package:
            raise InvalidInput("script-elsewhere", script=program.script, directory=self.directory)
        digest, typed = program_hash(program, self.directory), entry.typed
        given: dict[str, Any] = {"arguments": program.arguments, "typed": typed, "script_hash": digest}
        header = header_of(self.settings, self.directory, self.folder, program.title, running.threads, **given)
        decided = {"hide": list(running.hide)} if running.hide else {}
        decided |= {"processes": entry.processes} if entry.processes > 1 else {}
        return replace(header, settings={**header.settings, **decided})

    @contextmanager
    def means(self) -> Generator[Means, None, None]:
        """Processes of the script, whose places are removed afterwards.

        Raises:
            ScriptFailed: Where no exception tells why, with the last lines that the script printed.
        """
        from ratecraft.training.launching.starting import ScriptStarter
        from ratecraft.training.machine.devices import DevicePool, free_memory, in_sets, visible_devices
        from ratecraft.training.processes.launcher import Launcher
        from ratecraft.training.sandbox.choosing import chosen_sandbox
        from ratecraft.training.sandbox.first_write_copies import forget  # only a verb that trains loads training
        from ratecraft.training.sandbox.mirror import remove_mirror

        program, running = self.program, self.running
        metric = self.settings.metric.name if self.settings.metric else ""
        schedules = self.settings.schedule if isinstance(self.settings, TunerSettings) else None
        several = running.workers > 1
        pool = DevicePool(in_sets(visible_devices(os.environ), program.entry.processes) if several else ())
        room = Capacity(free_memory() if several else 0, tuple(device.memory for device in pool.devices))
        launcher = Launcher()
        start = ScriptStarter(
            program.script,
            program.arguments,
            self.directory,
            self.folder,
            metric,
            running.threads,
            running.start_timeout,
            launch=launcher,
            schedules=tuple(schedules or ()),
            branches=self.settings.branching == "fork",
            devices=pool,
            head=self.settings.head if self.settings.groups else None,
            least=_least_steps(self.settings),
            one_loss=not metric,
            entry=program.entry,
            hidden=running.hide,
        )
        remove_mirror(self.folder.scratch)  # of a process that was killed
        begun = time.monotonic()
        try:
            with ExitStack() as around:
                hidden = [self.directory / path for path in running.hide]
                chosen = around.enter_context(chosen_sandbox(self.directory, self.folder, os.environ, hidden=hidden))
                executor = around.enter_context(self._executor(replace(start, sandbox=chosen), room))
                yield Means(executor, lambda job: put_back_files(self.folder, self.directory), executor.learn)
            forget(self.folder.first_writes)
        except ScriptFailed as error:
            seconds = time.monotonic() - begun
            known = error if running.cluster else judged(error, start, self.settings.seed, seconds)
            raise with_output(known, self.folder) from error
        finally:
            launcher.close()
            with contextlib.suppress(OSError):  # a process that is still ending may write there
                remove_mirror(self.folder.scratch)

    @contextmanager
    def _executor(self, start: "ScriptStarter", room: Capacity) -> Generator[SlotExecutor]:
        """Gives jobs to processes of this machine, or of a cluster's.

        Raises:
            InvalidInput: There is no such cluster, or what it needs.
        """
        running = self.running
        if running.cluster is None:
            forks = self.settings.branching == "fork"
            yield (BranchingExecutor if forks else ReplayExecutor)(start, running.workers, room)
            return
        sent = {name: getattr(start, name) for name in _SENT}
        where = (running.cluster, "script", start, self.directory, self.folder)
        with ray_executor(*where, workers=running.workers, processes=self.program.entry.processes, **sent) as far:
            yield far


def _least_steps(settings: Settings) -> int:
    """Steps below which a baseline need not be run to its end; 0 if it must, or the user says how long a run is."""
    return settings.least_horizon if isinstance(settings, TunerSettings) and settings.steps is None else 0


def branching_of(threads: int, processes: int = 1) -> Literal["fork", "replay"]:
    """How jobs reach their first step here: forks need Linux, one process, and one thread in it."""
    return "fork" if sys.platform == "linux" and threads == processes == 1 else "replay"


def script_study(program: Program, settings: Settings, running: Running) -> ScriptStudy:
    """The study of a program in the current folder.

    Args:
        program: The program to run.
        settings: What decides.
        running: How it is run.

    Raises:
        InvalidInput: What is to be hidden lies outside of the folder (`hide-outside`) or is missing (`hide-missing`).
    """
    directory = Path.cwd()
    hidden, study = hidden_paths(directory, program.script, running.hide), running.study
    asked = (*asked_for(settings, running.threads), *(f"hide={name}" for name in hidden))
    if program.entry.processes > 1:
        asked += (f"processes={program.entry.processes}",)
    words = (*program.entry.typed, *program.arguments, *asked)
    name = study_name(verb_of(settings), Path(program.word), words, directory)
    folder = StudyFolder(directory / study) if study else study_folder(directory, name)
    command = resume_command(str(study or name))
    _raise_if_missing(directory, hidden, folder)
    return ScriptStudy(settings, directory, folder, command, replace(running, hide=hidden), program)


def hidden_paths(directory: Path, script: str, hide: Sequence[str]) -> tuple[str, ...]:
    """The paths to hide, relative to the working folder.

    Raises:
        InvalidInput: One lies outside of it, or is the script itself or a folder that holds it (`hide-outside`).
    """
    found: dict[str, None] = {}
    for hidden in hide:
        path = Path(os.path.normpath(directory / hidden))
        if path == directory or not path.is_relative_to(directory) or (directory / script).is_relative_to(path):
            raise InvalidInput("hide-outside", given=hidden, directory=directory)
        found[str(path.relative_to(directory))] = None
    return tuple(found)


def _raise_if_missing(directory: Path, hidden: Sequence[str], study: StudyFolder) -> None:
    """Refuse a path that is not there. One that an interrupted study has put aside is not there either."""
    missing = [name for name in hidden if not os.path.lexists(directory / name)]
    if missing and not study.record.exists():
        raise InvalidInput("hide-missing", given=missing[0], directory=directory)


def resume_command(name: str) -> str:
    """The command that resumes a study.

    Example:
        >>> resume_command("tune-train")
        'ratecraft resume tune-train'
    """
    return f"ratecraft resume {shlex.quote(name)}"


def with_output(error: ScriptFailed, folder: StudyFolder) -> ScriptFailed:
    """The error with the last lines that the process wrote where no exception tells why: an exit code, a signal."""
    logs = sorted(folder.logs.glob("*.log"), key=lambda log: log.stat().st_mtime)
    if error.values.get("traceback") or not logs:
        return error
    lines = logs[-1].read_text(encoding="utf-8", errors="replace").splitlines()
    return ScriptFailed(error.code, **{**error.values, "traceback": "\n".join(lines[-_LAST_LINES:])})
