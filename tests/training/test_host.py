"""Mirrors ratecraft/training/host.py: a hosted script is the script as it is, at the rates that it is given."""

from pathlib import Path

import pytest
from tests.training.hosting import FIGURE, NATURAL, Hosted, bare, run, written

from ratecraft.records.job import Evaluate, StopRule
from ratecraft.records.outcome import Ending
from ratecraft.schedules.constructors import constant, linear, warmup

HEAD = """
import hashlib, random, sys
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

def digest(*modules):
    tensors = [each for module in modules for each in module.state_dict().values()]
    return hashlib.sha256(b"".join(each.numpy().tobytes() for each in tensors)).hexdigest()[:16]

def data(samples=40):
    x = torch.randn(samples, 4, generator=torch.Generator().manual_seed(7))
    return TensorDataset(x, x.sum(1, keepdim=True).sin())

@torch.no_grad()
def evaluate(model):
    model.eval()
    x, y = data(16).tensors
    loss = F.mse_loss(model(x), y).item()
    model.train()
    return loss
"""

# ------------------------------------------------------------------ own rates: hosted is bare

STYLES = {
    "epochs, batch norm, dropout, a scheduler per epoch": """
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 1))
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
for epoch in range(4):
    for x, y in DataLoader(data(), batch_size=8, shuffle=True):
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    scheduler.step()
    print("epoch", epoch, "val_loss", evaluate(model), scheduler.get_last_lr())
print(digest(model))
""",
    "steps, a rate written by hand, accumulation, bf16": """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, fused=True)
for step in range(24):
    for group in optimizer.param_groups:
        group["lr"] = 0.1 * (1 - step / 24)
    optimizer.zero_grad(set_to_none=True)
    for micro in range(2):
        x = torch.randn(8, 4)
        with torch.autocast("cpu", torch.bfloat16):
            loss = F.mse_loss(model(x), x.sum(1, keepdim=True)) / 2
        loss.backward()
    optimizer.step()
    print(step, loss.item(), optimizer.param_groups[0]["lr"])
print("val_loss", evaluate(model), digest(model))
""",
    "one-cycle per step, two groups, a scaler": """
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
groups = [{"params": model[0].parameters()}, {"params": model[2].parameters()}]
optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=[0.05, 0.1], total_steps=20)
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
loader = DataLoader(data(), batch_size=8, shuffle=True)
for epoch in range(4):
    for x, y in loader:
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
        print(loss.item(), [(group["lr"], group["momentum"]) for group in optimizer.param_groups])
print("val_loss", evaluate(model), digest(model))
""",
    "a plateau, a tensor rate, `except Exception`, Python's and numpy's random": """
def train():
    model = nn.Linear(4, 1)
    optimizer = torch.optim.Adam(model.parameters(), lr=torch.tensor(0.05))
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.5)
    for epoch in range(6):
        order = list(range(40))
        random.shuffle(order)
        for start in range(0, 40, 8):
            x, y = data()[order[start : start + 8]]
            loss = F.mse_loss(model(x + 0.1 * float(np.random.rand())), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step(evaluate(model))
        print("val_loss", evaluate(model), optimizer.param_groups[0]["lr"].item())
    print(digest(model))
try:
    train()
except Exception:
    print("never")
""",
    "a compiled model": """
model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
net = torch.compile(model, backend="eager")
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)
train = data()
for epoch in range(4):
    for x, y in DataLoader(train, batch_size=8, shuffle=True):
        loss = F.mse_loss(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("epoch", epoch, "val_loss", evaluate(net))
print(digest(model))
""",
    "a compiled step": """
model = nn.Linear(4, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)

@torch.compile(backend="eager")
def step(x):
    loss = F.mse_loss(model(x), x.sum(1, keepdim=True))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss

for number in range(12):
    print(number, step(torch.randn(8, 4)).item())
print("val_loss", evaluate(model), digest(model))
""",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("host")


@pytest.mark.parametrize("style", STYLES)
def test_with_its_own_rates_a_hosted_script_prints_and_trains_what_a_bare_one_does(folder: Path, style: str) -> None:
    script = written(folder / f"style {list(STYLES).index(style)}" / "train.py", HEAD + STYLES[style])
    plain = unlogged(bare(script))
    assert len(plain) > 2
    assert unlogged(run(script, how=NATURAL).printed) == plain


def unlogged(lines: list[str]) -> list[str]:
    """Without what torch's compiler logs, with process numbers in it."""
    return [line for line in lines if "torch/_logging" not in line]


def test_after_a_stop_a_compiled_model_comes_to_its_evaluation(folder: Path) -> None:
    script = written(folder / "compiled" / "train.py", HEAD + STYLES["a compiled model"])
    stopped, whole = run(script, to=10, how=FIGURE), run(script, how=NATURAL)
    assert stopped.score is not None
    assert (stopped.score.value, stopped.score.frozen) == (whole.heard.figures[1].value, 0)
    assert not any("Warning" in line for line in stopped.printed)


# ------------------------------------------------------------------ the rate in force, and the script's own

IN_FORCE = """
seen = []
def trained(optimizer, parameter, steps=6, scheduler=None):
    # Its own hook sees the rate that is in force; what the script sees elsewhere is its own.
    optimizer.register_step_pre_hook(lambda o, *_: seen.append([float(g["lr"]) for g in o.param_groups]))
    for step in range(steps):
        optimizer.zero_grad()
        ((parameter * torch.randn(parameter.shape)).sum() ** 2).backward()
        optimizer.step()
        if scheduler:
            scheduler.step()

def parameter(size=4):
    return nn.Parameter(torch.randn(size))

lead = parameter(64)
tail = parameter()
trained(torch.optim.SGD([{"params": [lead]}, {"params": [tail], "lr": 0.025}], lr=0.1, foreach=True), lead)
for make in (
    lambda p: torch.optim.Adam([p], lr=torch.tensor(0.1)),
    lambda p: torch.optim.Adam([p], lr=torch.tensor(0.1), foreach=False, capturable=False),
    lambda p: torch.optim.AdamW([p], lr=0.1, fused=True),
    lambda p: torch.optim.RMSprop([p], lr=0.1, foreach=True),
):
    p = parameter()
    optimizer = make(p)
    trained(optimizer, p)
    assert float(optimizer.param_groups[0]["lr"]) == float(torch.tensor(0.1)) or optimizer.param_groups[0]["lr"] == 0.1
for rates in seen:
    print("in force", *rates)
"""


@pytest.fixture(scope="module")
def in_force(folder: Path) -> list[list[float]]:
    """The rates in force at each of 30 steps: 6 each of two groups foreach, two tensor rates, fused, foreach."""
    script = written(folder / "in_force" / "train.py", HEAD + IN_FORCE)
    hosted = run(script, rate=linear(0.3, 0.0, 30), how=NATURAL)
    assert hosted.passage == hosted.passage.__class__(30, Ending.DONE, 30)
    return [[float(rate) for rate in line.split()[2:]] for line in hosted.printed if line.startswith("in force")]


@pytest.mark.parametrize(
    ("kind", "first"), [("tensor", 6), ("tensor of one by one", 12), ("fused", 18), ("foreach", 24)]
)
def test_the_rate_within_a_step_is_that_of_the_schedule(in_force: list[list[float]], kind: str, first: int) -> None:
    schedule = linear(0.3, 0.0, 30)
    expected = [schedule.at(step) for step in range(first, first + 6)]
    assert [rates[0] for rates in in_force[first : first + 6]] == pytest.approx(expected, rel=1e-6)


def test_a_group_at_a_quarter_of_the_leading_rate_stays_at_a_quarter(in_force: list[list[float]]) -> None:
    for step in range(6):
        lead, tail = in_force[step]
        assert lead == linear(0.3, 0.0, 30).at(step)
        assert tail == pytest.approx(lead / 4, rel=1e-12)


CHAINED = """
class Stumbling(torch.optim.SGD):
    def step(self, closure=None):
        if self.param_groups[0].pop("stumble", False):
            raise ValueError("within the step")
        return super().step(closure)

model = nn.Linear(4, 1)
optimizer = Stumbling(model.parameters(), lr=0.1)
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
for step in range(12):
    if step == 5:
        optimizer.param_groups[0]["stumble"] = True
    optimizer.zero_grad()
    x = torch.randn(8, 4)
    F.mse_loss(model(x), x.sum(1, keepdim=True)).backward()
    try:
        optimizer.step()
    except ValueError as error:
        print(error, "at", optimizer.param_groups[0]["lr"])
    print(step, optimizer.param_groups[0]["lr"])
    scheduler.step()
print("val_loss", 0.5)
"""


@pytest.fixture(scope="module")
def chained(folder: Path) -> tuple[list[str], Hosted]:
    script = written(folder / "chained" / "train.py", HEAD + CHAINED)
    return bare(script), run(script, rate=0.003, how=NATURAL)


def test_a_chainable_scheduler_goes_its_own_way_under_another_rate(chained: tuple[list[str], Hosted]) -> None:
    plain, hosted = chained
    assert hosted.printed == plain


def test_after_an_exception_within_a_step_the_own_rate_is_back(chained: tuple[list[str], Hosted]) -> None:
    stumbled = next(line for line in chained[1].printed if line.startswith("within the step"))
    assert float(stumbled.split()[-1]) == pytest.approx(0.1 * 0.9**5)


def test_what_the_script_writes_is_told_step_by_step(chained: tuple[list[str], Hosted]) -> None:
    own = chained[1].heard.series("own_rate")
    assert own == pytest.approx([0.1 * 0.9**step for step in range(12)])
    assert chained[1].facts.own_rate == own[0]


CYCLED = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
optimizer.register_step_pre_hook(lambda o, *_: print("in force", o.param_groups[0]["momentum"]))
for step in range(10):
    optimizer.zero_grad()
    x = torch.randn(8, 4)
    F.mse_loss(model(x), x.sum(1, keepdim=True)).backward()
    optimizer.step()
    print("own", optimizer.param_groups[0]["momentum"])
    scheduler.step()
print("val_loss", evaluate(model))
"""


@pytest.fixture(scope="module")
def cycled(folder: Path) -> Hosted:
    return run(written(folder / "cycled" / "train.py", HEAD + CYCLED), rate=0.05, how=NATURAL)


def test_a_cycled_momentum_is_held_at_the_optimizer_s_own_value(cycled: Hosted) -> None:
    assert {line for line in cycled.printed if line.startswith("in force")} == {"in force 0.5"}


def test_between_steps_the_script_sees_its_own_cycled_momentum(cycled: Hosted) -> None:
    own = [float(line.split()[1]) for line in cycled.printed if line.startswith("own")]
    assert own[0] == 0.95
    assert len(set(own)) > 5


def test_a_held_momentum_is_noted_once(cycled: Hosted) -> None:
    assert [note.code for note in cycled.notes] == ["momentum-frozen"]


def test_with_its_own_rates_a_cycled_momentum_is_left_alone(cycled: Hosted, folder: Path) -> None:
    own = run(folder / "cycled" / "train.py", how=NATURAL)
    in_force = [line.split()[-1] for line in own.printed if line.startswith("in force")]
    assert in_force[0] == "0.95"
    assert not own.notes


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
SECTIONS = ("gan_1_1", "accumulation", "scaler", "fused_scaler", "closure", "subclass", "gan_2_1", "phases")


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


def test_losses_of_an_accumulated_step_are_added_up(sections: dict[str, list[float]]) -> None:
    assert sections["accumulation"] == [8.0] * 20


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
    from tests.conformance.run_suite import Heard
    from tests.training.hosting import END, hosted

    heard = Heard()
    branch = hosted(dice, heard)
    branch.advance({"rate": warmup(4) * 0.05}, 9, END)
    branch.advance({"rate": warmup(4) * 0.05 >> constant(0.05, 5) >> linear(0.05, 0, 8)}, 20, END)
    branch.close()
    whole = run(dice, rate=warmup(4) * 0.05 >> constant(0.05, 5) >> linear(0.05, 0, 8), to=20)
    assert heard.series("loss") == whole.losses


def test_with_a_stop_at_0_a_run_waits_at_its_first_step(dice: Path) -> None:
    from tests.conformance.run_suite import Heard
    from tests.training.hosting import END, hosted

    heard = Heard()
    waiting = hosted(dice, heard)
    assert waiting.advance({}, 0, END).step == 0
    waiting.advance({}, 6, END)
    waiting.close()
    assert heard.series("loss") == run(dice, to=6).losses
