"""A task is checked when it is made, and every refusal teaches."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from tests.training.small_tasks import digest_of, digest_of_generators, make_task
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.errors import InvalidInput
from ratecraft.training.tasks.task import Task

MODEL = nn.Linear(3, 1)
DATA = [(torch.zeros(2, 3), torch.zeros(2, 1))]
SET = TensorDataset(torch.zeros(4, 3), torch.zeros(4, 1))


def sgd(model: nn.Module = MODEL) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.1)


def loss(model: nn.Module, batch: Any) -> torch.Tensor:
    return nn.functional.mse_loss(model(batch[0]), batch[1])


def task(**changes: Any) -> Task:
    given: dict[str, Any] = {"model": MODEL, "optimizer": sgd(), "loss": loss, "data": DATA, "steps": 10, **changes}
    return Task(**given)


def test_making_a_task_changes_nothing() -> None:
    made = make_task()
    before = digest_of(made.model, made.optimizer), digest_of_generators()
    replace(made, steps=20)
    assert (digest_of(made.model, made.optimizer), digest_of_generators()) == before


def test_a_task_says_what_it_is_in_one_line() -> None:
    assert repr(task()) == "Task(Linear of 4 parameters, SGD, 10 steps)"


def test_there_are_sixteen_validations_in_a_run_and_one_at_its_end() -> None:
    made = task(validation=lambda model: 0.0, steps=1003)
    evaluated = [step for step in range(1, 1004) if made.evaluates_at(step)]
    assert evaluated == [*range(62, 1004, 62), 1003]


def test_without_validation_there_is_no_step_to_validate_at() -> None:
    assert not task().evaluates_at(10)


@pytest.mark.parametrize(
    "data", [DATA, DataLoader(SET, 2), lambda: iter(DATA), SET], ids=lambda data: type(data).__name__
)
def test_data_may_be(data: Any) -> None:
    task(data=data, batch_size=2 if data is SET else None)


class Restless(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.LazyLinear(1)


def scheduler_of(optimizer: torch.optim.Optimizer) -> Any:
    return torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)


def plateau() -> dict[str, Any]:
    optimizer = sgd()
    return {"optimizer": optimizer, "scheduler": torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)}


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a class": ({"model": nn.Linear}, "`model` must be a torch.nn.Module with parameters that are trained; got type"),
    "no parameters": ({"model": nn.Dropout()}, "with parameters that are trained; got Dropout"),
    "a frozen model": ({"model": nn.Linear(2, 1).requires_grad_(False)}, "got Linear"),
    "a lazy model": ({"model": Restless()}, "parameters without a shape yet"),
    "no optimizer": ({"optimizer": 0.1}, "`optimizer` must be a torch optimizer; got float"),
    "another model's": ({"optimizer": sgd(nn.Linear(2, 1))}, "2 of the optimizer's 2 parameters are not the model's"),
    "a closure": ({"optimizer": torch.optim.LBFGS(MODEL.parameters())}, "LBFGS needs a closure"),
    "a loss module": ({"loss": nn.MSELoss()}, "MSELoss compares outputs with targets"),
    "no function": ({"loss": 3}, r"`loss` must be a function that can be called as loss\(model, batch\); got int"),
    "one argument": ({"loss": lambda batch: batch}, "`loss` must be a function .* got <lambda>"),
    "two for one": ({"validation": loss}, r"`validation` must be a function .*validation\(model\); got loss"),
    "no data": ({"data": 3}, "`data` must be a loader, a data set, .* got int"),
    "read once": ({"data": iter(DATA)}, r"`data` can be gone through only once \(list_iterator\)"),
    "empty": ({"data": []}, "`data` does not give a single batch"),
    "a set alone": ({"data": SET}, r"`data` is a data set \(TensorDataset\), but the batch size"),
    "a loader and": (
        {"data": DataLoader(SET), "batch_size": 2},
        "`batch_size` is for a data set; `data` is a DataLoader",
    ),
    "batches of 0": ({"data": SET, "batch_size": 0}, "`batch_size` must be a whole number from 1"),
    "0 steps": ({"steps": 0}, "`steps` must be a whole number from 1"),
    "half a step": ({"steps": 1.5}, "`steps` must be a whole number from 1 .* got 1.5"),
    "accumulate": ({"accumulate": 0}, "`accumulate` must be a whole number from 1"),
    "evaluate": ({"evaluate_every": 0}, "`evaluate_every` must be a whole number from 1"),
    "norm": ({"clip_norm": 0.0}, "`clip_norm` must be greater than 0"),
    "no scheduler": ({"scheduler": 3}, "`scheduler` needs the methods step, state_dict and load_state_dict; got int"),
    "another's": ({"scheduler": scheduler_of(sgd())}, "`scheduler` was made for another optimizer"),
    "plateau": (plateau(), "ReduceLROnPlateau follows a validation figure, but the task has no validation"),
    "scaler": ({"scaler": 3}, "`scaler` must be a torch.amp.GradScaler; got int"),
    "autocast": ({"autocast": torch.float64}, "`autocast` must be torch.bfloat16, .* got torch.float64"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_with_what_was_given_and_what_to_do(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        task(**changes)
    assert refused.value.hint() or refused.value.code.startswith("schedule-")
