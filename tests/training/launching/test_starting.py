"""Mirrors training/launching/starting.py: what is only tried leaves the user's folder alone."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
import torch
from tests.conformance.run_suite import END, Heard
from tests.training.hosted_scripts import environment, forked, written
from tests.training.hosting.test_host import HEAD

from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending, Note, RunFacts
from ratecraft.records.running import Passage, Run, Score
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.builders.constructors import constant
from ratecraft.training.launching.starting import ScriptStarter
from ratecraft.training.machine.devices import Device, DevicePool
from ratecraft.training.processes.launcher import Launch, Process, fresh_python
from ratecraft.training.sandbox import mirrors
from ratecraft.training.sandbox.first_write_copies import put_back

SCRIPT = """
import csv, os, subprocess
from pathlib import Path

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.norm, self.head = nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1)
    def forward(self, x):
        return self.head(self.norm(self.body(x)))

model, scale = Net(), nn.Parameter(torch.ones(1))
optimizer = torch.optim.SGD([*model.parameters(), scale], lr=0.05)
train, best = data(), 9.0
os.makedirs("runs/today", exist_ok=True)
for epoch in range(3):
    for x, y in DataLoader(train, batch_size=8, shuffle=True):
        loss = F.mse_loss(scale * model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    value = evaluate(model)
    print("epoch", epoch, "val_loss", value, "digest", digest(model))
    with open("log.csv", "a") as log:
        csv.writer(log).writerow([epoch, value])
    if value < best:
        best = value
        torch.save(model.state_dict(), "best.pt")
        Path("runs/today/best.txt").write_text(str(best))
    try:
        Path(sys.argv[1], "absolute.txt").write_text("overwritten")
    except PermissionError as error:
        print("denied", error.errno)
    subprocess.run(["sh", "-c", "echo more >> by_program.txt"], stderr=subprocess.DEVNULL)
"""


LOOP_OF_ONE = """
import torch
weight = torch.nn.Parameter(torch.ones(1))
optimizer = torch.optim.SGD([weight], lr=0.1)
for _ in range(3):
    weight.square().sum().backward()
    optimizer.step()
"""


def probe(name: str = "", stop: int = 5) -> Job:
    return Job({"rate": constant(0.05)}, stop=stop, evaluate=Evaluate("figure", "val_loss", 50), treatment=name)


FINAL = Job({"rate": constant(0.05)}, evaluate=Evaluate("natural", "val_loss"), in_place=True)
BASELINE = Job(evaluate=Evaluate("natural", "val_loss"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's folder with files that the script writes to."""
    written(tmp_path / "home" / "train.py", HEAD + SCRIPT)
    for name in ("best.pt", "log.csv", "by_program.txt", "data/absolute.txt", "runs/today/best.txt"):
        written(tmp_path / "home" / name, f"{name} of before\n")
    return tmp_path / "home"


def starter(
    home: Path, script: str = "train.py", study: StudyFolder | None = None, launch: Launch = forked
) -> ScriptStarter:
    study = study or StudyFolder(home / ".ratecraft" / "study")
    return ScriptStarter(
        script, (str(home / "data"),), home, study, environment=environment(), launch=launch, launch_whole=launch
    )


def contents(home: Path) -> dict[str, tuple[str, int]]:
    """Path to hash and time of last change of every file."""
    found: dict[str, tuple[str, int]] = {}
    for path in sorted(home.rglob("*")):
        if path.is_file() and ".ratecraft" not in path.parts:
            found[str(path)] = (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
    return found


class Trial:
    """What came of one job of a starter."""

    def __init__(self, home: Path, job: Job, script: str = "train.py", launch: Launch = forked) -> None:
        start = starter(home, script, launch=launch)
        self.study, self.heard, self.job = start.study, Heard(), job
        run: Run = start(job, 1, self.heard)
        stop = None if job.evaluate is None or job.evaluate.kind == "natural" else job.stop
        self.passage: Passage = run.advance(job.schedules, stop, END)
        self.score: Score | None = run.evaluate(job.evaluate) if job.evaluate and not self.passage.failure else None
        self.facts: RunFacts
        self.notes: tuple[Note, ...]
        self.facts, self.notes = run.facts()
        run.close()
        self.printed = (self.study.logs / f"{job.key}-1.log").read_text().splitlines()


# ------------------------------------------------------------------ probes


def test_a_probe_changes_no_file_of_the_user_s(home: Path) -> None:
    before = contents(home)
    trial = Trial(home, probe())
    assert trial.passage.ending is Ending.DONE
    assert trial.score is not None
    assert trial.score.value is not None
    assert contents(home) == before


def test_a_denied_write_reaches_the_script_and_is_told_though_it_is_swallowed(home: Path) -> None:
    trial = Trial(home, probe())
    assert "denied 13" in trial.printed
    path = str(home / "data" / "absolute.txt")
    assert trial.notes == (Note("write-denied", {"path": path}),)


def test_a_probe_s_mirror_is_gone_after_it(home: Path) -> None:
    trial = Trial(home, probe())
    assert not trial.study.scratch.exists() or not list(trial.study.scratch.iterdir())


def test_a_failure_in_a_mirror_is_told_in_the_user_s_own_paths(home: Path) -> None:
    written(home / "train.py", "from helper import fail\nfail()\n")
    written(home / "helper.py", "def fail():\n    raise ValueError('here: ' + __file__)\n")
    failure = Trial(home, probe()).passage.failure
    assert failure is not None
    assert (failure.file, failure.line) == (str(home / "helper.py"), 2)
    assert failure.message == f"here: {home / 'helper.py'}"
    assert failure.traceback.splitlines() == [
        f'  File "{home / "train.py"}", line 2, in <module>',
        "    fail()",
        f'  File "{home / "helper.py"}", line 2, in fail',
        "    raise ValueError('here: ' + __file__)",
        f"ValueError: here: {home / 'helper.py'}",
    ]


@pytest.mark.parametrize("absolute", [True, False])
def test_a_script_of_the_folder_runs_in_the_mirror_however_it_was_named(home: Path, absolute: bool) -> None:
    written(home / "train.py", "from pathlib import Path\n(Path(__file__).parent / 'made.txt').write_text('x')\n")
    trial = Trial(home, probe(), str(home / "train.py") if absolute else "./train.py")
    assert trial.passage.failure is not None
    assert trial.passage.failure.kind == "no-optimizer"
    assert not (home / "made.txt").exists()


def test_a_script_outside_the_folder_runs_where_it_lies(home: Path) -> None:
    written(home.parent / "elsewhere" / "train.py", "raise ValueError(__file__)\n")
    failure = Trial(home, probe(), "../elsewhere/train.py").passage.failure
    assert failure is not None
    place = str(home.parent / "elsewhere" / "train.py")
    assert (failure.message, failure.file, failure.line) == (place, place, 1)


def test_a_study_inside_the_folder_is_not_mirrored(home: Path) -> None:
    study = StudyFolder(home / "my-study")
    study.logs.mkdir(parents=True)
    (study.path / "record.sqlite").write_text("the record")
    written(home / "train.py", "import os\nraise ValueError(sorted(os.listdir()))\n")
    run = starter(home, study=study)(probe(), 1, Heard())
    failure = run.advance({}, 5, END).failure
    run.close()
    assert failure is not None
    assert "my-study" not in failure.message


def test_exit_handlers_of_a_probe_change_no_file_either(home: Path) -> None:
    text = "import atexit\natexit.register(lambda: open('log.csv', 'w').write('at the end'))\n"
    written(home / "train.py", text)
    before = contents(home)
    Trial(home, probe())
    assert contents(home) == before


# ------------------------------------------------------------------ the final run, and the baseline


def test_a_final_run_works_in_the_user_s_folder_and_can_be_put_back(home: Path) -> None:
    before = {path: digest for path, (digest, _) in contents(home).items()}
    final = Trial(home, FINAL)
    assert final.passage == Passage(15, Ending.DONE, 15)
    assert len((home / "log.csv").read_text().splitlines()) == 4
    assert (home / "data" / "absolute.txt").read_text() == "overwritten"
    (home / "by_program.txt").write_text("by_program.txt of before\n")  # what programs write is not seen
    put_back(final.study.first_writes, home)
    assert {path: digest for path, (digest, _) in contents(home).items()} == before


def test_lines_of_a_final_run_are_told_as_they_are_printed(home: Path) -> None:
    final = Trial(home, FINAL)
    assert final.heard.lines == final.printed
    assert len(final.heard.lines) == 3


def test_models_of_a_final_run_load_as_plain_tensors_and_are_the_right_ones(home: Path) -> None:
    final = Trial(home, FINAL)
    figures = [float(line.split()[3]) for line in final.printed]
    digests = [line.split()[-1] for line in final.printed]
    for suffix, epoch in (("", -1), ("-best", figures.index(min(figures)))):
        states = torch.load(final.study.models / f"{FINAL.key}{suffix}.pt", weights_only=True)
        assert set(states) == {"Net", "tensors outside modules"}
        tensors = b"".join(each.numpy().tobytes() for each in states["Net"].values())
        assert hashlib.sha256(tensors).hexdigest()[:16] == digests[epoch]
    assert final.score is not None
    assert final.score.model == str(final.study.models / f"{FINAL.key}.pt")


def test_a_probe_leaves_its_model(home: Path) -> None:
    trial = Trial(home, probe())
    states = torch.load(trial.study.models / f"{trial.job.key}.pt", weights_only=True)
    digest = hashlib.sha256(b"".join(each.numpy().tobytes() for each in states["Net"].values())).hexdigest()[:16]
    assert digest == next(line for line in trial.printed if line.startswith("epoch")).split()[-1]


def test_of_a_baseline_the_files_that_it_wrote_stay_in_the_study(home: Path) -> None:
    before = contents(home)
    baseline = Trial(home, BASELINE)
    kept = {str(path.relative_to(baseline.study.baseline)) for path in baseline.study.baseline.rglob("*")}
    assert kept == {"best.pt", "log.csv", "runs", "runs/today", "runs/today/best.txt"}
    assert contents(home) == before


# ------------------------------------------------------------------ where and how processes start


def test_probes_are_launched_otherwise_than_the_runs_that_are_compared_with_the_script_as_it_is(home: Path) -> None:
    def named(name: str) -> Launch:
        def launch(directory: str, variables: Mapping[str, str], output: BinaryIO, pipe: int, /) -> Process:
            asked.append(name)
            return forked(directory, variables, output, pipe)

        return launch

    asked = list[str]()
    start = replace(starter(home), launch=named("probe"), launch_whole=named("whole"))
    for job in (BASELINE, probe(), FINAL, replace(FINAL, in_place=False)):
        start(job, 1, Heard()).close()
    assert asked == ["whole", "probe", "whole", "probe"]


def test_each_run_has_a_device_and_gives_it_back(home: Path) -> None:
    written(home / "train.py", "import os\nraise ValueError(os.environ['CUDA_VISIBLE_DEVICES'])\n")
    start = replace(starter(home), devices=DevicePool([Device("GPU-1a", 80), Device("GPU-2b", 80)]))
    together = [start(job, 1, Heard()) for job in (probe("a"), FINAL)]
    failures = [run.advance({}, 5, END).failure for run in together]
    for run in together:
        run.close()
    again = start(probe("b"), 1, Heard())
    failures.append(again.advance({}, 5, END).failure)
    again.close()
    assert [failure and failure.message for failure in failures] == ["GPU-1a", "GPU-2b", "GPU-1a"]


# ------------------------------------------------------------------ without Landlock


def test_without_landlock_a_file_that_a_program_changed_is_reported(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirrors, "has_landlock", lambda: False)
    run = starter(home)(probe(), 1, Heard())
    (home / "by_program.txt").write_text("what a program did, unseen and undenied\n")
    run.advance({}, 5, END)
    notes = run.facts()[1]
    run.close()
    assert Note("files-changed", {"paths": "by_program.txt"}) in notes


def test_without_landlock_a_probe_that_changed_nothing_is_not_reported(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirrors, "has_landlock", lambda: False)
    assert {note.code for note in Trial(home, probe()).notes} == {"write-denied"}


@pytest.mark.soak
def test_a_fresh_python_does_the_same_as_the_nursery_of_these_tests(home: Path) -> None:
    nursed, fresh = Trial(home, probe("a")), Trial(home, probe("b"), launch=fresh_python)
    assert fresh.heard.series("loss") == nursed.heard.series("loss")
    assert fresh.score is not None
    assert nursed.score is not None
    assert fresh.score.value == nursed.score.value


def test_loader_workers_find_room_for_their_sockets_however_deep_the_folder_lies(tmp_path: Path) -> None:
    deep = tmp_path / ("a-long-name-of-a-folder-" * 3) / ("and-another-one-in-it-" * 3)
    script = HEAD + SCRIPT.replace("batch_size=8", "batch_size=8, num_workers=1")
    written(deep / "train.py", script)
    (deep / "data").mkdir()
    trial = Trial(deep, probe())
    assert trial.passage.ending is Ending.DONE
    assert trial.score is not None


# ------------------------------------------------------------------ hidden files


def test_what_is_hidden_is_seen_by_no_job_and_is_there_again_after_the_final_run(home: Path) -> None:
    for name in ("last.pt", "runs/old/best.pt"):
        written(home / name, f"{name} of before\n")
    looks = "\nfrom pathlib import Path\nprint(*(Path(name).exists() for name in ('last.pt', 'runs/old', 'best.pt')))\n"
    written(home / "look.py", looks + LOOP_OF_ONE)
    start = replace(starter(home, "look.py"), hidden=("last.pt", "runs/old"))
    for job in (probe(stop=2), FINAL):
        run = start(job, 1, Heard())
        run.advance(job.schedules, None if job.in_place else 2, END)
        if job.in_place:
            assert not (home / "last.pt").exists()
        run.close()
        assert (start.study.logs / f"{job.key}-1.log").read_text() == "False False True\n"
        assert (home / "last.pt").read_text() == "last.pt of before\n"
        assert (home / "runs" / "old" / "best.pt").exists()
