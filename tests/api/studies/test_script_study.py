"""Mirrors ratecraft/api/studies/script_study.py."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.api.studies.described import script_study

from ratecraft.api.studies.keywords import Running
from ratecraft.api.studies.recorded import recorded_study
from ratecraft.api.studies.script_study import ScriptStudy
from ratecraft.api.studies.study import asked_for
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import StudyError
from ratecraft.records.metrics import Metric, parse_metric
from ratecraft.records.storage.study import StudyFolder, open_study, study_name
from ratecraft.schedules.language.text import parse_set


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a script in a folder of it, and one outside."""
    folder = tmp_path / "home"
    (folder / "src").mkdir(parents=True)
    for path in (folder / "src" / "train.py", tmp_path / "train.py"):
        path.write_text("print(1)\n")
    monkeypatch.chdir(folder)
    return folder


def begun(study: ScriptStudy) -> StudyFolder:
    """The folder of the study, once it has a record."""
    open_study(study.folder, study.header()).close()
    return study.folder


@pytest.mark.parametrize("written", ["src/train.py", "./src/train.py", "src/../src/train.py", "{home}/src/train.py"])
def test_a_script_inside_is_the_same_however_it_is_written(home: Path, written: str) -> None:
    study = script_study(written.format(home=home), ["--epochs", "3"], TunerSettings())
    assert study.program.script == "src/train.py"
    assert study.folder == script_study("src/train.py", ["--epochs", "3"], TunerSettings()).folder


@pytest.mark.parametrize("written", ["../train.py", "{home}/../train.py"])
def test_a_script_outside_goes_by_its_whole_path(home: Path, written: str) -> None:
    assert script_study(written.format(home=home), [], TunerSettings()).program.script == str(home.parent / "train.py")


def test_a_link_to_a_script_stays_a_link(home: Path) -> None:
    (home / "best.py").symlink_to("src/train.py")
    assert script_study("best.py", [], TunerSettings()).program.script == "best.py"


def test_other_arguments_are_another_study(home: Path) -> None:
    folders = {
        script_study("src/train.py", words, TunerSettings()).folder for words in ([], ["a"], ["a b"], ["a", "b"])
    }
    assert len(folders) == 4


def test_a_study_is_gone_on_with_by_its_name_or_by_its_folder(home: Path) -> None:
    named = script_study("src/train.py", [], TunerSettings())
    assert named.command == f"ratecraft resume {named.folder.name}"
    assert named.folder.path == home / ".ratecraft" / named.folder.name
    placed = script_study("src/train.py", [], TunerSettings(), study="my studies/first")
    assert placed.command == "ratecraft resume 'my studies/first'"
    assert placed.folder.path == home / "my studies" / "first"


def test_a_record_gives_back_the_study_that_it_was_made_for(home: Path) -> None:
    settings = TunerSettings(metric=Metric("val_acc", "max", chosen_by="user"), budget=2.6, own_rate=3e-4, seed=7)
    study = script_study("src/train.py", ["--epochs", "3"], settings, threads=2)
    again = recorded_study(begun(study), running=Running(workers=3, start_timeout=9.0))
    assert isinstance(again, ScriptStudy)
    running = again.running
    assert (running.workers, running.start_timeout, running.threads) == (3, 9.0, 2)
    assert again.settings == settings
    assert again.header().settings == study.header().settings
    assert (again.program, again.directory) == (study.program, study.directory)


def test_a_study_in_its_usual_place_moves_with_its_working_folder(home: Path) -> None:
    folder = begun(script_study("src/train.py", [], TunerSettings()))
    moved = home.rename(home.with_name("elsewhere"))
    assert recorded_study(StudyFolder(moved / ".ratecraft" / folder.name)).directory == moved


def test_a_study_elsewhere_knows_its_working_folder(home: Path, tmp_path: Path) -> None:
    folder = begun(script_study("src/train.py", [], TunerSettings(), study=tmp_path / "study"))
    assert recorded_study(folder, "a study").directory == home
    assert recorded_study(folder, "a study").command == "ratecraft resume 'a study'"
    home.rename(home.with_name("elsewhere"))
    with pytest.raises(StudyError, match=f"was made in {home}, which no longer exists"):
        recorded_study(folder)


# ---- names


@pytest.mark.parametrize(
    ("settings", "threads"),
    [
        (TunerSettings.usual("fork"), 1),
        (TunerSettings.usual("replay"), 1),
        (TunerSettings.usual("fork", budget=1.85), 1),
        (TunerSettings.usual("replay", budget=1.85, seed=0, schedule=None), 1),
    ],
)
def test_a_command_that_decides_nothing_has_the_name_of_a_plain_one(
    home: Path, settings: TunerSettings, threads: int
) -> None:
    name = script_study("src/train.py", [], settings, threads=threads).folder.name
    assert name == study_name("tune", Path("src/train.py"), [], home)


WISHES: dict[str, st.SearchStrategy[Any]] = {
    "metric": st.sampled_from(["val_loss", "val_acc", "score:max", "score:min"]).map(parse_metric),
    "budget": st.sampled_from([1.2, 2.0, 2.6]),
    "seed": st.integers(1, 5),
    "steps": st.integers(400, 403),
    "own_rate": st.sampled_from([0.1, 0.01]),
    "baseline": st.just(False),
    "mode": st.just("cheap"),
    "compare_constant": st.just(True),
    "groups": st.just("body-head"),
    "schedule": st.sampled_from(["cosine()", "warmup(0.1) >> cosine()"]).map(parse_set),
}
DECIDED = st.fixed_dictionaries({}, optional=WISHES)


@given(DECIDED, DECIDED, st.integers(1, 2), st.integers(1, 2))
def test_two_commands_have_one_study_where_they_decide_the_same_and_only_there(
    one: dict[str, Any], other: dict[str, Any], one_threads: int, other_threads: int
) -> None:
    folders = [
        script_study("train.py", ["--epochs", "3"], TunerSettings.usual("fork", **decided), threads=threads).folder
        for decided, threads in ((one, one_threads), (other, other_threads))
    ]
    assert (folders[0] == folders[1]) == ((one, one_threads) == (other, other_threads))


@given(DECIDED)
def test_what_decides_nothing_is_no_part_of_a_name(decided: dict[str, Any]) -> None:
    settings = TunerSettings.usual("fork", **decided)
    plain = script_study("train.py", [], settings)
    assert plain.folder == script_study("train.py", [], settings, workers=3, time_limit=9.0, start_timeout=1.0).folder


@given(DECIDED)
def test_a_setting_that_a_later_version_adds_changes_no_name(decided: dict[str, Any]) -> None:
    """Only what differs from the usual is in it, so a constant or a wish at its default is not."""
    asked = asked_for(TunerSettings.usual("fork", **decided))
    assert {each.partition("=")[0] for each in asked} == set(decided)
