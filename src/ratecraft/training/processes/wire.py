"""The messages between supervisor and worker: a JSON header and, for series, packed float64 values.

Path:   `script_run` (supervisor's side) -> pipe -> `worker` (the script's process), and back.

A frame is the header's JSON, a newline and the payload. Nothing is pickled; values are written as the record's are.
What a script hands to processes that it spawns passes the supervisor as bytes, which no one reads there.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, get_args

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Figure, Note, RunFacts
from ratecraft.records.program import FILE, Entry
from ratecraft.records.running import Passage, Score, SeriesBlock
from ratecraft.records.storage.codec import from_plain, to_plain
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.processes.terminal import Terminal
from ratecraft.training.sandbox.view import Overlaid


@dataclass(frozen=True, slots=True)
class Start:
    """How the script is to be run: the first message to a worker.

    Attributes:
        script: Path of the script as the user wrote it, from the user's working folder.
        arguments: The script's own arguments.
        directory: Folder to run in: the user's own, or its mirror; absolute, links resolved.
        seed: Seed of Python, numpy and torch before the script starts.
        threads: Intra-op threads of torch.
        mirror: Stands for `/` in the paths of a run in a mirror; empty where paths are those of home.
        overlaid: The view of the file system in which a run is only tried under home's own paths.
        writable: Folders that a run in a mirror may write to.
        branches: Folders for the mirrors of the runs that leave this one; none if none will.
        first_writes: Folder that keeps copies of the user's files from before their first write; empty if the run is
            only tried.
        model: File without suffix that saved states go to; empty if none are kept.
        metric: Name of a figure that the user asked for, beside those that are known by their names.
        head: Names of the head's parameters as the user told them, empty to look for it; None if the model is one.
        schedules: Names of the hyperparameters for which some run of the study has a schedule.
        best_by: How the best state of a run to its own end is recognized; None keeps none.
        tell_lines: Whether printed lines are told to the supervisor.
        least: Steps below which the run is too short, told once its length is sure; 0 where any length will do.
        terminal: What standard input is; None for nothing that can be read.
        one_loss: Nobody said which figure is compared; then a script whose optimizers learn from different losses is
            refused.
        plain: The script runs without hooks, and so to its own end, to see whether it fails by itself.
        entry: How the script becomes `__main__`.
        rank: Number of this process in the run; the first one speaks for all.
        ranks: Number of ranks.
        beside: A process of the run whose view of the file system is this one's too; 0 for none.
    """

    script: str
    arguments: tuple[str, ...]
    directory: str
    seed: int = 0
    threads: int = 1
    mirror: str = ""
    overlaid: Overlaid | None = None
    writable: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    first_writes: str = ""
    model: str = ""
    metric: str = ""
    schedules: tuple[str, ...] = ()
    head: str | None = None
    best_by: Evaluate | None = None
    tell_lines: bool = False
    least: int = 0
    one_loss: bool = False
    plain: bool = False
    terminal: Terminal | None = None
    entry: Entry = FILE
    rank: int = 0
    ranks: int = 1
    beside: int = 0

    @property
    def home(self) -> str:
        """The user's working folder, by its own name."""
        return self.directory.removeprefix(self.mirror)


@dataclass(frozen=True, slots=True)
class Entered:
    """A process, one of several of a run, has its view of the file system, where that went well; others share it."""

    well: bool = True


@dataclass(frozen=True, slots=True)
class Handed:
    """What the script spawns as a process of the run (`hosting.spawning`); empty for one that runs the script."""

    rank: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Advance:
    """Train with these schedules until `to_step` steps are done; None: to the script's own end."""

    schedules: Mapping[str, Schedule] = field(default_factory=dict[str, Schedule])
    scale: Mapping[str, float] = field(default_factory=dict[str, float])
    to_step: int | None = None
    stop_rule: StopRule = StopRule()
    treatment: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """Fork a second run from here. Descriptors of its pipe, on which its `Start` comes, and of its output follow."""


@dataclass(frozen=True, slots=True)
class Branched:
    """The answer to `Branch`: the number of the new process, or why there is none."""

    process: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """End now."""


@dataclass(frozen=True, slots=True)
class Told:
    """The run told a figure."""

    figure: Figure


@dataclass(frozen=True, slots=True)
class Line:
    """The script printed a line, or a framework measured what this line says: its name is the `source` then."""

    text: str
    step: int = 0
    source: str = ""
    epoch_end: bool | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """A note for the user, reported once."""

    note: Note


@dataclass(frozen=True, slots=True)
class Marked:
    """What a rank is like at a backward pass (`observing.each_rank`), to be held against the other ranks."""

    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stepped:
    """The answer to `Advance`, with what the run knows of its script by now."""

    passage: Passage
    facts: RunFacts


@dataclass(frozen=True, slots=True)
class Scored:
    """The answer to `Evaluate`, with what the run knows of its script by now."""

    score: Score
    facts: RunFacts


Message: TypeAlias = (
    Start
    | Entered
    | Handed
    | Advance
    | Branch
    | Branched
    | Evaluate
    | Close
    | Told
    | Line
    | Noted
    | Marked
    | Stepped
    | Scored
    | SeriesBlock
)
_KINDS = {kind.__name__: kind for kind in get_args(Message)}


class _Pipe(Protocol):
    def send_bytes(self, buf: bytes, /) -> None: ...
    def recv_bytes(self) -> bytes: ...


def send(pipe: _Pipe, message: Message) -> None:
    """Write one message. Raises `OSError` where the other side is gone."""
    kind = type(message).__name__
    if isinstance(message, SeriesBlock):
        plain, payload = {"name": message.name, "first": message.first}, message.values
    elif isinstance(message, Handed):
        plain, payload = {"rank": message.rank}, message.payload
    else:
        plain, payload = to_plain(message), b""
    pipe.send_bytes(json.dumps([kind, plain]).encode() + b"\n" + payload)


def receive(pipe: _Pipe) -> Message:
    """Read one message; waits for it. Raises `EOFError` or `OSError` where the other side is gone."""
    header, _, payload = pipe.recv_bytes().partition(b"\n")
    kind, plain = json.loads(header)
    if kind == SeriesBlock.__name__:
        return SeriesBlock(plain["name"], plain["first"], payload)
    if kind == Handed.__name__:
        return Handed(plain["rank"], payload)
    return from_plain(_KINDS[kind], plain)
