"""Runs scripts under the host, and without it, in processes forked from a nursery that has loaded torch once."""

import atexit
import os
import tempfile
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

from tests.conformance.run_suite import Heard

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Note, RunFacts
from ratecraft.records.running import Passage, Score
from ratecraft.schedules.builders.constructors import constant
from ratecraft.schedules.sets import ScheduleSet, set_of
from ratecraft.schedules.trees.nodes import Schedule
from ratecraft.training.hosting.script_run import ScriptRun
from ratecraft.training.processes.launcher import Launcher, Process
from ratecraft.training.processes.wire import Start

SOURCE = Path(__file__).parents[2] / "src"
HEAD = """
import hashlib, random, sys
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

def digest(*modules):
    tensors = [each for module in modules for each in module.state_dict().values()]
    return hashlib.sha256(b"".join(each.numpy().tobytes() for each in tensors)).hexdigest()[:16]

def data(samples=40):
    x = torch.randn(samples, 4, generator=torch.Generator().manual_seed(7))
    return TensorDataset(x, x.sum(1, keepdim=True).sin())

@torch.no_grad()
def evaluate(model):
    model.eval()
    x, y = data(16).tensors
    loss = F.mse_loss(model(x), y).item()
    model.train()
    return loss
"""
"""What the scripts of several tests begin with."""

END = StopRule()
NATURAL = Evaluate("natural", "val_loss")
FIGURE = Evaluate("figure", "val_loss", steps=200)


def environment(**more: str) -> dict[str, str]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
    own = {"PYTHONPATH": str(SOURCE), "PYTHONHASHSEED": "0", **threads}
    # Of pytest's it has nothing: a name that changes with every test would be a fork server for every test.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COLUMNS", "LINES"))}
    return {**kept, **own, **more}


@cache
def nursery(*modules: str) -> Launcher:
    """The fork server of these tests that has loaded these modules too."""
    launcher = Launcher([str(Path(__file__).with_name("nursery.py")), *modules])
    atexit.register(launcher.close)
    return launcher


def forked(directory: str, variables: Mapping[str, str], output: BinaryIO, pipe: int, /) -> Process:
    """A worker out of the nursery (a `launching.Launch`)."""
    return nursery()(directory, variables, output, pipe)


def written(path: Path, text: str) -> Path:
    """A script with this text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def hosted(script: Path, heard: Heard, *arguments: str, launch: Any = forked, **how: Any) -> ScriptRun:
    """A run of a script in its own folder."""
    folder = script.parent
    timeout = how.pop("start_timeout", 600.0)
    start = Start(
        how.pop("name", script.name),
        arguments,
        str(folder),
        first_writes=str(folder / ".study" / "first-writes"),
        model=str(folder / ".study" / "models" / "job"),
        **how,
    )
    logs = folder / ".study" / "logs"
    log = logs / f"{len(list(logs.glob('*'))):03}"
    return ScriptRun(start, environment(), log, heard, start_timeout=timeout, launch=launch)


def last_log(script: Path) -> Path:
    """What the last run in the script's folder printed."""
    return max((script.parent / ".study" / "logs").glob("*"))


@dataclass(frozen=True)
class Hosted:
    """What came of a hosted run."""

    log: Path
    passage: Passage
    score: Score | None
    facts: RunFacts
    notes: tuple[Note, ...]
    heard: Heard

    @property
    def printed(self) -> list[str]:
        return self.log.read_text().splitlines()

    @property
    def losses(self) -> list[float]:
        return self.heard.series("loss")

    @property
    def figures(self) -> list[tuple[int, float]]:
        return [(figure.step, figure.value) for figure in self.heard.figures]


def run(
    script: Path,
    *arguments: str,
    to: int | None = None,
    rate: float | Schedule | ScheduleSet | None = None,
    how: Evaluate | None = None,
    rule: StopRule = END,
    treatment: str = "",
    **start: Any,
) -> Hosted:
    """Advance a script once, have it scored where `how` says so and it went well, and close it."""
    heard = Heard()
    hosting = hosted(script, heard, *arguments, **start)
    try:
        passage = hosting.advance(schedules(rate), to, rule, treatment=treatment)
        score = hosting.evaluate(how) if how is not None and passage.failure is None else None
        facts, notes = hosting.facts()
    finally:
        hosting.close()
    return Hosted(last_log(script), passage, score, facts, notes, heard)


def schedules(rate: float | Schedule | ScheduleSet | None) -> dict[str, Schedule]:
    if rate is None:
        return {}
    return dict(set_of(constant(rate) if isinstance(rate, float | int) else rate))


def bare(script: Path, *arguments: str, seed: int = 0, launcher: Launcher | None = None, **variables: str) -> list[str]:
    """The lines that a script prints without ratecraft, seeded alike."""
    descriptor, name = tempfile.mkstemp()
    os.close(descriptor)
    output = Path(name)
    request = {"script": str(script), "arguments": arguments, "seed": seed}
    with output.open("wb") as stream:
        more = {"directory": str(script.parent), "environment": environment(**variables)}
        process = (launcher or nursery()).fork({**request, **more}, environment(), stream)
    assert process is not None
    text = f"{process.wait()}\n{output.read_text()}"
    output.unlink()
    code, *lines = text.splitlines()
    assert code == "0", text
    return lines
