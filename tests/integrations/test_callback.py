"""Mirrors ratecraft/integrations/callback.py: one name for the callbacks of all frameworks."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.integrations.finished_study import finished_study
from tests.peers import Peer

import ratecraft
from ratecraft import integrations
from ratecraft.errors import InvalidInput
from ratecraft.integrations.callback import FRAMEWORKS, callback
from ratecraft.schedules.builders.constructors import linear

skorch, lightning = Peer("skorch"), Peer("lightning")


def said_by_a_program(*lines: str) -> str:
    """The last line that a process of its own says."""
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[-1]


def test_it_is_a_public_name() -> None:
    assert ratecraft.callback is callback


def test_a_program_that_has_loaded_no_framework_is_asked_which() -> None:
    said = said_by_a_program("import ratecraft", "ratecraft.callback()")
    assert said.endswith("InvalidInput: Which framework trains is not clear; loaded are: –.")


def test_a_package_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "skorch", raising=False)
    with pytest.raises(InvalidInput, match="skorch is not installed") as told:
        callback(framework="skorch")
    assert "pip install 'ratecraft[skorch]'" in told.value.hint()


@pytest.mark.parametrize(("given", "named"), [("torch", "torch"), (3, "builtins"), (InvalidInput, "ratecraft")])
def test_what_has_no_callback_is_refused_with_what_a_loop_does_instead(given: object, named: str) -> None:
    with pytest.raises(InvalidInput, match=f"no callback for `{named}`, but for fastai,") as told:
        callback(framework=given)
    assert "attach(optimizer)" in told.value.hint()


def test_every_callback_of_the_folder_can_be_asked_for() -> None:
    folder = Path(next(iter(integrations.__path__)))
    having = [each.stem for each in folder.glob("*.py") if "class RatecraftCallback" in each.read_text("utf-8")]
    assert sorted(having) == list(FRAMEWORKS)


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_framework_gives_its_own_with_what_was_given(name: str) -> None:
    pytest.importorskip(name)
    made = callback("study", name, stretch=True, every=3, language="ja")
    assert isinstance(made, import_module(f"ratecraft.integrations.{name}").RatecraftCallback)
    assert (made.study, made.stretch, made.every, made.language) == ("study", True, 3, "ja")


def test_every_callback_takes_the_same_arguments() -> None:
    taken = inspect.signature(callback).parameters
    assert list(taken) == ["study", "framework", "stretch", "guard", "every", "record", "language"]


@pytest.mark.soak
def test_the_only_framework_that_is_loaded_is_taken() -> None:
    pytest.importorskip("skorch")
    said = said_by_a_program("import skorch, ratecraft", "print(type(ratecraft.callback()).__module__)")
    assert said == "ratecraft.integrations.skorch"


@pytest.mark.soak
def test_where_two_are_loaded_one_has_to_be_named() -> None:
    for name in ("skorch", "transformers"):
        pytest.importorskip(name)
    said = said_by_a_program("import skorch, transformers, ratecraft", "ratecraft.callback()")
    assert said.endswith("Which framework trains is not clear; loaded are: skorch, transformers.")


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore")
def test_what_trains_tells_its_framework(tmp_path: Path) -> None:
    import torch

    study = finished_study(tmp_path, linear(0.1, 0, 8), 8)

    class OfMine(skorch.NeuralNetRegressor):  # pyright: ignore
        pass

    net: Any = OfMine(torch.nn.Linear)
    for trains in (net, OfMine):
        assert type(callback(study, trains)).__module__ == "ratecraft.integrations.skorch"
    assert type(callback(study, lightning.LightningModule())).__module__ == "ratecraft.integrations.lightning"
