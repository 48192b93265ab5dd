"""Checks that the host does on a GPU what the tests hold it to on a CPU: one small script, compared bit for bit.

Path:   `ratecraft doctor --gpu` -> runs of the script for each check, hosted in a scratch folder -> checks.
Units:  bytes; seconds.

The device is an argument of the script, so that each check can be run on the processor as well.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ratecraft.laws.capacity import Capacity
from ratecraft.records.check import Check
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.outcome import RunFacts
from ratecraft.records.program import FILE, Entry
from ratecraft.records.running import Score, SeriesBlock, Unheard
from ratecraft.records.storage.series import unpack
from ratecraft.schedules.builders.constructors import linear
from ratecraft.training.checking.gpu_script import SCRIPT
from ratecraft.training.hosting.script_run import ScriptRun
from ratecraft.training.machine.devices import Device, DevicePool, in_sets, pinned
from ratecraft.training.processes.launcher import Launch
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
    """Where the script runs: a scratch folder, torch's name of the device (`cuda`, `cpu`), the devices of jobs.

    Attributes:
        launches: How the first run of a check is started, and how the later ones: a baseline, and what repeats it.
        together: How two processes are started that train together.
    """

    folder: Path
    device: str
    devices: Sequence[Device]
    environment: Mapping[str, str]
    launches: tuple[Launch, Launch]
    together: Entry
    script: str = SCRIPT

    def train(self, about: str, number: int = 1, device: Device | None = None) -> "_Trained":
        """Train for 40 steps at our rates, and score: run `number` of the check that it is about."""
        entry = self.together if about == "ranks" else FILE
        device = device or next(iter(in_sets(self.devices, entry.processes)), None)
        home = self.folder / f"{about}-{number}"
        study, heard = home / ".study", _Heard(Job(stop=STEPS))
        study.mkdir(parents=True)
        (home / "train.py").write_text(self.script, encoding="utf-8")
        start = Start("train.py", (self.device, about), str(home), first_writes=str(study), entry=entry)
        run = (ScriptRun if entry is FILE else group_run)(
            replace(start, model=str(study / "models" / "job")),
            pinned({**self.environment, **entry.variables, "PYTHONHASHSEED": "0"}, device),
            study / "log",
            heard,
            start_timeout=_LONGEST,
            launch=self.launches[min(number, 1)],
        )
        watchdog = threading.Timer(_LONGEST, run.close)
        watchdog.start()
        try:
            passage = run.advance({"rate": _RATES}, STEPS, StopRule())
            score = run.evaluate(_SCORED) if passage.failure is None else Score(None, failure=passage.failure)
            facts, _ = run.facts()
        finally:
            watchdog.cancel()
            run.close()
        failure = score.failure
        lines = (study / "log").read_text(encoding="utf-8", errors="replace").splitlines()
        return _Trained(
            (*heard.losses, score.value), facts, lines, f"{failure.name}: {failure.message}" if failure else ""
        )


def gpu_checks(bench: Bench) -> Iterator[Check]:
    """All checks, one after the other, each with the seconds that it took."""
    for check in (replay, scaler, tensor_rates, memory_rule, placement, ranks):
        begun = time.monotonic()
        done = check(bench)
        yield replace(done, values={**done.values, "seconds": round(time.monotonic() - begun, 1)})


def replay(bench: Bench) -> Check:
    """Whether a job repeats a baseline: the same losses and the same figure, bit for bit."""
    return _repeated("replay", "replay-differs", [bench.train("replay", number) for number in (0, 1)])


def scaler(bench: Bench) -> Check:
    """Whether steps skipped by a gradient scaler do not count, and the others are repeated bit for bit."""
    runs = [bench.train("scaler", number) for number in (0, 1)]
    updates, skipped = map(int, runs[0].told("updates") or (STEPS, 1))
    fault = "" if updates == STEPS and skipped else "scaler-miscounted"
    return _repeated("scaler", "scaler-differs", runs, fault, updates=updates, skipped=skipped)


def tensor_rates(bench: Bench) -> Check:
    """Whether a rate that is a tensor on the device is led in place, and put back after the step."""
    run = bench.train("tensor-rates")
    moves = [line.split()[1:] for line in run.lines if line.startswith("moved ")][:STEPS]
    off = max((abs(float(moved) / _RATES.at(step) - 1) for step, (moved, _) in enumerate(moves)), default=1.0)
    kept = all(put_back == "True" for _, put_back in moves)
    fault = "" if off <= _EXACT and kept else "tensor-rates-wrong"
    return _judged("tensor-rates", [run], fault, off=off, kept=kept)


def memory_rule(bench: Bench) -> Check:
    """Whether as many jobs as the rule lets side by side fit on a device, with what CUDA itself takes for each."""
    run = bench.train("memory-rule")
    held, beside = map(int, run.told("sees")[:2] or (0, 0))
    counted = run.facts.device_memory if bench.device == "cuda" else run.facts.peak_memory
    total = min((device.memory for device in bench.devices), default=0)
    jobs = Capacity(devices=(total,) if total else ()).jobs_that_fit(_JOBS, 0, counted)
    sizes = {"asked": held, "counted": counted, "beside": beside, "total": total}
    told = {"jobs": jobs, **{name: size / (1 << 20) for name, size in sizes.items()}}
    check = _judged("memory-rule", [run], "memory-unseen" if counted < held else "", **told)
    is_tight = check.state == "ok" and total and jobs * (counted + beside) > total
    return replace(check, code="memory-rule-tight", state="limited") if is_tight else check


def placement(bench: Bench) -> Check:
    """Whether jobs at a time are on different devices, each on the one that it was given and on no other."""
    pool = DevicePool(bench.devices)
    given = [device for _ in bench.devices if (device := pool.take()) is not None]
    if not given:
        return Check("placement-unknown", "placement", "limited")
    runs = [bench.train("placement", number, device) for number, device in enumerate(given, 1)]
    names, seen = [device.name for device in given], [run.told("sees")[2:] for run in runs]
    is_right = len(set(names)) == len(names) and all(
        _is_that(name, *told) for name, told in zip(names, seen, strict=True)
    )
    told = {"count": len(names), "given": ", ".join(names), "seen": ", ".join(map(" ".join, seen))}
    return _judged("placement", runs, "" if is_right else "placement-wrong", **told)


def ranks(bench: Bench) -> Check:
    """Whether two processes on two devices train as one run, and repeat it bit for bit; NCCL on a GPU, else gloo."""
    if bench.device == "cuda" and len(bench.devices) < 2:
        return Check("ranks-one-gpu", "ranks", "limited")
    runs = [bench.train("ranks", number) for number in (0, 1)]
    return _repeated("ranks", "ranks-differs", runs, backend=" ".join(runs[0].told("backend")))


@dataclass(frozen=True)
class _Trained:
    """What came of a run: its losses and then its score, and why it failed, if it did."""

    figures: tuple[float | None, ...]
    facts: RunFacts
    lines: Sequence[str]
    reason: str

    def told(self, word: str) -> list[str]:
        """What follows a word at the beginning of the last line that has it."""
        lines = [line.split()[1:] for line in self.lines if line.startswith(f"{word} ")]
        return lines[-1] if lines else []


@dataclass(frozen=True)
class _Heard(Unheard):
    losses: list[float] = field(default_factory=list[float])

    def block(self, block: SeriesBlock) -> None:
        """Keep the losses."""
        self.losses.extend(unpack(block.values) if block.name == "loss" else ())


def _repeated(part: str, differs: str, runs: Sequence[_Trained], fault: str = "", **values: object) -> Check:
    """The check of two runs that must do the same, bit for bit; where they don't, the first step that differs."""
    pairs = enumerate(zip(*(run.figures for run in runs), strict=False))
    step = next((step for step, (one, other) in pairs if one != other), None)
    fault = fault or ("" if step is None else differs)
    return _judged(part, runs, fault, steps=STEPS, step=step, **values)


def _judged(part: str, runs: Sequence[_Trained], fault: str, **values: object) -> Check:
    """The check of its runs: good without a fault; else what is wrong, with the last lines that they printed."""
    for run in runs:
        if run.reason or run.figures[-1] is None or len(run.figures) != STEPS + 1:
            runs, fault, values = [run], "gpu-run-failed", {"reason": run.reason.strip(": ") or "val_loss"}
            break
    if not fault:
        return Check(part, part, values=values)
    lines = [list(run.lines[-_LAST_LINES:]) for run in runs]
    return Check(fault, part, "missing", {**values, "lines": lines}, essential=True)


def _is_that(name: str, variable: str = "", count: str = "1", identifier: str = "") -> bool:
    """Whether a process saw one device, which is the one of that name; a number names none by itself."""
    is_named = not identifier or name.isdecimal() or name.removeprefix("GPU-") == identifier.removeprefix("GPU-")
    return variable == name and count == "1" and is_named
