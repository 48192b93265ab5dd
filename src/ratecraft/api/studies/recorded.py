"""Rebuilds a study from its own record, to continue it.

Path:   a study's folder -> its header -> a `ScriptStudy`, a `TaskStudy` or a `ProgramStudy`.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ratecraft.api.programs.typed import in_processes, typed_program
from ratecraft.api.studies.keywords import Running
from ratecraft.api.studies.program_study import ProgramStudy
from ratecraft.api.studies.script_study import ScriptStudy, resume_command
from ratecraft.api.studies.study import VERBS, Settings, Study
from ratecraft.api.studies.task_study import TaskStudy, again
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.storage.codec import from_plain, to_plain
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import HOME, StudyFolder

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.tasks.task import Task

_AS_USUAL = Running()


def recorded_study(folder: StudyFolder, wanted: str = "", *, running: Running = _AS_USUAL) -> Study:
    """The study of a record. A task that has the name of a function is made by it once more.

    Args:
        folder: Where it lies.
        wanted: How the user named it; empty for its name.
        running: Limits, and where the jobs run; all else comes from the record.

    Raises:
        StudyError: The record cannot be read, or is that of a run that was watched (`watch-not-resumed`), the working
            folder is not there any more (`moved-study`), or the task was made by a program that has to be run again
            (`task-of-a-program`, `loop-of-a-program`).
        InvalidInput: The task cannot be made any more.
        ScriptFailed: What makes it fails.
    """
    with Record.open(folder.record, read_only=True) as record:
        header = record.header
    if header.verb == "watch":
        raise StudyError("watch-not-resumed", study=header.name)
    # A study in its usual place moves with its working folder.
    directory = folder.path.parent.parent if folder.path.parent.name == HOME else Path(header.directory)
    if not directory.is_dir():
        raise StudyError("moved-study", study=header.name, directory=directory)
    threads, hide = int(header.settings["threads"]), tuple(header.settings.get("hide", ()))
    running = replace(running, threads=threads, hide=hide, processes=int(header.settings.get("processes", 1)))
    settings, command = recorded_settings(header), resume_command(wanted or folder.name)
    if isinstance(settings, SearchSettings) and settings.what == "loop":
        raise StudyError("loop-of-a-program", study=header.name)
    if isinstance(settings, SearchSettings) and settings.what == "program":
        return ProgramStudy(settings, directory, folder, command, running)
    if header.task:
        if running.workers != 1 and running.cluster is None:
            raise InvalidInput("task-workers", workers=running.workers)
        task, parts = _task_of(header, settings.seed, threads)
        return TaskStudy(settings, directory, folder, command, running, task, parts, header.script)
    program = in_processes(typed_program(header.words, directory), running.processes)
    return ScriptStudy(settings, directory, folder, command, running, replace(program, arguments=header.arguments))


def recorded_settings(header: StudyHeader) -> Settings:
    """The settings of a study that decide its course."""
    beside = ("threads", "hide", "processes")
    plain = {name: value for name, value in header.settings.items() if name not in beside}
    return from_plain(VERBS.get(header.verb, TunerSettings), to_plain(plain))


def _task_of(header: StudyHeader, seed: int, threads: int) -> "tuple[Task, Mapping[str, str]]":
    """The task that a function of this name makes, and what it is made of."""
    from ratecraft.training.tasks.fingerprint import task_fingerprint
    from ratecraft.training.tasks.loading import load_task

    if not header.script:
        raise StudyError("task-of-a-program", study=header.name, command=again(verb=header.verb))
    task = load_task(header.script, seed)
    return task, task_fingerprint(task, seed, threads)
