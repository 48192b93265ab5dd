"""Mirrors training/hosting/host.py too: which steps a hosted script takes, and what comes of their losses."""

from multiprocessing import Pipe
from pathlib import Path

import pytest
import torch
from tests.conformance.run_suite import Heard
from tests.training.hosted_scripts import END, FIGURE, HEAD, NATURAL, hosted, run, written

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending
from ratecraft.schedules.builders.constructors import constant, linear, warmup
from ratecraft.training.hosting.host import Host
from ratecraft.training.processes.control import Control
from ratecraft.training.processes.wire import Advance, Start, send


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("host_steps")


# ------------------------------------------------------------------ steps and losses

MARKED = """
import ratecraft

def linear():
    return nn.Linear(4, 1)

def loss_of(model, weight=1.0):
    x = torch.randn(8, 4)
    return weight * F.mse_loss(model(x), x.sum(1, keepdim=True))

def mark(name):
    ratecraft.log(**{name: 0.0})

def each_loss_is(value, *parameters):
    # A loss with this value, whatever the parameters are.
    return sum((p - p.detach()).sum() for p in parameters) + value

def gan(critic_steps, rounds):
    critic, maker = linear(), linear()
    critic_optimizer = torch.optim.Adam(critic.parameters(), lr=0.01)
    maker_optimizer = torch.optim.Adam(maker.parameters(), lr=0.01)
    for _ in range(rounds):
        for _ in range(critic_steps):
            critic_optimizer.zero_grad()
            each_loss_is(1.0, critic.weight).backward()
            critic_optimizer.step()
        maker_optimizer.zero_grad()
        each_loss_is(10.0, maker.weight).backward()
        maker_optimizer.step()
gan(1, 20)
mark("gan_1_1")

model = linear()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(20):
    for micro in range(4):
        (each_loss_is(8.0, model.weight) / 4).backward()
    torch.zeros(3, requires_grad=True).add(1).backward(torch.ones(3))  # no scalar, no loss
    optimizer.step()
    optimizer.zero_grad()
mark("accumulation")

model = linear()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(20):
    for micro in range(1 + step // 5):
        each_loss_is(2.5, model.weight).backward()
    optimizer.step()
    optimizer.zero_grad()
mark("growing")

model = linear()
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
for step in range(20):
    optimizer.zero_grad()
    loss = each_loss_is(5.0, model.weight) * (float("inf") if step == 7 else 1.0)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
mark("scaler")

model = linear()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01, fused=True)
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
for step in range(20):
    optimizer.zero_grad()
    loss = each_loss_is(6.0, model.weight) * (float("inf") if step == 7 else 1.0)
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
mark("fused_scaler")

model = linear()
optimizer = torch.optim.LBFGS(model.parameters(), lr=0.1, max_iter=4, tolerance_grad=0, tolerance_change=0)
calls = 0
for step in range(20):
    first = True
    def closure():
        global calls, first
        calls += 1
        optimizer.zero_grad()
        loss = (3.0 if first else 100.0) + (model.weight ** 2).sum()
        first = False
        loss.backward()
        return loss
    optimizer.step(closure)
print("closure calls", calls)
mark("closure")

class Careful(torch.optim.SGD):
    def step(self, closure=None):
        return super().step(closure)
model = linear()
optimizer = Careful(model.parameters(), lr=0.01)
step_it = optimizer.step
for step in range(20):
    optimizer.zero_grad()
    loss_of(model).backward()
    step_it()
mark("subclass")

gan(2, 10)
mark("gan_2_1")

model = linear()
for phase, make in enumerate((torch.optim.SGD, torch.optim.Adam)):
    optimizer = make(model.parameters(), lr=0.01)
    for step in range(20):
        optimizer.zero_grad()
        each_loss_is(2.0, model.weight).backward()
        optimizer.step()
mark("phases")
"""
SECTIONS = ("gan_1_1", "accumulation", "growing", "scaler", "fused_scaler", "closure", "subclass", "gan_2_1", "phases")


@pytest.fixture(scope="module")
def sections(folder: Path) -> dict[str, list[float]]:
    """Section of the script to the losses of its steps."""
    hosted = run(written(folder / "marked" / "train.py", HEAD + MARKED), how=Evaluate("natural"))
    assert hosted.passage.ending is Ending.DONE
    assert int(next(line for line in hosted.printed if line.startswith("closure")).split()[-1]) > 40
    marks = {figure.name: figure.step for figure in hosted.heard.figures}
    assert tuple(marks) == SECTIONS
    ends = list(marks.values())
    return {name: hosted.losses[first:end] for name, first, end in zip(SECTIONS, [0, *ends], ends, strict=False)}


@pytest.mark.parametrize(
    ("section", "steps"),
    [
        ("accumulation", 20),  # four backward passes each
        ("growing", 20),
        ("scaler", 19),  # an infinite gradient: the scaler skips one
        ("fused_scaler", 19),  # the kernel itself skips one
        ("closure", 20),
        ("subclass", 20),  # its step calls its parent's
        ("gan_1_1", 20),
        ("gan_2_1", 20),
        ("phases", 40),
    ],
)
def test_steps_are_counted(sections: dict[str, list[float]], section: str, steps: int) -> None:
    assert len(sections[section]) == steps


def test_the_loss_of_an_accumulated_step_is_that_of_its_micro_batches_whatever_their_number(
    sections: dict[str, list[float]],
) -> None:
    assert sections["accumulation"] == [8.0] * 20
    assert sections["growing"] == [2.5] * 20


@pytest.mark.parametrize(("section", "loss"), [("scaler", 5.0), ("fused_scaler", 6.0)])
def test_a_scaled_loss_is_told_unscaled_and_that_of_a_skipped_step_not_at_all(
    sections: dict[str, list[float]], section: str, loss: float
) -> None:
    assert sections[section] == [loss] * 19


def test_of_a_closure_s_calls_the_first_tells_the_loss(sections: dict[str, list[float]]) -> None:
    assert all(3 <= loss < 10 for loss in sections["closure"])  # the others are above 100


def test_losses_of_a_pair_of_optimizers_are_added_up(sections: dict[str, list[float]]) -> None:
    assert sections["gan_1_1"] == [11.0] * 20
    assert sections["gan_2_1"] == [1.0, 1.0, 11.0, 11.0] + [1.0, 11.0] * 8  # the second optimizer comes as a surprise


def test_losses_of_a_later_phase_are_its_own(sections: dict[str, list[float]]) -> None:
    assert sections["phases"] == [2.0] * 40


COUNTED = """
from collections import Counter
calls = Counter()
for name in ("item", "tolist", "cpu", "numpy", "__bool__", "__float__", "__int__"):
    def counted(tensor, *given, _name=name, _old=getattr(torch.Tensor, name)):
        calls[_name] += 1
        return _old(tensor, *given)
    setattr(torch.Tensor, name, counted)
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
for x, y in DataLoader(data(512), batch_size=2):
    optimizer.zero_grad()
    F.mse_loss(model(x), y).backward()
    optimizer.step()
print("transfers", sum(calls.values()), "of them losses", calls["tolist"])
"""


def test_values_come_over_from_the_device_many_steps_at_a_time(folder: Path) -> None:
    hosted = run(written(folder / "counted" / "train.py", HEAD + COUNTED), rate=0.001, how=NATURAL)
    assert len(hosted.losses) == 256
    _, transfers, *_, of_losses = hosted.printed[-1].split()
    assert int(transfers) - 1 == int(of_losses) < 40  # the one is the loader's own: it draws a seed


# ------------------------------------------------------------------ blow-ups

BLOWING = """
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for step in range(48):
    x = torch.randn(8, 4)
    loss = F.mse_loss(model(x), x.sum(1, keepdim=True))
    if "assert" in sys.argv:
        assert torch.isfinite(loss), "the loss is not finite"
    if "early" in sys.argv and step == 3:
        raise ValueError("no such batch")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print("val_loss", evaluate(model))
"""


@pytest.fixture(scope="module")
def blowing(folder: Path) -> Path:
    return written(folder / "blowing" / "train.py", HEAD + BLOWING)


def test_losses_that_are_not_finite_at_a_high_rate_are_a_blow_up(blowing: Path) -> None:
    blown = run(blowing, rate=1e6, to=40, how=FIGURE)
    assert blown.passage.ending is Ending.BLOWN_UP
    assert blown.passage.step < 20


def test_an_assertion_after_a_blow_up_is_the_blow_up(blowing: Path) -> None:
    blown = run(blowing, "assert", rate=1e30, to=40)
    assert (blown.passage.ending, blown.passage.failure) == (Ending.BLOWN_UP, None)


def test_an_exception_without_a_blow_up_is_a_failure_at_its_own_line(blowing: Path) -> None:
    failed = run(blowing, "early", rate=0.01, to=40)
    assert failed.passage.ending is Ending.FAILED
    failure = failed.passage.failure
    assert failure is not None
    line = blowing.read_text().splitlines().index('        raise ValueError("no such batch")') + 1
    assert (failure.kind, failure.name, failure.message) == ("exception", "ValueError", "no such batch")
    assert (failure.file, failure.line) == (str(blowing), line)
    assert failure.traceback.splitlines()[0] == f'  File "{blowing}", line {line}, in <module>'
    assert failed.passage.step == 3


def test_after_a_blow_up_the_rate_is_halved_and_a_second_run_repeats_it_bit_for_bit(blowing: Path) -> None:
    rule = StopRule("halve", copy_every=4, most_halvings=30)
    first, second = (run(blowing, rate=30.0, rule=rule, how=NATURAL) for _ in range(2))
    assert first.passage.ending is Ending.DONE
    assert first.passage.halvings
    assert len(first.losses) == 48
    assert repr((first.losses, first.passage, first.score)) == repr((second.losses, second.passage, second.score))


def test_a_gradient_of_weights_that_were_taken_back_is_not_applied() -> None:
    supervisor, worker = Pipe()
    send(supervisor, Advance(stop_rule=StopRule("halve", copy_every=1)))
    host = Host(Start("train.py", (), "/"), Control(worker))
    host.begin()
    critic, maker = (torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1) for _ in range(2))

    def steps(optimizer: torch.optim.Optimizer, loss: float) -> bool:
        host.backward(torch.tensor(loss))
        taken = host.step_begins(optimizer)
        if taken:
            host.step_done()
        return taken

    assert steps(critic, 1.0)
    assert steps(maker, 1.0)
    assert steps(critic, float("nan"))  # whether its round is complete is known when it steps again
    assert not steps(critic, 1.0)
    assert steps(critic, 1.0)


# ------------------------------------------------------------------ seeds, branching, horizon

DICE = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
if "seeds" in sys.argv:
    torch.manual_seed(5)
noise = np.random.default_rng()
for step in range(24):
    x = torch.randn(8, 4) + random.random() + float(noise.normal())
    loss = F.mse_loss(model(x), x.sum(1, keepdim=True))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
"""


@pytest.fixture(scope="module")
def dice(folder: Path) -> Path:
    return written(folder / "dice" / "train.py", HEAD + DICE)


def test_two_starts_with_one_seed_have_the_same_losses(dice: Path) -> None:
    assert run(dice, to=12).losses == run(dice, to=12).losses


def test_another_seed_gives_other_losses(dice: Path) -> None:
    assert run(dice, to=12, seed=1).losses[0] != run(dice, to=12).losses[0]


def test_a_script_that_seeds_itself_is_found_out(dice: Path) -> None:
    assert run(dice, "seeds", to=4).facts.seeds_itself
    assert not run(dice, to=4).facts.seeds_itself


def test_going_on_with_another_schedule_is_the_same_as_one_advance_with_the_joined_one(dice: Path) -> None:

    heard = Heard()
    branch = hosted(dice, heard)
    branch.advance({"rate": warmup(4) * 0.05}, 9, END)
    branch.advance({"rate": warmup(4) * 0.05 >> constant(0.05, 5) >> linear(0.05, 0, 8)}, 20, END)
    branch.close()
    whole = run(dice, rate=warmup(4) * 0.05 >> constant(0.05, 5) >> linear(0.05, 0, 8), to=20)
    assert heard.series("loss") == whole.losses


def test_with_a_stop_at_0_a_run_waits_at_its_first_step(dice: Path) -> None:

    heard = Heard()
    waiting = hosted(dice, heard)
    assert waiting.advance({}, 0, END).step == 0
    waiting.advance({}, 6, END)
    waiting.close()
    assert heard.series("loss") == run(dice, to=6).losses
