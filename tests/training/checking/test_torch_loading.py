"""Mirrors training/checking/torch_loading.py: children that load torch, or something in its place."""

from importlib import metadata
from pathlib import Path

import pytest

from ratecraft.training.checking.torch_loading import TorchLook, begin, cuda, torch
from ratecraft.training.machine.devices import Device

DEVICES = (Device("GPU-1a", 80), Device("GPU-2b", 80))


def test_the_torch_of_this_python_is_loaded_and_told() -> None:
    found = torch(begin().look())
    assert found.state == "ok"
    assert found.values["version"] == metadata.version("torch")


def test_a_torch_that_cannot_be_loaded_is_told_with_its_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch.py").write_text("raise OSError('libcudart.so.13: cannot open shared object file')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    found = torch(begin().look())
    assert (found.code, found.state, found.essential) == ("torch-broken", "missing", True)
    assert found.values["problem"] == "OSError: libcudart.so.13: cannot open shared object file"


def test_a_torch_that_ends_its_process_is_told_all_the_same() -> None:
    look = begin(("-c", "import os; os._exit(9)")).look()
    assert (look.version, look.problem) == (metadata.version("torch"), "exit code 9")


def test_a_torch_that_never_loads_is_given_up() -> None:
    look = begin(("-c", "import sys; sys.stdin = None\nwhile True: pass")).look(longest=0.1)
    assert look.problem == "> 0 s"


def test_modules_of_the_working_folder_are_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("open('was-run', 'w')\n")
    (tmp_path / "torch.py").write_text("open('was-run', 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert not begin().look().problem
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize(
    ("look", "listed", "chosen", "code"),
    [
        (TorchLook("2.13.0", cuda="13.0", devices=("H100",)), DEVICES, None, "cuda"),
        (TorchLook("2.13.0", cuda="13.0"), (), None, "cuda-none"),
        (TorchLook("2.13.0"), DEVICES, None, "cuda-unused"),
        (TorchLook("2.13.0", cuda="13.0"), DEVICES, None, "cuda-unreachable"),
        (TorchLook("2.13.0", cuda="13.0"), DEVICES, "", "cuda-hidden"),
        (TorchLook(), DEVICES, None, "cuda-listed"),
        (TorchLook("2.13.0", "broken"), DEVICES, None, "cuda-listed"),
    ],
)
def test_why_devices_are_not_reached_is_told(
    look: TorchLook, listed: tuple[Device, ...], chosen: str | None, code: str
) -> None:
    environment = {} if chosen is None else {"CUDA_VISIBLE_DEVICES": chosen}
    assert cuda(look, listed, environment).code == code


def test_an_old_torch_is_told() -> None:
    assert torch(TorchLook("1.13.1")).code == "torch-old"
    assert torch(TorchLook("2.13.0", hip="7.0")).code == "torch-rocm"
