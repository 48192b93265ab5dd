"""A set of schedules leads an unmodified script as torch's own one-cycle policy does, however its jobs come to be."""

import os
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from tests.conformance.run_suite import END, Heard
from tests.training.hosted_scripts import HEAD, bare, environment, forked, run, schedules, written

from ratecraft.records.job import Evaluate, Job
from ratecraft.records.outcome import Ending
from ratecraft.records.storage.series import unpack
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.dialects.torch import OneCycleLR
from ratecraft.training.launching.starting import ScriptStarter

STEPS = 24
SCRIPT = """
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = {optimizer}
scheduler = {scheduler}
loader = DataLoader(data(48), batch_size=8, shuffle=True)
for epoch in range(4):
    for x, y in loader:
        loss = F.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler:
            scheduler.step()
    print("val_loss", evaluate(model))
group = optimizer.param_groups[0]
print("weights", digest(model), "left", group["lr"], *(group.get("betas") or [group["momentum"]]))
"""
OPTIMIZERS = {
    "SGD": "torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.5)",
    "AdamW": "torch.optim.AdamW(model.parameters(), lr=0.02, betas=(0.8, 0.99))",
    "NAdam": "torch.optim.NAdam(model.parameters(), lr=0.02)",
}
CYCLE = f"torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr={{peak}}, total_steps={STEPS})"
SETS = OneCycleLR(0.05, STEPS)
NATURAL, FROZEN = Evaluate("natural", "val_loss"), Evaluate("frozen", steps=8)

Place = Callable[..., Path]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    numbers = count(1)

    def placed(optimizer: str, peak: float | None = None) -> Path:
        """A script whose own scheduler cycles up to `peak`; without one it has none."""
        scheduler = "None" if peak is None else CYCLE.format(peak=peak)
        text = HEAD + SCRIPT.format(optimizer=OPTIMIZERS[optimizer], scheduler=scheduler)
        return written(tmp_path / f"{next(numbers)}" / "train.py", text)

    return placed


def weights(lines: list[str]) -> str:
    (found,) = re.findall(r"weights (\S+)", "\n".join(lines))
    return found


@pytest.mark.parametrize("own", [None, 0.5], ids=["no scheduler", "a one cycle of its own"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_led_by_a_set_a_script_trains_as_with_torch_s_own_one_cycle(
    place: Place, optimizer: str, own: float | None
) -> None:
    led = run(place(optimizer, own), rate=SETS, how=NATURAL)
    assert (led.passage.step, led.passage.ending) == (STEPS, Ending.DONE)
    assert weights(led.printed) == weights(bare(place(optimizer, 0.05)))
    assert "momentum-frozen" not in [note.code for note in led.notes]


@pytest.mark.parametrize("own", [None, 0.5], ids=["no scheduler", "a one cycle of its own"])
def test_between_its_steps_a_script_sees_its_own_values(place: Place, own: float | None) -> None:
    (left,) = re.findall(r"left (.*)", "\n".join(bare(place("AdamW", own))))
    led = run(place("AdamW", own), rate=SETS, how=NATURAL)
    assert re.findall(r"left (.*)", "\n".join(led.printed)) == [left]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks need a system that has them")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_fork_within_the_cycle_is_the_same_as_its_replay(place: Place, optimizer: str) -> None:
    replay = run(place(optimizer), to=17, rate=SETS, how=FROZEN)
    home, numbers, heard = place(optimizer), count(1), Heard()
    folder = StudyFolder(home.parent / ".s")
    starter = ScriptStarter(
        home.name, (), home.parent, folder, environment=environment(), start_timeout=600.0, launch=forked, branches=True
    )
    root = starter(Job(stop=0), next(numbers), Heard())
    try:
        root.advance(schedules(SETS), 9, END)
        branch = root.branch(heard)
        passage, score = branch.advance(schedules(SETS), 17, END), branch.evaluate(FROZEN)
        branch.close()
    finally:
        root.close()
    assert passage.step == 17
    losses = [loss for block in heard.blocks if block.name == "loss" for loss in unpack(block.values)]
    assert losses == replay.losses[9:]
    assert score.value == (replay.score and replay.score.value)


def test_a_schedule_of_what_no_optimizer_has_ends_the_first_run_at_its_first_step(place: Place) -> None:
    script = place("SGD")
    script.write_text(script.read_text().replace("SGD", "Adagrad").replace(", momentum=0.5", ""))
    heard = run(script, schedules=("momentum", "rate"), how=NATURAL)
    failure = heard.passage.failure
    assert failure
    assert (failure.kind, failure.name) == ("attach-name", "momentum")
    assert heard.passage.executed <= 1
    assert failure.message.startswith("rate, eps, ")


def test_facts_name_what_a_schedule_can_lead(place: Place) -> None:
    assert run(place("SGD"), to=1).facts.hyperparameters == ("rate", "dampening", "momentum", "weight_decay")
