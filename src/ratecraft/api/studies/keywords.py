"""The keywords of a verb that do not decide its study, and the full signature that results.

Path:   keywords of a Python call, flags of a command -> `Running`; classes of keywords -> `help(tune)`.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from ratecraft.controllers.settings.option import NUMBER, Kind, Option, asked, options_of, values_of, whole, words_of
from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import shown

if TYPE_CHECKING:  # help needs none of it
    from ratecraft.api.studies.cluster import RayCluster

Verb = TypeVar("Verb", bound=Callable[..., Any])


class TrackKeywords(TypedDict, total=False):
    """Where a finished study is sent.

    Attributes:
        track: `mlflow`, `wandb` or `tensorboard`: the finished study is sent there once, with every job, into a project
            of its own (`ratecraft`; for TensorBoard the folder `runs`). Default: nowhere.
    """

    track: str | None


class TaskKeywords(TypedDict, total=False):
    """How any study is run.

    Attributes:
        threads: Threads of every job; more than 1 for large models on a CPU.
        time_limit: Seconds after which the study stops and keeps what it has.
        study: Folder of the study. Default: `.ratecraft/<name>` of the current folder.
        new: Set an earlier study with the same settings aside (it is kept) and start again.
        progress: Show progress: in a notebook, on a terminal, or else as lines on stderr.
    """

    threads: int
    time_limit: float | None
    study: str | Path | None
    new: bool
    progress: bool


class ScriptKeywords(TaskKeywords, total=False):
    """How a study of a script is run.

    Attributes:
        steps: Optimizer steps of a script's full run, if they cannot be found out; a task gives its own.
        processes: How many processes train together in one run of a script that uses `torch.distributed`; each is
            started as torchrun would start it.
        workers: Number of jobs that run at a time; for a task only on a cluster.
        start_timeout: Seconds that a script may take to its first optimizer step.
        hide: Files and folders of the working folder to hide from the script, such as a checkpoint that it would
            continue from. They stay as they are, unless the full run overwrites them as the script itself would.
        executor: `local` or `ray`. With `ray`, jobs run on the Ray cluster at `RAY_ADDRESS`, or on one started on this
            machine, with the same outcomes; a `RayCluster` names another. A task must then be given by the name of the
            function that makes it.
    """

    steps: int | None
    processes: int
    workers: int
    start_timeout: float
    hide: Sequence[str]
    executor: "str | RayCluster"


def _folder(name: str, given: object) -> str | Path:
    if not isinstance(given, str | Path):
        raise InvalidInput("argument-study", given=shown(given))
    return given


def _cluster(name: str, given: object) -> "RayCluster | None":
    from ratecraft.api.studies.cluster import cluster_of  # help needs no executors

    return cluster_of(given)


PROCESSES = Option("processes", whole(1), "cli.processes", "running", default=1)
THREADS = Option("threads", whole(1), "cli.threads", "running", default=1)
WORKERS = Option("workers", whole(1), "cli.workers", "running", default=1)
START_TIMEOUT = Option("start_timeout", NUMBER, "cli.start-timeout", "running", default=300.0)
TIME_LIMIT = Option("time_limit", NUMBER, "cli.time-limit", "running")
STUDY = Option("study", Kind(_folder, "path"), "cli.tune.study", "running")
HIDE = Option("hide", Kind(lambda name, given: words_of(given), "texts", "PATH"), "cli.hide", "running", default=())
TRACK = Option("track", Kind(lambda name, given: given, "text", "mlflow|wandb|tensorboard"), "cli.tune.track", "output")
EXECUTOR = Option("executor", Kind(_cluster, "python"), "cli.executor", default="local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a study is run. Only threads, processes and hidden files affect its results.

    Attributes:
        threads: Threads of every job; they affect results, since sums differ in the last digit.
        processes: Number of processes that train together in one run of a script; they affect results too.
        workers: Number of jobs that run at a time.
        start_timeout: Seconds that a script may take to its first optimizer step.
        time_limit: Seconds after which the study stops; None for none.
        study: Folder of the study; None for the default.
        hide: Paths hidden from the jobs of a script; they affect results too.
        cluster: Where jobs run; None for this machine.
    """

    threads: int = asked(THREADS)
    processes: int = asked(PROCESSES)
    study: str | Path | None = asked(STUDY)
    hide: tuple[str, ...] = asked(HIDE)
    workers: int = asked(WORKERS)
    start_timeout: float = asked(START_TIMEOUT)
    time_limit: float | None = asked(TIME_LIMIT)
    cluster: "RayCluster | None" = asked(EXECUTOR, default=None)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Running":
        """What the keywords of a call say.

        Raises:
            InvalidInput: A value is of another kind.
        """
        return cls(**values_of(cls, given))


def check_known(verb: str, given: Mapping[str, Any], *settings: type) -> None:
    """Reject keywords that a verb does not take, as Python would.

    Raises:
        TypeError: There is one.
    """
    known = {option.name for option in options_of(*settings)}
    for name in given:
        if name not in known:
            raise TypeError(f"{verb}() got an unexpected keyword argument {name!r}")


def taking(*keywords: type, settings: type) -> Callable[[Verb], Verb]:
    """Give a function that takes `**options` a signature and docstring that list them.

    Args:
        keywords: Every class of keywords that it takes; each describes only its own.
        settings: The settings of its study, which hold the defaults.
    """

    def given_to(verb: Verb) -> Verb:
        shape = inspect.signature(verb)
        defaults: dict[str, Any] = {option.name: option.default for option in options_of(settings, Running)}
        defaults |= {"new": False, "progress": True, "track": None}
        own = [
            parameter for parameter in shape.parameters.values() if parameter.kind is not inspect.Parameter.VAR_KEYWORD
        ]
        names = {name: kind for argument in keywords for name, kind in inspect.get_annotations(argument).items()}
        own += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name], annotation=kind)
            for name, kind in names.items()
        ]
        verb.__signature__ = shape.replace(parameters=own)  # pyright: ignore[reportFunctionMemberAccess]
        if verb.__doc__:  # not under -OO
            verb.__doc__ = verb.__doc__.replace("        options: Those of `help`.\n", _described(keywords))
        return verb

    return given_to


def _described(keywords: Sequence[type]) -> str:
    """The lines on every keyword."""
    docs = (str(argument.__doc__).partition("    Attributes:\n")[2] for argument in keywords)
    return "".join(f"{doc.rstrip()}\n" for doc in docs)
