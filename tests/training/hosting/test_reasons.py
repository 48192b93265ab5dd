"""Mirrors training/hosting/reasons.py: what cannot be tuned is told in the first steps, and nothing else is."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import HEAD, run, written

from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import Ending, Failure

BY_HAND = """
weights = [torch.randn(*shape).requires_grad_() for shape in ((4, 8), (8,), (8, 1))]
x, y = data().tensors
for step in range(1000):
    loss = F.mse_loss(torch.tanh(x @ weights[0] + weights[1]) @ weights[2], y)
    loss.backward()
    {update}
    print("pass", step)
"""
UPDATES = {
    "in place": """with torch.no_grad():
        for weight in weights:
            weight -= 0.1 * weight.grad
            weight.grad = None""",
    "behind autograd's back": """for weight in weights:
        weight.data += -0.1 * weight.grad
        weight.grad = None""",
    "made anew": "weights = [(weight - 0.1 * weight.grad).detach().requires_grad_() for weight in weights]",
}
LOOP = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = DataLoader(data(), batch_size=8)
def train(epochs):
    for epoch in range(epochs):
        model.train()
        for x, y in loader:
            optimizer.zero_grad()
            F.mse_loss(model(x), y).backward()
            optimizer.step()
"""


def put(folder: Path, text: str) -> Path:
    return written(folder / "train.py", HEAD + text)


@pytest.mark.parametrize("update", UPDATES)
def test_weights_that_change_without_an_optimizer_are_told_after_a_few_passes(tmp_path: Path, update: str) -> None:
    hosted = run(put(tmp_path, BY_HAND.replace("{update}", UPDATES[update])))
    assert hosted.passage.failure == Failure("by-hand", "8")
    assert hosted.printed[-1] == "pass 7"


def test_an_optimizer_that_never_steps_does_not_hide_an_update_by_hand(tmp_path: Path) -> None:
    update = f"torch.optim.SGD(weights, lr=1.0)\n    {UPDATES['in place']}"
    assert run(put(tmp_path, BY_HAND.replace("{update}", update))).passage.failure == Failure("by-hand", "8")


def test_gradients_that_are_accumulated_over_many_passes_are_no_update(tmp_path: Path) -> None:
    text = """
    model = nn.Linear(4, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, y = data().tensors
    for number in range(400):
        F.mse_loss(model(x), y).backward()
        if number % 200 == 199:
            optimizer.step()
    """
    passage = run(put(tmp_path, text.replace("\n    ", "\n"))).passage
    assert (passage.step, passage.ending) == (2, Ending.DONE)


def test_an_attack_and_an_initialisation_before_the_training_are_no_update(tmp_path: Path) -> None:
    text = """
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
    x, y = data().tensors
    for _ in range(3):
        F.mse_loss(model(x), y).backward()
        for layer in (model[0], model[2]):
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.bias)
    for _ in range(40):
        attacked = x.clone().requires_grad_()
        F.mse_loss(model(attacked), y).backward()
        x = (attacked + 0.01 * attacked.grad.sign()).detach()
    model.requires_grad_(False)
    for _ in range(40):
        attacked = x.clone().requires_grad_()
        F.mse_loss(model(attacked), y).backward()
        x = (attacked + 0.01 * attacked.grad.sign()).detach()
    model.requires_grad_(True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
    """
    passage = run(put(tmp_path, text.replace("\n    ", "\n"))).passage
    assert (passage.step, passage.ending) == (5, Ending.DONE)


def test_an_optimizer_that_was_made_and_never_stepped_is_told_apart_from_none(tmp_path: Path) -> None:
    assert run(put(tmp_path, LOOP)).passage.failure == Failure("no-steps")
    assert run(written(tmp_path / "none.py", "print('no training')\n")).passage.failure == Failure("no-optimizer")


def test_a_run_that_is_surely_too_short_ends_at_its_second_step(tmp_path: Path) -> None:
    hosted = run(put(tmp_path, f"{LOOP}\ntrain(20)\nprint('over')\n"), least=320)
    assert hosted.passage.failure == Failure("too-short", "100", "320")
    assert (hosted.passage.step, hosted.printed) == (1, [])


MORE = """
train(2)
for _ in range(3):
    F.mse_loss(model(torch.ones(1, 4)), torch.ones(1, 1)).backward()
    optimizer.step()
"""


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        pytest.param("train(20)\ntrain(30)", 250, id="the same function once more"),
        pytest.param(MORE, 13, id="other loops"),
        pytest.param("train(80)", 400, id="long enough"),
        pytest.param("while optimizer is not None:\n    train(1)\n    optimizer = None", 5, id="unknown"),
    ],
)
def test_a_run_that_may_be_longer_than_its_loops_say_goes_on(tmp_path: Path, text: str, steps: int) -> None:
    passage = run(put(tmp_path, f"{LOOP}\n{text}\n"), least=320).passage
    assert (passage.step, passage.ending) == (steps, Ending.DONE)


GAN = """
maker, critic = nn.Linear(2, 4), nn.Linear(4, 1)
maker_optimizer = torch.optim.Adam(maker.parameters(), lr=0.002)
critic_optimizer = torch.optim.RMSprop(critic.parameters(), lr=0.008)
real, _ = data().tensors
for iteration in range(20):
    made = maker(torch.randn(40, 2))
    critic_optimizer.zero_grad()
    (critic(made.detach()).mean() - critic(real).mean()).backward()
    critic_optimizer.step()
    maker_optimizer.zero_grad()
    (-critic(made).mean()).backward()
    maker_optimizer.step()
    print("iteration", iteration)
"""
CRITIC = "RMSprop ← `(critic(made.detach()).mean() - critic(real).mean()).backward()` (train.py:"
MAKER = "Adam ← `(-critic(made).mean()).backward()` (train.py:"


def test_optimizers_that_learn_from_different_losses_are_told_in_the_second_round(tmp_path: Path) -> None:
    hosted = run(put(tmp_path, GAN), one_loss=True)
    failure = hosted.passage.failure
    assert failure is not None
    assert failure.kind == "opponents"
    critic, maker = failure.name.split("; ")
    assert critic.startswith(CRITIC)
    assert maker.startswith(MAKER)
    assert hosted.printed == ["iteration 0"]


def test_where_the_figure_is_named_such_optimizers_train_on_and_are_told_once(tmp_path: Path) -> None:
    hosted = run(put(tmp_path, GAN), metric="fid")
    assert (hosted.passage.step, hosted.passage.ending) == (20, Ending.DONE)
    assert [each.split(" ← ")[0] for each in hosted.facts.opponents] == ["RMSprop", "Adam"]
    (note,) = hosted.notes
    assert (note.code, note.values["metric"]) == ("opponents", "fid")


def test_such_optimizers_are_seen_by_a_walk_without_steps_too(tmp_path: Path) -> None:
    hosted = run(put(tmp_path, GAN), to=1, how=Evaluate("census"), one_loss=True)
    assert hosted.score is not None
    assert hosted.score.failure is not None
    assert hosted.score.failure.kind == "opponents"
