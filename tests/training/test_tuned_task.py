"""What tuning a task gives back."""

import pytest
import torch
from tests.conformance.run_suite import Heard
from tests.training.tasks import END, FIGURE, NATURAL, digest, digest_of, make_task

from ratecraft.records.job import Job
from ratecraft.schedules.constructors import constant, linear
from ratecraft.training.kept_states import load_into
from ratecraft.training.task import Task
from ratecraft.training.task_starting import TaskStarter
from ratecraft.training.tuned_task import TunedTask, tuned_task

SCHEDULE = constant(0.04, 15) >> linear(0.2, 0.1, 15)
RATIOS = (1.0, 0.1)


def tuned(task: Task, better: bool = False) -> tuple[TunedTask, Heard]:
    start, heard = TaskStarter(task), Heard()
    probe = start(Job(stop=12), 1, Heard())
    probe.advance({"rate": SCHEDULE}, 12, END)
    of_probe = probe.evaluate(FIGURE).model
    run = start(Job(), 1, heard)
    run.advance({"rate": SCHEDULE}, None, END)
    of_final = run.evaluate(NATURAL).model
    return tuned_task(task, SCHEDULE, RATIOS, start.kept, of_final, of_probe if better else ""), heard


def figure(task: Task, result: TunedTask) -> float:
    torch.manual_seed(0)  # the validation draws
    return float(task.validation(result.model))  # pyright: ignore[reportCallIssue, reportArgumentType, reportOptionalCall]


def test_the_model_is_the_best_validated_one() -> None:
    task = make_task(steps=30)
    result, heard = tuned(task)
    assert result.best is not None
    assert digest(result.model.state_dict()) == digest(result.best["Sequential"])
    assert digest(result.best["Sequential"]) != digest(result.last["Sequential"])
    best = min(each.value for each in heard.figures)
    assert figure(task, result) == pytest.approx(best, rel=0.2)  # the validation draws


def test_the_task_s_own_model_is_as_it_was_and_another_one() -> None:
    task = make_task(steps=30)
    before = digest_of(task.model, task.optimizer)
    result, _ = tuned(task)
    assert result.model is not task.model
    assert not result.model.training
    assert digest_of(task.model, task.optimizer) == before


def test_a_better_probe_gives_the_model() -> None:
    task = make_task(steps=30)
    result, _ = tuned(task, better=True)
    other, _ = tuned(task)
    assert digest(result.model.state_dict()) != digest(other.model.state_dict())


def test_the_last_state_loads_into_a_model_of_the_same_kind() -> None:
    task = make_task(steps=30)
    result, _ = tuned(task)
    model = make_task().model
    load_into(model, result.last)
    assert digest(model.state_dict()) == digest(result.last["Sequential"])


def test_its_schedule_leads_another_optimizer() -> None:
    task = make_task(steps=30)
    result, _ = tuned(task)
    other = make_task()
    result.attach(other.optimizer)
    assert [group["lr"] for group in other.optimizer.param_groups] == [0.04, 0.04 * 0.1]
