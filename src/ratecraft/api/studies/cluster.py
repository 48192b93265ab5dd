"""Where a study's jobs run: on this machine or on a Ray cluster. Decides nothing else about the study.

Path:   `executor` as the user gives it, or a command's options -> a `RayCluster` -> an executor for `Means`.
"""

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, cast
from uuid import uuid4

from ratecraft.errors import InvalidInput
from ratecraft.records.storage.folder_archive import ArchiveContents
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.lengths import shown
from ratecraft.tuning.executor import SlotExecutor, StartRun

EXECUTORS = ("local", "ray")
"""Where jobs may run."""

_OPEN = "ratecraft.training.launching.remote:open_workspace"
_CLEAR = "ratecraft.training.launching.remote:clear_up"


@dataclass(frozen=True, slots=True)
class RayCluster:
    """A Ray cluster, for the `executor` of a verb.

    Attributes:
        address: `HOST:PORT` of its head, `auto`, or `local` for a new one. Default: as Ray has it: `RAY_ADDRESS`, else
            a cluster of this machine, which is begun if there is none.
        shared_folder: A folder that holds the working folder and that every node sees under the same path: nothing is
            sent. Default: the working folder is packed and sent once.
        environment: Names of variables of this process that every run there has. Default: those alone that libraries of
            training read (`OMP_*`, `CUDA_*`, `HF_*`…) and whose name is not that of a secret, where a node has none.
        send: Files of the working folder that are sent although they look like secrets (`.env`, `*.pem`, `.aws/`…),
            and are else held back.

    Raises:
        InvalidInput: One of them is of another kind (`argument-text`), or a variable is not set
            (`environment-missing`).

    Example:
        >>> RayCluster("10.0.0.1:6379").address
        '10.0.0.1:6379'
    """

    address: str = ""
    shared_folder: str | Path | None = None
    environment: Sequence[str] = ()
    send: Sequence[str | Path] = ()

    def __post_init__(self) -> None:
        texts = [("address", self.address), ("shared_folder", self.shared_folder or "")]
        several: dict[str, Sequence[str | Path]] = {"environment": self.environment, "send": self.send}
        for name, given in several.items():
            if isinstance(cast("object", given), str | Path):
                raise InvalidInput("argument-names", name=name, given=shown(given))
            texts += [(name, path) for path in given]
        for name, given in texts:
            if not isinstance(cast("object", given), str | Path):
                raise InvalidInput("argument-text", name=name, given=shown(given))
        for name in self.environment:
            if name not in os.environ:
                raise InvalidInput("environment-missing", name=name)


def cluster_of(executor: object) -> RayCluster | None:
    """The cluster that is meant; None for this machine.

    Raises:
        InvalidInput: There is no such executor (`executor`).

    Example:
        >>> cluster_of("local"), cluster_of("ray")
        (None, RayCluster(address='', shared_folder=None, environment=(), send=()))
    """
    if isinstance(executor, RayCluster):
        return executor
    if executor not in EXECUTORS:
        raise InvalidInput("executor", given=shown(executor), allowed=", ".join(EXECUTORS))
    return None if executor == "local" else RayCluster()


def cluster_named(
    executor: str,
    address: str | None,
    shared_folder: str | None,
    environment: tuple[str, ...] = (),
    send: tuple[str, ...] = (),
) -> RayCluster | None:
    """The cluster that the options of a command describe.

    Raises:
        InvalidInput: There is no such executor, an option is only for Ray (`only-of-ray`), or a variable is not set.
    """
    cluster = cluster_of(executor)
    options = {"--address": address, "--shared-folder": shared_folder, "--environment": environment or None}
    options |= {"--send": send or None}
    for option, given in options.items():
        if given is not None and cluster is None:
            raise InvalidInput("only-of-ray", name=option)
    return cluster and RayCluster(address or "", shared_folder, environment, send)


@contextmanager
def ray_executor(
    cluster: RayCluster,
    kind: Literal["script", "program", "task"],
    start: StartRun,
    directory: Path,
    folder: StudyFolder,
    *,
    workers: int,
    threads: int,
    processes: int = 1,
    **given: Any,
) -> Generator[SlotExecutor]:
    """An executor on a cluster: connected, its versions checked, the working folder packed and handed over.

    Args:
        cluster: The cluster.
        kind: What is trained.
        start: Makes the runs that belong into the user's own folder, here.
        directory: The working folder.
        folder: The study's.
        workers: Jobs at a time.
        threads: Threads of every process, and processors that it takes.
        processes: Processes of every job, all on one node.
        given: What the starter of that kind takes beside, on a node.

    Raises:
        InvalidInput: There is no such cluster, it is not like this machine, or the folder cannot be sent.
        StudyError: A node does not answer (`node-silent`, `node-failed`).
    """
    from ratecraft.training.launching.remote import RemoteStudy, archive_of, variables_of
    from ratecraft.tuning.ray_cluster import connected, share_of
    from ratecraft.tuning.ray_executor import RayExecutor
    from ratecraft.tuning.ray_worker import clear_node, perform_away

    is_shared = _is_shared(cluster, directory)
    shipment = RemoteStudy(
        key=uuid4().hex[:12],
        kind=kind,
        directory=str(directory),
        study=str(folder.path),
        is_shared=is_shared,
        environment=tuple(variables_of(os.environ).items()),
        named=tuple((name, os.environ[name]) for name in cluster.environment),
        given=tuple({**given, "threads": threads}.items()),
    )
    sent = () if is_shared else _sent_within(cluster, directory)
    needs = () if kind == "program" else ("torch",)
    with connected(cluster.address, needs=needs, cpus=threads * processes) as joined:
        archive = () if is_shared else (joined.ray.put(archive_of(directory, folder, sent)),)
        task = joined.task(
            perform_away,
            num_cpus=threads * processes,
            num_gpus=share_of(joined.nodes(), workers, processes),
            num_returns="streaming",
            scheduling_strategy="SPREAD",
        )
        try:
            yield RayExecutor(start, workers, joined, partial(task, joined.needed, _OPEN, shipment, archive), folder)
        finally:
            joined.clear(clear_node, _CLEAR, shipment)


def archive_contents(cluster: RayCluster | None, directory: Path, folder: StudyFolder) -> ArchiveContents | None:
    """What of the working folder goes to a cluster; None if nothing leaves this machine, or all nodes share it.

    Raises:
        InvalidInput: The folder cannot be sent, or something in `send` is not in it (`send-missing`).
    """
    from ratecraft.training.launching.remote import archive_contents_of

    if cluster is None or _is_shared(cluster, directory):
        return None
    return archive_contents_of(directory, folder, _sent_within(cluster, directory))


def _sent_within(cluster: RayCluster, directory: Path) -> tuple[Path, ...]:
    """What is sent although it looks like a secret, as paths within the working folder.

    Raises:
        InvalidInput: Something is not there, or lies elsewhere (`send-missing`).
    """
    found = list[Path]()
    for sent in cluster.send:
        path = Path(os.path.normpath(directory / sent))
        if path == directory or not path.is_relative_to(directory) or not os.path.lexists(path):
            raise InvalidInput("send-missing", path=sent, directory=directory)
        found.append(path.relative_to(directory))
    return tuple(found)


def _is_shared(cluster: RayCluster, directory: Path) -> bool:
    """Whether the working folder need not be sent.

    Raises:
        InvalidInput: It does not lie in the folder that is shared (`not-shared`).
    """
    shared = cluster.shared_folder
    if shared is None:
        return False
    if not directory.resolve().is_relative_to((directory / shared).resolve()):
        raise InvalidInput("not-shared", directory=directory, shared=shared)
    return True
