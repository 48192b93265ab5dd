"""Mirrors ratecraft/api/results/tracking.py: a finished study is sent once (live ones: `tests/integrations`)."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.api.test_search import task_of
from tests.integrations.finished_study import finished_study

from ratecraft.api.find import find
from ratecraft.api.results.as_runs import StudyRuns, study_runs
from ratecraft.api.results.tracking import TRACKERS, Tracker, tracker_of
from ratecraft.api.search import search
from ratecraft.api.tune import tune
from ratecraft.cli.main import main
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.builders.constructors import linear

SEARCHED: dict[Any, dict[str, Any]] = {search: {"method": "grid", "space": {"rate": [0.1]}}}


@pytest.fixture
def tracker(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Path], Any]], None]:
    """Puts a function in the place of MLflow's file."""

    def put(track: Callable[[Path], Any]) -> None:
        module = ModuleType(TRACKERS["mlflow"])
        module.track = track  # pyright: ignore[reportAttributeAccessIssue]
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return put


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    return StudyFolder(finished_study(tmp_path, linear(0.1, 0, 20), 20))


def test_a_study_is_sent_once_to_each_tracker(study: StudyFolder) -> None:
    sent = list[Path]()

    def track(folder: Path) -> str:
        sent.append(folder)
        return "run 7"

    assert [Tracker("mlflow", track).send(study) for _ in range(2)] == ["run 7", ""]
    assert Tracker("wandb", track).send(study) == "run 7"
    assert sent == [study.path, study.path]


def test_a_study_that_a_tracker_did_not_take_is_sent_again(study: StudyFolder) -> None:
    def refused(folder: Path) -> str:
        raise ConnectionError("nobody answers")

    with pytest.raises(StudyError, match="is finished, but wandb did not take it: ConnectionError: nobody answers"):
        Tracker("wandb", refused).send(study)
    assert Tracker("wandb", lambda folder: folder).send(study) == str(study.path)


def test_what_a_tracker_prints_stays_off_stdout(study: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    def track(folder: Path) -> str:
        sys.stdout.write("View run at: http://localhost:5000\n")
        return "run 7"

    Tracker("mlflow", track).send(study)
    assert capsys.readouterr() == ("", "View run at: http://localhost:5000\n")


@pytest.mark.parametrize("given", ["paper", 3])
def test_an_unknown_tracker_is_refused_before_anything_is_trained(given: object) -> None:
    with pytest.raises(InvalidInput, match=rf"Unknown tracker .*\. Available trackers: {', '.join(TRACKERS)}"):
        tune("nowhere.py", track=given)  # pyright: ignore[reportArgumentType]


def test_a_tracker_whose_package_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ratecraft.integrations.mlflow", None)
    with pytest.raises(InvalidInput, match="The tracker mlflow is not installed here"):
        tracker_of("mlflow")


@pytest.mark.parametrize("verb", [tune, find, search])
def test_every_verb_that_makes_a_study_sends_it(
    verb: Callable[..., Any], tmp_path: Path, tracker: Callable[..., None]
) -> None:
    sent = list[Path]()
    tracker(sent.append)
    verb(task_of(), study=tmp_path / "study", progress=False, track="mlflow", **SEARCHED.get(verb, {}))
    assert sent == [tmp_path / "study"]


def test_a_program_s_search_is_sent_with_the_values_of_its_trials(
    tmp_path: Path, tracker: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "program.py").write_text("import sys; print('val_loss', abs(float(sys.argv[1]) - 0.01))\n")
    sent = list[StudyRuns]()

    def track(folder: Path) -> str:
        sent.append(study_runs(folder))
        return "run 7"

    tracker(track)
    typed = ["search", "--program", f"{sys.executable} program.py {{rate}}", "--rate", "0.1,0.01", "--method", "grid"]
    assert main([*typed, "--metric", "val_loss", "--track", "mlflow"]) == 0
    assert [job.values["rate"] for job in sent[0].jobs] == [0.1, 0.01]
    assert capsys.readouterr().err.endswith("sent to mlflow: run 7\n")
