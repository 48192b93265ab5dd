"""Mirrors ratecraft/api/studies/neighbours.py: studies of one script with other settings, in one folder."""

from pathlib import Path

import pytest
from tests.api.studies.described import script_study
from tests.api.studies.test_putting_back import interrupted

from ratecraft.api.studies.neighbours import clear_the_way
from ratecraft.api.studies.script_study import ScriptStudy
from ratecraft.api.studies.study import Settings
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import StudyError
from ratecraft.records.answer import Answer
from ratecraft.records.metrics import Metric
from ratecraft.records.storage.study import open_study


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "train.py").write_text("print(1)\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def study_of(settings: Settings, *arguments: str) -> ScriptStudy:
    return script_study("train.py", arguments, settings)


FIRST, OTHER = TunerSettings.usual("fork"), TunerSettings.usual("fork", budget=2.6)


def test_a_second_study_of_a_script_does_not_begin_beside_one_at_work() -> None:
    first, other = study_of(FIRST), study_of(OTHER)
    with (
        open_study(first.folder, first.header()),
        pytest.raises(StudyError, match="both end with a run in this") as said,
    ):
        clear_the_way(other, other.header())
    assert said.value.code == "script-busy"
    assert said.value.values["study"] == first.folder.name
    clear_the_way(other, other.header())


def test_of_two_that_begin_at_once_each_sees_the_other() -> None:
    first, other = study_of(FIRST), study_of(OTHER)
    with open_study(first.folder, first.header()), open_study(other.folder, other.header()):
        for study in (first, other):
            with pytest.raises(StudyError, match="is being worked on by another process"):
                clear_the_way(study, study.header())


@pytest.mark.parametrize(
    ("settings", "arguments"),
    [(FindSettings(), ()), (OTHER, ("--out", "b"))],
    ids=["a rate alone", "other arguments"],
)
def test_what_writes_elsewhere_or_nowhere_may_run_beside_it(settings: Settings, arguments: tuple[str, ...]) -> None:
    first, beside = study_of(FIRST), study_of(settings, *arguments)
    with open_study(first.folder, first.header()):
        clear_the_way(beside, beside.header())


def test_what_an_interrupted_final_run_of_another_study_left_is_put_back_first(home: Path) -> None:
    first, other = study_of(FIRST), study_of(OTHER)
    open_study(first.folder, first.header()).close()
    interrupted(first.folder, home)
    clear_the_way(other, other.header())
    assert (home / "log.csv").read_text() == "an earlier run\n"
    assert not (home / "best.pt").exists()


def test_what_a_finished_one_left_stays(home: Path) -> None:
    first, other = study_of(FIRST), study_of(OTHER)
    with open_study(first.folder, first.header()) as record:
        record.set_answer(Answer("gain", Metric("val_loss", "min")))
    interrupted(first.folder, home)
    clear_the_way(other, other.header())
    assert (home / "best.pt").read_text() == "half of a"
