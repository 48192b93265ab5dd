"""Mirrors training/hosting/script_run.py: processes that die, hang or are left alone."""

import os
import signal
import threading
from pathlib import Path

import psutil
import pytest
from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import END, FIGURE, forked, hosted, run, written
from tests.training.hosting.test_host import HEAD

from ratecraft.records.outcome import Ending, Failure
from ratecraft.records.running import SeriesBlock
from ratecraft.training.hosting.script_run import ScriptRun
from ratecraft.training.processes.launcher import fresh_python

WORKERS = """
workers = {} if "alone" in sys.argv else {"num_workers": 2, "persistent_workers": "persistent" in sys.argv}
loader = DataLoader(data(64), batch_size=4, shuffle=True, **workers)
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(1000):
    for x, y in loader:
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("val_loss", evaluate(model))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("script_run")


@pytest.fixture(scope="module")
def workers(folder: Path) -> Path:
    return written(folder / "workers" / "train.py", HEAD + WORKERS)


def group_of(running: ScriptRun) -> list[psutil.Process]:
    """Every living process of the run's group."""
    group = running._process.pid  # pyright: ignore[reportPrivateUsage]
    return [each for each in psutil.process_iter() if _group(each) == group]


def survivors(running: ScriptRun) -> list[psutil.Process]:
    """Processes of a closed run that SIGKILL has not ended."""
    return psutil.wait_procs(group_of(running), timeout=300)[1]


def _group(process: psutil.Process) -> int | None:
    try:
        return None if process.status() == psutil.STATUS_ZOMBIE else os.getpgid(process.pid)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None


class Stopped(Heard):
    """Calls a function when the first losses are told."""

    def __init__(self, act: threading.Event) -> None:
        super().__init__()
        self._act = act

    def block(self, block: SeriesBlock) -> None:
        super().block(block)
        self._act.set()


@pytest.mark.parametrize("kind", ["each epoch's", "persistent"])
def test_after_close_no_process_of_a_run_with_loader_workers_is_alive(workers: Path, kind: str) -> None:
    running = hosted(workers, Heard(), kind)
    passage = running.advance({}, 19, END)
    assert len(group_of(running)) >= 3
    score = running.evaluate(FIGURE)
    running.close()
    assert survivors(running) == []
    assert (passage.step, score.frozen, score.failure) == (19, 0, None)
    assert score.value is not None


def test_loader_workers_change_no_loss_and_no_figure(workers: Path) -> None:
    with_workers, without = run(workers, to=19, how=FIGURE), run(workers, "alone", to=19, how=FIGURE)
    assert with_workers.losses == without.losses
    assert with_workers.score is not None
    assert without.score is not None
    assert with_workers.score.value == without.score.value


@pytest.mark.parametrize("launch", [forked, fresh_python])
def test_a_killed_process_is_a_failure_at_once_though_its_loader_workers_live(workers: Path, launch: object) -> None:
    begun = threading.Event()
    running = hosted(workers, Stopped(begun), launch=launch)

    def kill() -> None:
        assert begun.wait(60)
        os.kill(running._process.pid, signal.SIGKILL)  # pyright: ignore[reportPrivateUsage]

    killer = threading.Thread(target=kill)
    killer.start()
    passage = running.advance({}, None, END)
    killer.join()
    running.close()
    assert passage.ending is Ending.FAILED
    assert passage.failure == Failure("killed", "SIGKILL")
    assert passage.step == passage.executed > 0
    assert survivors(running) == []


def test_a_process_that_leaves_without_an_answer_has_failed_with_its_code(folder: Path) -> None:
    script = written(folder / "leaves" / "train.py", "import os\nos._exit(7)\n")
    assert run(script, to=3).passage.failure == Failure("exit", "7")


def test_a_script_without_a_step_in_time_is_ended(folder: Path) -> None:
    script = written(folder / "sleeps" / "train.py", "import time\ntime.sleep(600)\n")
    slow = hosted(script, Heard(), start_timeout=0.3)
    passage = slow.advance({}, 3, END)
    slow.close()
    assert passage.failure == Failure("no-step", "0.3")
    assert survivors(slow) == []


def test_once_a_step_was_done_a_run_has_all_the_time_it_takes(workers: Path) -> None:
    patient = hosted(workers, Heard())
    patient.advance({}, 4, END)
    patient._start_timeout = 0.0  # pyright: ignore[reportPrivateUsage]
    assert patient.advance({}, 20, END).ending is Ending.DONE
    patient.close()


def test_facts_and_notes_are_there_before_anything_was_done(folder: Path) -> None:
    fresh = hosted(written(folder / "fresh" / "train.py", "import time\ntime.sleep(600)\n"), Heard())
    facts, notes = fresh.facts()
    fresh.close()
    assert (facts.optimizers, notes) == ((), ())
