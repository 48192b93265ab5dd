"""Mirrors training/scoring/remembering.py: scripts that evaluate at the steps that they count."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.training.hosted_scripts import FIGURE, HEAD, bare, run, written
from torch import nn

from ratecraft.records.job import Evaluate
from ratecraft.training.scoring.remembering import remember

COUNTED = """
rows = TensorDataset(torch.randn(64, 4))
loader = DataLoader(rows, batch_size=8)
passes = [0, 0]

class Net(nn.Linear):
    def forward(self, x):
        passes[self.training] += 1
        return super().forward(x)

model = Net(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
step = 0
for epoch in range(8):
    for x, in loader:
        loss = F.mse_loss(model(x), x.sum(1, keepdim=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        step += 1
        if step % 20 == 0:
            print("passes", *passes, "batch", x.sum().item())
            print(f"step {step} val_loss {evaluate(model)}")
    if "epochs" in sys.argv:
        print("valid_loss", evaluate(model))
"""


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("counted") / "train.py", HEAD + COUNTED)


def test_a_script_that_counts_steps_within_its_epochs_goes_on_frozen_to_its_evaluation(counted: Path) -> None:
    hosted = run(counted, to=13, how=replace(FIGURE, lead="steps"))
    assert hosted.score is not None
    assert hosted.score.frozen == 7
    assert hosted.heard.figures[-1].value == hosted.score.value
    plain = next(line for line in bare(counted) if line.startswith("passes")).split()
    told = next(line for line in hosted.printed if line.startswith("passes")).split()
    assert told[-1] == plain[-1]  # its data are those of step 20
    assert int(told[2]) == 14  # 13 steps, and of the frozen ones only the first took a pass
    assert int(told[1]) == int(plain[1])  # before the evaluation; it is a real one


def test_its_score_is_that_of_the_weights_at_the_stop(counted: Path) -> None:
    early, late = (run(counted, to=to, how=replace(FIGURE, lead="steps")) for to in (20, 13))
    whole = run(counted, how=Evaluate("natural", "val_loss"))
    assert early.score is not None
    assert late.score is not None
    assert early.score.value == next(each.value for each in whole.heard.figures if each.step == 20)
    assert late.score.value != early.score.value


def test_figures_tell_whether_an_epoch_was_over(counted: Path) -> None:
    figures = run(counted, "epochs", how=Evaluate("natural", "val_loss")).heard.figures
    assert {(each.name, each.epoch_end) for each in figures} == {("val_loss", False), ("valid_loss", True)}


class Doubled(nn.Module):
    """Takes whatever it is given, and counts how often it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def forward(self, x: torch.Tensor, *others: object, **named: object) -> torch.Tensor:
        self.asked += 1
        return 2 * x


def asked(*calls: tuple[object, ...], model: nn.Module | None = None) -> int:
    """How many of these calls a model that remembers really answered."""
    doubled = Doubled() if model is None else model
    remember(doubled)
    for each in calls:
        doubled(*each)
    assert isinstance(doubled, Doubled)
    return doubled.asked


def test_inputs_of_one_form_take_one_pass() -> None:
    assert asked((torch.zeros(2),), (torch.ones(2),), (torch.ones(3),), (torch.ones(2), 1), (torch.ones(2), 2)) == 4


def test_inputs_with_gradients_and_unknown_things_take_a_pass_each() -> None:
    assert asked(*[(torch.zeros(2, requires_grad=True),)] * 2, *[(torch.zeros(2), object())] * 2) == 4


def test_evaluations_take_a_pass_each() -> None:
    with torch.no_grad():
        assert asked(*[(torch.zeros(2),)] * 3) == 3
    assert asked(*[(torch.zeros(2),)] * 3, model=Doubled().eval()) == 3


def test_no_more_forms_than_eight_are_kept() -> None:
    assert asked(*[(torch.zeros(size),) for size in range(9)] * 2) == 10
