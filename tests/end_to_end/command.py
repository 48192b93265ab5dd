"""Types `ratecraft` as a user does: a process of its own, in a folder of its own, and what came of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import psutil
import torch

from ratecraft.records.answer import Answer
from ratecraft.records.cost import Costs, costs
from ratecraft.records.events import Event, Finished, Proposed
from ratecraft.records.job import Phase
from ratecraft.records.outcome import Outcome
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import HOME, StudyFolder

HERE = Path(__file__).parent
SOURCE = HERE.parents[1] / "src"
SCRIPTS = HERE / "scripts"
PROGRAM = (sys.executable, "-m", "ratecraft.cli.main")
TIME_ENOUGH = 600
"""Seconds; not a measure: who has not come after them never will."""
Kind: TypeAlias = Literal["supervisor", "worker", "branch", "fork server"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What a study's processes are: the command, scripts that it started, forks of those, and what starts them fast."""


@dataclass(frozen=True)
class Typed:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)


@dataclass(frozen=True)
class Workplace:
    """A user's working folder with their scripts; `whole` starts every process with all of torch."""

    folder: Path
    whole: bool = False

    def put(self, script: str, text: str | None = None) -> Path:
        """One of the scripts here, or one with this text; and the data that they read."""
        path = self.folder / script
        path.parent.mkdir(exist_ok=True)
        path.write_text((SCRIPTS / script).read_text() if text is None else text)
        if not (self.folder / "digits.npy").exists():
            np.save(self.folder / "digits.npy", digits())
        return path

    def environment(self, **more: str) -> dict[str, str]:
        path = os.pathsep.join(map(str, [SOURCE] if self.whole else [SOURCE, HERE / "quick_start"]))
        calm = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8", "RATECRAFT_TEST": str(self.folder)}
        kept = {name: value for name, value in os.environ.items() if name not in {"LC_ALL", "CI", "COLUMNS"}}
        return {**kept, **calm, **more}

    def type(self, *arguments: str, **environment: str) -> Typed:
        """`ratecraft ARGUMENTS`, waited for."""
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=TIME_ENOUGH)
        return Typed(process.returncode, out, err)

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
        """`ratecraft ARGUMENTS`, under way."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, **environment: str) -> str:
        """What a program prints that has nothing to do with ratecraft."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=self.folder,
            env=self.environment(PYTHONHASHSEED="0", **environment),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def study(self, name: str = "") -> "Study":
        """What the record of the study of that name says; of the only one where none is given."""
        (path,) = [self.folder / name] if name else (self.folder / HOME).glob("*/")
        return Study(StudyFolder(path))

    def processes(self) -> list[psutil.Process]:
        """The living processes that commands in this folder have left behind, supervisors and workers."""
        return [each for each in psutil.process_iter() if self._is_ours(each)]

    def workers(self) -> list[psutil.Process]:
        """Those that run a script."""
        return [each for kind in ("worker", "branch") for each in self.by_kind()[kind]]

    def by_kind(self) -> dict[Kind, list[psutil.Process]]:
        """The living processes by what they are."""
        found: dict[Kind, list[psutil.Process]] = {kind: [] for kind in KINDS}
        words, parents = dict[psutil.Process, str](), dict[psutil.Process, int]()
        for each in self.processes():
            with suppress(psutil.NoSuchProcess):
                words[each], parents[each] = " ".join(each.cmdline()), each.ppid()
        supervisors = {each.pid for each in words if "ratecraft.cli.main" in words[each]}
        servers = {each.pid for each in words if "fork_server" in words[each] and parents[each] in supervisors}
        for each in words:
            if each.pid in supervisors:
                found["supervisor"].append(each)
            elif each.pid in servers:
                found["fork server"].append(each)
            elif parents[each] in supervisors | servers:
                found["worker"].append(each)
            else:
                found["branch"].append(each)
        return found

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            is_alive = process.status() != psutil.STATUS_ZOMBIE
            return is_alive and process.environ().get("RATECRAFT_TEST") == str(self.folder)
        except psutil.Error:
            return False


@dataclass(frozen=True)
class Tuned:
    """A study of `digits.py` that nothing disturbed, and its folder as it was before. To be looked at only."""

    place: Workplace
    before: dict[str, str] = field(repr=False)
    typed: Typed = field(repr=False)

    @property
    def models(self) -> Path:
        """Folder of the saved states."""
        return self.place.study().folder.models

    @property
    def final(self) -> str:
        """Key of the final job."""
        return self.place.study().answer.final_job


@dataclass(frozen=True)
class Study:
    """What is on disk of one study."""

    folder: StudyFolder

    @cached_property
    def events(self) -> Sequence[Event]:
        with Record.open(self.folder.record, read_only=True) as record:
            return tuple(record.events())

    @cached_property
    def answer(self) -> Answer:
        with Record.open(self.folder.record, read_only=True) as record:
            answer = record.answer()
        assert answer is not None
        return answer

    @property
    def costs(self) -> Costs:
        with Record.open(self.folder.record, read_only=True) as record:
            return costs(record.events(), self.answer.horizon, record.series.reached())

    @property
    def outcomes(self) -> dict[str, Outcome]:
        return {each.outcome.job: each.outcome for each in self.events if isinstance(each, Finished)}

    def keys(self, phase: Phase) -> list[str]:
        """Keys of the jobs of a phase, as they were proposed."""
        return [each.job.key for each in self.events if isinstance(each, Proposed) and each.phase == phase]

    @property
    def told(self) -> dict[str, str]:
        """All that came of each job but for the time, the paths and the steps that were repeated."""
        return {key: repr(_told(each)) for key, each in self.outcomes.items()}

    @property
    def models(self) -> dict[str, Any]:
        """The saved states by the names of their files."""
        return {path.name: torch.load(path, weights_only=True) for path in sorted(self.folder.models.iterdir())}

    def lines(self, key: str) -> list[str]:
        """What the last attempt at a job printed."""
        logs = sorted(self.folder.logs.glob(f"{key}-*.log"), key=lambda path: int(path.stem.split("-")[-1]))
        return logs[-1].read_text().splitlines()


def _told(outcome: Outcome) -> Sequence[object]:
    failure = outcome.failure
    return (
        (outcome.ending, outcome.steps, outcome.score, outcome.first_loss, outcome.best_score, outcome.best_step),
        (outcome.losses, outcome.frozen_losses, outcome.own_rates, outcome.figures, outcome.halvings),
        failure and (failure.kind, failure.name, failure.message, failure.line),
    )


def digits() -> np.ndarray[Any, Any]:
    """The handwritten digits that come with scikit-learn, without loading it: 64 pixels and the label."""
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    table = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    return np.loadtxt(table, delimiter=",", dtype=np.uint8)


def tree(folder: Path) -> dict[str, str]:
    """Path to hash of every file below a folder, without the studies."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and HOME not in path.parts)
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def lines_until(process: "subprocess.Popen[str]", text: str, count: int = 1) -> Iterator[str]:
    """The lines of stderr up to the one that holds the text for the `count`-th time."""
    assert process.stderr is not None
    for line in process.stderr:
        yield line
        count -= text in line
        if not count:
            return
    raise AssertionError(f"the command ended without saying {text!r}")
