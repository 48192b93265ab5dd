"""Mirrors training/instrument/loaded_weights.py: which weights a hosted script loaded before it trained them."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import HEAD, run, written

from ratecraft.records.outcome import ModelFacts

MODEL = "body = nn.Linear(4, 8)\nmodel = nn.Sequential(body, nn.Tanh(), nn.Linear(8, 1))\n"  # 40 and 9 values
TRAINING = """
opt = torch.optim.SGD(model.parameters(), lr=0.1)
for x, y in DataLoader(data(), batch_size=8):
    opt.zero_grad(); F.mse_loss(model(x), y).backward(); opt.step()
"""


def facts(tmp_path: Path, text: str, after: str = "", to: int | None = 2) -> ModelFacts:
    script = written(tmp_path / "train.py", HEAD + MODEL + text + TRAINING + after)
    return run(script, to=to, rate=0.0).facts.model


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("", 0),
        ("model.load_state_dict(model.state_dict())", 49),
        ("body.load_state_dict(nn.Linear(4, 8).state_dict())", 40),
        ("model.load_state_dict({'0.bias': torch.zeros(8)}, strict=False)", 8),
        ("model.load_state_dict(model.state_dict(), assign=True)", 49),
        ("nn.Linear(3, 3).load_state_dict(nn.Linear(3, 3).state_dict())", 0),
        ("model.load_state_dict(model.state_dict()); model[2] = nn.Linear(8, 1)", 40),
    ],
)
def test_values_that_were_loaded_before_the_first_step_are_counted(tmp_path: Path, text: str, loaded: int) -> None:
    assert facts(tmp_path, text) == ModelFacts("Sequential", 49, loaded, {"linear": 49})


def test_what_is_loaded_after_the_training_does_not_count(tmp_path: Path) -> None:
    assert facts(tmp_path, "", "model.load_state_dict(model.state_dict())", to=None).loaded == 0
