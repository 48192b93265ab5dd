"""Checks that the host does on a GPU what the tests hold it to on a CPU: small scripts, compared bit for bit.

Path:   `ratecraft doctor --gpu` -> a script for each check, hosted in a scratch folder -> checks.
Units:  bytes; seconds.

The device is an argument of every script, so that each check can be run on the processor as well.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ratecraft.laws.capacity import Capacity
from ratecraft.records.check import Check
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.outcome import Failure, Figure
from ratecraft.records.program import Entry
from ratecraft.records.running import SeriesBlock
from ratecraft.records.storage.series import unpack
from ratecraft.schedules.builders.constructors import linear
from ratecraft.training.checking.gpu_scripts import PLACEMENT, RANKS, REPLAY, SCALER, TENSOR_RATES, USES_MEMORY
from ratecraft.training.hosting.script_run import ScriptRun
from ratecraft.training.machine.devices import Device, DevicePool, in_sets, pinned
from ratecraft.training.processes.launcher import Launch, fresh_python
from ratecraft.training.processes.wire import Start
from ratecraft.training.ranks.starting import group_run

STEPS = 40
_RATES = linear(0.02, 0.005, STEPS)
_SCORED = Evaluate("figure", "val_loss", lead="steps", steps=60)
_LONGEST = 300.0  # a collective that never comes back would hold the whole check
_JOBS = 8  # as many as one would ask for on one GPU
_EXACT = 1e-3  # of a rate, as a step in float32 shows it
_LAST_LINES = 15


@dataclass(frozen=True)
class Bench:
    """Where the scripts run.

    Attributes:
        folder: A scratch folder.
        device: torch's name of the device, without a number: `cuda`, `cpu`.
        devices: The devices that jobs may be given.
        environment: The user's.
        launch: How workers are started.
        launch_whole: How a baseline is, whose steps the workers must repeat.
        variables: What a launcher tells each of two processes.
    """

    folder: Path
    device: str
    devices: Sequence[Device]
    environment: Mapping[str, str]
    launch: Launch
    launch_whole: Launch = fresh_python
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    def train(self, name: str, script: str, *, device: Device | None = None, whole: bool = False) -> "_Trained":
        """Train a script for 40 steps at our rates and have it scored.

        Args:
            name: Name of its folder, unique.
            script: Text of the script.
            device: The one that it is given; None for the first.
            whole: It is started as a baseline is.
        """
        return self._trained(name, script, 1, device or next(iter(self.devices), None), whole=whole)

    def train_ranks(self, name: str, script: str) -> "_Trained":
        """The same in two processes, on a set of devices of theirs."""
        return self._trained(name, script, 2, next(iter(in_sets(self.devices, 2)), None))

    def _trained(
        self, name: str, script: str, processes: int, device: Device | None, *, whole: bool = False
    ) -> "_Trained":
        home = self.folder / name
        home.mkdir(parents=True)
        (home / "train.py").write_text(script, encoding="utf-8")
        study, heard, log = home / ".study", _Heard(), home / ".study" / "log"
        start = Start(
            "train.py", (self.device,), str(home), first_writes=str(study), model=str(study / "models" / "job")
        )
        environment = pinned({**self.environment, "PYTHONHASHSEED": "0"}, device)
        launch = self.launch_whole if whole else self.launch
        if processes == 1:
            run = ScriptRun(start, environment, log, heard, start_timeout=_LONGEST, launch=launch)
        else:
            entry = Entry(processes=processes, variables=self.variables)
            given, told = replace(start, entry=entry), {**environment, **self.variables}
            run = group_run(given, told, log, heard, start_timeout=_LONGEST, launch=launch)
        watchdog = threading.Timer(_LONGEST, run.close)
        watchdog.start()
        try:
            passage = run.advance({"rate": _RATES}, STEPS, StopRule())
            score = run.evaluate(_SCORED) if passage.failure is None else None
            facts, _ = run.facts()
        finally:
            watchdog.cancel()
            run.close()
        lines = tuple(log.read_text(encoding="utf-8", errors="replace").splitlines())
        failure = passage.failure or (score and score.failure)
        value = None if score is None else score.value
        return _Trained(tuple(heard.losses), value, facts.peak_memory, facts.device_memory, lines, failure)


def gpu_checks(bench: Bench) -> Iterator[Check]:
    """All of it, one after the other, each with the seconds that it took."""
    for check in (replay, scaler, tensor_rates, memory_rule, placement, ranks):
        yield _timed(check, bench)


def replay(bench: Bench, script: str = REPLAY) -> Check:
    """Whether a worker repeats a baseline: the same losses and the same figure, bit for bit."""
    runs = [bench.train("replay-whole", script, whole=True), bench.train("replay", script)]
    return _failed("replay", runs) or _same("replay", "replay-differs", runs)


def scaler(bench: Bench, script: str = SCALER) -> Check:
    """Check that steps skipped by a gradient scaler do not count, and that the others are repeated bit for bit."""
    runs = [bench.train(f"scaler-{number}", script) for number in (0, 1)]
    if failed := _failed("scaler", runs):
        return failed
    updates, skipped = map(int, runs[0].told("updates"))
    if updates != STEPS or not skipped:
        return _wrong("scaler-miscounted", "scaler", runs, steps=STEPS, updates=updates, skipped=skipped)
    return _same("scaler", "scaler-differs", runs, skipped=skipped)


def tensor_rates(bench: Bench, script: str = TENSOR_RATES) -> Check:
    """Whether a rate that is a tensor on the device is led in place, and put back after the step."""
    run = bench.train("tensor-rates", script)
    if failed := _failed("tensor-rates", [run]):
        return failed
    moves = [line.split()[1:] for line in run.lines if line.startswith("moved ")][:STEPS]
    wanted = [_RATES.at(step) for step in range(STEPS)]
    off = max(abs(float(moved) / rate - 1) for (moved, _), rate in zip(moves, wanted, strict=True))
    kept = all(put_back == "True" for _, put_back in moves)
    if off > _EXACT or not kept:
        return _wrong("tensor-rates-wrong", "tensor-rates", [run], off=off, kept=kept)
    return Check("tensor-rates", "tensor-rates", values={"off": off})


def memory_rule(bench: Bench, script: str = USES_MEMORY) -> Check:
    """Whether as many jobs as the rule lets side by side fit on a device, with what CUDA itself takes for each."""
    run = bench.train("memory", script)
    if failed := _failed("memory-rule", [run]):
        return failed
    asked, beside = map(int, run.told("memory"))
    counted = run.device_memory if bench.device == "cuda" else run.peak_memory
    total = min((device.memory for device in bench.devices), default=0)
    jobs = Capacity(devices=(total,) if total else ()).jobs_that_fit(_JOBS, 0, counted)
    values = {"counted": counted / (1 << 20), "beside": beside / (1 << 20), "total": total / (1 << 20), "jobs": jobs}
    if counted < asked:
        return _wrong("memory-unseen", "memory-rule", [run], asked=asked / (1 << 20), **values)
    too_many = total and jobs * (counted + beside) > total
    return (
        Check("memory-rule-tight", "memory-rule", "limited", values)
        if too_many
        else Check("memory-rule", "memory-rule", values=values)
    )


def placement(bench: Bench, script: str = PLACEMENT) -> Check:
    """Whether jobs at a time are on different devices, each on the one that it was given and on no other."""
    pool = DevicePool(bench.devices)
    given = [device for _ in bench.devices if (device := pool.take()) is not None]
    runs = [bench.train(f"placement-{number}", script, device=device) for number, device in enumerate(given)]
    if failed := _failed("placement", runs):
        return failed
    seen = [run.told("sees") for run in runs]
    named = [device.name for device in given]
    right = all(_is_that(name, *told) for name, told in zip(named, seen, strict=True)) and len(set(named)) == len(named)
    values = {"count": len(named), "given": ", ".join(named), "seen": ", ".join(" ".join(told) for told in seen)}
    return (
        Check("placement", "placement", values=values)
        if right
        else _wrong("placement-wrong", "placement", runs, **values)
    )


def ranks(bench: Bench, script: str = RANKS) -> Check:
    """Whether two processes on two devices train as one run, and repeat it bit for bit; NCCL on a GPU, else gloo."""
    if bench.device == "cuda" and len(bench.devices) < 2:
        return Check("ranks-one-gpu", "ranks", "limited")
    runs = [bench.train_ranks(f"ranks-{number}", script) for number in (0, 1)]
    return _failed("ranks", runs) or _same("ranks", "ranks-differs", runs, backend=runs[0].told("backend")[0])


@dataclass(frozen=True)
class _Trained:
    """What came of a script."""

    losses: tuple[float, ...]
    score: float | None
    peak_memory: int
    device_memory: int
    lines: tuple[str, ...]
    failure: Failure | None

    def told(self, word: str) -> list[str]:
        """What follows a word at the beginning of the last line that has it."""
        return next(line.split()[1:] for line in reversed(self.lines) if line.startswith(f"{word} "))


class _Heard:
    """A listener that keeps the losses."""

    def __init__(self) -> None:
        self.losses, self.job = list[float](), Job(stop=STEPS)

    def block(self, block: SeriesBlock) -> None:
        """Values of a series."""
        if block.name == "loss":
            self.losses += unpack(block.values)

    def figure(self, figure: Figure) -> None:
        """Not kept: the score is asked for."""

    def line(self, text: str) -> None:
        """Not kept: the log has it."""


def _timed(check: Callable[[Bench], Check], bench: Bench) -> Check:
    begun = time.monotonic()
    done = check(bench)
    return replace(done, values={**done.values, "seconds": round(time.monotonic() - begun, 1)})


def _same(part: str, differs: str, runs: Sequence[_Trained], **values: object) -> Check:
    """The check of two runs that did the same, bit for bit; else that of this code."""
    one, other = runs
    if (one.losses, one.score) == (other.losses, other.score) and len(one.losses) == STEPS:
        return Check(part, part, values={"steps": STEPS, **values})
    pairs = zip((*one.losses, one.score), (*other.losses, other.score), strict=False)
    at = next(step for step, pair in enumerate((*pairs, (0, 1))) if pair[0] != pair[1])
    return _wrong(differs, part, runs, step=at)


def _failed(part: str, runs: Sequence[_Trained]) -> Check | None:
    """The first run that came to no figure, as a check."""
    for run in runs:
        if run.failure is not None or run.score is None:
            why = f"{run.failure.name}: {run.failure.message}" if run.failure is not None else "val_loss"
            return _wrong("gpu-run-failed", part, [run], reason=why.strip(": "))
    return None


def _wrong(code: str, part: str, runs: Sequence[_Trained], **values: object) -> Check:
    """A check that failed, with the last lines that its scripts printed."""
    lines = [list(run.lines[-_LAST_LINES:]) for run in runs]
    return Check(code, part, "missing", {**values, "lines": lines}, essential=True)


def _is_that(name: str, variable: str, count: str = "1", identifier: str = "") -> bool:
    """Whether a process saw one device, which is the one of that name; a number names none by itself."""
    is_named = not identifier or name.isdecimal() or name.removeprefix("GPU-") == identifier.removeprefix("GPU-")
    return variable == name and count == "1" and is_named
