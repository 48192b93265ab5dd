"""Mirrors training/scoring/kept_lines.py."""

from pathlib import Path

import pytest

from ratecraft.records.outcome import Figure
from ratecraft.training.processes.wire import Line
from ratecraft.training.scoring import kept_lines
from ratecraft.training.scoring.figures import Figures
from ratecraft.training.scoring.kept_lines import KeptLines, figures_kept

PRINTED = [
    "epoch     train_loss  valid_loss  roc",
    "0         0.45        0.123       0.71",
    "Test set: Average loss: 0.05, Accuracy: 970/1000 (97%)",
    "学習 100% roc: 0.8 best roc: 0.9",
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "run.lines"
    lines = KeptLines(path)
    for step, line in enumerate(PRINTED):
        lines.add(Line(line, step))
    lines.close()
    lines.close()
    return path


@pytest.mark.parametrize("wanted", ["roc", "accuracy", "average_loss", "valid_loss", "nothing"])
def test_a_figure_found_later_is_the_one_that_would_have_been_found_at_once(path: Path, wanted: str) -> None:
    at_once = Figures(wanted)
    told = [(step, *figure) for step, line in enumerate(PRINTED) for figure in at_once.read(line)]
    found = figures_kept(path, wanted)
    assert found is not None
    assert [(each.step, each.name, each.value, each.source) for each in found] == [
        each for each in told if each[1] == wanted
    ]


def test_what_a_framework_measured_counts_and_makes_printed_ones_superfluous(path: Path) -> None:
    lines = KeptLines(path)
    lines.add(Line("roc: 0.712345", 8, "lightning"))
    lines.add(Line("roc 0.71", 8))
    lines.close()
    assert figures_kept(path, "roc") == (Figure(8, "roc", 0.712345, "lightning"),)


def test_too_much_is_not_kept_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_lines, "MOST_BYTES", 64)
    lines = KeptLines(tmp_path / "run.lines")
    for step in range(9):
        lines.add(Line("roc 0.5", step))
    lines.close()
    assert figures_kept(tmp_path / "run.lines", "roc") is None
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_tells_nothing(path: Path) -> None:
    path.write_text('[1, "roc 0.5", ""]\n[2, "ro')
    assert figures_kept(path, "roc") is None
