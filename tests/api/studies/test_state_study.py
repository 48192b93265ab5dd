"""Mirrors ratecraft/api/studies/state_study.py, and its result: JAX is tuned as a task is, at its cost."""

from pathlib import Path
from typing import Any

import pytest
from tests.conformance.test_state_run import make_task
from tests.peers import Peer

from ratecraft.api.find import find
from ratecraft.api.load import load
from ratecraft.api.prove import prove
from ratecraft.api.results.tune_result import StateResult
from ratecraft.api.tune import tune
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.schedules.builders.constructors import constant, linear
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.training.tasks.state_task import StateTask

jax = Peer("jax")


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> tuple[StateTask, StateResult, Path]:
    task, folder = make_task(steps=768, rate=2e-4), tmp_path_factory.mktemp("state") / "study"
    return task, tune(task, study=folder, progress=False), folder


def test_it_gives_a_better_rate_a_schedule_and_the_state(tuned: tuple[StateTask, StateResult, Path]) -> None:
    task, result, _ = tuned
    assert (result.verdict, result.tuned is not None) == ("gain", True)
    assert result.rate is not None
    assert result.rate > 2e-3
    assert task.evaluate is not None
    assert result.tuned is not None
    assert task.evaluate(result.final_state) == pytest.approx(result.tuned.final)
    assert task.evaluate(result.state) == pytest.approx(result.tuned.best)


def test_it_costs_what_a_branched_study_of_a_task_may(tuned: tuple[StateTask, StateResult, Path]) -> None:
    _, result, _ = tuned
    assert 1 < result.summary.costs.runs <= 1.75


def test_the_same_training_at_the_schedule_that_was_found_comes_to_the_same_end(
    tuned: tuple[StateTask, StateResult, Path],
) -> None:
    task, result, _ = tuned
    assert result.schedule is not None
    state: Any = task.init(0)
    for step in range(task.steps):
        state, _ = task.update(state, task.batch(step), result.schedule.at(step))
    assert jax.tree.all(jax.tree.map(lambda one, other: bool((one == other).all()), state[0], result.final_state[0]))


def test_the_same_call_again_gives_the_answer_and_no_state(tuned: tuple[StateTask, StateResult, Path]) -> None:
    task, result, folder = tuned
    again = tune(task, study=folder, progress=False)
    assert again.rate == result.rate
    with pytest.raises(NoAnswer, match="has no state of the final run"):
        _ = again.state
    assert load(folder).answer.rate == result.rate


def test_it_can_be_looked_for_a_rate_only(tmp_path: Path) -> None:
    assert find(make_task(steps=768, rate=2e-4), study=tmp_path / "study", progress=False).rate


def test_what_needs_its_gradients_or_its_parts_is_refused(tmp_path: Path) -> None:
    task: Any = make_task(steps=768)
    with pytest.raises(InvalidInput, match="Only the rate of a state task"):
        prove(task, progress=False)
    with pytest.raises(InvalidInput, match="has one rate"):
        tune(task, groups="body-head", study=tmp_path / "study", progress=False)
    with pytest.raises(InvalidInput, match="There is a schedule for `momentum`"):
        tune(
            task,
            schedule=ScheduleSet(rate=linear(1, 0), momentum=constant(0.9)),
            study=tmp_path / "study",
            progress=False,
        )


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"update": lambda state: state},
            r"`update` must be a function that can be called as update\(state, batch, rate\)",
        ),
        ({"data": 3}, "`data` must be a sequence of batches"),
        ({"data": []}, "does not give a single batch"),
        ({"update": lambda state, batch, rate: state}, "must give the new state and the loss; got float"),
        ({"update": lambda state, batch, rate: (state, "much")}, "must be one number; got str"),
    ],
)
def test_what_is_no_training_is_refused(tmp_path: Path, change: dict[str, Any], text: str) -> None:
    given: dict[str, Any] = {"init": lambda seed: 1.0, "update": lambda state, batch, rate: (state, 1.0), "data": [0]}
    with pytest.raises(InvalidInput, match=text):
        tune(StateTask(**{**given, **change}, rate=0.1, steps=768), study=tmp_path / "study", progress=False)
