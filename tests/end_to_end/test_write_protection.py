"""Until its final run a study changes nothing of the user's, however the script writes; that run writes as usual."""

import signal
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from tests.end_to_end.command import Workplace, tree
from tests.end_to_end.gate import Gate

from ratecraft.records.job import Phase
from ratecraft.records.storage.study import HOME

pytestmark = pytest.mark.soak  # a whole study; every way to write is tried on single runs in tests/conformance

FORKED = ("--absolute",)
REPLAYED = ("--absolute", "--tensorboard")


@dataclass(frozen=True)
class Written:
    """A study of a script that writes in every way.

    Attributes:
        words: The script's own arguments.
        before: What was in the user's folder.
        after: What was in it when a probe was killed half-way, and after all probes, when the final run was.
        alone: The folder of the script run without ratecraft.
    """

    words: Sequence[str]
    place: Workplace
    before: dict[str, str] = field(repr=False)
    after: dict[str, dict[str, str]] = field(repr=False)
    alone: Workplace


def everything(folder: Path) -> dict[str, str]:
    """Path to kind, mode and contents of all that is below a folder, empty folders and links too; without studies."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if HOME not in path.parts:
            state = path.lstat()
            contents = sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            found[str(path.relative_to(folder))] = f"{state.st_mode:o} {state.st_mtime_ns} {contents}"
    return found


def fresh_place(folder: Path) -> Workplace:
    """A working folder with all that the script changes."""
    folder.mkdir()
    place = Workplace(folder)
    place.put("writer.py")
    script = folder / "writer.py"
    script.write_text(script.read_text().replace("HERE", str(folder)))
    for name in ("best.pt", "last.pt", "log.csv", "state.json", "notes.txt", "settings.ini", "program.log", "kept.bin"):
        (folder / name).write_text(f"{name} of an earlier run\n")
    for name in ("old/run/weights.bin", "data/part.bin", "data/whole.bin", "absolute.txt", "empty/.keep"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name} of an earlier run\n")
    (folder / "empty" / ".keep").unlink()
    np.zeros(8, np.float32).tofile(folder / "table.dat")
    with sqlite3.connect(folder / "runs.db") as database:
        database.execute("CREATE TABLE epoch (number INTEGER, val_loss REAL)")
    database.close()
    return place


@pytest.fixture(
    scope="module",
    # Replayed, each job is a process that loads torch and TensorBoard.
    params=[pytest.param(FORKED, id="forked"), pytest.param(REPLAYED, id="replayed")],
)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    folder = tmp_path_factory.mktemp("written")
    place, alone = fresh_place(folder / "place"), fresh_place(folder / "alone")
    words = ("tune", "writer.py", "--", *request.param)
    before, after = everything(place.folder), dict[str, dict[str, str]]()
    phases: dict[str, tuple[Phase, int]] = {"half-way": ("bracket", 1), "after all probes": ("final", 0)}
    for name, (phase, done) in phases.items():
        with Gate("before it writes") as gate, place.start(*words, **gate.environment) as process:
            gate.hold_in(phase, process, place, done)
            process.send_signal(signal.SIGKILL)
        after[name] = everything(place.folder)
    typed = place.type(*words)
    assert typed.code == 0, typed.err
    alone.run("writer.py", *request.param)
    return Written(request.param, place, before, after, alone)


@pytest.mark.parametrize("when", ["half-way", "after all probes"])
def test_until_the_final_run_nothing_of_the_users_is_changed(written: Written, when: str) -> None:
    assert written.after[when] == written.before


def test_the_final_run_leaves_the_files_that_the_script_leaves_without_ratecraft(written: Written) -> None:
    ours, theirs = (names(each.folder) for each in (written.place, written.alone))
    assert ours == theirs
    assert {"old", "notes.txt", "kept.bin", "data/part.bin", "data/whole.bin"}.isdisjoint(ours)
    assert {"made/file", "epochs/7/plots/weights.npy", "notes.old.txt", "data/moved.bin"} <= ours
    assert any("tfevents" in name for name in ours) == ("--tensorboard" in written.words)


def names(folder: Path) -> set[str]:
    """Paths of all files; that of a log of TensorBoard holds the time and the process."""
    return {name.partition("tfevents")[0] + "tfevents" * ("tfevents" in name) for name in tree(folder)}


def test_what_is_added_to_is_added_to_once(written: Written) -> None:
    folder = written.place.folder
    lines = (folder / "log.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["log.csv of an earlier run", *map(str, range(8))]
    assert (folder / "program.log").read_text() == "program.log of an earlier run\n" + 8 * "\n"
    assert (folder / "absolute.txt").read_text().count("epoch\n") == 8
    with sqlite3.connect(folder / "runs.db") as database:
        rows = database.execute("SELECT number FROM epoch").fetchall()
    database.close()
    assert rows == [(epoch,) for epoch in range(8)]
    assert (np.fromfile(folder / "table.dat", np.float32) > 0).all()
