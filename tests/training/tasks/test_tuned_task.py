"""The models that a tuned task hands over."""

from pathlib import Path

import pytest
import torch
from tests.conformance.run_suite import Heard
from tests.training.small_tasks import END, NATURAL, digest, digest_of, make_task

from ratecraft.records.job import Job
from ratecraft.schedules.builders.constructors import constant
from ratecraft.training.tasks.kept_states import States, read_states, trained_model
from ratecraft.training.tasks.starting import TaskStarter
from ratecraft.training.tasks.task import Task


@pytest.fixture
def task() -> Task:
    return make_task(steps=9)


@pytest.fixture
def states(task: Task, tmp_path: Path) -> States:
    run = TaskStarter(task, folder=tmp_path)(Job(), 1, Heard())
    run.advance({"rate": constant(0.04)}, None, END)
    return read_states(Path(run.evaluate(NATURAL).model))


def test_a_model_has_the_weights_that_a_run_has_left(task: Task, states: States) -> None:
    model = trained_model(task.model, states)
    assert digest(model.state_dict()) == digest(states["Sequential"])
    assert not model.training


def test_the_task_s_own_model_is_as_it_was_and_another_one(task: Task, states: States) -> None:
    before = digest_of(task.model, task.optimizer)
    model = trained_model(task.model, states)
    assert model is not task.model
    assert digest_of(task.model, task.optimizer) == before


def test_a_file_with_more_than_weights_is_not_read(tmp_path: Path) -> None:
    torch.save({"Sequential": make_task}, tmp_path / "job.pt")
    with pytest.raises(Exception, match="Weights only load failed"):
        read_states(tmp_path / "job.pt")
