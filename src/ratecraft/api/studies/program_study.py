"""A search over the arguments of any program: its identity, and how its processes are started.

Path:   command line, `search(program=…)` or a record -> `ProgramStudy` -> `running.run_study`.
Source: docs/reference/studies.md, "Identity".

Nobody looks into such a program, and none of it needs torch: a trial is one process from its start to its end.
"""

import contextlib
import os
import shlex
import shutil
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ratecraft.api.studies.cluster import ray_executor
from ratecraft.api.studies.keywords import Running
from ratecraft.api.studies.script_study import resume_command
from ratecraft.api.studies.study import Means, Study, asked_for, header_of, verb_of
from ratecraft.api.studies.study_description import check_nothing_hidden, check_one_process
from ratecraft.controllers.search.placeholders import check_command, placeholders
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.option import words_of
from ratecraft.errors import InvalidInput
from ratecraft.laws.capacity import Capacity
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import StudyFolder, script_hash, study_folder, study_name
from ratecraft.tuning.executor import ReplayExecutor


@dataclass(frozen=True, slots=True)
class ProgramStudy(Study):
    """A search over the arguments of one program: the `arguments` of its settings are the words of the command."""

    settings: SearchSettings

    def header(self) -> StudyHeader:
        """The identity of the study: the command, and the bytes of its first word that is a file.

        Raises:
            InvalidInput: There is no such program (`program-not-found`).
        """
        words = self.settings.arguments
        _check_found(words[0], self.directory)
        file = _file_of(words, self.directory)
        digest = script_hash(self.directory / file) if file else ""
        where, threads = (self.settings, self.directory, self.folder), self.running.threads
        of_program: dict[str, Any] = {"arguments": words, "script_hash": digest, "needs_torch": False}
        return header_of(*where, file or words[0], threads, **of_program)

    @contextmanager
    def means(self) -> Generator[Means, None, None]:
        """Processes of the program, whose mirrors are removed afterwards."""
        from ratecraft.training.machine.devices import DevicePool, free_memory, visible_devices
        from ratecraft.training.programs.starting import ProgramStarter
        from ratecraft.training.sandbox.mirror import remove_mirror  # loaded by verbs that start processes

        settings, running = self.settings, self.running
        several = running.workers > 1
        pool = DevicePool(visible_devices(os.environ) if several else ())
        start = ProgramStarter(
            self.directory,
            self.folder,
            settings.metric.name if settings.metric else "",
            settings.metric_file,
            settings.trial_seconds,
            running.threads,
            devices=pool,
        )
        remove_mirror(self.folder.scratch)  # of a process that was killed
        try:
            if running.cluster is None:
                room = Capacity(free_memory() if several else 0, tuple(device.memory for device in pool.devices))
                yield Means(ReplayExecutor(start, running.workers, room))
                return
            sent = {name: getattr(start, name) for name in ("metric", "metric_file", "seconds", "threads")}
            whole = (running.cluster, "program", start, self.directory, self.folder)
            with ray_executor(*whole, workers=running.workers, **sent) as executor:
                yield Means(executor)
        finally:
            with contextlib.suppress(OSError):  # a process that is still ending may write there
                remove_mirror(self.folder.scratch)


def describe_program(program: str | Sequence[str], decided: Mapping[str, Any], running: Running) -> ProgramStudy:
    """The search over a program's arguments that is meant in the current folder.

    Args:
        program: The command.
        decided: Settings by name, checked.
        running: How it is run; a program has no first step to wait for.

    Raises:
        InvalidInput: One of them does not fit the command.
    """
    check_nothing_hidden(running.hide)
    check_one_process(running.processes)
    if "steps" in decided:
        raise InvalidInput("program-steps", steps=decided["steps"])
    words = program_words(program)
    check_command(words, decided["space"], decided.get("seeds", 1))
    of_program: dict[str, Any] = {**decided, "baseline": False}
    settings = SearchSettings(**of_program, arguments=words, what="program")
    if settings.metric is None:
        raise InvalidInput("program-metric")
    directory, study = Path.cwd(), running.study
    file = _file_of(words, directory) or words[0]
    name = study_name(verb_of(settings), Path(file), (*words, *asked_for(settings, running.threads)), directory)
    folder = StudyFolder(directory / study) if study else study_folder(directory, name)
    return ProgramStudy(settings, directory, folder, resume_command(str(study or name)), running)


def program_words(program: object) -> tuple[str, ...]:
    """The words of a command. A text is split as a shell would, without any other shell syntax.

    Raises:
        InvalidInput: It has none, or an open quote (`program-words`).

    Example:
        >>> program_words("python train.py --name 'a b' --lr {rate}")
        ('python', 'train.py', '--name', 'a b', '--lr', '{rate}')
    """
    try:
        words = tuple(shlex.split(program)) if isinstance(program, str) else words_of(program)
    except ValueError as error:  # an open quote, or no words
        raise InvalidInput("program-words", given=program) from error
    if not words or not words[0]:
        raise InvalidInput("program-words", given=program)
    return words


def _check_found(program: str, directory: Path) -> None:
    has_folder = os.sep in program
    found = shutil.which(str(directory / program) if has_folder else program)
    if not found and not placeholders((program,)):
        raise InvalidInput("program-not-found", program=program, directory=directory)


def _file_of(words: Sequence[str], directory: Path) -> str:
    """The first word that is a file of the working folder: what the study is named after; empty if none is."""
    inside = (word for word in words if not Path(word).is_absolute())
    return next((word for word in inside if os.path.isfile(directory / word)), "")  # noqa: PTH113 - takes any text
