"""Mirrors training/scoring/evaluation.py: after the last step a script comes to its own evaluation, unchanged."""

from pathlib import Path

import pytest
import torch
from tests.training.hosted_scripts import FIGURE, NATURAL, Hosted, bare, run, written
from tests.training.hosting.test_host import HEAD
from torch import nn

from ratecraft.records.job import Evaluate
from ratecraft.records.outcome import Ending
from ratecraft.training.scoring import evaluation
from ratecraft.training.scoring.evaluation import Evaluation

EPOCHS = """
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
done, train = 0, data()

def state():
    return evaluate(model), digest(model[0], model[2]), model[1].running_mean.sum().item()

for epoch in range(3):
    for x, y in DataLoader(train, batch_size=8, shuffle=True):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        print("norm", sum(p.grad.norm().item() for p in model.parameters()) > 0)
        optimizer.step()
        done += 1
        if "each" in sys.argv:
            print("step", done, "figure", *state())
    print("seen", done, "val_loss", *state())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evaluation")


@pytest.fixture(scope="module")
def epochs(folder: Path) -> Path:
    return written(folder / "epochs" / "train.py", HEAD + EPOCHS)


@pytest.fixture(scope="module")
def by_step(epochs: Path) -> dict[int, list[str]]:
    """Step to what a script that evaluates after every step prints there: figure, weights, statistics."""
    lines = [line.split() for line in bare(epochs, "each") if line.startswith("step")]
    return {int(words[1]): words[3:] for words in lines}


def scored_at(epochs: Path, stop: int) -> tuple[Hosted, list[str]]:
    """A run that stops there, and what it prints at its first evaluation after it."""
    hosted = run(epochs, to=stop, how=FIGURE)
    seen = [line.split() for line in hosted.printed if line.startswith("seen")]
    return hosted, seen[-1][3:]


@pytest.mark.parametrize(("stop", "why"), [(1, "the first"), (5, "an epoch's end"), (7, "mid-epoch"), (15, "the last")])
def test_the_figure_after_a_stop_is_that_of_the_weights_there(
    epochs: Path, by_step: dict[int, list[str]], stop: int, why: str
) -> None:
    hosted, seen = scored_at(epochs, stop)
    assert hosted.passage.step == stop, why
    assert hosted.score is not None
    assert hosted.score.value == float(by_step[stop][0])
    assert hosted.score.frozen == 0
    assert seen == by_step[stop]  # weights and batch-norm statistics too, bit for bit


def test_past_the_script_s_own_end_its_last_figure_counts(epochs: Path, by_step: dict[int, list[str]]) -> None:
    hosted, _ = scored_at(epochs, 18)
    assert (hosted.passage.step, hosted.passage.ending) == (15, Ending.DONE)
    assert hosted.score is not None
    assert hosted.score.value == float(by_step[15][0])


def test_gradients_that_a_script_looks_at_stay_while_frozen(epochs: Path) -> None:
    census = run(epochs, to=1, how=Evaluate("census"))
    assert census.score is not None
    assert census.score.failure is None
    assert census.facts.horizon == 15


# ------------------------------------------------------------------ step loops

STEPS = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
best = 9.0
for step in range(1, 61):
    x = torch.randn(8, 4)
    loss = F.mse_loss(model(x), x.sum(1, keepdim=True))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"\\r{step}/60 {step}it/s val_loss {best:.6f}", end="")
    print(f"\\ndrawn {x.sum().item()} last val loss was {best}")
    if step % 20 == 0:
        best = evaluate(model)
        print(f"\\nstep {step} val_loss {best}")
"""


@pytest.fixture(scope="module")
def steps(folder: Path) -> Path:
    return written(folder / "steps" / "train.py", HEAD + STEPS)


def test_a_step_loop_goes_on_frozen_to_its_own_evaluation(steps: Path) -> None:
    hosted = run(steps, to=13, how=FIGURE)
    assert hosted.score is not None
    assert hosted.score.frozen == 7
    figure = hosted.heard.figures[-1]
    assert (figure.step, figure.value) == (13, hosted.score.value)


def test_a_stale_figure_of_a_progress_bar_is_not_taken(steps: Path) -> None:
    hosted = run(steps, to=13, how=FIGURE)
    assert any(figure.source == "bar" and figure.step == 13 for figure in hosted.heard.figures)
    assert hosted.score is not None
    assert hosted.score.value not in (None, 9.0)


def test_without_an_evaluation_within_the_limit_there_is_no_score(steps: Path) -> None:
    hosted = run(steps, to=21, how=Evaluate("figure", "val_loss", steps=6))
    assert hosted.score is not None
    assert (hosted.score.value, hosted.score.frozen, hosted.score.failure) == (None, 6, None)


def test_frozen_steps_read_the_same_batches_whatever_the_rate(folder: Path) -> None:
    drawn: list[list[str]] = []
    for rate in (0.01, 0.1):
        script = written(folder / f"frozen {rate}" / "train.py", HEAD + STEPS)
        hosted = run(script, rate=rate, to=10, how=Evaluate("frozen", steps=8))
        assert hosted.score is not None
        assert hosted.score.frozen == 8
        drawn.append(
            [line.split()[1] for line in "\n".join(hosted.printed).replace("\r", "\n").split("\n") if "drawn" in line]
        )
    assert len(drawn[0]) >= 18
    assert drawn[0][:18] == drawn[1][:18]


PAIR = """
critic, maker = nn.Linear(4, 1), nn.Linear(4, 1)
optimizers = [torch.optim.Adam(each.parameters(), lr=0.01) for each in (critic, maker)]
for round in range(20):
    for model, optimizer in zip((critic, maker), optimizers):
        optimizer.zero_grad()
        model(torch.ones(2, 4)).sum().backward()
        optimizer.step()
"""


def test_a_frozen_step_of_a_pair_is_one_of_both(folder: Path) -> None:
    hosted = run(written(folder / "pair" / "train.py", HEAD + PAIR), to=6, how=Evaluate("frozen", steps=4))
    assert hosted.score is not None
    losses = hosted.heard.series("frozen_loss")
    assert (hosted.score.frozen, len(losses)) == (4, 4)
    assert len(set(losses)) == 1  # nothing changes any more, and each is the sum of both


UNEVEN = """
critic, maker = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
optimizers = [torch.optim.Adam([each], lr=0.01) for each in (critic, maker)]
for round in range(20):
    for parameter, optimizer, loss in zip((critic, critic, maker), (*optimizers[:1], *optimizers), (1.0, 1.0, 10.0)):
        optimizer.zero_grad()
        ((parameter - parameter.detach()).sum() + loss).backward()
        optimizer.step()
"""


def test_a_loss_that_waited_when_the_last_step_was_closed_is_that_of_the_first_frozen_one(folder: Path) -> None:
    hosted = run(written(folder / "uneven" / "train.py", HEAD + UNEVEN), to=5, how=Evaluate("frozen", steps=2))
    assert hosted.losses == [1.0, 1.0, 11.0, 11.0, 1.0]
    assert hosted.heard.series("frozen_loss") == [11.0, 1.0]


BACKWARD = """
model = nn.Linear(4, 1)
model.weight.register_hook(lambda gradient: print("backward"))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(20):
    optimizer.zero_grad()
    model(torch.ones(1, 4)).sum().backward()
    optimizer.step()
"""


def test_a_frozen_step_is_a_forward_pass_alone(folder: Path) -> None:
    hosted = run(written(folder / "backward" / "train.py", HEAD + BACKWARD), to=6, how=Evaluate("frozen", steps=4))
    assert hosted.printed == ["backward"] * 6


SCALED = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
for step in range(40):
    for parameter in model.parameters():
        parameter.grad = None  # by hand, as many scripts do
    x = torch.randn(8, 4)
    loss = F.mse_loss(model(x), x.sum(1, keepdim=True)) * (float("inf") if step == 12 else 1.0)
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    print("went on after", step)
"""


def test_with_a_scaler_frozen_steps_count_those_that_it_skips(folder: Path) -> None:
    hosted = run(written(folder / "scaled" / "train.py", HEAD + SCALED), to=10, how=Evaluate("frozen", steps=5))
    assert hosted.score is not None
    assert (hosted.score.frozen, hosted.score.failure) == (5, None)
    assert hosted.heard.series("frozen_loss")[2] == float("inf")
    assert hosted.printed[-1] == "went on after 14"


ODD = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = DataLoader(data(), batch_size=8, shuffle=True)
batches = iter(loader)
total, seen = 0.0, 0
for step in range(1, 41):
    try:
        x, y = next(batches)
    except StopIteration:
        batches = iter(loader)
        x, y = next(batches)
    loss = F.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    total, seen = total + loss.item(), seen + 1
    if step % 10 == 0:
        print("train", total / seen, "val_loss", evaluate(model))
        total, seen = 0.0, 0
"""


def test_an_endless_iterator_over_a_loader_comes_to_its_evaluation(folder: Path) -> None:
    hosted = run(written(folder / "odd" / "train.py", HEAD + ODD), to=17, how=FIGURE)
    assert hosted.score is not None
    assert hosted.score.value is not None
    assert hosted.score.frozen == 3


LATE = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
train = data()
for epoch in range(6):
    total = 0
    loader = DataLoader(train, batch_size=8, shuffle=True)  # anew for every epoch
    for count, (x, y) in enumerate(loader, 1):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    print("epoch", epoch, "loss", total / count, "batches", count)
for x, y in DataLoader(data(16), batch_size=4):  # with gradients on
    model.eval()
    print("evaluated", F.mse_loss(model(x), y).item())
print("val_loss", evaluate(model))
"""


@pytest.fixture(scope="module")
def late(folder: Path) -> Hosted:
    return run(written(folder / "late" / "train.py", HEAD + LATE), to=7, how=FIGURE)


def test_epochs_after_the_last_step_have_one_batch_each(late: Hosted) -> None:
    batches = [int(line.split()[-1]) for line in late.printed if line.startswith("epoch")]
    assert batches == [5, 2, 1, 1, 1, 1]


def test_an_evaluation_loader_is_never_cut_short(late: Hosted) -> None:
    assert len([line for line in late.printed if line.startswith("evaluated")]) == 4
    assert late.score is not None
    assert late.score.value == late.heard.figures[-1].value


# ------------------------------------------------------------------ what counts as an evaluation


def forward(frozen: Evaluation, module: nn.Module) -> None:
    frozen._forward(module, ())  # pyright: ignore[reportPrivateUsage]


def test_a_figure_counts_only_after_a_pass_without_gradients() -> None:
    model = nn.Linear(2, 1)
    frozen = Evaluation(FIGURE, model=[model])
    forward(frozen, model)
    frozen.heard("val_loss", 1.0, "printed")
    assert not frozen.complete
    with torch.no_grad():
        forward(frozen, model)
    frozen.heard("val_loss", 2.0, "printed")
    assert (frozen.value, frozen.complete) == (2.0, True)


def test_a_frozen_part_in_eval_mode_is_no_evaluation() -> None:
    body, head = nn.Linear(2, 2).eval(), nn.Linear(2, 1)
    frozen = Evaluation(FIGURE, model=[nn.Sequential(body, head)])
    forward(frozen, body)
    frozen.heard("val_loss", 1.0, "printed")
    assert not frozen.complete


def test_a_model_in_eval_mode_is_an_evaluation_with_gradients_too() -> None:
    model = nn.Linear(2, 1).eval()
    frozen = Evaluation(FIGURE, model=[model])
    forward(frozen, model)
    frozen.heard("val_loss", 1.0, "printed")
    assert frozen.value == 1.0


def test_another_figure_is_no_score() -> None:
    frozen = Evaluation(FIGURE)
    with torch.no_grad():
        forward(frozen, nn.Linear(2, 1))
    frozen.heard("val_acc", 1.0, "printed")
    assert not frozen.complete


def test_a_figure_of_a_progress_bar_counts_where_nothing_better_came() -> None:
    frozen = Evaluation(FIGURE)
    with torch.no_grad():
        forward(frozen, nn.Linear(2, 1))
    frozen.heard("val_loss", 1.0, "bar")
    assert not frozen.complete
    frozen.ended()
    assert frozen.value == 1.0


def test_statistics_of_a_compiled_model_are_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "compiles", lambda: True)
    norm = nn.BatchNorm1d(2)
    Evaluation(FIGURE, model=[nn.Sequential(norm)]).watch()
    assert norm.momentum == 0.0


def test_frozen_passes_leave_batch_norm_statistics_alone() -> None:
    norm = nn.BatchNorm1d(2)
    forward(Evaluation(NATURAL), norm)
    norm(torch.randn(8, 2, generator=torch.Generator().manual_seed(0)))
    assert norm.running_mean is not None
    assert norm.running_mean.tolist() == [0.0, 0.0]  # pyright: ignore[reportUnknownMemberType]


def test_a_figure_in_full_precision_takes_the_place_of_the_printed_one_until_the_run_ends() -> None:
    frozen = Evaluation(FIGURE)
    with torch.no_grad():
        forward(frozen, nn.Linear(2, 1))
    frozen.heard("val_loss", 0.33, "printed")
    frozen.heard("val_loss", 0.44, "printed")
    assert frozen.value == 0.33
    frozen.heard("val_loss", 1 / 3, "lightning")
    frozen.heard("val_loss", 0.5, "lightning")
    assert frozen.value == 1 / 3
