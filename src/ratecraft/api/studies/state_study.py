"""A study of a `StateTask` in the user's process: JAX, Keras, or any library whose training is one state.

Path:   `tune(task)` -> `StateStudy` -> `running.run_study`.

It is found by what the task is made of, as any task that a program made (`task_study`). What runs leave are states of a
library that nothing is known of: they are kept in this process, and in no file.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratecraft.api.studies.keywords import Running
from ratecraft.api.studies.study import Means, Settings, asked_for, header_of, verb_of
from ratecraft.api.studies.task_study import TaskStudy, again
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.settings.shape import check_names
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import StudyFolder, folder_name, study_folder
from ratecraft.tuning.branching import BranchingExecutor

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.tasks.state_run import KeptState
    from ratecraft.training.tasks.state_task import StateTask


@dataclass(frozen=True, slots=True, eq=False)
class StateStudy(TaskStudy):
    """A study of one state task.

    Attributes:
        kept: What its runs left, by the key of their job.
    """

    kept: "dict[str, KeptState]" = field(default_factory=dict[str, Any])

    def header(self) -> StudyHeader:
        """The identity of the study; torch has no part in it."""
        where = (self.settings, self.directory, self.folder)
        return header_of(*where, self.name, self.running.threads, task=self.parts, needs_torch=False)

    @contextmanager
    def means(self) -> Generator[Means, None, None]:
        """Runs in this process.

        Raises:
            InvalidInput: The task's functions do not give what they must.
            ScriptFailed: One of them raises.
        """
        from ratecraft.training.tasks.state_starting import StateStarter

        task: Any = self.task
        start = StateStarter(task, self.kept, self.settings.metric)
        yield Means(BranchingExecutor(start, start.slots))


def state_study(task: "StateTask", settings: Settings, running: Running) -> StateStudy:
    """The study that is meant by a state task in the current folder.

    Args:
        task: The task.
        settings: What decides.
        running: How it is run; its threads are only told in the record, as a library of its own has its own.

    Raises:
        InvalidInput: It is to be proven (`state-task-treatment`), to have rates by parts (`state-task-parts`) or a
            schedule of anything but its rate (`attach-name`), or its functions do not give what they must.
        ScriptFailed: A function of the task's raises.
    """
    from ratecraft.training.tasks.state_starting import state_fingerprint

    if isinstance(settings, ProveSettings):
        raise InvalidInput("state-task-treatment", treatment="prove")
    if settings.groups:
        raise InvalidInput("state-task-parts")
    if isinstance(settings, TunerSettings) and settings.schedule:
        check_names(settings.schedule, ("rate",))
    verb, asked = verb_of(settings), asked_for(settings, running.threads, of_task=True)
    directory, parts = Path.cwd(), state_fingerprint(task, settings.seed)
    made_of = (f"{part}: {what}" for part, what in parts.items())
    called = folder_name(verb, parts["update"].split()[0], [*made_of, *asked])
    study = running.study
    folder = StudyFolder(directory / study) if study else study_folder(directory, called)
    known: Any = task
    return StateStudy(settings, directory, folder, again(study, verb), running, known, parts)
