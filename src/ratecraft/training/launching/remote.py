"""Trains on another machine: unpacks the user's folder there, and starts the runs.

Path:   a `RemoteStudy`, by the dotted name of `open_workspace` -> a `RemoteWorkspace` in each process of a node.

What came in an archive is unpacked once a node and is there what the working folder is at home: runs mirror it, and
nothing writes to it. Every process has a study folder of its own, whose content is brought home after each job.
"""

import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ratecraft.records.job import Job
from ratecraft.records.running import Listener, Run
from ratecraft.records.storage.folder_archive import ArchiveContents, archive_entries, pack, unpack
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.launching.secret_names import is_held_back
from ratecraft.training.launching.starting import ScriptStarter
from ratecraft.training.processes.launcher import Launcher
from ratecraft.training.programs.starting import ProgramStarter
from ratecraft.training.sandbox.claims import Claim, claim, give_up, own_folder, sweep
from ratecraft.training.sandbox.mirror import HEAVY, STUDIES

MOST_BYTES = 512 << 20
"""The limit for an archive: what Ray itself accepts for a working folder."""

_OF_TRAINING = (
    *("OMP_", "KMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "CUDA_", "CUBLAS_", "CUDNN_", "NCCL_", "TRITON_", "XLA_"),
    *("TORCH", "PYTORCH_", "PL_", "HF_", "TRANSFORMERS_", "TOKENIZERS_", "ACCELERATE_", "KERAS_", "TF_", "JAX_"),
    *("PYTHON", "RATECRAFT_", "XDG_CACHE_HOME"),
)
"""How variables begin that libraries of training read: threads, seeds, what repeats, where modules and caches are."""
_SECRET = re.compile(r"(TOKEN|KEY|SECRET|PASSWORD|PASSWD|CREDENTIALS?|AUTH)(_|$)")
"""Matches names of variables that only the user may send, such as `HF_TOKEN`."""
_OF_THE_MACHINE = ("CUDA_VISIBLE_DEVICES",)
"""What means nothing on another machine, even where that has none of the name."""


@dataclass(frozen=True, slots=True)
class RemoteStudy:
    """Everything a node needs to know about a study.

    Attributes:
        key: Name of the folder on a node; a new one each time that the study runs.
        kind: What is trained.
        directory: The user's working folder.
        study: The study's folder at home.
        is_shared: Whether every node sees the working folder under the same path, so that nothing is unpacked.
        environment: The user's variables that training libraries read; a node's own value takes precedence.
        named: Variables that the user sends by name; they take precedence over a node's own.
        given: Further arguments for the starter of that kind.
    """

    key: str
    kind: Literal["script", "program", "task"]
    directory: str
    study: str
    is_shared: bool = False
    environment: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    named: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    given: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteWorkspace:
    """Makes the runs of a process on a node.

    Attributes:
        start: Makes them (a `tuning.executor.StartRun`).
        folder: Folder for the files of runs.
        at_home: Maps folders on the node to the user's own.
    """

    start: Callable[[Job, int, Listener], Run]
    folder: StudyFolder
    at_home: Mapping[str, str]


def variables_of(environment: Mapping[str, str]) -> dict[str, str]:
    """The user's variables that are sent to every node; never secrets.

    A cluster may be shared, so not all are sent; Ray itself sends none. Some are, because they decide the outcome of
    a run, which must be the same wherever it runs.

    Example:
        >>> variables_of({"OMP_NUM_THREADS": "1", "HF_HOME": "/data", "HF_TOKEN": "hf_x", "DATABASE_URL": "x"})
        {'OMP_NUM_THREADS': '1', 'HF_HOME': '/data'}
    """
    return {
        name: value
        for name, value in environment.items()
        if name.startswith(_OF_TRAINING) and not _SECRET.search(name) and name not in _OF_THE_MACHINE
    }


def archive_of(directory: Path, study: StudyFolder, sent: Collection[Path] = ()) -> bytes:
    """The user's working folder without environments, repositories, studies, and what looks like a secret.

    Args:
        directory: The working folder.
        study: The study's own folder, which may lie in it.
        sent: Paths in the working folder that look like secrets and are sent all the same.

    Raises:
        InvalidInput: It is too large to be sent (`folder-too-large`), or something cannot be packed.
    """
    archive = io.BytesIO()
    pack(directory, archive, leaves_out=_Selection(directory, study, sent), most=MOST_BYTES)
    return archive.getvalue()


def archive_contents_of(directory: Path, study: StudyFolder, sent: Collection[Path] = ()) -> ArchiveContents:
    """What `archive_of` would pack and hold back, for the same arguments.

    Raises:
        InvalidInput: Same as `archive_of`.
    """
    selection = _Selection(directory, study, sent)
    sizes = [
        content.size
        for content in archive_entries(directory, leaves_out=selection, most=MOST_BYTES)
        if content.kind == "file"
    ]
    return ArchiveContents(len(sizes), sum(sizes), tuple(sorted(selection.held_back)))


class _Selection:
    """Whether something in the working folder is left out; remembers what was because it looks like a secret."""

    def __init__(self, directory: Path, study: StudyFolder, sent: Collection[Path]) -> None:
        self.held_back = list[str]()
        self._directory, self._sent = directory, sent
        self._studies = {directory / STUDIES, study.path}

    def __call__(self, path: Path) -> bool:
        if path in self._studies or _is_heavy(path):
            return True
        held = is_held_back(path, self._directory, self._sent)
        if held:
            self.held_back.append(str(path.relative_to(self._directory)))
        return held


def _is_heavy(path: Path) -> bool:
    return path.name in HEAVY or (path / "pyvenv.cfg").exists() or (path / "conda-meta").exists()


def open_workspace(shipment: RemoteStudy, fetch: Callable[[], bytes]) -> RemoteWorkspace:
    """Set up a process on a node.

    Args:
        shipment: Its argument.
        fetch: Returns the archive; called by the first process on a node.

    Raises:
        InvalidInput: The task's name cannot be resolved there.
        ScriptFailed: What makes the task fails.
    """
    place = _claimed(shipment.key).path
    directory = Path(shipment.directory) if shipment.is_shared else _unpacked(place, fetch)
    folder = StudyFolder(place / f"p{os.getpid()}")
    folder.path.mkdir(parents=True, exist_ok=True)
    environment = {**dict(shipment.environment), **os.environ, **dict(shipment.named)}
    given = dict(shipment.given)
    at_home = {str(folder.path): shipment.study, str(directory): shipment.directory}
    match shipment.kind:
        case "script":
            start = ScriptStarter(
                directory=directory, study=folder, environment=environment, launch=_launcher(), **given
            )
        case "program":
            start = ProgramStarter(directory, folder, environment=environment, **given)
        case "task":
            os.environ.update(environment)
            os.chdir(directory)  # its module is looked for here, and its data
            start = _task_starter(folder, **given)
    return RemoteWorkspace(start, folder, at_home)


def clear_up(shipment: RemoteStudy) -> None:
    """Remove everything that a study has left on a node."""
    give_up(_home() / shipment.key)


def _task_starter(folder: StudyFolder, *, name: str, seed: int, **given: Any) -> Callable[[Job, int, Listener], Run]:
    from ratecraft.training.tasks.loading import load_task
    from ratecraft.training.tasks.starting import TaskStarter

    return TaskStarter(load_task(name, seed), folder=folder.models, **given)


@cache
def _launcher() -> Launcher:
    """One for a process: torch is then loaded once for all of its runs. It ends with the process."""
    return Launcher()


def _home() -> Path:
    """The user's own folder for studies of other machines.

    Raises:
        InvalidInput: The folder is someone else's (`node-folder`).
    """
    return own_folder(Path(tempfile.gettempdir()), "ratecraft")


@cache
def _claimed(key: str) -> Claim:
    """The folder of a study here, held as long as this process lives; those of studies that were killed are removed."""
    held = claim(_home(), key)
    sweep(_home())
    return held


def _unpacked(place: Path, fetch: Callable[[], bytes]) -> Path:
    """The working folder, unpacked by whichever process of the node comes first."""
    import fcntl  # the supervisor loads this file if there is none

    folder = place / "folder"
    with (place / "unpacking").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            part = place / "part"
            shutil.rmtree(part, ignore_errors=True)  # of a process that was killed meanwhile
            unpack(io.BytesIO(fetch()), part)
            part.rename(folder)
    return folder
