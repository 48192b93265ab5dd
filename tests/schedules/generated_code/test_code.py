"""Mirrors ratecraft/schedules/generated_code/code.py: the pasted code is run with a real optimizer."""

import ast
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.schedules.builders.compositions import inverse_sqrt, multistep, noam, power_law, step, wsd
from ratecraft.schedules.builders.constructors import (
    constant,
    cosine,
    exponential,
    function,
    geometric,
    k_decay,
    linear,
    polynomial,
    rex,
    saturating,
    tanh,
    warmup,
)
from ratecraft.schedules.builders.cyclic import cosine_restarts, exp_range, onecycle
from ratecraft.schedules.dialects.torch import OneCycleLR
from ratecraft.schedules.generated_code.code import keras_code, optax_code, torch_code, transformers_code
from ratecraft.schedules.horizon import bind
from ratecraft.schedules.language.text import parse
from ratecraft.schedules.lengths import steps
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.trees.nodes import Schedule, Seq

HORIZON = 200


def _rates_in_training(code: str, groups: int, steps: int) -> list[list[float]]:
    """The rates that each step really uses, in a script that has the code pasted in."""
    weights = [torch.nn.Parameter(torch.ones(1)) for _ in range(groups)]
    optimizer = torch.optim.SGD([{"params": [weight]} for weight in weights], lr=123.0)
    pasted: dict[str, Any] = {"optimizer": optimizer}
    exec(code, pasted)  # noqa: S102
    used: list[list[float]] = []
    for _ in range(steps):
        used.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()  # pyright: ignore[reportUnknownMemberType]
        pasted["scheduler"].step()
    return used


def _functions(code: str) -> str:
    """Only the pasted `rate` and what it calls, as text."""
    return "\n".join(ast.unparse(each) for each in ast.parse(code).body if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize(
    "schedule",
    [
        0.05 * (warmup(8) >> constant(1, 72) >> linear(1, 0)),
        0.05 * warmup(8) >> constant(0.05, 12) >> constant(0.031, 60) >> linear(0.031, 0),
        0.3 * wsd(0.05, 0.6),
        0.1 * (warmup(0.1) >> cosine()),
        cosine(0.1, 0.003),
        linear(1e-5, 0.7, offset=1),
        linear(0.02, 0.5, 40, offset=7) >> constant(0.5),
        0.2 * exponential(0.97, length=100),
        0.2 * step(0.3, 0.1, 3),
        0.1 * (warmup(10) >> cosine(1, 0.1, 90)) * exponential(0.9, 10) + 1e-4,
        0.1 * warmup(50) * (constant(1, 20) >> linear(1, 0.5)) - -0.25,
        constant(0.1),
        warmup(1) * 0.2,
        warmup(0) >> linear(0.3, 0.2),
        0.1 * cosine_restarts(30, growth=1.5, decay=0.7),
        0.1 * (warmup(7) >> cosine_restarts(steps(50, 3), cycles=7, to=0.1)),
        0.1 * onecycle(0.3, hold=0.1).rate,
        exp_range(40, 0.99) * 0.01,
        step(0.2, 0.5),
        noam(512, 40),
        power_law(10),
        inverse_sqrt(0.1),
        cosine(1, 0, 50, after="extend").min(tanh(1, 0.1)).max(0.2),
        cosine(1, 0, 50, waves=1.5, after="reflect") * rex(),
        k_decay(1, 0, 60).shifted(-20).lasting(90) >> saturating(1, 0.1),
        polynomial(0.1, 0.2, 50, after=0.3).quantise(7),
        geometric(1e-4, 1, 90).shifted(5),
        multistep([0.3, 0.6], 0.1),
    ],
    ids=repr,
)
def test_the_pasted_code_trains_with_the_rates_of_the_schedule(schedule: Schedule) -> None:
    bound = bind(schedule, HORIZON)
    used = _rates_in_training(torch_code(schedule, HORIZON, (1.0, 0.1, 2.5)), groups=3, steps=HORIZON + 5)
    for index, rates in enumerate(used):
        wanted = [ratio * bound.at(index) for ratio in (1.0, 0.1, 2.5)]
        assert rates == pytest.approx(wanted, rel=1e-12, abs=0.0)


def test_the_rates_of_a_tuned_schedule_have_the_same_bits() -> None:
    schedule = 0.0123 * warmup(8) >> constant(0.0123, 72) >> linear(0.0123, 0, 120)
    used = _rates_in_training(torch_code(schedule, HORIZON), groups=1, steps=HORIZON + 5)
    assert [rate for (rate,) in used] == schedule.curve(HORIZON + 5).tolist()


@pytest.mark.parametrize("horizon", [0, 1, 2, 3])
def test_the_shortest_runs_are_right(horizon: int) -> None:
    schedule = 0.1 * (warmup(0.3) >> cosine())
    used = _rates_in_training(torch_code(schedule, horizon), groups=1, steps=6)
    assert [rate for (rate,) in used] == pytest.approx(bind(schedule, horizon).curve(6).tolist(), rel=1e-12)


@given(st.from_type(Schedule))
def test_the_pasted_function_is_the_schedule_for_any_tree(tree: Schedule) -> None:
    bound = bind(tree, HORIZON)
    pasted: dict[str, Any] = {}
    exec("import math\n" + _functions(torch_code(tree, HORIZON)), pasted)  # noqa: S102
    curve: list[float] = bound.curve(HORIZON + 5).tolist()
    size = max(max(curve), -min(curve))  # a tree may cross zero, where no relative error is small
    assert [pasted["rate"](index) for index in range(HORIZON + 5)] == pytest.approx(curve, rel=1e-12, abs=1e-12 * size)


def test_one_ratio_serves_any_number_of_groups() -> None:
    assert _rates_in_training(torch_code(constant(0.1), 5), groups=3, steps=1) == [[0.1, 0.1, 0.1]]


def test_a_wrong_number_of_groups_stops_the_pasted_code() -> None:
    with pytest.raises(ValueError, match="zip"):
        _rates_in_training(torch_code(constant(0.1), 5, (1.0, 0.5)), groups=3, steps=1)


def test_the_code_is_short_and_says_what_to_do() -> None:
    code = torch_code(0.3 * wsd(0.05, 0.6), 1000, (1.0, 0.1))
    assert (
        code
        == """\
# Learning rate of 1000 optimizer steps: 0.3 * (warmup(50) >> constant(1, 350) >> linear(1, 0, 600))
# Paste this below the line that makes `optimizer`, in place of any other learning-rate scheduler.
from torch.optim.lr_scheduler import LambdaLR


def rate(step):
    if step < 50:
        return 0.3 * ((step + 1) / 50)
    if step < 400:
        return 0.3
    if step < 1000:
        return 0.3 * ((1000 - step) / 600)
    return 0.0


ratios = [1.0, 0.1]  # rate of each parameter group, as a multiple of the leading one's
for group, ratio in zip(optimizer.param_groups, ratios, strict=True):
    group["lr"] = group["initial_lr"] = ratio  # LambdaLR multiplies it by rate(step)
scheduler = LambdaLR(optimizer, rate)
# In the training loop, call scheduler.step() after every optimizer.step().
"""
    )


def test_the_code_does_not_need_ratecraft() -> None:
    code = torch_code(0.1 * cosine(), 100)
    imported = {each.name for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import) for each in node.names}
    assert imported == {"math"}
    assert "ratecraft" not in code


def test_the_expression_in_the_title_is_the_schedule() -> None:
    schedule = 0.1 * (warmup(0.1) >> cosine())
    title = torch_code(schedule, 100).splitlines()[0]
    assert parse(title.partition(": ")[2]) == bind(schedule, 100)


def test_an_expression_too_long_for_a_title_is_left_out() -> None:
    many = Seq(tuple(constant(index + 1, 1) for index in range(20)))
    assert torch_code(many, 20).splitlines()[0] == "# Learning rate of 20 optimizer steps"


def _several(code: str) -> list[tuple[dict[str, Any], ...]]:
    """The groups of a pair of optimizers, as three steps use them, in a script that has the code pasted in."""
    one, two, three = (torch.nn.Parameter(torch.ones(1)) for _ in range(3))
    muon = torch.optim.SGD([one], lr=123.0, momentum=0.8)
    adamw = torch.optim.AdamW([{"params": [two]}, {"params": [three], "weight_decay": 0.0}], lr=9.0)
    pasted: dict[str, Any] = {"muon": muon, "adamw": adamw}
    exec(code, pasted)  # noqa: S102
    used: list[tuple[dict[str, Any], ...]] = []
    for _ in range(3):
        used.append(tuple(dict(group) for each in (muon, adamw) for group in each.param_groups))
        for optimizer in (muon, adamw):
            optimizer.step()  # pyright: ignore[reportUnknownMemberType]
        for each in pasted["schedulers"]:
            each.step()
    return used


RATIOS = {"muon": [1.0], "adamw": [0.1, 0.05]}


def test_several_optimizers_each_get_rates_of_their_own() -> None:
    used = _several(torch_code(0.1 * linear(1, 0), 4, RATIOS))
    rates = [[group["lr"] for group in groups] for groups in used]
    assert rates == [pytest.approx([peak, peak * 0.1, peak * 0.05]) for peak in (0.1, 0.075, 0.05)]


def test_what_one_of_several_optimizers_lacks_is_led_in_the_others() -> None:
    schedules = {"rate": constant(0.1), "momentum": linear(0.9, 0.7), "beta2": constant(0.95), "eps": constant(1e-6)}
    _, groups, _ = _several(torch_code(ScheduleSet({**schedules, "weight_decay": constant(0.3)}), 4, RATIOS))
    sgd, decayed, other = groups
    assert sgd["momentum"] == pytest.approx(0.85)
    assert "eps" not in sgd
    assert [group["betas"] for group in (decayed, other)] == [pytest.approx((0.85, 0.95))] * 2
    assert [group["weight_decay"] for group in groups] == [0.3, 0.3, 0.0]
    assert decayed["eps"] == 1e-6


def test_the_code_of_several_optimizers_names_each() -> None:
    assert "called muon, adamw here, in the order" in torch_code(constant(0.1), 4, RATIOS)
    with pytest.raises(InvalidInput, match="`ratios` is empty"):
        torch_code(constant(0.1), 4, {"muon": []})


def test_code_without_ratios_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`ratios` is empty"):
        torch_code(constant(0.1), 5, ())


def test_a_ratio_that_is_no_number_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`ratios` of a schedule must be a finite number; got nan"):
        torch_code(constant(0.1), 5, (float("nan"),))


WRITERS = (torch_code, transformers_code, optax_code, keras_code)


@pytest.mark.parametrize("write", WRITERS)
def test_a_bound_schedule_has_its_own_horizon(write: Callable[..., str]) -> None:
    schedule = bind(0.3 * wsd(0.05, 0.6), 1000)
    assert write(schedule) == write(0.3 * wsd(0.05, 0.6), 1000)
    assert "of 1000 optimizer steps" in write(schedule)


@pytest.mark.parametrize("write", WRITERS)
def test_a_schedule_without_an_end_needs_no_horizon(write: Callable[..., str]) -> None:
    assert write(constant(0.1)).splitlines()[0] == "# Learning rate: constant(0.1)"


@pytest.mark.parametrize("write", WRITERS)
def test_a_schedule_that_is_not_bound_is_refused_with_what_to_do(write: Callable[..., str]) -> None:
    with pytest.raises(InvalidInput, match=r"`cosine\(1, 0\)` can't be written as code yet") as caught:
        write(cosine())
    assert "torch_code(schedule, horizon=10000)" in caught.value.hint()
    assert "bind(schedule, horizon=10000)" in caught.value.hint()


def test_a_schedule_longer_than_the_run_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ends 3 steps too late: the run has 5 steps"):
        torch_code(warmup(8), 5)


def test_a_function_of_the_users_own_is_not_written_out() -> None:
    with pytest.raises(InvalidInput, match="the function `mine`, which can't be written out as code"):
        torch_code(warmup(2) >> function("mine", abs), 5)


# ------------------------------------------------------------------ several hyperparameters


def _entries_in_training(code: str, optimizer: torch.optim.Optimizer, steps: int) -> list[list[dict[str, Any]]]:
    """The entries of the groups that each step really uses, in a script that has the code pasted in."""
    pasted: dict[str, Any] = {"optimizer": optimizer}
    exec(code, pasted)  # noqa: S102
    used: list[list[dict[str, Any]]] = []
    for _ in range(steps):
        used.append([dict(group) for group in optimizer.param_groups])
        optimizer.step()  # pyright: ignore[reportUnknownMemberType]
        pasted["scheduler"].step()
    return used


@pytest.mark.parametrize("write", [torch_code, transformers_code])
@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.AdamW, torch.optim.NAdam])
def test_the_pasted_code_of_one_cycle_is_torch_s_own_one_cycle(write: Any, make: Any) -> None:
    optimizer, other = (make([torch.nn.Parameter(torch.ones(1))], lr=7.0) for _ in range(2))
    own = torch.optim.lr_scheduler.OneCycleLR(other, max_lr=0.1, total_steps=HORIZON)
    used = _entries_in_training(write(OneCycleLR(0.1, HORIZON), HORIZON), optimizer, HORIZON)
    for at, (entries,) in enumerate(used):
        group = other.param_groups[0]
        assert entries["lr"] == pytest.approx(group["lr"], rel=1e-12, abs=1e-18), at
        if "betas" in group:
            assert entries["betas"] == pytest.approx(group["betas"], rel=1e-12)
        else:
            assert entries["momentum"] == pytest.approx(group["momentum"], rel=1e-12)
        other.step()
        if at + 1 < HORIZON:
            own.step()


def test_the_pasted_code_leads_whatever_the_groups_have_and_leaves_what_does_not_decay() -> None:
    planned = ScheduleSet(
        rate=0.1 * cosine(), beta2=linear(0.9, 0.99), eps=constant(1e-6), weight_decay=linear(0.1, 0.0, 0.5)
    ).bind(HORIZON)
    groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "weight_decay": decay} for decay in (0.1, 0.0)]
    used = _entries_in_training(torch_code(planned, HORIZON, (1.0, 0.5)), torch.optim.AdamW(groups, lr=1.0), HORIZON)
    for place, (first, second) in enumerate(used):
        at = planned.at(place)
        assert (first["lr"], second["lr"]) == pytest.approx((at["rate"], at["rate"] / 2), rel=1e-12, abs=1e-18)
        assert first["betas"] == second["betas"] == pytest.approx((0.9, at["beta2"]), rel=1e-12)
        assert first["eps"] == 1e-6
        assert (first["weight_decay"], second["weight_decay"]) == pytest.approx((at["weight_decay"], 0.0), abs=1e-18)


def test_functions_that_two_schedules_call_have_names_of_their_own() -> None:
    cycles = ScheduleSet(rate=cosine_restarts(30, growth=2), momentum=0.9 * cosine_restarts(40, growth=2) + 0.05)
    pasted: dict[str, Any] = {}
    exec(_functions(torch_code(cycles, HORIZON)), {"math": math}, pasted)  # noqa: S102
    names = [each.name for each in ast.parse(torch_code(cycles, HORIZON)).body if isinstance(each, ast.FunctionDef)]
    assert len(set(names)) == len(names)
    assert {"rate", "momentum"} <= set(names)


def test_a_set_of_one_is_written_as_its_schedule_is() -> None:
    schedule = 0.1 * (warmup(8) >> cosine())
    for write in (torch_code, transformers_code, optax_code, keras_code):
        assert write(ScheduleSet(rate=schedule), HORIZON) == write(schedule, HORIZON)


def test_keras_has_no_schedules_of_anything_but_the_rate() -> None:
    with pytest.raises(InvalidInput, match=r"for the rate only; the set also has momentum") as caught:
        keras_code(onecycle(), HORIZON)
    assert "keras_code(schedules.rate, horizon)" in caught.value.hint()


def test_code_of_schedules_without_a_rate_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no schedule named 'rate'; it has momentum"):
        torch_code(ScheduleSet(momentum=constant(0.9)), HORIZON)
