"""Mirrors ratecraft/records/program.py: a program as words, and back through a record."""

import pytest

from ratecraft.records.program import Entry, Program
from ratecraft.records.storage.codec import from_plain, to_plain

MODULE = Program("pkg/train.py", ("--lr", "1"), Entry("module", "pkg.train", ("python", "-m", "pkg.train")))
LAUNCHED = Program("train.py", (), Entry("file", "", ("torchrun", "train.py"), {"RANK": "0"}))


@pytest.mark.parametrize(
    ("program", "title", "word"),
    [
        (Program("src/train.py"), "src/train.py", "src/train.py"),
        (MODULE, "pkg.train", "pkg/train"),
        (LAUNCHED, "train.py", "train.py"),
        (Program("/lib/yolo/cli.py", (), Entry("command", "yolo.cli:main", ("yolo",))), "yolo", "yolo"),
    ],
)
def test_a_program_has_a_name_as_it_is_typed(program: Program, title: str, word: str) -> None:
    assert (program.title, program.word) == (title, word)


@pytest.mark.parametrize("program", [Program("train.py"), MODULE, LAUNCHED])
def test_a_program_comes_back_from_plain_values(program: Program) -> None:
    assert from_plain(Program, to_plain(program)) == program


def test_what_a_launcher_sets_does_not_keep_an_entry_from_being_a_key() -> None:
    one, other = (Entry(variables={"WORLD_SIZE": size}) for size in "12")
    assert {one: 1, other: 2} == {other: 2, one: 1}
