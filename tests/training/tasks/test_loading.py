"""A task by its name: the module is imported, the function called, and what goes wrong is said."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.training.small_tasks import digest, digest_of_generators

from ratecraft.errors import InvalidInput, ScriptFailed
from ratecraft.training.tasks.loading import load_task

MODULE = """
import torch
from torch import nn
from ratecraft.training.tasks.task import Task

def make_task():
    model = nn.Linear(2, 1)
    data = [(torch.zeros(2, 2), torch.zeros(2, 1))]
    return Task(model, torch.optim.SGD(model.parameters(), lr=0.1), loss, data, steps=10)

def loss(model, batch):
    return nn.functional.mse_loss(model(batch[0]), batch[1])

def make_refused():
    return Task(nn.Linear(2, 1), 0.1, loss, [], steps=10)

def make_nothing():
    pass

def make_error():
    raise RuntimeError("planted")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "digits.py").write_text(MODULE)
    (tmp_path / "pack" / "broken.py").write_text("import no_such_package\n")
    (tmp_path / "pack" / "failing.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "pack"]:
        del sys.modules[name]


def test_a_task_is_made_by_its_function() -> None:
    assert repr(load_task("pack.digits:make_task")) == "Task(Linear of 3 parameters, SGD, 10 steps)"


def test_the_same_seed_makes_the_same_weights_and_leaves_the_generators_alone() -> None:
    before = digest_of_generators()
    weights = [digest(load_task("pack.digits:make_task", seed).model.state_dict()) for seed in (1, 1, 2)]
    assert weights[0] == weights[1] != weights[2]
    assert digest_of_generators() == before


@pytest.mark.parametrize("name", ["pack.digits", "pack/digits.py:make_task", ":make_task", "pack.digits:"])
def test_another_form_of_a_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"is not a name of a task: the form is package\.module:function") as refused:
        load_task(name)
    assert "for example training.digits:make_task" in refused.value.hint()


@pytest.mark.parametrize("module", ["pack.digit", "packs.digits"])
def test_a_module_that_is_not_there_is_refused(module: str, folder: Path) -> None:
    with pytest.raises(InvalidInput, match=f"There is no module `{module}`, neither in {folder}"):
        load_task(f"{module}:make_task")


def test_a_function_that_is_not_there_is_refused_with_one_that_is() -> None:
    with pytest.raises(InvalidInput, match=r"The module `pack\.digits` has no function `make_tsk`") as refused:
        load_task("pack.digits:make_tsk")
    assert refused.value.hint() == "Is make_task meant?"


def test_what_is_no_task_is_refused() -> None:
    with pytest.raises(InvalidInput, match="must give a ratecraft Task; it gave NoneType"):
        load_task("pack.digits:make_nothing")


def test_a_task_that_refuses_itself_says_why() -> None:
    with pytest.raises(InvalidInput, match="`optimizer` must be a torch optimizer; got float"):
        load_task("pack.digits:make_refused")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pack.digits:make_error", "`pack.digits:make_error` fails before there is a task: RuntimeError: planted"),
        (
            "pack.broken:make_task",
            "fails before there is a task: ModuleNotFoundError: No module named 'no_such_package'",
        ),
        ("pack.failing:make_task", "`pack.failing` fails before there is a task: ZeroDivisionError: division by zero"),
    ],
)
def test_what_fails_before_there_is_a_task_is_the_user_s(name: str, message: str) -> None:
    with pytest.raises(ScriptFailed, match=message) as failed:
        load_task(name)
    assert failed.value.__cause__ is not None
