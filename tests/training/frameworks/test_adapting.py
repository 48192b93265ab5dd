"""Mirrors training/frameworks/adapting.py: a module is adapted once it is loaded, and not loaded for it."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.training.hosted_scripts import FIGURE, HEAD, run, written

from ratecraft.training.frameworks.adapting import adapt_frameworks
from ratecraft.training.frameworks.framework import Framework


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that can be imported, in this test alone."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", sys.meta_path.copy())
    monkeypatch.setattr(sys, "modules", sys.modules.copy())
    return tmp_path


def test_a_framework_is_a_value_whose_modules_are_changed_once_they_are_loaded(modules: Path) -> None:
    written(modules / "trainers_of_mine.py", "class Trainer:\n    steps = 3\n")
    told: list[tuple[str, object]] = []

    def change(module: Any, hooks: Any) -> None:
        told.append((hooks, module.Trainer.steps))

    mine = Framework({"trainers_of_mine": change}, ("trainers-of-mine",))
    adapt_frameworks("the host", (mine,))  # type: ignore[arg-type]
    assert (told, mine.is_loaded(sys.modules)) == ([], False)
    importlib.import_module("trainers_of_mine")
    assert (told, mine.is_loaded(sys.modules)) == ([("the host", 3)], True)


def test_a_framework_that_is_not_as_it_was_leaves_the_script_alone_and_is_noted(tmp_path: Path) -> None:
    """As a later version of it may be."""
    package = tmp_path / "transformers"
    written(package / "__init__.py", "")
    written(package / "trainer_callback.py", "class CallbackHandler:\n    pass\n")
    text = "import transformers.trainer_callback\n" + HEAD
    loop = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(2):
    for x, y in DataLoader(data(), batch_size=8):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
    print("val_loss", evaluate(model))
"""
    hosted = run(written(tmp_path / "train.py", text + loop), to=3, how=FIGURE)
    assert hosted.score is not None
    assert hosted.score.value is not None
    assert [(note.code, note.values["module"]) for note in hosted.notes] == [
        ("framework-unknown", "transformers.trainer_callback")
    ]
