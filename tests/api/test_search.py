"""Mirrors ratecraft/api/search.py with what it joins: whole searches of a tiny task, in this process."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.training.small_tasks import Kind, digest_of, make_task

from ratecraft.api.results.summaries import study_lines
from ratecraft.api.search import SearchResult, describe_search, search
from ratecraft.api.studies.recorded import recorded_study
from ratecraft.errors import InvalidInput
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.tasks.task import Task

KIND = Kind(steps=400)
QUIET: Mapping[str, Any] = {"progress": False}
RATES: Mapping[str, Any] = {"rate": [0.1, 0.03, 0.003]}


def task_of(**changes: Any) -> Task:
    return replace(make_task(KIND), **changes)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> SearchResult:
    """An undisturbed search; to be looked at only."""
    study = tmp_path_factory.mktemp("found") / "study"
    return search(task_of(), method="grid", space={**RATES, "momentum": [0.5, 0.9]}, seeds=2, study=study, **QUIET)


def test_a_task_gets_the_best_of_its_trials_with_the_noise_and_the_cost(found: SearchResult) -> None:
    assert len(found.trials) == 6
    assert found.best is not None
    assert found.values == found.best.values
    assert found.rate == found.values["rate"]
    assert found.schedule is not None
    assert found.schedule.curve(400).max() == pytest.approx(found.rate)
    assert found.noise is not None
    assert all(len(each.scores) == 2 for each in found.trials)
    assert found.costs.runs == pytest.approx(12)
    assert found.costs.baseline_runs == 1


def test_every_trial_has_the_momentum_that_it_was_given(found: SearchResult) -> None:
    """Two trials that differ only in it come to other scores."""
    scores = {tuple(each.values.items()): each.score for each in found.trials}
    assert len(set(scores.values())) == 6


def test_it_prints_as_a_screen_with_its_trials_and_as_one_line(found: SearchResult) -> None:
    screen = str(found)
    assert re.search(r"^Trials +trial +\w+ +rate +momentum +steps$", screen, re.MULTILINE)
    assert "def rate(step)" in found.code
    assert repr(found).startswith(f"SearchResult({found.verdict}, 6 trials, ")


def test_it_is_one_json_object_with_all_its_trials(found: SearchResult) -> None:
    plain = found.to_json()
    assert [each["score"] for each in plain["search"]["trials"]] == [each.score for each in found.trials]
    assert plain["search"]["seeds"] == 2
    assert plain["verdict"] == found.verdict


def test_it_writes_its_report_with_all_its_trials(found: SearchResult, tmp_path: Path) -> None:
    found.report(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "What was tried: 6 trials" in page
    assert "Which rate" in page


def test_it_becomes_a_study_of_optunas(found: SearchResult) -> None:
    optuna = pytest.importorskip("optuna")
    study = found.to_optuna(optuna.storages.InMemoryStorage())
    assert study.best_value == found.trials[0].score
    assert study.best_params == dict(found.values)
    assert len(study.trials[0].intermediate_values) >= 1


def test_the_task_itself_is_left_as_it_was() -> None:
    task = task_of()
    before = digest_of(task.model, task.optimizer, task.scheduler)
    search(task, method="random", trials=2, space={"rate": (0.01, 0.3)}, **QUIET)
    assert digest_of(task.model, task.optimizer, task.scheduler) == before


def test_the_same_call_again_trains_nothing_and_another_way_is_a_study_of_its_own() -> None:
    first = search(task_of(), method="grid", space=RATES, **QUIET)
    again = search(task_of(), method="grid", space=RATES, **QUIET)
    other = search(task_of(), method="sobol", trials=2, space={"rate": (0.01, 0.3)}, **QUIET)
    assert again.answer == first.answer
    assert again.study == first.study != other.study
    lines = study_lines(Path.cwd())
    assert [line.verdict for line in lines] == [first.verdict, other.verdict]


def test_a_search_by_asha_trains_less_than_as_many_full_runs() -> None:
    result = search(task_of(), method="asha", trials=5, space={"rate": (0.003, 0.3)}, **QUIET)
    assert sum(each.is_whole for each in result.trials) >= 1
    assert result.costs.runs < 5
    assert result.best is not None


def test_runs_that_begin_alike_are_trained_once_and_come_out_as_when_trained_alone() -> None:
    shapes = ["constant(1, 0.5) >> linear()", "constant(1, 0.5) >> cosine()"]
    together = search(task_of(), method="grid", space={"rate": 0.1, "schedule": shapes}, baseline=False, **QUIET)
    assert together.costs.runs < 1.6
    assert together.answer.search is not None
    assert together.answer.search.saved == 201
    for shape in shapes:
        alone = search(task_of(), method="grid", space={"rate": 0.1, "schedule": [shape]}, baseline=False, **QUIET)
        (same,) = [each for each in together.trials if each.values["schedule"] == alone.values["schedule"]]
        assert alone.trials[0].score == same.score


def test_a_space_is_read_from_a_file(home: Path) -> None:
    (home / "space.toml").write_text("[rate]\nchoices = [0.1, 0.01]\n")
    result = search(task_of(), method="grid", space="space.toml", **QUIET)
    assert sorted(each.values["rate"] for each in result.trials) == [0.01, 0.1]


def test_a_recorded_search_goes_on_with_its_own_settings(home: Path) -> None:
    described = describe_search("train.py", ["-v"], method="tpe", trials=7, space={"rate": (0.01, 0.1)})
    assert described.command == f"ratecraft resume {described.folder.name}"
    (home / "train.py").write_text("")
    from ratecraft.records.storage.study import open_study

    open_study(described.folder, described.header()).close()
    assert recorded_study(StudyFolder(described.folder.path)).settings == described.settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"method": "bayes"}, r"no method `bayes`"),
        ({"trials": 0}, r"`trials`.*0"),
        ({"seeds": 1.5}, r"`seeds`.*1\.5"),
        ({"budget": True}, r"`budget` must be a number above 0; got True"),
        ({"budget": -1.0}, r"above 0, but -1"),
        ({"baseline": 1}, r"`baseline` must be True or False; got 1"),
        ({"space": {}}, r"does not vary anything"),
        ({"space": "missing.toml"}, r"The space in missing\.toml cannot be read: No such file"),
        ({"space": {"size": {"argument": "--size", "choices": [1]}}}, r"A task has no command line, but size"),
        ({"method": "grid", "trials": 2, "space": RATES}, r"3 combinations, but there may be 2 trials"),
        ({"method": "asha"}, r"too short to be stopped early"),
    ],
)
def test_what_is_no_search_is_refused_before_anything_is_trained(given: dict[str, Any], said: str, home: Path) -> None:
    task = make_task(replace(KIND, steps=80 if given == {"method": "asha"} else 400))
    with pytest.raises(InvalidInput, match=said):
        search(task, **{"space": {"rate": (0.01, 0.1)}, **given, **QUIET})
    assert not (home / ".ratecraft").exists()
