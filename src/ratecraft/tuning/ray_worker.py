"""The tasks of a Ray cluster: one attempt at a job, and a node's report on itself. They run in Ray's processes.

Path:   a job -> a run in this process -> what it reports, in batches -> the files it left behind, in pieces -> how it
        went.

An attempt is one plain task whose results are a stream. The reader of the stream is the only one to learn of the
attempt, and drops it by dropping the stream. Code that makes runs is named by a dotted name, since only `api` joins
rooms.
"""

import importlib
import platform
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache, partial
from importlib import metadata
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeAlias

from ratecraft.records.job import Job
from ratecraft.records.outcome import Failure, Figure
from ratecraft.records.running import Listener, Run, SeriesBlock
from ratecraft.records.storage.folder_archive import pack
from ratecraft.records.storage.study import StudyFolder
from ratecraft.tuning.outcomes import Performance
from ratecraft.tuning.run_job import OpenRuns, failures_as_outcome, replay_job
from ratecraft.tuning.run_listener import RunHistory, RunListener

_BATCH_SECONDS = 0.2  # a screen looks four times a second; a message for every step would cost more than the step
_PIECE = 8 << 20  # bytes of the archive that are in memory at a time


@dataclass(frozen=True, slots=True)
class Begun:
    """The attempt has begun on a node with these versions."""

    node: str
    versions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """The next bytes of an archive of the files that the run left behind."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of the attempt; what it reported was streamed before."""

    performance: Performance


Message: TypeAlias = "Begun | SeriesBlock | Figure | str | Piece | Ended"
"""A message of an attempt; a text is a line that the script printed."""


class RemoteWorkspace(Protocol):
    """The place where runs are made; `training.launching.remote.RemoteWorkspace` is one."""

    @property
    def start(self) -> Callable[[Job, int, Listener], Run]:
        """Makes the runs."""
        ...

    @property
    def folder(self) -> StudyFolder:
        """Takes the files that they leave behind."""
        ...

    @property
    def at_home(self) -> Mapping[str, str]:
        """Folders on this node and their names on the driver's machine."""
        ...


class _Relay:
    """A listener that passes on all that a run reports, unchanged."""

    def __init__(self, job: Job, tell: Callable[[Message], None]) -> None:
        self.job, self._tell = job, tell
        self._hearing = RunListener(job, 1, lambda happening: None)

    @property
    def told(self) -> RunHistory:
        """Everything reported so far."""
        return self._hearing.told

    def block(self, block: SeriesBlock) -> None:
        self._hearing.block(block)
        self._tell(block)

    def figure(self, figure: Figure) -> None:
        self._hearing.figure(figure)
        self._tell(figure)

    def line(self, text: str) -> None:
        self._tell(text)


def perform_away(
    needed: Mapping[str, str],
    entry: str,
    shipment: Any,
    archive: tuple[Any, ...],
    lineage: tuple[Job, ...],
    attempt: int,
) -> Iterator[tuple[Message, ...]]:
    """Perform one attempt at a job, as a task. On a node with other versions it ends before it begins.

    Args:
        needed: The versions that a node must have; it may have joined the cluster after the others were checked.
        entry: Dotted name of the function that opens a workspace, `package.module:function`.
        shipment: Argument of that function.
        archive: The reference of the packed working folder; empty if nothing is sent.
        lineage: The job with its ancestors, oldest first, the job itself last.
        attempt: Number of the attempt.
    """
    import ray

    found = versions()
    yield (Begun(ray.get_runtime_context().get_node_id(), found),)
    if differing(needed, found):
        return
    workspace = _workspace(entry, shipment, archive)
    told = SimpleQueue[Message]()
    relay = _Relay(lineage[-1], told.put)

    def act() -> Performance:
        begin = partial(workspace.start, lineage[-1], attempt, relay)
        performance = replay_job(begin, lineage, relay.told, OpenRuns())
        return _at_home(replace(performance, told=RunHistory()), workspace.at_home)

    def work() -> None:
        told.put(Ended(failures_as_outcome(act, RunHistory())))  # whatever happens, there must be an end to wait for

    threading.Thread(target=work, name="job", daemon=True).start()
    ended = yield from _batches(told)
    yield from _left_behind(workspace.folder)
    yield (ended,)


def versions() -> dict[str, str]:
    """Versions that must be the same wherever a study is trained: package to version, `–` if it is not installed."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, **{package: _version(package) for package in ("ratecraft", "ray", "torch")}}


@cache
def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "–"


def differing(needed: Mapping[str, str], found: Mapping[str, str]) -> tuple[str, ...]:
    """The packages whose version on this node differs from the required one.

    Example:
        >>> differing({"python": "3.11", "torch": "2.13"}, {"python": "3.11"})
        ('torch – (here 2.13)',)
    """
    return tuple(
        f"{name} {found.get(name, '–')} (here {ours})" for name, ours in needed.items() if found.get(name) != ours
    )


def clear_node(entry: str, shipment: Any) -> None:
    """Remove what a study has left on a node."""
    _named(entry)(shipment)


@lru_cache(maxsize=1)
def _workspace(entry: str, shipment: Any, archive: tuple[Any, ...]) -> RemoteWorkspace:
    """The workspace of this process, kept as long as the process works for one study."""
    import ray

    return _named(entry)(shipment, lambda: ray.get(archive[0]))


def _named(entry: str) -> Callable[..., Any]:
    module, _, name = entry.partition(":")
    return getattr(importlib.import_module(module), name)


def _batches(told: "SimpleQueue[Message]") -> Generator[tuple[Message, ...], None, Ended]:
    """Yield reported messages in batches until the end, which is returned."""
    while True:
        batch, until = [told.get()], time.monotonic() + _BATCH_SECONDS
        while not isinstance(batch[-1], Ended):
            try:
                batch.append(told.get(timeout=max(0.0, until - time.monotonic())))
            except Empty:
                break
        ended = batch.pop() if isinstance(batch[-1], Ended) else None
        if batch:
            yield tuple(batch)
        if isinstance(ended, Ended):
            return ended


def _left_behind(folder: StudyFolder) -> Iterator[tuple[Piece]]:
    """The files that a run left in the study's folder, as pieces of an archive; they are then removed here."""
    with tempfile.TemporaryFile(dir=folder.path.parent) as archive:
        pack(folder.path, archive, leaves_out=lambda path: path == folder.scratch or path.is_symlink())
        archive.seek(0)
        while content := archive.read(_PIECE):
            yield (Piece(content),)
    for path in folder.path.iterdir():
        if path != folder.scratch:
            shutil.rmtree(path, ignore_errors=True)


def _at_home(performance: Performance, places: Mapping[str, str]) -> Performance:
    """The same performance, with file names as on the driver's machine."""

    def text_of(value: Any) -> Any:
        if isinstance(value, str):
            for here, home in places.items():
                value = value.replace(here, home)
        return value

    def failure_of(failure: Failure | None) -> Failure | None:
        return failure and Failure(*(text_of(getattr(failure, field.name)) for field in fields(Failure)))

    score, passage = performance.score, performance.passage
    return replace(
        performance,
        passage=replace(passage, failure=failure_of(passage.failure)),
        score=score and replace(score, model=text_of(score.model), failure=failure_of(score.failure)),
        notes=tuple(
            replace(note, values={name: text_of(value) for name, value in note.values.items()})
            for note in performance.notes
        ),
    )
