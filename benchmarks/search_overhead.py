"""What a search costs beside the trials themselves, and beside plain Optuna at the same count.

    OMP_NUM_THREADS=1 python benchmarks/search_overhead.py                       # 1,000 trials: 3 minutes
    OMP_NUM_THREADS=1 python benchmarks/search_overhead.py --trials 10000 --methods grid random asha

Path:   trials whose score is a formula -> the driver and a record on disk -> CPU and wall time a trial, memory, resume.
Units:  milliseconds a trial; megabytes that the process grew by; seconds of CPU to read a whole record again.

Every figure is of a fresh process. `search` is a script's search under the driver, with an executor that answers at
once; `search in memory` is the same without a record, and `loop` is `ratecraft.trials`. Optuna is asked and told by
hand, with its values in memory or in its journal.
"""

import argparse
import gc
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

METHODS = ("grid", "random", "asha", "tpe")
ENGINES = ("search", "search in memory", "loop", "Optuna", "Optuna journal")
_HORIZON, _OWN, _BEST = 1600, 0.01, 0.03
_REDUCTION = 4


def score_of(rate: float) -> float:
    """A valley in the logarithm of the rate, which is all that a trial is here."""
    return math.log10(rate / _BEST) ** 2


@dataclass(frozen=True)
class Measured:
    """What so many trials cost."""

    cpu: float
    wall: float
    megabytes: float
    resumed: float | None

    def line(self, engine: str, method: str, trials: int) -> str:
        """A row of the table."""
        resumed = "–" if self.resumed is None else f"{self.resumed:.2f}"
        cells = [engine, method, f"{trials:,}", f"{self.cpu:.2f}", f"{self.wall:.2f}", f"{self.megabytes:.0f}", resumed]
        return f"| {' | '.join(cells)} |"


def measured(engine: str, method: str, trials: int, folder: Path) -> Measured:
    """Run so many trials in this process."""
    run = {"search": _searched, "search in memory": _searched, "loop": _looped}.get(engine, _asked)
    run(engine, method, 20, folder / "warm")
    gc.collect()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cpu, wall = time.process_time(), time.perf_counter()
    read_again = run(engine, method, trials, folder / "run")
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - grown
    began = time.process_time()
    if read_again is not None:
        read_again()
    resumed = None if read_again is None else time.process_time() - began
    return Measured(1e3 * cpu / trials, 1e3 * wall / trials, grown / 1024, resumed)


def _searched(engine: str, method: str, trials: int, folder: Path) -> Callable[[], object] | None:
    """A search of a script; every rung of ASHA's counts as a part of its trial."""
    from ratecraft.controllers.search.controller import Search
    from ratecraft.controllers.search.settings import SearchSettings
    from ratecraft.controllers.search.space import Parameter, Space
    from ratecraft.records.storage.header import StudyHeader
    from ratecraft.records.storage.store import Record
    from ratecraft.reporting.progress.screen import SilentScreen
    from ratecraft.tuning.driver import drive
    from ratecraft.tuning.optuna_study import suggest

    rate = Parameter(name="rate", low=1e-5, high=10.0, is_log=True)
    settings: Any = SearchSettings(method=method, space=Space((rate,)), trials=trials)  # type: ignore[arg-type]
    search = Search(settings, suggest)

    def driven(record: Any) -> None:
        drive(
            search,
            record,
            _AtOnce(),
            SilentScreen(),
            command="",
            stop=threading.Event(),
            before_retry=lambda job: None,
            bears_failures=True,
        )

    if engine != "search":
        driven(_NoRecord())
        return None
    folder.mkdir()
    path = folder / "record.sqlite"
    with Record.create(path, StudyHeader("benchmark", "search", "train.py", (), "0", "")) as record:
        record.claim()
        driven(record)

    def read_again() -> None:
        with Record.open(path, read_only=True) as record:
            state = search.init()
            for event in record.events():
                state = search.observe(state, event)
            search.wanted(state, 1)

    return read_again


def _looped(engine: str, method: str, trials: int, folder: Path) -> Callable[[], object] | None:
    """`ratecraft.trials` around a formula."""
    import ratecraft

    steps = 16 if method == "asha" else None
    given: dict[str, Any] = {"method": method, "trials": trials, "steps": steps, "study": folder}
    for trial in ratecraft.trials({"rate": (1e-5, 10.0)}, **given):
        for step in (1, 4, 16):
            trial.report(step, score_of(trial.rate))
            if trial.should_stop():
                break
    return lambda: list(ratecraft.trials({"rate": (1e-5, 10.0)}, **given))


def _asked(engine: str, method: str, trials: int, folder: Path) -> Callable[[], object] | None:
    """Optuna, asked and told by hand."""
    import optuna
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    places = [10 ** (-5 + 6 * place / (trials - 1)) for place in range(trials)]
    samplers: dict[str, Any] = {
        "grid": lambda: optuna.samplers.GridSampler({"rate": places}, seed=0),
        "tpe": lambda: optuna.samplers.TPESampler(seed=0, multivariate=True, group=False, constant_liar=True),
    }
    sampler = samplers.get(method, lambda: optuna.samplers.RandomSampler(seed=0))()
    pruner = optuna.pruners.SuccessiveHalvingPruner(reduction_factor=_REDUCTION) if method == "asha" else None
    storage = None
    if engine == "Optuna journal":
        folder.mkdir()
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "journal.log")))
    study = optuna.create_study(study_name="study", storage=storage, sampler=sampler, pruner=pruner)
    for number in range(trials):
        trial = study.ask()
        score = score_of(trial.suggest_float("rate", 1e-5, 10.0, log=True))
        for step in (1, 4, 16) if method == "asha" else ():
            trial.report(score, step)
            if trial.should_prune():
                break
        if method == "grid" and number == trials - 1:
            break  # GridSampler stops the study at its last cell, which only `optimize` allows
        study.tell(trial, score)
    if storage is None:
        return None

    def read_again() -> None:
        again = optuna.storages.JournalStorage(JournalFileBackend(str(folder / "journal.log")))
        optuna.load_study(study_name="study", storage=again).get_trials(deepcopy=False)

    return read_again


class _AtOnce:
    """An executor whose jobs have ended as soon as they begin."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Any, int]] = []
        self._ended: list[Any] = []

    @property
    def free(self) -> int:
        return 1 - sum(job.evaluate is not None for job, _ in self._waiting)

    @property
    def idle(self) -> bool:
        return not self._ended

    def submit(self, lineage: tuple[Any, ...], attempt: int) -> None:
        self._waiting.append((lineage[-1], attempt))

    def begin(self) -> Iterator[Any]:
        from ratecraft.records.events import Finished, Started

        waiting, self._waiting = self._waiting, []
        for job, attempt in waiting:
            key = job.key
            yield Started(key, attempt)
            self._ended.append(Finished(_outcome(job, key), attempt))

    def happenings(self, timeout: float) -> Iterator[Any]:
        ended, self._ended = self._ended, []
        yield from ended

    def close(self) -> None:
        """Nothing is held."""


def _outcome(job: Any, key: str) -> Any:
    """What comes of a job: its score is that of its rate half-way, where every schedule is at its peak."""
    from ratecraft.records.outcome import Ending, Figure, Group, Outcome, RunFacts

    stop = job.stop or _HORIZON
    facts = RunFacts(
        optimizers=("SGD",),
        groups=(Group(1000, _OWN, 1.0),),
        own_rate=_OWN,
        samples_per_step=10.0,
        dataset_length=10 * _HORIZON,
        loader=True,
        horizon=_HORIZON,
        horizon_source="loops",
    )
    if job.evaluate is None:
        return Outcome(key, Ending.DONE, steps=stop - job.start, executed=stop - job.start, facts=facts)
    score = score_of(job.schedules["rate"].at(max(2, stop // 4)) if job.schedules else _OWN)
    return Outcome(
        key,
        Ending.DONE,
        steps=stop - job.start,
        executed=stop - job.start,
        score=score,
        figures=(Figure(stop, "val_loss", score),),
        first_loss=2.0,
        facts=facts,
    )


class _NoRecord:
    """A record that keeps nothing but the jobs that others may leave, to tell what the disk costs."""

    def __init__(self) -> None:
        self._trunks: dict[str, Any] = {}

    def events(self) -> tuple[Any, ...]:
        return ()

    def append(self, event: Any) -> None:
        job = getattr(event, "job", None)
        if getattr(job, "evaluate", "") is None:
            self._trunks[event.job.key] = job

    def job(self, key: str) -> Any:
        return self._trunks.get(key)

    def __getattr__(self, name: str) -> Any:
        return lambda *given: None


def main() -> None:
    """Measure each in a process of its own, and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[1000])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--folder", type=Path, help="where records and journals lie; a temporary folder without it")
    parser.add_argument("--one", action="store_true", help="run in this process")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        if arguments.one:
            found = measured(arguments.engines[0], arguments.methods[0], arguments.trials[0], Path(folder))
            print(json.dumps([found.cpu, found.wall, found.megabytes, found.resumed]))
            return
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print("| engine | method | trials | CPU, ms a trial | wall, ms a trial | grown by, MB | read again, s |")
    print("|---|---|---|---|---|---|---|")
    for count in arguments.trials:
        for method in arguments.methods:
            for engine in arguments.engines:
                command = [sys.executable, __file__, "--one", "--trials", str(count), "--methods", method]
                command += ["--engines", engine, *(("--folder", str(arguments.folder)) if arguments.folder else ())]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                print(Measured(*json.loads(done.stdout)).line(engine, method, count), flush=True)


if __name__ == "__main__":
    main()
