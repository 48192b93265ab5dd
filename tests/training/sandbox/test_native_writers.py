"""Mirrors training/sandbox/native_writers.py. That `torch.save` is seen is held by test_first_write.py."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from ratecraft.training.sandbox.native_writers import wrap_native_writers


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Stands for safetensors, which is not among the packages of the tests: the same names in the same places."""
    library, part = ModuleType("safetensors"), ModuleType("safetensors.torch")

    def serialize_file(tensors: object, filename: str, metadata: object = None) -> tuple[object, str, object]:
        return tensors, filename, metadata

    for module in (library, part):
        module.serialize_file = serialize_file  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return library


def test_the_path_is_announced_and_the_call_goes_on(library: ModuleType) -> None:
    told: list[str] = []
    wrap_native_writers(told.append)
    assert library.serialize_file({}, "a.safetensors", metadata=1) == ({}, "a.safetensors", 1)
    assert library.serialize_file({}, filename=Path("b")) == ({}, Path("b"), None)
    assert sys.modules["safetensors.torch"].serialize_file({}, "c") == ({}, "c", None)
    assert told == ["a.safetensors", "b", "c"]


def test_a_library_is_wrapped_once(library: ModuleType) -> None:
    told: list[str] = []
    wrap_native_writers(told.append)
    once = library.serialize_file
    wrap_native_writers(told.append)
    assert library.serialize_file is once


def test_what_is_no_path_is_not_announced(library: ModuleType) -> None:
    told: list[str] = []
    wrap_native_writers(told.append)
    library.serialize_file({}, sys.stdout)
    assert told == []


def test_no_library_is_loaded_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "safetensors", raising=False)
    wrap_native_writers(print)
    assert "safetensors" not in sys.modules
