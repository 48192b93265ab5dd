"""Mirrors ratecraft/api/running/screens.py: which screen follows a study, in a notebook and elsewhere."""

import io
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from tests.training.small_tasks import Kind, make_task

from ratecraft.api.running.screens import screen_opener
from ratecraft.api.studies.study import Study
from ratecraft.api.studies.study_description import describe_study
from ratecraft.reporting.notebook import NotebookScreen
from ratecraft.reporting.progress.screen import PlainScreen, SilentScreen


@pytest.fixture
def study(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.chdir(tmp_path)
    return describe_study(make_task(Kind(steps=400)))


class Publisher:
    """Where a kernel sends what it shows; the real one is tried by hand, for no test needs a kernel otherwise."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def publish(self, **content: Any) -> None:
        self.sent.append(content)


def with_shell(monkeypatch: pytest.MonkeyPatch, shell: object) -> None:
    module = ModuleType("IPython")
    vars(module)["get_ipython"] = lambda: shell
    monkeypatch.setitem(sys.modules, "IPython", module)


def test_in_a_notebook_one_display_is_rewritten(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher, stream = Publisher(), io.StringIO()
    with_shell(monkeypatch, SimpleNamespace(display_pub=publisher, kernel=object()))
    screen = screen_opener("en", stream, in_notebooks=True)(study, ())
    assert isinstance(screen, NotebookScreen)
    screen.say("more")
    first, second = publisher.sent
    assert "Your task is trained several times" in first["data"]["text/plain"]
    assert (first["update"], second["update"]) == (False, True)
    assert first["transient"] == second["transient"]
    assert first["transient"]["display_id"]
    assert stream.getvalue() == ""


@pytest.mark.parametrize("shell", [None, SimpleNamespace(display_pub=Publisher())], ids=["none", "a terminal's"])
def test_without_a_kernel_it_goes_to_the_stream(study: Study, shell: object, monkeypatch: pytest.MonkeyPatch) -> None:
    with_shell(monkeypatch, shell)
    stream = io.StringIO()
    assert isinstance(screen_opener("en", stream, in_notebooks=True)(study, ()), PlainScreen)
    assert "Your task is trained several times" in stream.getvalue()


def test_a_notebook_that_is_not_loaded_stays_so(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    screen_opener("en", io.StringIO(), in_notebooks=True)(study, ())
    assert "IPython" not in sys.modules


def test_silence_is_kept(study: Study) -> None:
    stream = io.StringIO()
    assert isinstance(screen_opener("en", stream, silent=True)(study, ()), SilentScreen)
    assert stream.getvalue() == ""
