"""A starter proves a task before anything is trained, and makes its runs."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conformance.run_suite import Heard
from tests.training.small_tasks import END, FIGURE, NATURAL, Kind, at, digest_of, digest_of_generators, make_task
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.errors import InvalidInput
from ratecraft.records.job import Job
from ratecraft.records.metrics import parse_metric
from ratecraft.training.tasks.starting import TaskStarter
from ratecraft.training.tasks.task import Task


def test_proving_a_task_leaves_it_and_the_generators_as_they_were() -> None:
    task = make_task(Kind(dropout=0.3, batch_norm=True))
    before = digest_of(task.model, task.optimizer), digest_of_generators()
    TaskStarter(task)
    assert (digest_of(task.model, task.optimizer), digest_of_generators()) == before


def test_proving_a_task_trains_no_run() -> None:
    task, first, second = make_task(Kind(batch_norm=True)), Heard(), Heard()
    start = TaskStarter(task)
    start(Job(seed=1), 1, first).advance(at(0.1), 4, END)
    start(Job(seed=1), 2, second).advance(at(0.1), 4, END)
    assert first.series("loss") == second.series("loss")


def test_a_job_s_seed_decides_what_is_drawn() -> None:
    first, second = Heard(), Heard()
    start = TaskStarter(make_task())
    start(Job(seed=1), 1, first).advance(at(0.1), 4, END)
    start(Job(seed=2), 1, second).advance(at(0.1), 4, END)
    assert first.series("loss") != second.series("loss")


TASK = make_task()


def with_norm(model: nn.Module, batch: Any) -> torch.Tensor:
    """Uses the model that it is given, and the weights of another one."""
    return nn.functional.mse_loss(model(batch[0]), batch[1]) + sum(each.norm() for each in TASK.model.parameters())


def through(part: Any) -> Any:
    return lambda model, batch: part(TASK.loss(model, batch))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "its own model": (
        {"loss": lambda model, batch: TASK.loss(TASK.model, batch)},
        "uses the Sequential that the task was",
    ),
    "its own weights": ({"loss": with_norm}, "uses the Sequential that the task was made with"),
    "validated on its own": ({"validation": lambda model: TASK.model(torch.zeros(1, 3)).item()}, "uses the Sequential"),
    "several losses": ({"loss": lambda model, batch: model(batch[0])}, r"must give one number .* got Tensor\[6, 1\]"),
    "a plain number": (
        {"loss": through(lambda loss: loss.item())},
        "`loss` must give one number as a tensor; got float",
    ),
    "detached": ({"loss": through(lambda loss: loss.detach())}, "The loss is not connected with the model"),
    "no figure": ({"validation": lambda model: None}, "`validation` must give a number, .* got None"),
    "no figures": ({"validation": lambda model: {}}, "`validation` must give a number"),
    "a word": ({"validation": lambda model: {"val_loss": "low"}}, "got 'low'"),
    "nothing to validate": (
        {"validation": DataLoader(TensorDataset(torch.zeros(0, 3)))},
        "The validation loader does not give",
    ),
    "no batch": ({"data": lambda: iter(())}, "`data` does not give a single batch"),
}


@pytest.mark.parametrize(("changes", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_task_that_cannot_work_is_refused_at_once(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refused:
        TaskStarter(replace(TASK, **changes))
    assert refused.value.hint()


def test_a_refused_loss_has_left_no_gradient_and_no_count_in_the_user_s_model() -> None:
    task = make_task(Kind(batch_norm=True))
    before = digest_of(task.model, task.optimizer)
    with pytest.raises(InvalidInput):
        TaskStarter(replace(task, loss=lambda model, batch: task.loss(task.model, batch)))
    assert digest_of(task.model, task.optimizer) == before
    assert all(parameter.grad is None for parameter in task.model.parameters())


def test_a_model_that_cannot_be_copied_is_refused() -> None:
    model = nn.Linear(3, 1)
    model.stream = (index for index in range(3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with pytest.raises(InvalidInput, match="`model` cannot be copied: TypeError: cannot pickle 'generator'"):
        TaskStarter(replace(TASK, model=model, optimizer=optimizer))


def test_a_metric_that_the_validation_does_not_give_is_refused() -> None:
    with pytest.raises(
        InvalidInput, match="`val_acc` is not among the figures that the task's validation returns: val_loss"
    ):
        TaskStarter(TASK, metric=parse_metric("val_acc"))


def accuracy(model: nn.Module) -> torch.Tensor:
    return torch.tensor(0.5)


def losses(model: nn.Module) -> dict[str, Any]:
    return {"Val Loss": torch.tensor(1.0), "val/acc": 0.5}


@pytest.mark.parametrize(
    ("validation", "told"),
    [
        (accuracy, {"accuracy": 0.5}),
        (lambda model: 2, {"val_loss": 2.0}),
        (losses, {"val_loss": 1.0, "val_acc": 0.5}),
    ],
    ids=["by the function", "without a telling name", "by the mapping"],
)
def test_figures_are_named(validation: Any, told: dict[str, float]) -> None:
    heard = Heard()
    run = TaskStarter(replace(TASK, validation=validation))(Job(), 1, heard)
    run.evaluate(FIGURE)
    assert {figure.name: figure.value for figure in heard.figures} == told


def test_a_validation_loader_gives_the_mean_loss_of_its_samples() -> None:
    inputs, targets = torch.randn(7, 3), torch.randn(7, 1)
    task = replace(TASK, validation=DataLoader(TensorDataset(inputs, targets), batch_size=3), loss=plain_loss)
    heard = Heard()
    run = TaskStarter(task)(Job(), 1, heard)
    run.evaluate(FIGURE)
    task.model.eval()
    expected = plain_loss(task.model, (inputs, targets)).item()
    task.model.train()
    assert heard.figures[0].value == pytest.approx(expected, rel=1e-6)


def plain_loss(model: nn.Module, batch: Any) -> torch.Tensor:
    return nn.functional.mse_loss(model(batch[0]), batch[1])


def test_the_loss_is_compared_where_there_are_several_figures() -> None:
    metric = TaskStarter(replace(TASK, validation=losses)).metric
    assert metric is not None
    assert (metric.name, metric.direction) == ("val_loss", "min")


def test_a_scored_job_leaves_a_file_that_opens_as_weights_only(tmp_path: Path) -> None:
    job = Job(stop=3, evaluate=FIGURE)
    run = TaskStarter(TASK, folder=tmp_path / "models")(job, 1, Heard(job=job))
    run.advance(at(0.1), 3, END)
    score = run.evaluate(FIGURE)
    assert score.model == str(tmp_path / "models" / f"{job.key}.pt")
    assert torch.load(score.model, weights_only=True).keys() == {"Sequential"}


def test_a_branch_leaves_the_file_of_its_own_job(tmp_path: Path) -> None:
    trunk, job = Job(stop=0), Job(stop=3, evaluate=FIGURE)
    root = TaskStarter(TASK, folder=tmp_path)(trunk, 1, Heard(job=trunk))
    root.advance({}, 0, END)
    branch = root.branch(Heard(job=job))
    branch.advance(at(0.1), 3, END)
    assert branch.evaluate(FIGURE).model == str(tmp_path / f"{job.key}.pt")


def test_a_whole_run_leaves_its_best_beside_its_last(tmp_path: Path) -> None:
    run = TaskStarter(TASK, folder=tmp_path)(Job(), 1, Heard())
    run.advance(at(0.04), None, END)
    name = Path(run.evaluate(NATURAL).model).stem
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{name}-best.pt", f"{name}.pt"]


def test_a_task_without_validation_starts() -> None:
    task: Task = replace(TASK, validation=None)
    assert TaskStarter(task).metric is None


def test_runs_have_the_default_device_of_the_thread_that_made_them() -> None:
    devices: list[str] = []

    def loss(model: nn.Module, batch: Any) -> torch.Tensor:
        devices.append(torch.empty(1).device.type)
        return model(batch.cpu()).mean()

    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    task = Task(model, optimizer, loss, [torch.ones(2, 3)], steps=400)
    torch.set_default_device("meta")
    try:
        start = TaskStarter(task)
    finally:
        torch.set_default_device(None)
    run = start(Job(), 1, Heard())
    thread = threading.Thread(target=lambda: run.advance({}, 3, END))
    thread.start()
    thread.join()
    assert devices == ["meta"] * 4
    assert torch.empty(1).device.type == "cpu"
