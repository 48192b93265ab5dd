"""Mirrors training/suitability/horizon.py."""

import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.training.hosted_scripts import Hosted, run, written
from tests.training.hosting.test_host import HEAD

from ratecraft.records.job import Evaluate
from ratecraft.training.suitability.horizon import Horizon

# Each takes a step by `step()`, and its loader's batches are told by `fetch()`.
STYLES = """
# a range: 40
for i in range(40):
    step()

# epochs over a loader: 15
for epoch in range(3):
    for x in loader:
        fetch()
        step()

# enumerated, with a rest: 15
for e in range(3):
    for i, x in enumerate(loader, 1):
        fetch()
        step()

# accumulation over a loader: 6
for e in range(3):
    for i, x in enumerate(loader):
        fetch()
        if (i + 1) % 2 == 0:
            step()

# accumulation over plain batches: 6
for e in range(3):
    for i, x in enumerate(batches):
        if i % 2 == 1:
            step()

# accumulation in a loop of its own: 20
for i in range(20):
    for micro in range(4):
        fetch()
    step()

# accumulation over a loader without a counter: 6
seen = 0
for e in range(3):
    for x in loader:
        fetch()
        seen += 1
        if seen % 2 == 0:
            step()

# a bar around a loader: 15
for e in trange(3, desc='epochs'):
    for x in tqdm(loader, 'training'):
        fetch()
        step()

# a bar with a name: 15
for e in range(3):
    bar = tqdm(loader)
    for x in bar:
        fetch()
        step()

# early stopping: 15
for e in range(3):
    for x in loader:
        fetch()
        step()
    if e == 1:
        break

# within functions: 15
def train_step():
    step()
def train(epochs):
    for e in range(epochs):
        one_epoch()
def one_epoch():
    for x in loader:
        fetch()
        train_step()
train(3)

# a method of a class: 15
class Trainer:
    epochs = 3
    def fit(self):
        for e in range(self.epochs):
            for x in loader:
                fetch()
                step()
Trainer().fit()

# a settings dictionary: 15
settings = {'epochs': 3}
for e in range(settings['epochs']):
    for x in loader:
        fetch()
        step()

# batches cut by hand: 6
for e in range(2):
    for start in range(0, 24, 8):
        step()

# arithmetic: 12
n, b = 50, 4
for i in range(n // b):
    step()

# zipped loaders: 10
for e in range(2):
    for a, b in zip(loader, range(99)):
        fetch()
        step()

# a list of rates: 6
for rate in [0.1, 0.2, 0.3]:
    for i in range(2):
        step()

# a main guard and a with: 9
if __name__ == '__main__':
    with Quiet():
        for i in range(9):
            step()

# within try: 9
for i in range(9):
    try:
        step()
    except ValueError:
        pass

# a loop that an exception handler holds: 4
try:
    raise KeyError
except KeyError:
    for i in range(4):
        step()

# a condition without a counter: unknown
import itertools
for x in batches:
    if True:
        step()

# while: unknown
i = 0
while i < 20:
    i += 1
    step()

# while around for: unknown
done = 0
while done < 3:
    for x in loader:
        fetch()
        step()
    done += 1

# an endless generator: unknown
def forever():
    while True:
        yield 1
for i, x in zip(range(20), forever()):
    step()

# a call of the script's own: unknown
def epochs():
    return [1, 2]
for e in epochs():
    step()
    step()

# no loop: unknown
step()
step()
"""


def styles() -> Iterator[tuple[str, int | None, str]]:
    """Name, steps and text of each."""
    for block in STYLES.strip().split("\n\n"):
        heading, text = block.split("\n", 1)
        name, _, steps = heading.removeprefix("# ").rpartition(": ")
        yield name, None if steps == "unknown" else int(steps), text


class Quiet:
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


class Bar:
    """A tqdm-like object."""

    def __init__(self, inner: object, desc: str = "") -> None:
        self.inner = inner

    def __len__(self) -> int:
        return len(self.inner)  # type: ignore[arg-type]

    def __iter__(self) -> object:
        return iter(self.inner)  # type: ignore[call-overload]


def followed(script: Path) -> int | None:
    """What the first two steps of a script show, without torch."""
    horizon = Horizon(lambda file: file == str(script))
    counts = {"steps": 0, "batches": 0}

    def step() -> None:
        counts["steps"] += 1
        if counts["steps"] <= 2:
            horizon.look(counts["steps"], counts["batches"], 5, sys._getframe())

    def fetch() -> None:
        counts["batches"] += 1

    names: dict[str, Callable[..., object] | object] = {
        "step": step, "fetch": fetch, "loader": [1] * 5, "batches": [1] * 5, "tqdm": Bar,
        "trange": lambda n, desc="": range(n), "Quiet": Quiet,
    }  # fmt: skip
    runpy.run_path(str(script), init_globals=names, run_name="__main__")
    return horizon.known()[0]


@pytest.mark.parametrize(("style", "steps", "text"), list(styles()))
def test_the_loops_around_the_step_tell_the_steps_of_a_run(
    tmp_path: Path, style: str, steps: int | None, text: str
) -> None:
    assert followed(written(tmp_path / "train.py", text)) == steps, style


# ------------------------------------------------------------------ in a hosted script

EPOCH_LOOP = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
loader = DataLoader(data(), batch_size=4, shuffle=True)
for epoch in range(3):
    for number, (x, y) in enumerate(loader):
        F.mse_loss(model(x), y).backward()
        if (number + 1) % 2 == 0:
            optimizer.step()
            optimizer.zero_grad()
    print("val_loss", evaluate(model))
"""
STEP_LOOP = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
step = 0
while step < 30:
    x = torch.randn(8, 4)
    optimizer.zero_grad()
    F.mse_loss(model(x), x.sum(1, keepdim=True)).backward()
    optimizer.step()
    step += 1
    if step % 10 == 0:
        print("val_loss", evaluate(model))
"""


def census(tmp_path: Path, text: str) -> Hosted:
    return run(written(tmp_path / "train.py", HEAD + text), to=1, how=Evaluate("census"))


def test_a_census_counts_the_epochs_of_an_accumulating_loop(tmp_path: Path) -> None:
    counted = census(tmp_path, EPOCH_LOOP)
    assert (counted.facts.horizon, counted.facts.horizon_source) == (15, "census")
    assert [step for step, _ in counted.figures] == [1, 1, 1]


def test_a_census_counts_the_steps_of_a_step_loop(tmp_path: Path) -> None:
    counted = census(tmp_path, STEP_LOOP)
    assert (counted.facts.horizon, counted.facts.horizon_source) == (30, "census")
    assert counted.score is not None
    assert counted.score.frozen == 29


def test_the_loops_of_an_accumulating_script_are_read_within_its_run(tmp_path: Path) -> None:
    hosted = run(written(tmp_path / "train.py", HEAD + EPOCH_LOOP), to=3)
    assert (hosted.facts.horizon, hosted.facts.horizon_source) == (15, "loops")


def test_a_while_loop_tells_no_horizon(tmp_path: Path) -> None:
    hosted = run(written(tmp_path / "train.py", HEAD + STEP_LOOP), to=3)
    assert (hosted.facts.horizon, hosted.facts.horizon_source) == (None, "")


CYCLE = """
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps={total})
loader = DataLoader(data(), batch_size=8)
done = 0
while done < 30:
    for x, y in loader:
        optimizer.zero_grad()
        F.mse_loss(model(x), y).backward()
        optimizer.step()
        done += 1
        {each_step}
    {each_epoch}
    print("val_loss", evaluate(model))
"""


def test_where_the_loops_do_not_tell_a_scheduler_that_counts_steps_does(tmp_path: Path) -> None:
    text = CYCLE.format(total=30, each_step="scheduler.step()", each_epoch="pass")
    hosted = run(written(tmp_path / "train.py", HEAD + text), to=3)
    assert (hosted.facts.horizon, hosted.facts.horizon_source) == (30, "scheduler")


def test_a_scheduler_that_counts_epochs_tells_no_steps(tmp_path: Path) -> None:
    text = CYCLE.format(total=6, each_step="pass", each_epoch="scheduler.step()")
    hosted = run(written(tmp_path / "train.py", HEAD + text), to=3)
    assert (hosted.facts.horizon, hosted.facts.horizon_source) == (None, "")


def test_the_best_source_of_a_horizon_is_taken() -> None:
    horizon = Horizon(lambda file: False, loops=30, scheduler=40)
    assert horizon.known() == (30, "loops")
    assert horizon.known(counted=20) == (20, "census")
    assert Horizon(lambda file: False, scheduler=40).known() == (40, "scheduler")
    assert Horizon(lambda file: False).known() == (None, "")
    horizon.framework = 10
    assert horizon.known(counted=20) == (10, "framework")
