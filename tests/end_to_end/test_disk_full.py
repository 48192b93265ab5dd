"""A disk that is full, wherever that is noticed: one clear error, nothing is lost, and with room the study goes on."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import pytest
from tests.end_to_end.command import TIME_ENOUGH, Tuned, Typed, Workplace, tree
from tests.end_to_end.gate import Gate
from tests.end_to_end.killing import study_place

pytestmark = pytest.mark.soak

TUNE = ("tune", "digits.py")
SMALL = 9000  # bytes of a file; a checkpoint has 17 000
NO_ROOM = {"FILE_LIMIT": str(SMALL)}


@dataclass
class Full:
    """What was said at each of the ends of one study, and the user's files then."""

    place: Workplace
    before: dict[str, str] = field(repr=False)
    ends: dict[str, Typed] = field(default_factory=dict, repr=False)
    trees: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    def keep(self, name: str, typed: Typed) -> None:
        """An end, as it was found."""
        self.ends[name] = typed
        self.trees[name] = tree(self.place.folder)


def limited(process: "Popen[str]") -> None:
    """From now on this process can write no more than the first bytes of a file."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (SMALL, SMALL))


def killed_in_its_final_run(place: Workplace) -> None:
    with Gate("epoch 2") as gate, place.start(*TUNE, **gate.environment) as process:
        gate.hold_in("final", process, place)
        process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Full:
    place = study_place(tmp_path_factory.mktemp("full"))
    study = Full(place, tree(place.folder))
    study.keep("baseline", place.type(*TUNE, **NO_ROOM))
    with Gate("epoch 0") as gate, place.start(*TUNE, **gate.environment) as process:
        gate.hold_in("bracket", process, place)
        limited(process)
        gate.open()
        out, err = process.communicate(timeout=TIME_ENOUGH)
    study.keep("record", Typed(process.returncode, out, err))
    killed_in_its_final_run(place)
    study.keep("final run", place.type(*TUNE, **NO_ROOM))
    study.keep("room", place.type(*TUNE))
    return study


FULL = ("baseline", "record", "final run")


@pytest.mark.parametrize("name", FULL)
def test_a_full_disk_is_one_error_that_says_what_to_do(full: Full, name: str) -> None:
    end, said = full.ends[name], " ".join(full.ends[name].err.split())
    assert (end.code, end.out) == (2, "")
    assert said.count("error[disk-") == 1
    assert "make room, then give the same command again" in said.lower()
    assert "finished jobs are kept" in said.lower()


@pytest.mark.parametrize("name", ["baseline", "final run"])
def test_where_the_script_could_not_write_its_line_is_shown(full: Full, name: str) -> None:
    _, _, said = full.ends[name].err.partition("error[disk-full-in-run]")
    assert "could not write its files" in " ".join(said.split())
    assert f'File "{full.place.folder / "digits.py"}", line ' in said
    assert "scratch" not in said


def test_where_the_record_could_not_be_written_it_is_named_and_not_called_damaged(full: Full) -> None:
    said = "".join(full.ends["record"].err.split())
    assert "record.sqlite" in said
    assert "damaged" not in said


@pytest.mark.parametrize("name", FULL)
def test_the_users_files_are_as_they_were(full: Full, name: str) -> None:
    assert full.trees[name] == full.before


def test_with_room_the_study_comes_to_the_same_answer_and_costs(full: Full, tuned: Tuned) -> None:
    assert full.ends["room"].code == 0
    ours, theirs = full.place.study(), tuned.place.study()
    assert ours.answer == theirs.answer
    assert ours.told == theirs.told
    assert (ours.costs.runs, ours.costs.by_phase) == (theirs.costs.runs, theirs.costs.by_phase)
    assert (full.place.folder / "log.csv").read_text() == (tuned.place.folder / "log.csv").read_text()
    assert ours.models.keys() == theirs.models.keys()


def test_no_process_stays(full: Full) -> None:
    assert full.place.processes() == []


NAMESPACE = ("unshare", "--map-root-user", "--mount")


def has_namespaces() -> bool:
    """Whether this user may mount a file system that nobody else sees."""
    return shutil.which("unshare") is not None and subprocess.run([*NAMESPACE, "true"], check=False).returncode == 0


def test_on_a_disk_that_is_full_again_and_again_a_study_gets_a_little_further_each_time(
    tmp_path: Path, tuned: Tuned
) -> None:
    if not has_namespaces():
        pytest.skip("this user may not mount a file system")
    disk, copy = tmp_path / "disk", tmp_path / "copy"
    disk.mkdir()
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-m", "tests.end_to_end.small_disk", str(disk), str(copy)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    *full, (code, said) = json.loads(done.stdout)
    assert code == 0, said
    assert len(full) >= 4
    for code, said in full:
        assert (code, said.count("error[disk-")) == (2, 1), said
        assert "make room, then give the same command again" in " ".join(said.lower().split())
    ours, theirs = Workplace(copy).study(), tuned.place.study()
    assert ours.answer == theirs.answer
    assert ours.told == theirs.told
    assert (ours.costs.runs, ours.costs.by_phase) == (theirs.costs.runs, theirs.costs.by_phase)
    assert (copy / "log.csv").read_text() == (tuned.place.folder / "log.csv").read_text()
