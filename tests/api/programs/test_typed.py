"""Mirrors ratecraft/api/programs/typed.py: what is typed is what a study runs, by whatever way it is started."""

import json
import os
import sys
from pathlib import Path

import pytest

from ratecraft.api.running.looking import look_at_script
from ratecraft.api.search import describe_search
from ratecraft.api.studies.recorded import recorded_study
from ratecraft.api.studies.script_study import ScriptStudy
from ratecraft.api.studies.study_description import describe_study
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.errors import InvalidInput, ScriptFailed
from ratecraft.records.storage.study import open_study

TRAINING = """\
import torch
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr={rate})
for step in range(400):
    optimizer.zero_grad()
    model(torch.ones(4, 2)).square().mean().backward()
    optimizer.step()
"""
IN_PACKAGE = """\
import os, sys
from .rates import RATE
assert (__name__, __package__, sys.argv) == ("__main__", "pkg", [__file__, "--fast"]), sys.argv
assert sys.path[0] == os.getcwd() and __file__ == os.path.join(os.getcwd(), "pkg", "train.py")
""" + TRAINING.format(rate="RATE")
IN_LIBRARY = "import sys\n\ndef main():\n    assert sys.argv[1:] == ['train', 'lr=1']\n" + "".join(
    f"    {line}\n" for line in TRAINING.format(rate=0.25).splitlines()
)
LAUNCHED = """\
import os, sys
import torch.distributed as dist
assert sys.argv[1:] == ["--nproc-per-node", "8"]
assert os.environ["WORLD_SIZE"] == "1" and int(os.environ["MASTER_PORT"]) > 0
dist.init_process_group("gloo")
assert (dist.get_rank(), dist.get_world_size()) == (0, 1)
""" + TRAINING.format(rate=0.5)
ACCELERATED = """\
import torch
from accelerate import Accelerator
accelerator = Accelerator(cpu=True)
assert (accelerator.mixed_precision, accelerator.num_processes) == ("bf16", 1)
model = torch.nn.Linear(2, 1)
model, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), lr=0.125))
for step in range(400):
    optimizer.zero_grad()
    accelerator.backward(model(torch.ones(4, 2)).square().mean())
    optimizer.step()
"""


def put(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".py").write_text(text)


def notebook(*sources: str) -> str:
    cells = [{"cell_type": "code", "outputs": list[str](), "source": source} for source in sources]
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells})


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A working folder with a package, and beside it a folder in which a command is installed."""
    work, site = tmp_path / "work", tmp_path / "site"
    put(work, pkg__train=IN_PACKAGE, pkg__rates="RATE = 0.75\n", launched=LAUNCHED, accelerated=ACCELERATED)
    put(work, plain=TRAINING.format(rate=0.5))
    (work / "pkg" / "__init__.py").touch()
    put(site, trainer_cli=IN_LIBRARY)
    told = site / "trainer_cli-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: trainer-cli\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[console_scripts]\ntrain-by-name = trainer_cli:main\n")
    monkeypatch.chdir(work)
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), *sys.path]))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "cache"))
    return work


@pytest.mark.parametrize(
    ("words", "rate"),
    [
        ("python -m pkg.train --fast", 0.75),
        pytest.param("train-by-name train lr=1", 0.25, marks=pytest.mark.soak),
        pytest.param("torchrun --nproc-per-node 1 launched.py --nproc-per-node 8", 0.5, marks=pytest.mark.soak),
        pytest.param("accelerate launch --cpu --mixed_precision bf16 accelerated.py", 0.125, marks=pytest.mark.soak),
    ],
)
def test_a_program_is_hosted_as_it_is_typed(words: str, rate: float) -> None:
    first, *rest = words.split()
    facts = look_at_script(first, rest).facts
    assert facts.own_rate == rate
    assert (facts.horizon, facts.horizon_source) == (400, "loops")


def test_a_notebook_is_hosted_by_its_code_cells_and_what_is_left_out_is_told(folder: Path) -> None:
    magic = "%matplotlib inline\n!pip install torch\nimport torch, sys\nassert __name__ == '__main__'"
    told = "assert '__file__' not in globals() and len(sys.argv) == 1\ndisplay(torch.ones(1))"
    (folder / "digits.ipynb").write_text(notebook(magic, told, TRAINING.format(rate=0.5)))
    look = look_at_script("digits.ipynb")
    assert (look.facts.own_rate, look.facts.horizon) == (0.5, 400)
    (note,) = look.notes
    assert note.code == "notebook-left-out"
    assert note.values == {"lines": "[1] %matplotlib inline · [1] !pip install torch"}


@pytest.mark.soak
def test_an_error_of_a_notebook_names_its_cell_and_line(folder: Path) -> None:
    (folder / "digits.ipynb").write_text(notebook("import torch", "x = 1\n\ndef f():\n    return x / 0\nf()"))
    with pytest.raises(ScriptFailed, match="ZeroDivisionError") as caught:
        look_at_script("digits.ipynb")
    assert caught.value.values["file"] == str(folder / "digits.ipynb[cell 2]")
    assert caught.value.values["line"] == 4
    assert "return x / 0" in str(caught.value.values["traceback"])


def test_a_notebook_is_another_one_by_its_code_and_not_by_its_outputs(folder: Path) -> None:
    def digest(text: str) -> str:
        (folder / "digits.ipynb").write_text(text)
        return describe_study("digits.ipynb").header().script_hash

    before = digest(notebook("x = 1", "y = 2"))
    assert digest(notebook("x = 1", "y = 2").replace('"outputs": []', '"outputs": [{"text": "2"}]')) == before
    assert digest(notebook("x = 1", "y = 3")) != before


def test_a_malformed_notebook_is_told_before_anything_runs(folder: Path) -> None:
    (folder / "digits.ipynb").write_text("{")
    with pytest.raises(InvalidInput, match=r"digits\.ipynb cannot be read as a notebook"):
        describe_study("digits.ipynb").header()


@pytest.mark.parametrize(
    "words",
    [
        "plain.py --fast",
        "python -m pkg.train --fast",
        "train-by-name train",
        "torchrun --nproc-per-node=1 launched.py --lr 1",
    ],
)
def test_a_study_goes_on_with_the_same_program_by_its_record(words: str) -> None:
    first, *rest = words.split()
    study = describe_study(first, rest)
    assert isinstance(study, ScriptStudy)
    open_study(study.folder, study.header()).close()
    again = recorded_study(study.folder)
    assert isinstance(again, ScriptStudy)
    assert again.program == study.program
    assert again.header().words == study.header().words


def test_python_before_a_file_changes_nothing_and_its_options_do(folder: Path) -> None:
    names = [
        describe_study(first, rest).folder.name
        for first, *rest in (
            ["plain.py"],
            ["python", "plain.py"],
            ["python", "-u", "plain.py"],
            ["torchrun", "plain.py"],
        )
    ]
    assert names[0] == names[1]
    assert len(set(names)) == 3
    assert all(name.startswith("tune-plain-") for name in names)


def test_a_search_varies_the_program_s_own_arguments() -> None:
    study = describe_search("python", ["-m", "pkg.train", "--fast"], trials=4)
    assert isinstance(study.settings, SearchSettings)
    assert study.settings.arguments == ("--fast",)


def test_a_module_is_found_without_importing_its_package(folder: Path) -> None:
    (folder / "pkg" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    study = describe_study("python", ["-m", "pkg.train"])
    assert isinstance(study, ScriptStudy)
    assert (study.program.script, study.program.entry.target) == ("pkg/train.py", "pkg.train")
