"""Mirrors ratecraft/api/tracking.py: a finished study is sent once; live trackers are in `tests/integrations`."""

import sys
from pathlib import Path

import pytest
from tests.integrations.finished_study import finished_study

from ratecraft.api.tracking import TRACKERS, Tracker, tracker_of
from ratecraft.api.tune import tune
from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.study import StudyFolder
from ratecraft.schedules.constructors import linear


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
