"""Whole studies by replay, judged: on a task that is only a formula, and on frozen ones."""

from pathlib import Path

import pytest
from frozen import is_complete
from grid_truth import Truth
from lines import read
from looks import count, looked
from replay import World, follow
from studies import MODES, changes, judged, kept, play, save, went_wrong, whole
from suite import Task, task_of
from tests.benchmarks.valley import BOTTOM, valley
from tuner_figures import Judged, figure

VALLEY = Task("valley", "design", core=1)


def of_valley(off: float = 0.0) -> Judged:
    frozen = valley()
    world = World(frozen, 1, off=off)
    return judged(VALLEY, Truth(frozen), world, follow(world, MODES["fork"]))


def test_a_good_study_of_a_valley_is_right() -> None:
    found = of_valley()
    assert found.verdict in ("gain", "no-gain")
    assert found.wrongs == ()
    assert not found.abstains
    assert found.away == pytest.approx(0, abs=0.35)
    assert abs(found.regret.share) < 0.02
    assert found.total > found.runs + 1


def test_a_script_may_be_taken_as_if_its_rate_were_elsewhere() -> None:
    found = of_valley(off=-3.0)
    assert found.verdict == "gain"
    assert found.away == pytest.approx(0, abs=0.5)


def test_the_truth_of_a_valley_is_its_bottom() -> None:
    truth = Truth(valley())
    assert truth.best_octave(0) == pytest.approx(BOTTOM)
    assert truth.good_share(BOTTOM - 0.1, BOTTOM + 0.1, 0) == 1.0
    assert truth.good_share(BOTTOM - 4, BOTTOM + 4, 0) < 0.5
    assert truth.control(0, -3.0) == truth.task.final("linear", BOTTOM, 0)


def test_a_change_is_told_task_by_task(tmp_path: Path) -> None:
    before = [of_valley(), of_valley(-3.0)]
    _, _, all_of_them, own = changes(before, before)
    assert all_of_them.startswith("| **all** | 2 | +0.00 | 0 | 0 |")
    assert own.startswith("| valley |")
    assert list(went_wrong(before)) == []


def test_looks_at_the_unseen_part_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "looks.jsonl"
    assert count(path) == 0
    looked("studies.py", ["a", "b"], path)
    looked("studies.py", ["a"], path)
    assert count(path) == 2
    assert read(path)[0]["tasks"] == ["a", "b"]


@pytest.mark.skipif(not is_complete("topics_mlp"), reason="the oracle is not frozen yet")
def test_frozen_studies_end_with_a_model_within_their_budget() -> None:
    studies = [each for _, each in play(task_of("topics_mlp"), offs=(0.0,))]
    assert len(studies) == 4
    assert all(each.runs <= 1.6 and each.verdict == "gain" for each in studies)
    assert figure("regret, sd", studies).value < 2


def test_no_unseen_task_is_among_those_that_are_played_by_default() -> None:
    assert {task.part for task in whole(("design", "check"))} <= {"design", "check"}


@pytest.mark.parametrize("name", ["kept.jsonl", "kept.jsonl.gz"])
def test_studies_that_were_saved_come_back(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, [("fork", of_valley()), ("replay", of_valley(-3.0))])
    assert kept(tmp_path / name, "fork") == [of_valley()]
