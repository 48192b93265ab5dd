"""A study of one task in the user's process: its identity, and how its runs are started.

Path:   `tune(task)`, a name on the command line or a record -> `TaskStudy` -> `running.run_study`.
Source: docs/reference/studies.md, "Identity".

A task that a program made has no name that lasts, so its study is found by what the task is made of: an equal task
finds the same study, in every process, and any other one a study of its own. Nothing has to be named, nothing is lost
where a loop tunes several tasks, and no result of another task is ever taken for this one's. Where the user names the
study, or the task has the name of a function, that is where it lives, and another task there is an error.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratecraft.api.studies.cluster import ray_executor
from ratecraft.api.studies.keywords import Running
from ratecraft.api.studies.script_study import resume_command
from ratecraft.api.studies.study import Means, Settings, Study, asked_for, header_of, verb_of
from ratecraft.records.running import Executor
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import StudyFolder, find_studies, folder_name, study_folder
from ratecraft.tuning.branching import BranchingExecutor

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.tasks.starting import TaskStarter
    from ratecraft.training.tasks.task import Task

_DRAWN = ("weights", "first loss", "first gradient")
"""What differs between two equal tasks whose weights were drawn without a seed."""


@dataclass(frozen=True, slots=True, eq=False)
class TaskStudy(Study):
    """A study of one task.

    Attributes:
        task: The task; copies of it are trained, one at a time.
        parts: What it is made of (`training.tasks.fingerprint`).
        name: Module and function that make the task; empty if a program made it.
    """

    task: "Task" = field(repr=False)
    parts: Mapping[str, str]
    name: str = ""

    def header(self) -> StudyHeader:
        """The identity of the study.

        Raises:
            InvalidInput: Torch is not installed.
        """
        threads = self.running.threads
        return header_of(self.settings, self.directory, self.folder, self.name, threads, task=self.parts)

    @contextmanager
    def means(self) -> Generator[Means, None, None]:
        """Runs in this process. Afterwards none is at work any more, and nothing of the user's is other than before.

        Raises:
            InvalidInput: The task's functions do not give what they must.
            ScriptFailed: One of them raises.
        """
        from ratecraft.training.tasks.starting import TaskStarter

        settings = self.settings
        start = TaskStarter(
            self.task,
            folder=self.folder.models,
            metric=settings.metric,
            threads=self.running.threads,
            head=settings.head if settings.groups else None,
        )
        try:
            with self._executor(start) as executor:
                yield Means(executor)
        finally:
            start.wait()

    @contextmanager
    def _executor(self, start: "TaskStarter") -> Generator[Executor]:
        """Gives jobs to runs in this process, or in those of a cluster.

        Raises:
            InvalidInput: There is no such cluster, or what it needs.
        """
        cluster, settings = self.running.cluster, self.settings
        if cluster is None:
            yield BranchingExecutor(start, start.slots)
            return
        sent: dict[str, Any] = {"name": self.name, "seed": settings.seed, "metric": settings.metric}
        sent |= {"threads": self.running.threads, "head": settings.head if settings.groups else None}
        where = (cluster, "task", start, self.directory, self.folder)
        with ray_executor(*where, workers=self.running.workers, **sent) as far:
            yield far


def task_study(task: "Task", settings: Settings, running: Running, *, name: str = "") -> TaskStudy:
    """The study that is meant by a task in the current folder.

    Args:
        task: The task.
        settings: What decides.
        running: How it is run.
        name: Module and function that make the task.

    Raises:
        InvalidInput: The task's loss is none.
        ScriptFailed: A function of the task's raises.
    """
    from ratecraft.training.tasks.fingerprint import task_fingerprint

    verb, asked = verb_of(settings), asked_for(settings, running.threads, of_task=True)
    directory, parts = Path.cwd(), task_fingerprint(task, settings.seed, running.threads)
    if name:
        called = folder_name(verb, name, [name, *asked])
    else:
        made_of = (f"{part}: {what}" for part, what in parts.items())
        called = folder_name(verb, type(task.model).__name__, [*made_of, *asked])
    study = running.study
    folder = StudyFolder(directory / study) if study else study_folder(directory, called)
    command = resume_command(str(study or called)) if name else again(study, verb)
    return TaskStudy(settings, directory, folder, command, running, task, parts, name)


def again(study: str | Path | None = None, verb: str = "tune") -> str:
    """The call that continues a study of a task that a program made.

    Example:
        >>> again("digits"), again(verb="find")
        ("ratecraft.tune(task, study='digits')", 'ratecraft.find(task)')
    """
    return f"ratecraft.{verb}(task, study={str(study)!r})" if study else f"ratecraft.{verb}(task)"


def is_task_name(given: str | Path) -> bool:
    """Whether this is meant as `package.module:make_task`, and not as the path of a script.

    Example:
        >>> is_task_name("digits:make_task"), is_task_name("train.py"), is_task_name(Path("a:b.py"))
        (True, False, False)
    """
    return isinstance(given, str) and ":" in given and not Path(given).is_absolute() and not Path(given).exists()


def unfinished_alike(study: TaskStudy) -> str:
    """Name of an unfinished study of the same task with other first weights, drawn without a seed; empty for none."""
    mine = _without_draws(study.parts)
    for neighbour in find_studies(study.directory):
        header = neighbour.header
        is_alike = header is not None and bool(header.task) and _without_draws(header.task) == mine
        if neighbour.state == "unfinished" and is_alike and neighbour.folder != study.folder:
            return neighbour.folder.name
    return ""


def _without_draws(parts: Mapping[str, str]) -> Mapping[str, str]:
    return {part: what for part, what in parts.items() if part not in _DRAWN}
