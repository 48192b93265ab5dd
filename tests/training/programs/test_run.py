"""Mirrors training/programs/run.py, program_starting.py and program_worker.py: real processes of programs."""

import json
import os
import sys
from pathlib import Path

import psutil
import pytest

from ratecraft.errors import CannotBranch
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.outcome import Ending, Figure
from ratecraft.records.running import Passage, SeriesBlock
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.programs.run import ProgramRun, figures_of_file
from ratecraft.training.programs.starting import ProgramStarter
from ratecraft.training.sandbox.landlock import has_landlock

SCORED = Evaluate("natural", "val_loss")


class Listening:
    """Keeps what a run tells."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.figures: list[Figure] = []

    def block(self, block: SeriesBlock) -> None:
        raise AssertionError(block)

    def figure(self, figure: Figure) -> None:
        self.figures.append(figure)

    def line(self, text: str) -> None:
        raise AssertionError(text)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def starter(home: Path, **options: object) -> ProgramStarter:
    return ProgramStarter(home, StudyFolder(home / ".ratecraft" / "study"), "val_loss", **options)  # pyright: ignore[reportArgumentType]


def begun(home: Path, text: str, *words: str, **options: object) -> tuple[ProgramRun, Listening]:
    (home / "train.py").write_text(text)
    job = Job(stop=1, arguments=(sys.executable, "train.py", *words), evaluate=SCORED)
    listening = Listening(job)
    run = starter(home, **options)(job, 1, listening)
    assert isinstance(run, ProgramRun)
    return run, listening


def ran(home: Path, text: str, *words: str, **options: object) -> tuple[Passage, float | None, Listening]:
    run, listening = begun(home, text, *words, **options)
    passage = run.advance({}, None, StopRule())
    score = run.evaluate(SCORED).value
    run.close()
    run.close()
    return passage, score, listening


def kept(home: Path) -> dict[str, str]:
    """What a trial has left in the study."""
    folders = [*(home / ".ratecraft" / "study").glob("run-*")]
    return {path.name: path.read_text() for folder in folders for path in folder.iterdir()}


def log(home: Path) -> str:
    (found,) = (home / ".ratecraft" / "study" / "logs").iterdir()
    return found.read_text()


def test_the_last_figure_of_the_output_is_the_score_and_all_of_it_is_kept(home: Path) -> None:
    text = "import sys\nfor n in range(3): print(f'val_loss {float(sys.argv[1]) + n}')\nprint('a b', sys.argv[2])"
    passage, score, listening = ran(home, text, "0.5", "a 'b'; $HOME")
    assert passage == Passage(1, Ending.DONE, 1)
    assert score == 2.5
    assert [figure.value for figure in listening.figures] == [0.5, 1.5, 2.5]
    assert log(home).endswith("a b a 'b'; $HOME\n")


def test_a_file_has_the_score_and_not_the_output_or_the_file_of_an_earlier_run(home: Path) -> None:
    (home / "result.json").write_text('{"val_loss": 99}')
    text = "import json\nprint('val_loss 7')\njson.dump({'val_loss': 0.25}, open('result.json', 'w'))"
    assert ran(home, text, metric_file="result.json")[1] == 0.25
    assert json.loads((home / "result.json").read_text()) == {"val_loss": 99}
    assert json.loads(kept(home)["result.json"]) == {"val_loss": 0.25}
    assert ran(home, "print('val_loss 7')", metric_file="result.json")[1] is None


@pytest.mark.parametrize(
    "text", ["", "[1, 2]", "{", '{"val_loss": true}', '{"val_loss": "low"}', '{"a": 1' + "0" * 400 + "}"]
)
def test_a_file_without_a_number_tells_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "result.json").write_text(text)
    assert list(figures_of_file(tmp_path / "result.json")) == []
    assert list(figures_of_file(tmp_path)) == []


def test_a_program_writes_over_what_it_finds_and_the_users_files_stay(home: Path) -> None:
    (home / "model.txt").write_text("mine")
    ran(home, "open('model.txt', 'a').write(' and more')\nopen('new.txt', 'w').write('new')")
    assert (home / "model.txt").read_text() == "mine"
    assert not (home / "new.txt").exists()
    assert kept(home) == {"model.txt": "mine and more", "new.txt": "new"}
    assert not list((home / ".ratecraft" / "study" / "scratch").iterdir())


@pytest.mark.skipif(not has_landlock(), reason="this kernel cannot deny writes")
def test_a_program_finds_what_lies_beside_its_folder(home: Path) -> None:
    (home.parent / "data").mkdir()
    (home.parent / "data" / "loss.txt").write_text("0.25")
    _, score, _ = ran(home, "print('val_loss', open('../data/loss.txt').read())")
    assert score == 0.25


def test_a_large_file_of_the_users_cannot_be_written(home: Path) -> None:
    (home / "data.bin").write_bytes(bytes(2 << 20))
    passage, _, _ = ran(home, "open('data.bin', 'w')")
    assert passage.failure is not None
    assert "PermissionError" in passage.failure.traceback
    assert (home / "data.bin").stat().st_size == 2 << 20


def test_an_exit_code_is_a_failure_with_the_last_lines(home: Path) -> None:
    passage, score, _ = ran(home, "raise ValueError('no data')")
    assert (passage.ending, score) == (Ending.FAILED, None)
    assert passage.failure is not None
    assert (passage.failure.kind, passage.failure.name) == ("exit", "1")
    assert passage.failure.traceback.endswith("ValueError: no data")


def test_a_program_that_is_killed_says_by_what(home: Path) -> None:
    passage, _, _ = ran(home, "import os\nos.kill(os.getpid(), 9)")
    assert passage.failure is not None
    assert (passage.failure.kind, passage.failure.name) == ("killed", "SIGKILL")


def test_a_program_that_is_not_there_fails_like_in_a_shell(home: Path) -> None:
    job = Job(stop=1, arguments=("no-such-program",), evaluate=SCORED)
    run = starter(home)(job, 1, Listening(job))
    failure = run.advance({}, None, StopRule()).failure
    run.close()
    assert failure is not None
    assert (failure.kind, failure.name) == ("exit", "127")
    assert "no-such-program: No such file" in failure.traceback


def test_a_program_that_takes_too_long_is_ended_with_all_that_it_started(home: Path) -> None:
    text = "import subprocess, time\nsubprocess.Popen(['sleep', '600'])\nprint('val_loss 1')\ntime.sleep(600)"
    run, listening = begun(home, text, seconds=1.0)
    passage = run.advance({}, None, StopRule())
    group = run.group
    run.close()
    assert passage.failure is not None
    assert (passage.failure.kind, passage.failure.name) == ("time-limit", "1")
    assert [figure.value for figure in listening.figures] == [1.0]
    assert survivors(group) == []


def test_close_ends_a_program_from_another_thread(home: Path) -> None:
    run, _ = begun(home, "import time\ntime.sleep(600)")
    group = run.group
    run.close()
    assert survivors(group) == []


def test_nobody_branches_a_program(home: Path) -> None:
    run, listening = begun(home, "")
    with pytest.raises(CannotBranch):
        run.branch(listening)
    assert run.facts()[1] == ()
    run.close()


def survivors(group: int) -> list[psutil.Process]:
    """Processes of a group that do not end."""
    return psutil.wait_procs([each for each in psutil.process_iter() if _is_in(each, group)], timeout=300)[1]


def _is_in(process: psutil.Process, group: int) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and os.getpgid(process.pid) == group
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False
