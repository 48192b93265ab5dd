"""Mirrors ratecraft/api/find.py with what it joins: whole searches of a tiny task, in this process."""

import _thread
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.small_tasks import Kind, Trouble, digest, digest_of, digest_of_generators, make_task

from ratecraft.api.find import FindResult, describe_find, find
from ratecraft.errors import Interrupted, InvalidInput, NoAnswer, RatecraftError, ScriptFailed
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.tasks.task import Task

KIND = Kind(dropout=0.1, batch_norm=True, scheduler=True, steps=400)
QUIET: Mapping[str, Any] = {"progress": False}


def task_of(trouble: Trouble | None = None, **changes: Any) -> Task:
    return replace(make_task(replace(KIND, trouble=trouble or Trouble())), **changes)


def digest_of_users(task: Task) -> str:
    loader: Any = task.data
    own = (loader.generator and loader.generator.get_state(), torch.get_num_threads(), torch.is_grad_enabled())
    groups = [sorted(group) for group in task.optimizer.param_groups]
    return digest(digest_of(task.model, task.optimizer, task.scheduler), digest_of_generators(), own, groups)


@dataclass
class At(Trouble):
    """Does something at one of the calls of a task's loss."""

    at: int = 0
    act: Callable[[], None] = lambda: None
    calls: int = 0

    def strike(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            self.act()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> FindResult:
    """An undisturbed search; to be looked at only."""
    return find(task_of(), study=tmp_path_factory.mktemp("found") / "study", **QUIET)


def test_a_task_gets_a_rate_with_an_interval(found: FindResult) -> None:
    assert found.verdict == "found"
    assert found.rate is not None
    assert found.interval is not None
    assert found.interval[0] <= found.rate <= found.interval[1]
    assert 5 <= len(found.probes) <= 9
    assert found.answer.horizon == 400
    assert found.costs.runs < 1


def test_it_prints_as_a_screen_and_as_one_line(found: FindResult) -> None:
    assert str(found).startswith("✓ Found: ")
    assert repr(found).startswith("FindResult(found, rate ")
    assert "<iframe" in found._repr_html_()


def test_it_writes_its_report(found: FindResult, tmp_path: Path) -> None:
    found.report(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_as_json_it_has_the_keys_that_programs_read(found: FindResult) -> None:
    plain = found.to_json()
    assert {"rate", "interval", "edge", "verdict", "suggestions", "probes", "cost"} <= plain.keys()
    assert plain["rate"] == found.rate
    assert {"runs", "steps", "seconds", "evaluation_steps"} <= plain["cost"].keys()
    assert {"rate", "score", "steps", "seed", "ending"} == plain["probes"][0].keys()


def test_the_next_thing_to_type_trains_with_it(found: FindResult) -> None:
    assert found.summary.next_command == "ratecraft.tune(task)"


def test_no_state_of_a_probe_is_left_but_the_best(found: FindResult) -> None:
    assert len(list((found.study / "models").iterdir())) <= 1


# ---- nothing of the user's is changed


@pytest.mark.parametrize("how", [{}, {"ramp_only": True}, {"seeds": 2}, {"rates": (1e-3, 1e-1)}])
def test_nothing_of_the_users_is_changed(how: dict[str, Any]) -> None:
    task = task_of()
    before = digest_of_users(task)
    find(task, **how, **QUIET)
    assert digest_of_users(task) == before


def fail() -> None:
    raise ValueError("planted")


@pytest.mark.parametrize("ramp_only", [False, True])
@pytest.mark.parametrize("act", [fail, _thread.interrupt_main])
@pytest.mark.parametrize("at", [2, 40])
def test_nor_is_it_after_an_exception_or_ctrl_c(ramp_only: bool, act: Callable[[], None], at: int) -> None:
    trouble = At(at=at, act=act)
    task = task_of(trouble)
    before = digest_of_users(task)
    if act is fail and at > 2:
        find(task, ramp_only=ramp_only, **QUIET)  # one probe or the ramp fails, which is an outcome like any other
    else:
        with pytest.raises((ScriptFailed, Interrupted, KeyboardInterrupt)):
            find(task, ramp_only=ramp_only, **QUIET)
    assert trouble.calls >= at
    assert digest_of_users(task) == before


def test_an_interrupted_search_goes_on_to_the_same_rate(found: FindResult) -> None:
    trouble = At(at=100, act=_thread.interrupt_main)
    task = task_of(trouble)
    with pytest.raises(Interrupted, match="Stopped") as caught:
        find(task, **QUIET)
    assert "ratecraft.find(task)" in caught.value.__notes__[-1]
    again = find(task, **QUIET)
    assert (again.rate, again.interval) == (found.rate, found.interval)


def test_the_same_call_again_trains_nothing() -> None:
    first = find(task_of(), **QUIET)
    trouble = At()
    again = find(task_of(trouble), **QUIET)
    assert again.rate == first.rate
    assert trouble.calls <= 2  # what the task is made of is looked at


def test_another_way_of_asking_is_a_search_of_its_own(home: Path) -> None:
    find(task_of(), ramp_only=True, **QUIET)
    find(task_of(), rates=(1e-3, 1e-1), **QUIET)
    assert len([path for path in (home / ".ratecraft").iterdir() if path.is_dir()]) == 2


def test_the_record_says_what_was_asked(home: Path) -> None:
    find(task_of(), study="here", **QUIET)
    with Record.open(StudyFolder(home / "here").record, read_only=True) as record:
        assert record.header.verb == "find"
        assert record.header.settings["seeds"] == 1


# ---- a ramp alone


def test_a_ramp_alone_gives_an_edge_and_suggestions() -> None:
    result = find(task_of(accumulate=7), ramp_only=True, **QUIET)  # a step that sees all data has little noise
    assert (result.verdict, result.rate) == ("suggested", None)
    assert result.edge is not None
    assert set(result.suggestions) == {"before_rise", "steepest", "valley", "minimum_tenth"}
    plain = result.to_json()
    assert len(plain["ramp"]["rates"]) == len(plain["ramp"]["losses"]) <= 100
    text = str(result)
    assert text.startswith("! Suggested: ")
    assert "as in fastai" in text
    assert "rises from" in text


# ---- what allows no search


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"rates": (1e-2, 1e-3)}, "at least 4 times"),
        ({"rates": 0.1}, "`rates` must be two numbers"),
        ({"rates": ("low", "high")}, "`rates` must be two numbers"),
        ({"seeds": 0}, "`seeds` must be a whole number"),
        ({"thorough": 1}, "thorough"),
        ({"ramp_only": "yes"}, "ramp_only"),
        ({"steps": 100}, "steps"),
        ({"seed": -1}, "seed"),
    ],
)
def test_what_is_not_allowed_is_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(text)):
        describe_find(task_of(), **given)


def test_a_run_that_is_shorter_than_a_probe_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="A run of 20 steps is shorter than one probe"):
        find(make_task(steps=20), **QUIET)


def test_every_rate_is_one_that_can_be_used(found: FindResult) -> None:
    rates = [found.rate, *(found.interval or ()), *(each.rate for each in found.probes)]
    assert all(rate is not None and 0 < rate < math.inf for rate in rates)


def test_a_failing_task_is_told_in_its_own_words() -> None:
    with pytest.raises(RatecraftError, match="planted"):
        find(task_of(At(at=1, act=fail)), **QUIET)
