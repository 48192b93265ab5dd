"""Mirrors training/instrument/passes.py."""

from pathlib import Path

import pytest
import torch
from tests.training.hosted_scripts import HEAD, run, written
from torch import nn

from ratecraft.records.job import Evaluate
from ratecraft.training.instrument import passes as passes_of
from ratecraft.training.instrument.passes import Passes
from ratecraft.training.instrument.state import Model


@pytest.fixture(autouse=True)
def nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests of this process may have compiled something, which is no doing of these."""
    monkeypatch.setattr(passes_of, "compiles", lambda: False)


@pytest.fixture
def model() -> nn.Module:
    return nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))


@pytest.fixture
def passes(model: nn.Module) -> Passes:
    return Passes(Model(modules=[model]))


def test_eval_mode_of_the_model_is_an_evaluation_and_that_of_a_part_is_none(passes: Passes, model: nn.Module) -> None:
    passes.in_eval_mode(model[0])  # pyright: ignore[reportIndexIssue]
    assert not passes.has_evaluated
    passes.in_eval_mode(model)
    assert passes.has_evaluated


def test_a_batch_is_of_an_evaluation_where_gradients_are_off(passes: Passes) -> None:
    passes.fetches()
    assert not passes.has_evaluated
    with torch.no_grad():
        passes.fetches()
    assert passes.has_evaluated


def test_a_forward_pass_without_gradients_is_an_evaluation_until_the_next_update(
    passes: Passes, model: nn.Module
) -> None:
    with torch.no_grad():
        passes.gradients_off()
        model[1](torch.ones(1, 2))  # pyright: ignore[reportCallIssue, reportIndexIssue, reportUnknownMemberType]
    passes.gradients_back()
    assert passes.has_evaluated
    passes.trains()
    assert not passes.has_evaluated


def test_an_inner_stretch_without_gradients_does_not_end_the_outer_one(passes: Passes, model: nn.Module) -> None:
    with torch.no_grad():
        passes.gradients_off()
        passes.gradients_back()
        model(torch.ones(1, 2))
        passes.gradients_off()
    passes.gradients_back()
    assert passes.has_evaluated


def test_after_a_stretch_without_a_forward_pass_no_module_is_looked_at(passes: Passes, model: nn.Module) -> None:
    with torch.no_grad():
        passes.gradients_off()
    passes.gradients_back()
    with torch.no_grad():
        model(torch.ones(1, 2))
    assert not passes.has_evaluated


def test_before_the_model_is_known_nothing_counts(model: nn.Module) -> None:
    passes = Passes(Model())
    passes.in_eval_mode(model)
    with torch.no_grad():
        passes.fetches()
        passes.gradients_off()
        model(torch.ones(1, 2))
    assert not passes.has_evaluated


SCRIPT = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
x, y = data(16).tensors
for epoch in range(3):
    for a, b in DataLoader(data(), batch_size=10):
        loss = F.mse_loss(model(a), b)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        print(f"loss {loss.item():.4f} error {0.5:.1f}")
    with torch.no_grad():
        found = F.mse_loss(model(x), y).item()
    print(f"epoch {epoch} error {found}")
"""


def test_a_hosted_script_s_plain_figure_is_heard_after_its_evaluation_and_scores_a_probe(tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", HEAD + SCRIPT)
    whole = run(script)
    told = [(each.step, each.name, each.source) for each in whole.heard.figures]
    assert told == [(4, "error", "evaluated"), (8, "error", "evaluated"), (12, "error", "evaluated")]
    probe = run(script, to=8, how=Evaluate("figure", "error", steps=20))
    assert probe.score is not None
    assert (probe.score.value, probe.score.frozen) == (whole.heard.figures[1].value, 0)
