"""Trainings of every style come out of a guard bit for bit as without, and those that it saves are saved in each."""

import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from tests.training.watched import Seen
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim import LBFGS, SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import OneCycleLR, ReduceLROnPlateau

from ratecraft.training.observing.sensor import Sensor
from ratecraft.watching.guard import Guard, policy_of

STEPS = 240

Damage = Callable[[int, torch.Tensor], torch.Tensor]


def unharmed(step: int, inputs: torch.Tensor) -> torch.Tensor:
    return inputs


class Batches:
    """Four classes that a line each divides; a batch at a time, from a generator of its own."""

    def __init__(self, damage: Damage) -> None:
        self._damage, self._draw, self._step = damage, torch.Generator().manual_seed(1), 0
        self._teacher = torch.randn(8, 4, generator=self._draw)

    def __call__(self) -> tuple[torch.Tensor, torch.Tensor]:
        inputs = torch.randn(32, 8, generator=self._draw)
        targets = (inputs @ self._teacher).argmax(1)
        self._step += 1
        return self._damage(self._step - 1, inputs), targets


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 4))


def plain(batch: Batches, figure: Callable[[float], None]) -> list[nn.Module]:
    model = net()
    optimizer = Adam(model.parameters(), lr=3e-3)
    for _ in range(STEPS):
        inputs, targets = batch()
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        optimizer.step()
    return [model]


def mixed_precision(batch: Batches, figure: Callable[[float], None]) -> list[nn.Module]:
    model, scaler = net(), torch.amp.GradScaler("cpu", init_scale=1024.0)
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(STEPS):
        inputs, targets = batch()
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = cross_entropy(model(inputs), targets)
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        clip_grad_norm_(model.parameters(), 1.0)
        scaler.step(optimizer)
        scaler.update()
    return [model]


def accumulated(batch: Batches, figure: Callable[[float], None]) -> list[nn.Module]:
    model = net()
    optimizer = AdamW(model.parameters(), lr=3e-3)
    schedule = OneCycleLR(optimizer, 1e-2, STEPS // 4)
    for number in range(STEPS):
        inputs, targets = batch()
        (cross_entropy(model(inputs), targets) / 4).backward()
        if number % 4 == 3:
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
    return [model]


def by_closure(batch: Batches, figure: Callable[[float], None]) -> list[nn.Module]:
    model = net()
    optimizer = SGD(model.parameters(), lr=0.05)
    for _ in range(STEPS):
        inputs, targets = batch()

        def closure(inputs: torch.Tensor = inputs, targets: torch.Tensor = targets) -> torch.Tensor:
            optimizer.zero_grad()
            loss = cross_entropy(model(inputs), targets)
            loss.backward()
            return loss

        optimizer.step(closure)
    return [model]


def line_search(batch: Batches, figure: Callable[[float], None]) -> list[nn.Module]:
    model = nn.Linear(8, 4)
    optimizer = LBFGS(model.parameters(), lr=0.1, max_iter=4)
    for _ in range(STEPS // 8):
        inputs, targets = batch()

        def closure(inputs: torch.Tensor = inputs, targets: torch.Tensor = targets) -> torch.Tensor:
            optimizer.zero_grad()
            loss = cross_entropy(model(inputs), targets)
            loss.backward()
            return loss

        optimizer.step(closure)  # type: ignore[arg-type]
    return [model]


def two_that_play(batch: Batches, figure: Callable[[float], None]) -> list[nn.Module]:
    maker, judge = nn.Linear(4, 8), nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
    first, second = Adam(judge.parameters(), lr=1e-3), Adam(maker.parameters(), lr=1e-3)
    for _ in range(STEPS):
        inputs, targets = batch()
        made = maker(torch.randn(32, 4))
        first.zero_grad()
        both = cross_entropy(judge(inputs), 0 * targets) + cross_entropy(judge(made.detach()), 0 * targets + 1)
        both.backward()
        first.step()
        second.zero_grad()
        cross_entropy(judge(made), 0 * targets).backward()
        second.step()
    return [maker, judge]


def resumed(batch: Batches, figure: Callable[[float], None]) -> list[nn.Module]:
    states: Any = None
    model = net()
    for part in range(2):
        model = net()
        optimizer = AdamW(model.parameters(), lr=3e-3)
        schedule = ReduceLROnPlateau(optimizer, patience=3)
        if states is not None:
            for each, state in zip((model, optimizer, schedule), states, strict=True):
                each.load_state_dict(state)
        for number in range(STEPS // 2):
            inputs, targets = batch()
            optimizer.zero_grad()
            loss = cross_entropy(model(inputs), targets)
            loss.backward()
            optimizer.step()
            if number % 20 == 0:
                figure(loss.item())
                schedule.step(loss.item())
        states = [each.state_dict() for each in (model, optimizer, schedule)] if part == 0 else None
    return [model]


def averaged(batch: Batches, figure: Callable[[float], None]) -> list[nn.Module]:
    model = net()
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.9))
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
    for number in range(STEPS):
        inputs, targets = batch()
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        average.update_parameters(model)
        if number % 20 == 0:
            with torch.no_grad():
                figure(cross_entropy(average(inputs), targets).item())
    return [model, average]


def unfrozen(batch: Batches, figure: Callable[[float], None]) -> list[nn.Module]:
    model = net()
    optimizer: Optimizer = AdamW(model[3].parameters(), lr=3e-3)
    for number in range(STEPS):
        if number == STEPS // 2:
            optimizer.add_param_group({"params": [*model[0].parameters(), *model[1].parameters()], "lr": 1e-3})
        inputs, targets = batch()
        optimizer.zero_grad()
        cross_entropy(model(inputs), targets).backward()
        optimizer.step()
    return [model]


STYLES: Mapping[str, Callable[[Batches, Callable[[float], None]], list[nn.Module]]] = {
    each.__name__: each
    for each in (
        *(plain, mixed_precision, accumulated, by_closure, line_search, two_that_play),
        *(resumed, averaged, unfrozen),
    )
}


def ended(style: str, damage: Damage = unharmed, *, guard: bool = True) -> tuple[list[nn.Module], Seen]:
    torch.manual_seed(0)
    seen = Seen()
    sensor = Sensor(seen, policy=policy_of() if guard else None, holds=True)
    sensor.follow_all()
    try:
        return STYLES[style](Batches(damage), lambda value: sensor.log("val_loss", value)), seen
    finally:
        sensor.close()


def digest(models: list[nn.Module]) -> str:
    values = [each.numpy().tobytes() for model in models for each in model.state_dict().values()]
    return hashlib.sha256(b"".join(values)).hexdigest()


def acts(seen: Seen) -> set[str]:
    return {name for name in seen.names if name.startswith("guard_")}


@pytest.mark.parametrize("style", STYLES)
def test_a_healthy_training_of_any_style_comes_out_bit_for_bit(style: str) -> None:
    alone, _ = ended(style, guard=False)
    guarded, seen = ended(style)
    assert acts(seen) == set()
    assert digest(guarded) == digest(alone)
    assert ("guard_off" in seen.facts) is (style in ("line_search", "two_that_play"))


def no_number(step: int, inputs: torch.Tensor) -> torch.Tensor:
    return inputs * math.nan if step == 150 else inputs


def unlike(step: int, inputs: torch.Tensor) -> torch.Tensor:
    return 1e4 * inputs if step == 150 else inputs


MENDED = ("plain", "mixed_precision", "accumulated", "by_closure", "averaged", "unfrozen")


@pytest.mark.parametrize(
    ("style", "damage"),
    [
        *((style, no_number) for style in MENDED),
        ("plain", unlike),
        *(pytest.param(style, unlike, marks=pytest.mark.soak) for style in MENDED[1:]),
    ],
)
def test_one_broken_batch_leaves_neither_weights_nor_running_statistics_broken(style: str, damage: Damage) -> None:
    (model, *_), seen = ended(style, damage)
    clean, _ = ended(style)
    assert "guard_mend" in acts(seen)
    inputs, targets = Batches(unharmed)()
    with torch.no_grad():
        losses = [cross_entropy(each.eval()(inputs), targets).item() for each in (model, clean[0])]
    assert losses[0] < 1.5 * losses[1] + 0.1


def test_what_a_guard_is_told_not_to_do_is_not_done_to_a_broken_batch() -> None:
    torch.manual_seed(0)
    seen = Seen()
    sensor = Sensor(seen, policy=policy_of(Guard(mend=False, skip=False, clip=False, roll_back=False)))
    sensor.follow_all()
    (model,) = plain(Batches(no_number), lambda value: None)
    sensor.close()
    assert acts(seen) == set()
    assert not all(bool(torch.isfinite(each).all()) for each in model.state_dict().values())
