"""Body and head of a task whose optimizer has one group: a whole study, and what it hands over."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional

from ratecraft.api.find import find
from ratecraft.api.studies.study_description import describe_study
from ratecraft.api.tune import tune
from ratecraft.errors import InvalidInput
from ratecraft.training.tasks.task import Task


class Net(nn.Module):
    """A body that knows the features already, and a head that has to find its weights."""

    def __init__(self, features: nn.Linear) -> None:
        super().__init__()
        self.body, self.fc = nn.Linear(16, 32), nn.Linear(32, 1)
        self.body.load_state_dict(features.state_dict())

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.fc(torch.tanh(self.body(inputs)))


def task() -> Task:
    torch.manual_seed(0)
    features, truth = nn.Linear(16, 32), nn.Linear(32, 1)
    nn.init.normal_(features.weight, std=0.7)
    nn.init.normal_(truth.weight, std=2.0)
    inputs = torch.randn(608, 16)
    with torch.no_grad():
        targets = truth(torch.tanh(features(inputs))) + 0.5 * torch.randn(608, 1)

    def loss(model: Any, batch: Any) -> torch.Tensor:
        return functional.mse_loss(model(batch[0]), batch[1])

    def val_loss(model: Any) -> float:
        return functional.mse_loss(model(inputs[96:]), targets[96:]).item()

    model = Net(features)
    data = torch.utils.data.TensorDataset(inputs[:96], targets[:96])  # few: a body that moves fits their noise
    return Task(model, torch.optim.SGD(model.parameters(), lr=1e-2), loss, data, val_loss, steps=400, batch_size=16)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_study_of_body_and_head_trains_with_the_share_that_it_finds() -> None:
    given = task()
    before = [each.clone() for each in given.model.parameters()]
    result = tune(given, groups="body-head", baseline=False, progress=False)
    answer = result.answer
    assert answer.parts is not None
    assert (answer.parts.head, answer.parts.found_by) == (("fc.weight", "fc.bias"), "name")
    assert answer.share is not None
    assert answer.share < 1
    assert len(answer.shares) == 4
    assert result.costs.runs <= 2.5
    assert all(torch.equal(*pair) for pair in zip(before, given.model.parameters(), strict=True))
    moved = not torch.equal(result.final_model.body.weight, given.model.body.weight)
    assert moved is (answer.share > 0)

    pasted: dict[str, Any] = {"model": Net(nn.Linear(16, 32))}
    groups, schedule = result.code.split("# Learning rate of", 1)
    exec(groups, pasted)  # noqa: S102
    pasted["optimizer"] = torch.optim.SGD(pasted["groups"], lr=1.0)
    exec("#" + schedule, pasted)  # noqa: S102
    rates = [group["lr"] for group in pasted["optimizer"].param_groups]
    assert rates == pytest.approx([ratio * rates[-1] for ratio in answer.ratios])
    attached = result.attach(torch.optim.SGD(pasted["groups"], lr=1.0))
    assert attached.get_last_lr() == pytest.approx(rates)


def test_find_names_the_share_too_and_another_head_is_told_by_name() -> None:
    found = find(task(), groups="body-head", head="body", progress=False)
    assert found.answer.parts is not None
    assert found.answer.parts.head == ("body.weight", "body.bias")
    assert "parts-told" in [each.code for each in found.answer.decisions]
    assert found.answer.share is not None


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"groups": "layers"}, "body-head"),
        ({"head": "fc"}, "head"),
        ({"groups": "body-head", "head": " , "}, "head"),
    ],
)
def test_other_groups_and_a_head_without_groups_are_refused(given: dict[str, Any], error: str) -> None:
    with pytest.raises(InvalidInput, match=error):
        describe_study("train.py", **given)
