"""What a verb needs of any study: its identity, its settings, and what is needed to run it.

Path:   a `ScriptStudy` or a `TaskStudy` -> `running.run_study`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias

from ratecraft.api.studies.keywords import Running
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.prove.settings import ProveSettings
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Job
from ratecraft.records.outcome import Note, RunFacts
from ratecraft.records.running import Executor
from ratecraft.records.storage.codec import to_plain
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import StudyFolder

Settings: TypeAlias = TunerSettings | FindSettings | SearchSettings | ProveSettings
"""Everything that decides the course of a study; its type says what the study is for."""

VERBS: Mapping[str, type[TunerSettings | FindSettings | SearchSettings | ProveSettings]] = MappingProxyType(
    {"tune": TunerSettings, "find": FindSettings, "search": SearchSettings, "prove": ProveSettings}
)
"""What a study is for, in a word, and the settings of such studies."""


def _nothing(*known: object) -> None:
    """What has to be done where runs write nothing of the user's, and where there is one job at a time."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a study is driven with.

    Attributes:
        executor: Gives its jobs to runs.
        before_retry: Puts the files of an interrupted run in the user's own folder back before it starts again.
        learn: Takes in what the runs of the record told.
    """

    executor: Executor
    before_retry: Callable[[Job], None] = _nothing
    learn: Callable[[RunFacts, Sequence[Note]], object] = _nothing


@dataclass(frozen=True, slots=True, eq=False)
class Study(ABC):
    """A study, described; nothing is begun by making one.

    Attributes:
        settings: Everything that decides its course, but for the threads.
        directory: The working folder.
        folder: Where the study lives.
        command: What continues the study.
        running: How it is run.
    """

    settings: Settings
    directory: Path
    folder: StudyFolder
    command: str
    running: Running

    @abstractmethod
    def header(self) -> StudyHeader:
        """The identity of the study.

        Raises:
            InvalidInput: What is to be tuned is not there, or torch is not.
        """

    @abstractmethod
    def means(self) -> AbstractContextManager[Means]:
        """The means to drive the study; released afterwards, however it ends."""


def verb_of(settings: Settings) -> str:
    """What a study with these settings is for, in a word.

    Example:
        >>> verb_of(TunerSettings()), verb_of(FindSettings()), verb_of(SearchSettings())
        ('tune', 'find', 'search')
    """
    return next(verb for verb, kind in VERBS.items() if isinstance(settings, kind))


def asked_for(settings: Settings, threads: int = 1, *, of_task: bool = False) -> tuple[str, ...]:
    """What tells a study from another one of the same training, beside its verb: the settings that decide.

    Only those that differ from the usual ones, so that a command that decides nothing has the same name in every
    version, however many settings that one knows.

    Args:
        settings: Settings of the study.
        threads: Threads of every job.
        of_task: The steps of a run are the task's own, and no wish.

    Example:
        >>> asked_for(FindSettings(seeds=3)), asked_for(TunerSettings.usual("fork"), threads=2)
        (('seeds=3',), ('threads=2',))
        >>> asked_for(TunerSettings.usual("fork")), asked_for(TunerSettings.usual("replay"))
        ((), ())
    """
    given, usual = to_plain(settings), to_plain(_usual(settings))
    decided = {name: value for name, value in given.items() if value != usual[name]}
    if of_task:
        decided.pop("steps", None)
    if threads != 1:
        decided["threads"] = threads
    return tuple(f"{name}={value}" for name, value in decided.items())


def _usual(settings: Settings) -> Settings:
    """The settings of a command that decides nothing. How branches are reached follows from the threads."""
    if isinstance(settings, TunerSettings):
        usual = TunerSettings.usual(settings.branching, groups=settings.groups)  # with parts the usual budget is larger
        return replace(usual, groups="")
    return type(settings)(branching=settings.branching)


def header_of(
    settings: Settings,
    directory: Path,
    folder: StudyFolder,
    script: str,
    threads: int = 1,
    *,
    arguments: tuple[str, ...] = (),
    typed: tuple[str, ...] = (),
    script_hash: str = "",
    task: Mapping[str, str] = MappingProxyType({}),
    needs_torch: bool = True,
) -> StudyHeader:
    """The header of a study.

    Args:
        settings: Everything that decides the study's course.
        directory: The working folder.
        folder: Where the study lives.
        script: What is tuned, by name.
        threads: Threads of every job; they decide too, for sums differ in their last digit with them.
        arguments: A script's own.
        typed: What is typed for it where that is not its path alone.
        script_hash: Hash of its bytes.
        task: What a task is made of.
        needs_torch: Whether the version of torch is part of the settings too.

    Raises:
        InvalidInput: Torch is not installed (`torch-missing`).
    """
    return StudyHeader(
        name=folder.name,
        verb=verb_of(settings),
        script=script,
        arguments=arguments,
        script_hash=script_hash,
        task=task,
        torch_version=_torch_version() if needs_torch else "",
        settings={**to_plain(settings), "threads": threads},
        ratecraft_version=metadata.version("ratecraft"),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        directory=str(directory),
        typed=typed,
    )


def _torch_version() -> str:
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError as error:
        raise InvalidInput("torch-missing") from error
