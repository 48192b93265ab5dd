"""Today's tuner on the frozen tasks: whole studies by replay, judged against the whole grid. A minute, or less.

    python benchmarks/tuning/studies.py                       # design and check: the figures, and what went wrong
    python benchmarks/tuning/studies.py --by-task             # and a line a task
    python benchmarks/tuning/studies.py --offs 0 --modes fork # quicker: only the rates that the scripts write
    python benchmarks/tuning/studies.py --parts unseen        # counts as a look: it is written down in looks.jsonl

Path:   frozen/TASK.json.gz -> a study for each seed and own rate -> `Judged` -> tables.
Units:  octaves are log2(rate / the script's true rate); cost is runs (steps / horizon).

A script is also taken as if its own rate stood some octaves from where it does (`OFFS`): the tuner has to find the way
from there, and its probes fall on other rates.
"""

import argparse
import gzip
import json
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from frozen import is_complete, load
from grid_truth import Truth
from lines import read
from looks import looked
from replay import Followed, World, follow, warm_up_of, world_of
from scoring import failed, regret_of
from suite import TASKS, Part, Task
from tuner_figures import Judged, cell, is_beaten, kinds_of

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.answer import Answer
from ratecraft.records.storage.codec import from_plain, to_plain

__all__ = ["MODES", "OFFS", "judged", "play", "whole"]

OFFS = (0.0, -4.0, -1.5, 2.5)
"""Octaves by which a script's own rate is taken to be off; halves of an octave have probes fall between those of 0."""

MODES: Mapping[str, TunerSettings] = {
    "fork": TunerSettings.usual("fork"),
    "replay": TunerSettings.usual("replay"),
    "cheap": TunerSettings.usual("fork", mode="cheap"),
    "thorough": TunerSettings.usual("fork", budget=3),
}
"""Each way of tuning that is held against the others."""

_HARDLY = 0.05
"""Seed standard deviations by which a regret hardly changed."""
MAIN = ("regret, %", "regret, sd", "p95, sd", "failures", "wrong verdicts", "answers", "misses")
COST = ("runs", "p95 runs", "total", "p95 total")
WRONG = ("wrong: keep", "wrong: gain", "wrong: model", "abstains, nothing to learn")
SURE = ("sure", "failures, sure", "failures, not sure", "wrong, sure")
INTERVAL = (
    "interval given",
    "interval as good as the rate",
    "interval holds best",
    "interval really good",
    "interval width",
)
AHEAD = ("forecast given", "forecast holds", "forecast width", "forecast error, %", "away, octaves")


@dataclass(frozen=True)
class _Final:
    """The final run of a study: its octave, warm-up and length."""

    octave: float
    warm_up: int
    stop: int


def whole(parts: Iterable[Part]) -> tuple[Task, ...]:
    """The tasks of these parts that are frozen whole, their baseline included."""
    wanted = tuple(parts)
    return tuple(task for task in TASKS if task.part in wanted and is_complete(task.name) and _has_baseline(task))


def _has_baseline(task: Task) -> bool:
    return any(load(task.name).octaves(name, 0) for name in ("own", "constant"))


def play(task: Task, modes: Sequence[str] = ("fork",), offs: Sequence[float] = OFFS) -> list[tuple[str, Judged]]:
    """Every study of a task: modes × own rates × seeds."""
    frozen = load(task.name)
    truth = Truth(frozen)
    return [
        (mode, judged(task, truth, world, follow(world, MODES[mode])))
        for mode in modes
        for off in offs
        for world in (world_of(task, frozen, seed, off) for seed in frozen.seeds)
    ]


def judged(task: Task, truth: Truth, world: World, followed: Followed) -> Judged:
    """Hold a study against the whole grid."""
    answer, sd, seed = followed.answer, truth.reference.sd, world.seed
    baseline = _loss(world.baseline_loss)
    abstains = answer is None or answer.verdict == "no-information"
    tuned = answer.tuned.final if answer and answer.tuned else None
    keeps = "baseline" if answer is None else answer.stands_by
    loss = baseline if keeps == "baseline" else _loss(tuned)
    control = truth.control(seed, world.off)
    final = _final_of(answer, followed, world)
    return Judged(
        task=task.name,
        seed=seed,
        off=world.off,
        learns=task.learns,
        verdict=answer.verdict if answer else "refused",
        regret=regret_of(loss, seed, truth.reference),
        runs=followed.runs,
        total=followed.total,
        is_miss=abstains and is_beaten(baseline, control, sd),
        wrongs=()
        if answer is None
        else kinds_of(
            answer.verdict,
            keeps=keeps,
            baseline=baseline,
            tuned=tuned,
            control=control,
            others=None if final is None else (_with_others(truth, seed, final), world.baseline_of_others),
            sd=sd,
        ),
        why=followed.refusal,
        **_sureness(truth, world, answer, final),
    )


def _sureness(truth: Truth, world: World, answer: Answer | None, final: _Final | None) -> dict[str, Any]:
    """How sure the answer said that it was, held against what is true."""
    found: dict[str, Any] = {}
    if answer is None or final is None:
        return found
    found["is_sure"] = answer.is_sure
    best = truth.best_octave(final.warm_up)
    found["away"] = best - final.octave
    if answer.interval:
        low, high = map(world.octave, answer.interval)
        found |= {"holds_best": low <= best <= high, "width": high - low}
        found["good_share"] = truth.good_share(low, high, final.warm_up)
        found["even_share"] = truth.good_share(low, high, final.warm_up, final.octave)
    if answer.foreseen and answer.tuned and answer.tuned.final is not None:
        said, came = answer.foreseen.final, answer.tuned.final
        found |= {"forecast_held": said.low <= came <= said.high, "forecast_width": math.log2(said.high / said.low)}
        found["missed_by"] = math.log(came / said.middle)
    return found


def _final_of(answer: Answer | None, followed: Followed, world: World) -> _Final | None:
    """The final run that was kept; None where none was made."""
    job = followed.jobs.get(answer.final_job) if answer else None
    if job is None:
        return None
    steps = world.task.steps
    stop = steps if job.stop is None else job.stop
    rates = job.schedules["rate"].curve(stop)
    return _Final(world.octave(float(max(rates[job.start :]))), warm_up_of(job, steps), stop)


def _with_others(truth: Truth, seed: int, final: _Final) -> float:
    return truth.others(seed, final.octave, final.warm_up, final.stop)


def _loss(value: float | None) -> float:
    return math.inf if value is None else value


def table(rows: Mapping[str, Sequence[Judged]], names: Sequence[str]) -> Iterator[str]:
    """The lines of a table: a row a name."""
    yield f"| | studies | {' | '.join(names)} |"
    yield f"|---|---|{'---|' * len(names)}"
    for title, studies in rows.items():
        yield f"| {title} | {len(studies)} | {' | '.join(cell(name, studies) for name in names)} |"


def went_wrong(studies: Iterable[Judged]) -> Iterator[str]:
    """The studies that failed, whose verdict is wrong, or that abstained: what to look into."""
    for each in studies:
        kinds = [*each.wrongs, *(["failure"] if failed(each.regret) else []), *(["miss"] if each.is_miss else [])]
        kinds += [each.why or "no information"] if each.abstains and not each.is_miss else []
        if kinds:
            where = "" if each.away is None else f", {-each.away:+.1f} octaves from the best"
            regret = f"{100 * each.regret.share:+.1f} %, {each.regret.in_sd:+.1f} sd"
            whose = f"{each.task} seed {each.seed} rate {each.off:+g}"
            yield f"{whose}: {each.verdict}{where}: {regret}: {', '.join(kinds)}"


def changes(before: Iterable[Judged], after: Iterable[Judged]) -> Iterator[str]:
    """What a change did, task by task: studies that both have are paired."""
    known = {(each.task, each.seed, each.off): each for each in before}
    pairs = [(known[key], each) for each in after if (key := (each.task, each.seed, each.off)) in known]
    yield "| task | studies | regret, sd: median change | better | worse | failures | wrong | abstain | runs |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for task in ["", *dict.fromkeys(each.task for _, each in pairs)]:
        own = [(old, new) for old, new in pairs if task in ("", new.task)]
        moved = [_moved(old.regret.in_sd, new.regret.in_sd) for old, new in own]
        cells = [task or "**all**", str(len(own)), f"{statistics.median(moved):+.2f}"]
        cells += [str(sum(each < -_HARDLY for each in moved)), str(sum(each > _HARDLY for each in moved))]
        for count in (lambda each: failed(each.regret), lambda each: bool(each.wrongs), lambda each: each.abstains):
            cells.append(" → ".join(str(sum(map(count, each))) for each in zip(*own, strict=True)))
        cells.append(f"{statistics.fmean(new.runs - old.runs for old, new in own):+.2f}")
        yield f"| {' | '.join(cells)} |"


def _moved(before: float, after: float) -> float:
    """By how much a regret changed; 0 where both are infinite."""
    return 0.0 if before == after else after - before


def save(path: Path, studies: Iterable[tuple[str, Judged]]) -> None:
    """Keep studies, a line each; packed by gzip where the name says so."""
    lines = [json.dumps({"mode": mode, "study": to_plain(each)}) + "\n" for mode, each in studies]
    path.parent.mkdir(parents=True, exist_ok=True)
    data = "".join(lines).encode()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def kept(path: Path, mode: str) -> list[Judged]:
    """The studies of a mode that were saved."""
    return [from_plain(Judged, each["study"]) for each in read(path) if each["mode"] == mode]


def main() -> None:
    """Play every whole task of some parts, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=("design", "check", "unseen"), default=("design", "check"))
    parser.add_argument("--tasks", nargs="+", metavar="TASK", help="only these")
    parser.add_argument("--modes", nargs="+", choices=tuple(MODES), default=("fork", "replay"))
    parser.add_argument("--offs", nargs="+", type=float, default=OFFS, metavar="OCTAVES")
    parser.add_argument("--by-task", action="store_true")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the studies, a line each (.gz: packed)")
    parser.add_argument("--against", type=Path, metavar="FILE", help="say what changed since those were kept")
    arguments = parser.parse_args()
    tasks = [task for task in whole(arguments.parts) if not arguments.tasks or task.name in arguments.tasks]
    if any(task.part == "unseen" for task in tasks):
        looked("studies.py", [task.name for task in tasks if task.part == "unseen"])
    with ProcessPoolExecutor(arguments.workers) as pool:
        found = [*pool.map(partial(play, modes=arguments.modes, offs=arguments.offs), tasks)]
    every = [each for played in found for each in played]
    print(f"{len(tasks)} whole tasks of {', '.join(arguments.parts)}: {', '.join(task.name for task in tasks)}\n")
    by_mode = {mode: [study for way, study in every if way == mode] for mode in arguments.modes}
    first = by_mode[arguments.modes[0]]
    if arguments.save:
        save(arguments.save, every)
    for names in (MAIN, COST + WRONG, SURE, INTERVAL, AHEAD):
        print("\n".join(table(by_mode, names)), end="\n\n")
    by_off = {f"own rate {off:+g} octaves": [each for each in first if each.off == off] for off in arguments.offs}
    print("\n".join(table(by_off, MAIN)), end="\n\n")
    if arguments.by_task:
        by_task = {task.name: [each for each in first if each.task == task.name] for task in tasks}
        print("\n".join(table(by_task, MAIN)), end="\n\n")
    if arguments.against:
        print("\n".join(changes(kept(arguments.against, arguments.modes[0]), first)), end="\n\n")
    print(f"What went wrong ({arguments.modes[0]}):", *went_wrong(first), sep="\n")


if __name__ == "__main__":
    main()
