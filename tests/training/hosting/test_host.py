"""Mirrors training/hosting/host.py: a hosted script is the script as it is, at the rates that it is given."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import FIGURE, HEAD, NATURAL, Hosted, bare, run, written

from ratecraft.records.outcome import Ending
from ratecraft.schedules.builders.constructors import linear

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


@pytest.mark.parametrize(
    "style", [pytest.param(style, marks=pytest.mark.soak) if "compiled" in style else style for style in STYLES]
)
def test_with_its_own_rates_a_hosted_script_prints_and_trains_what_a_bare_one_does(folder: Path, style: str) -> None:
    script = written(folder / f"style {list(STYLES).index(style)}" / "train.py", HEAD + STYLES[style])
    plain = unlogged(bare(script))
    assert len(plain) > 2
    assert unlogged(run(script, how=NATURAL).printed) == plain


def unlogged(lines: list[str]) -> list[str]:
    """Without what torch's compiler logs, with process numbers in it."""
    return [line for line in lines if "torch/_logging" not in line]


@pytest.mark.soak
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
