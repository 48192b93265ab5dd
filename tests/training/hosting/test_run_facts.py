"""Mirrors training/hosting/run_facts.py."""

import inspect
from pathlib import Path

import pytest

from ratecraft.training.hosting import run_facts
from ratecraft.training.hosting.run_facts import failure_of, is_users, script_path
from ratecraft.training.processes.wire import Start


def start(tmp_path: Path, script: str = "train.py") -> Start:
    """A run in a mirror of the folder `home`."""
    for folder in (tmp_path / "home", mirror(tmp_path), tmp_path / "elsewhere"):
        folder.mkdir(parents=True, exist_ok=True)
    return Start(script, (), str(mirror(tmp_path)), mirror=str(tmp_path / "base"))


def mirror(tmp_path: Path) -> Path:
    """The mirror of `home`: it has that folder's whole path, below a base."""
    return tmp_path / "base" / (tmp_path / "home").relative_to("/")


@pytest.mark.parametrize(
    ("script", "place"),
    [
        ("train.py", "{mirror}/train.py"),
        ("./jobs/../train.py", "{mirror}/train.py"),
        ("{root}/home/train.py", "{mirror}/train.py"),
        ("../elsewhere/train.py", "{root}/elsewhere/train.py"),
        ("{root}/elsewhere/train.py", "{root}/elsewhere/train.py"),
    ],
)
def test_a_script_of_the_mirrored_folder_lies_in_the_mirror_and_no_other(
    tmp_path: Path, script: str, place: str
) -> None:
    (tmp_path / "home" / "jobs").mkdir(parents=True)
    where = {"root": tmp_path, "mirror": mirror(tmp_path)}
    assert script_path(start(tmp_path, script.format(**where))) == Path(place.format(**where))


@pytest.mark.parametrize(
    ("file", "users"),
    [
        ("{mirror}/model.py", True),
        ("{mirror}/package/layers.py", True),
        ("{mirror}-of-another/model.py", False),
        ("{mirror}/.venv/lib/python3.11/site-packages/torch/nn.py", False),
        (run_facts.__file__, False),
        (inspect.__file__, False),
        ("<frozen importlib>", False),
    ],
)
def test_the_user_s_own_code_is_told_from_libraries_and_from_ours(tmp_path: Path, file: str, users: bool) -> None:
    assert is_users(file.format(mirror=mirror(tmp_path)), start(tmp_path)) is users


def test_memory_of_the_device_that_runs_out_is_told_by_its_name(tmp_path: Path) -> None:
    class OutOfMemoryError(RuntimeError):
        pass

    assert failure_of(OutOfMemoryError("CUDA out of memory"), start(tmp_path)).kind == "out-of-memory"


def test_paths_of_the_mirror_become_the_user_s_own(tmp_path: Path) -> None:
    failure = failure_of(ValueError(f"no {mirror(tmp_path)}/data.csv"), start(tmp_path))
    assert failure.message == f"no {tmp_path}/home/data.csv"


def test_long_texts_are_cut(tmp_path: Path) -> None:
    failure = failure_of(ValueError("x" * 100_000), start(tmp_path))
    assert (len(failure.message), len(failure.traceback)) == (2000, 8000)
