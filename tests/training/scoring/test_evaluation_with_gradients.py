"""Mirrors training/scoring/evaluation.py: evaluations with gradients, and those of several episodes."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import HEAD, run, written

from ratecraft.records.job import Evaluate

EVERY_STEP = """
model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
x, y = data().tensors
for step in range(60):
    model.train()
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()
    model.eval()
    print(f"loss_val: {F.mse_loss(model(x), y).item()}")
"""
"""One batch is all the data, and it is looked at in eval mode, gradients on, after every step."""


@pytest.mark.parametrize("stop", [0, 1, 7])
def test_an_evaluation_with_gradients_is_seen_at_once_before_the_first_step_too(tmp_path: Path, stop: int) -> None:
    script = written(tmp_path / "train.py", HEAD + EVERY_STEP)
    hosted = run(script, to=stop, how=Evaluate("figure", "loss_val", steps=40, lead="steps"))
    assert hosted.score is not None
    assert hosted.score.value is not None
    assert hosted.score.frozen == (stop == 0)


IN_TRAINING_MODE = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
x_val, y_val = data(16).tensors
best = 9.0
for step, (x, y) in enumerate(DataLoader(data(240), batch_size=SIZE)):
    loss = F.mse_loss(model(x), y)
    print(f"before: val_loss {best}")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"after: val_loss {best}")
    if step % 10 == 0:
        best = F.mse_loss(model(x_val), y_val).item()
        print(f"val_loss: {best}")
        print("weights", digest(model))
"""
"""No eval mode, no `no_grad`, as in many a first script."""


def test_an_evaluation_in_training_mode_counts_as_its_pass_never_goes_backward(tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", HEAD + IN_TRAINING_MODE.replace("SIZE", "8"))
    hosted = run(script, to=4, how=Evaluate("figure", "val_loss", steps=20, lead="steps"))
    assert hosted.score is not None
    assert hosted.score.frozen == 7
    lines = hosted.printed
    first = next(number for number, line in enumerate(lines) if line.startswith("val_loss:") and number > 4)
    assert lines[first] == f"val_loss: {hosted.score.value}"
    assert lines[first] != lines[0]


def test_what_was_answered_from_memory_is_no_evaluation(tmp_path: Path) -> None:
    script = written(tmp_path / "train.py", HEAD + IN_TRAINING_MODE.replace("SIZE", "16"))
    hosted = run(script, to=4, how=Evaluate("figure", "val_loss", steps=9, lead="steps"))
    assert hosted.score is not None
    assert (hosted.score.value, hosted.score.frozen) == (None, 9)


EPISODES = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for step in range(40):
    if step % 4 == 0:
        for episode in range(3):
            with torch.no_grad():
                model(torch.ones(1, 4))
            print(f"episodic_return=[{10.0 * episode + step}]")
    optimizer.zero_grad()
    model(torch.ones(1, 4)).sum().backward()
    optimizer.step()
"""


def test_an_agent_is_scored_by_the_mean_of_its_episodes(tmp_path: Path) -> None:
    how = Evaluate("figure", "episodic_return", steps=20, lead="steps", direction="max")
    hosted = run(written(tmp_path / "train.py", HEAD + EPISODES), to=6, how=how)
    assert hosted.score is not None
    assert (hosted.score.value, hosted.score.frozen) == (18.0, 2)
