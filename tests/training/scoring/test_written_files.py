"""Mirrors training/scoring/written_files.py."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.training.hosted_scripts import HEAD, run, written

from ratecraft.records.job import Evaluate
from ratecraft.training.scoring.written_files import WrittenFiles


class Told(list[Mapping[str, object]]):
    def __call__(self, source: str, values: Mapping[str, object]) -> None:
        assert source == "file"
        self.append(values)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def files(told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WrittenFiles:
    monkeypatch.chdir(tmp_path)
    files = WrittenFiles(told)
    files.training_begins()
    return files


def add(files: WrittenFiles, path: Path, text: str, changed: int = 0) -> None:
    """Append to a file, and change it at a time of its own."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    files.heard("open", (str(path), "a", flags))
    with path.open("a") as file:
        file.write(text)
    now = path.stat().st_mtime_ns
    os.utime(path, ns=(now, now + 10**9 * changed))


def test_what_has_grown_is_told_once(files: WrittenFiles, told: Told, tmp_path: Path) -> None:
    path = tmp_path / "results.csv"
    add(files, path, "epoch,val_loss\n", 1)
    add(files, path, "1,0.5\n", 2)
    files.read()
    files.read()
    add(files, path, "2,0.25\n3,", 3)
    files.read()
    add(files, path, "0.125\n", 4)
    files.read()
    assert told == [{"epoch": 1, "val_loss": 0.5}, {"epoch": 2, "val_loss": 0.25}, {"epoch": 3, "val_loss": 0.125}]


def test_a_file_that_is_written_anew_is_read_anew(files: WrittenFiles, told: Told, tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    add(files, path, '{"step": 10, "val_loss": 0.5}\n', 1)
    files.read()
    path.unlink()
    add(files, path, '{"step": 9, "val_loss": 1}\n', 2)
    files.read()
    assert told[-1] == {"step": 9, "val_loss": 1}


def test_what_was_written_before_the_training_is_data(files: WrittenFiles, told: Told, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    add(files, path, "epoch,score\n1,0.5\n", -100)
    files.read()
    add(files, path, "2,0.25\n", 1)
    files.read()
    assert told == [{"epoch": 2, "score": 0.25}]


def test_of_many_files_the_oldest_that_told_nothing_are_forgotten(
    files: WrittenFiles, told: Told, tmp_path: Path
) -> None:
    path = tmp_path / "results.csv"
    add(files, path, "epoch,val_loss\n1,0.5\n", 1)
    files.read()
    for number in range(100):
        files.heard("open", (f"{number}.txt", "w", os.O_WRONLY))
    add(files, path, "2,0.25\n", 2)
    files.read()
    assert told[-1] == {"epoch": 2, "val_loss": 0.25}


@pytest.mark.parametrize("path", [3, None, "gone.csv", "a\0.csv", "picture.png", object()])
def test_nothing_that_is_opened_raises(files: WrittenFiles, told: Told, path: object) -> None:
    files.heard("open", (path, None, os.O_RDWR))
    files.heard("import", ())
    files.read()
    assert told == []


SCRIPT = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(3):
    for x, y in DataLoader(data(), batch_size=10):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
    found = evaluate(model)
    with open("results.csv", "a") as results:
        print("epoch,loss,val_loss" if epoch == 0 else "", f"{epoch},0.5,{found!r}", sep="\\n", file=results)
"""


def test_a_script_that_tells_its_figures_to_a_file_alone_is_scored_by_them(tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", HEAD + SCRIPT)
    whole = run(script)
    told = [(each.step, each.name, each.source) for each in whole.heard.figures]
    assert told == [(4, "val_loss", "file"), (8, "val_loss", "file"), (12, "val_loss", "file")]
    (tmp_path / "results.csv").unlink()
    probe = run(script, to=8, how=Evaluate("figure", "val_loss", steps=20))
    assert probe.score is not None
    assert (probe.score.value, probe.score.frozen) == (whole.heard.figures[1].value, 0)
