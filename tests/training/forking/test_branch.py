"""Mirrors training/forking/branch.py: what of a branch's process is its own, and when there is none."""

import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import END, environment, forked, written

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.running import Run
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.builders.constructors import constant
from ratecraft.training.launching.starting import ScriptStarter
from ratecraft.training.sandbox.landlock import has_landlock

LOOP = """
    import random, threading, torch
    {before}
    model = torch.nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for step in range(40):
        loss = model(torch.randn(8, 4)).square().mean() + random.random()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        {each}
    print("val_loss", model.weight.detach().square().sum().item())
"""
RATE = {"rate": constant(0.02)}
NATURAL = Evaluate("natural", "val_loss")
FINAL = Job(schedules=RATE, start=10, stop=40, parent="trunk", evaluate=NATURAL, in_place=True)


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., Run]:
    numbers = count(1)

    def make(before: str = "pass", each: str = "pass", job: Job | None = None) -> Run:
        written(tmp_path / "train.py", LOOP.format(before=before, each=each))
        starter = ScriptStarter(
            "train.py",
            (),
            tmp_path,
            StudyFolder(tmp_path / ".ratecraft" / "study"),
            environment=environment(),
            start_timeout=600.0,
            launch=forked,
            branches=True,
        )
        return starter(job or Job(stop=0), next(numbers), Heard())

    return make


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("threading.Thread(target=threading.Event().wait, daemon=True).start()", "python-thread Event.wait"),
        ("import queue; threading.Thread(target=queue.Queue().get, daemon=True).start()", "python-thread Queue.get"),
        (
            (
                "import concurrent.futures.thread as c; ends = threading.Event(); "
                "threading._register_atexit(ends.set); c.ThreadPoolExecutor().submit(ends.wait)"
            ),
            "python-thread _worker",
        ),
        ("import socket; kept = socket.socketpair()", "socket"),
        ("import sqlite3; kept = sqlite3.connect('a.db'); kept.execute('create table a (b)')", "sqlite"),
        (
            "import multiprocessing as m, time as t; m.Process(target=t.sleep, args=(99,), daemon=True).start()",
            "children",
        ),
        ("torch.set_num_threads(2)", "threads"),
    ],
)
def test_what_a_fork_would_break_refuses_it_with_the_reason(
    start: Callable[..., Run], before: str, reason: str
) -> None:
    root = start(before)
    with pytest.raises(CannotBranch) as refused:
        root.branch(Heard())
    root.close()
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "before",
    [
        "import sqlite3; kept = sqlite3.connect(':memory:'); kept.execute('create table a (b)')",
        "import sqlite3; sqlite3.connect('a.db').close(); kept = sqlite3.connect('file:a.db?mode=ro', uri=True)",
        "import sqlite3; kept = sqlite3.connect('a.db'); kept.close()",
        "import multiprocessing as m; done = m.Process(target=print); done.start(); done.join()",
    ],
)
def test_what_a_fork_cannot_break_is_no_reason_against_it(start: Callable[..., Run], before: str) -> None:
    root = start(before)
    root.branch(Heard()).close()
    root.close()


def test_a_log_that_is_open_is_whole_in_the_branch_and_in_the_run_that_it_left(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    root = start("log = open('log.csv', 'w')", "print(step, file=log, flush=step % 3 == 0)")
    root.advance(RATE, 10, END)
    branch = root.branch(Heard(job=FINAL))
    branch.advance(RATE, None, END)
    branch.evaluate(NATURAL)
    branch.close()
    assert (tmp_path / "log.csv").read_text().split() == [str(step) for step in range(40)]
    root.advance(RATE, None, END)
    root.evaluate(NATURAL)
    (left,) = (tmp_path / ".ratecraft" / "study" / "scratch").glob("*-1/**/log.csv")
    assert left.read_text().split() == [str(step) for step in range(40)]
    root.close()


def test_an_open_temporary_file_is_each_run_s_own_and_none_is_left(start: Callable[..., Run], tmp_path: Path) -> None:
    temporary = Path(tempfile.gettempdir())
    before = set(temporary.glob("*ratecraft*"))
    root = start(
        "import tempfile; kept = tempfile.TemporaryFile('w+')",
        "print(step, file=kept); step == 39 and (kept.seek(0), open('told.txt', 'w').write(kept.read()))",
    )
    root.advance(RATE, 10, END)
    branch = root.branch(Heard(job=FINAL))
    branch.advance(RATE, None, END)
    branch.evaluate(NATURAL)
    branch.close()
    root.advance(RATE, None, END)
    root.evaluate(NATURAL)
    (left,) = (tmp_path / ".ratecraft" / "study" / "scratch").glob("*-1/**/told.txt")
    for told in (tmp_path / "told.txt", left):
        assert told.read_text().split() == [str(step) for step in range(40)]
    root.close()
    assert set(temporary.glob("*ratecraft*")) <= before


def test_python_s_random_numbers_go_on_as_they_would_have(start: Callable[..., Run]) -> None:
    heard, again = Heard(), Heard()
    root = start()
    root.advance(RATE, 10, END)
    branch = root.branch(heard)
    branch.advance(RATE, 30, END)
    branch.close()
    other = root.branch(again)
    root.close()
    other.advance(RATE, 30, END)
    other.close()
    first, second = ({block.name: b"" for block in each.blocks} for each in (heard, again))
    for each, joined in ((heard, first), (again, second)):
        for block in each.blocks:  # how many there are is a matter of time
            joined[block.name] += block.values
    assert first == second


def test_a_script_that_remembers_the_folder_of_the_run_that_was_left_is_replayed(start: Callable[..., Run]) -> None:
    root = start("from pathlib import Path; here = Path.cwd()", "(here / 'best.txt').write_text(str(step))")
    root.advance(RATE, 10, END)
    branch = root.branch(Heard())
    with pytest.raises(CannotBranch) as refused:
        branch.advance(RATE, 20, END)
    branch.close()
    assert refused.value.reason == "absolute-path"
    with pytest.raises(CannotBranch):
        root.branch(Heard())
    root.close()


@pytest.mark.skipif(not has_landlock(), reason="the kernel has no Landlock")
def test_a_program_started_by_a_branch_that_is_scored_cannot_write_to_the_run_that_it_left(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    shell = "import subprocess, os; here = os.getcwd()"
    root = start(shell, "subprocess.run(f'echo {step} >> {here}/by_program.txt', shell=True, stderr=-3)")
    root.advance(RATE, 10, END)
    branch = root.branch(Heard(job=FINAL))
    branch.advance(RATE, 20, END)
    (left,) = (tmp_path / ".ratecraft" / "study" / "scratch").glob("*-1/**/by_program.txt")
    assert left.read_text().split() == [str(step) for step in range(9)]  # it waits within its tenth step
    branch.close()
    root.close()


def test_what_the_final_run_wrote_comes_home_and_what_it_replaced_is_kept(
    start: Callable[..., Run], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "last.txt").write_text("old")
    write = "import os; os.makedirs('out/new', exist_ok=True); open('out/new/a.txt', 'w').write('a')"
    root = start(write, "open('out/last.txt', 'w').write(str(step))")
    root.advance(RATE, 10, END)
    branch = root.branch(Heard(job=FINAL))
    branch.advance(RATE, None, END)
    assert (tmp_path / "out" / "last.txt").read_text() == "old"
    branch.evaluate(NATURAL)
    branch.close()
    root.close()
    assert (tmp_path / "out" / "last.txt").read_text() == "39"
    assert (tmp_path / "out" / "new" / "a.txt").read_text() == "a"
    kept = tmp_path / ".ratecraft" / "study" / "first-writes"
    assert "old" in {path.read_text() for path in kept.iterdir() if path.name != "manifest.jsonl"}
