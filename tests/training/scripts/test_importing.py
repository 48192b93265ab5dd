"""Mirrors training/scripts/importing.py: a module is acted on once it is loaded, and not loaded for it."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from tests.training.hosted_scripts import written

from ratecraft.training.scripts.importing import when_imported


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that can be imported, in this test alone."""
    monkeypatch.syspath_prepend(tmp_path)  # pyright: ignore[reportUnknownMemberType] - of pytest
    monkeypatch.setattr(sys, "meta_path", sys.meta_path.copy())
    monkeypatch.setattr(sys, "modules", sys.modules.copy())
    return tmp_path


def test_a_module_is_acted_on_after_its_code_has_run_and_before_its_importer_goes_on(modules: Path) -> None:
    written(modules / "of_a_framework" / "__init__.py", "from of_a_framework import trainer; seen = trainer.value")
    written(modules / "of_a_framework" / "trainer.py", "value = 1\n")

    def act(module: ModuleType) -> None:
        assert module.value == 1
        module.__dict__["value"] = 2

    when_imported({"of_a_framework.trainer": act})
    assert "of_a_framework" not in sys.modules
    assert importlib.import_module("of_a_framework").seen == 2


def test_a_module_that_is_loaded_already_is_acted_on_at_once(modules: Path) -> None:
    seen: list[str] = []
    when_imported({"json": lambda module: seen.append(module.__name__)})
    assert seen == ["json"]


def test_a_module_is_acted_on_once_though_it_is_loaded_again(modules: Path) -> None:
    written(modules / "loaded_twice.py", "")
    seen: list[str] = []
    when_imported({"loaded_twice": lambda module: seen.append(module.__name__)})
    importlib.reload(importlib.import_module("loaded_twice"))
    assert seen == ["loaded_twice"]


def test_a_module_that_is_not_there_is_told_so_and_may_come_later(modules: Path) -> None:
    seen: list[str] = []
    when_imported({"comes_later": lambda module: seen.append(module.__name__)})
    with pytest.raises(ModuleNotFoundError, match="No module named 'comes_later'"):
        importlib.import_module("comes_later")
    written(modules / "comes_later.py", "")
    importlib.invalidate_caches()
    importlib.import_module("comes_later")
    assert seen == ["comes_later"]


def test_an_error_in_a_module_is_that_of_its_own_code(modules: Path) -> None:
    written(modules / "fails_itself.py", "raise KeyError('its own')")
    when_imported({"fails_itself": lambda module: None})
    with pytest.raises(KeyError, match="its own"):
        importlib.import_module("fails_itself")


def test_a_library_that_looks_whether_a_module_is_there_takes_nothing_from_its_later_import(modules: Path) -> None:
    written(modules / "looked_for.py", "value = 1\n")
    seen: list[int] = []
    when_imported({"looked_for": lambda module: seen.append(module.value)})
    assert importlib.util.find_spec("looked_for") is not None
    assert seen == []
    assert importlib.import_module("looked_for").value == 1
    assert seen == [1]
