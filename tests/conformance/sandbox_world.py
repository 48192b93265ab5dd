"""A stranger's folders, and runs of scripts in them by either sandbox."""

import hashlib
import shutil
import textwrap
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.conformance.run_suite import END, Heard
from tests.training.hosted_scripts import environment, forked, written
from tests.training.sandboxes import Way, sandbox

from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Note
from ratecraft.records.running import Run
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.builders.constructors import constant
from ratecraft.training.launching.starting import ScriptStarter
from ratecraft.training.sandbox.place import Sandbox

HEAD = """
import os, sys, json, shutil, sqlite3, subprocess
from pathlib import Path
import numpy as np
import torch

"""
LOOP = """
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(12):
    loss = model(torch.ones(8, 4)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    {each}
print("val_loss", loss.item())
{after}
"""
RATE = {"rate": constant(0.02)}
NATURAL = Evaluate("natural", "val_loss")
WHOLE = Job(schedules=RATE, evaluate=NATURAL)
FINAL = Job(schedules=RATE, start=4, stop=12, parent="trunk", evaluate=NATURAL, in_place=True)
BASELINE = Job(evaluate=NATURAL)


def code(before: str = "", each: str = "pass", after: str = "") -> str:
    return HEAD + textwrap.dedent(before) + LOOP.format(each=textwrap.dedent(each), after=textwrap.dedent(after))


def state(*folders: Path) -> dict[str, str]:
    """Every path but those of the studies: what a link leads to, a folder, or a hash of a file's bytes."""
    found: dict[str, str] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if ".ratecraft" not in path.parts:
                is_link = path.is_symlink()
                kind = f"-> {path.readlink()}" if is_link else "/" if path.is_dir() else path.read_bytes().hex()
                found[str(path.relative_to(folder.parent))] = hashlib.sha256(kind.encode()).hexdigest()
    return found


@dataclass
class World:
    """A user's folders, and the runs of one study in them.

    Attributes:
        top: Holds all of it.
        home: The working folder.
        sandbox: Makes places for runs.
        user_home: What `~` is.
    """

    top: Path
    home: Path
    user_home: Path
    environment: dict[str, str]
    sandbox: Sandbox
    attempts: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def study(self) -> StudyFolder:
        return StudyFolder(self.home / ".ratecraft" / "study")

    def starter(self, *, branches: bool = False) -> ScriptStarter:
        return ScriptStarter(
            "train.py",
            (),
            self.home,
            self.study,
            environment=self.environment,
            start_timeout=600.0,
            launch=forked,
            launch_whole=forked,
            branches=branches,
            sandbox=self.sandbox,
        )

    def run(self, text: str, job: Job = WHOLE) -> tuple[list[str], tuple[Note, ...]]:
        """Run a script to its end as a job that is only tried; what it printed, and what was told of it."""
        written(self.home / "train.py", text)
        number = next(self.attempts)
        run = self.starter()(job, number, Heard())
        passage = run.advance(job.schedules, None, END)
        printed = (self.study.logs / f"{job.key}-{number}.log").read_text().splitlines()
        assert passage.ending is Ending.DONE, (passage.failure, printed)
        run.evaluate(NATURAL)
        notes = run.facts()[1]
        run.close()
        printed = (self.study.logs / f"{job.key}-{number}.log").read_text().splitlines()
        return [line for line in printed if not line.startswith("val_loss")], notes

    def finish(self, text: str) -> None:
        """Run a script as a final run that leaves a waiting one after four steps, and comes home."""
        written(self.home / "train.py", text)
        root = self.root()
        branch = root.branch(Heard(job=FINAL))
        assert branch.advance(RATE, None, END).ending is Ending.DONE
        branch.evaluate(NATURAL)
        branch.close()
        root.close()

    def restore(self) -> None:
        """Make the folders what they were."""
        lay_out(self.top)

    def root(self, steps: int = 4) -> Run:
        root = self.starter(branches=True)(Job(stop=0), next(self.attempts), Heard())
        assert root.advance(RATE, steps, END).ending is Ending.DONE
        return root


def lay_out(top: Path) -> None:
    """A user's folders, whatever was there."""
    for entry in top.iterdir():
        shutil.rmtree(entry)
    home, user_home = top / "me" / "projects" / "mnist", top / "me"
    for name in ("out/last.txt", "out/deep/best.txt", "log.csv", "data.bin"):
        written(home / name, f"{name} of before\n")
    written(top / "me" / "projects" / "data" / "train.csv", "beside\n")
    written(top / "sets" / "x" / "set.csv", "above\n")
    written(user_home / ".config" / "tool" / "settings", "settings\n")
    (home / "latest").symlink_to("out/last.txt")
    (home / "sets").symlink_to(top / "sets")


@contextmanager
def world_at(top: Path, way: Way) -> Generator[World]:
    lay_out(top)
    home, user_home = top / "me" / "projects" / "mnist", top / "me"
    given = environment(HOME=str(user_home))
    with sandbox(way, home, StudyFolder(home / ".ratecraft" / "study"), given) as place:
        yield World(top, home, user_home, given, place)
