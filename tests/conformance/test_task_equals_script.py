"""The same training as a task in this process and as a hosted script: the same outcomes, bit for bit."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import run, schedules, written
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.training.tasks.engine import Engine
from ratecraft.training.tasks.run import begin_run
from ratecraft.training.tasks.task import Task

SCRIPT = """
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    inputs = torch.randn(512, 4)
    targets = inputs @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]]) + 0.1 * torch.randn(512, 1)
    loader = DataLoader(TensorDataset(inputs[:384], targets[:384]), batch_size=24, shuffle=True)
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.1), nn.Linear(8, 1))
    groups = [{"params": model[:-1].parameters()}, {"params": model[-1].parameters(), "lr": 0.005}]
    optimizer = torch.optim.SGD(groups, lr=0.02, momentum=0.5)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 80)
    torch.manual_seed(0)
    for epoch in range(5):
        model.train()
        for x, y in loader:
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
        model.eval()
        with torch.no_grad():
            print(f"epoch {epoch} val_loss {nn.functional.mse_loss(model(inputs[384:]), targets[384:]).item()}")
"""


def make_task() -> Task:
    """The script's training, as a task."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        inputs = torch.randn(512, 4)
        targets = inputs @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]]) + 0.1 * torch.randn(512, 1)
        model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.1), nn.Linear(8, 1))
    groups = [{"params": model[:-1].parameters()}, {"params": model[-1].parameters(), "lr": 0.005}]
    optimizer = torch.optim.SGD(groups, lr=0.02, momentum=0.5)
    return Task(
        model,
        optimizer,
        lambda model, batch: nn.functional.mse_loss(model(batch[0]), batch[1]),
        DataLoader(TensorDataset(inputs[:384], targets[:384]), batch_size=24, shuffle=True),
        lambda model: nn.functional.mse_loss(model(inputs[384:]), targets[384:]).item(),
        steps=80,
        scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 80),
        evaluate_every=16,
    )


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(Path(tmp_path_factory.mktemp("equal")) / "train.py", SCRIPT)


TRAPEZOID = 0.04 * warmup(4) >> constant(0.04, 28) >> linear(0.04, 0, 48)
HALVES = StopRule("halve", copy_every=10)
NATURAL = Evaluate("natural", "val_loss")

CASES: dict[str, dict[str, Any]] = {
    "as it is": {"how": NATURAL},
    "a constant rate, frozen": {"rate": constant(0.03), "to": 24, "how": Evaluate("frozen", steps=8)},
    "a constant rate, its figure": {"rate": constant(0.03), "to": 32, "how": Evaluate("figure", "val_loss", steps=40)},
    "a whole schedule": {"rate": TRAPEZOID, "how": NATURAL},
    "one cycle of rate and momentum": {"rate": 0.04 * onecycle().bind(80), "how": NATURAL},
    "a rate that blows up": {"rate": constant(50.0), "to": 60},
    "a rate that is halved": {"rate": constant(1.0), "rule": HALVES, "how": NATURAL},
    "clipped gradients": {
        "rate": constant(0.03),
        "to": 24,
        "how": Evaluate("frozen", steps=8),
        "treatment": "clip=0.5",
    },
    "standardised inputs": {"to": 32, "how": Evaluate("figure", "val_loss", steps=40), "treatment": "standardise"},
    "one batch": {"to": 24, "how": Evaluate("frozen", steps=8), "treatment": "rest=4,same-batch"},
    "measured gradients": {"how": NATURAL, "treatment": "measured"},
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_task_and_a_script_that_train_alike_have_the_same_outcome(script: Path, case: dict[str, Any]) -> None:
    hosted, heard = run(script, **case), Heard()
    own = begin_run(Engine(make_task(), threads=1), 0, heard)
    rule, treatment = case.get("rule", StopRule()), case.get("treatment", "")
    passage = own.advance(schedules(case.get("rate")), case.get("to"), rule, treatment=treatment)
    score = own.evaluate(case["how"]) if "how" in case else None
    assert passage == hosted.passage
    for name in ("loss", "own_rate", "frozen_loss", "grad_norm"):
        assert repr(heard.series(name)) == repr(hosted.heard.series(name))  # as text, where nan is nan
    told = [(figure.step, figure.value) for figure in heard.figures]
    assert repr(told) == repr(hosted.figures[: len(told)])  # on its way out a frozen script may evaluate once more
    assert (score and score.value) == (hosted.score and hosted.score.value)
