"""Mirrors ratecraft/recipes/comparing.py: what a plan would change in a training that was looked at."""

import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.recipes.comparing import Change, compared
from ratecraft.recipes.observed_training import ObservedTraining
from ratecraft.recipes.plan import Reason
from ratecraft.recipes.presets import builtin_presets
from ratecraft.records.outcome import ModelFacts

ADAMW = {"rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weight_decay": 0.01}


def found(
    optimizer: str = "adamw", task: str | None = None, losses: tuple[float, ...] = (), **how: Any
) -> tuple[Change, ...]:
    values = how.pop("values", ADAMW)
    seen = ObservedTraining(
        optimizer, values, task, Reason("task-none"), class_name="AdamW", **{"batch_size": 64, **how}
    )
    return compared(seen, {}, losses=losses).changes


def codes(changes: tuple[Change, ...]) -> list[str]:
    return [change.code for change in changes]


def test_a_usual_training_is_left_alone() -> None:
    assert found() == ()


def test_adamw_at_3e_2_is_thirty_times_above_what_fine_tuning_takes() -> None:
    (change,) = (
        each for each in found(task="fine-tuning-vision", values={**ADAMW, "rate": 3e-2}) if "rate-" in each.code
    )
    assert change.code == "rate-high-of-task"
    assert change.values["ratio"] == pytest.approx(30)
    assert (change.values["rate"], change.values["task"]) == (1e-4, "fine-tuning-vision")


def test_a_hundred_thousand_steps_at_1e_5_are_worth_a_thousand() -> None:
    low, worth = found(values={**ADAMW, "rate": 1e-5}, steps=100_000)
    assert (low.code, low.values["ratio"]) == ("rate-low", pytest.approx(10))
    assert (worth.code, worth.values["worth"]) == ("steps-gain-little", 1000)


def test_where_the_length_is_unknown_steps_are_not_compared() -> None:
    assert codes(found(values={**ADAMW, "rate": 1e-5})) == ["rate-low"]


@given(octaves=st.floats(-12, 12), batch=st.integers(1, 4096))
def test_a_rate_is_changed_only_outside_of_the_range_and_then_to_one_inside(octaves: float, batch: int) -> None:
    rate = 1e-3 * 2**octaves
    seen = ObservedTraining("adamw", {"rate": rate}, None, Reason("task-none"), batch_size=batch)
    result = compared(seen, {})
    low, high = result.plan.range or (0, math.inf)
    assert bool(result.changes) == (not low * (1 - 1e-6) <= rate <= high * (1 + 1e-6))
    for change in result.changes:
        assert low <= float(str(change.values["rate"])) <= high


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [("beta2", 0.9, "setting-low"), ("beta1", 0.99, "setting-high"), ("weight_decay", 1.0, "setting-high")],
)
def test_every_other_setting_is_held_against_its_range(name: str, value: float, code: str) -> None:
    (change,) = found(values={**ADAMW, name: value})
    assert (change.code, change.values["name"]) == (code, name)


def test_a_setting_that_the_plan_does_not_know_is_left_alone() -> None:
    assert found(values={**ADAMW, "lambd": 3.0}) == ()


def test_adam_with_weight_decay_is_told_of_adamw() -> None:
    assert codes(found("adam", values={**ADAMW, "weight_decay": 0.01})) == ["decay-coupled"]
    assert found("adam", values={**ADAMW, "weight_decay": 0.0}) == ()
    assert found("momentum", values={"rate": 0.05, "momentum": 0.9, "weight_decay": 1e-4}) == ()


def test_one_rate_for_a_loaded_body_and_its_head_is_told() -> None:
    values = {**ADAMW, "rate": 2e-4}
    (change,) = found(task="fine-tuning-vision", values=values)
    assert (change.code, change.values["head"]) == ("one-rate", pytest.approx(1e-3))
    assert found(task="fine-tuning-vision", values=values, same_rate=False) == ()


def noisy(first: float, last: float, count: int = 800) -> tuple[float, ...]:
    draw = random.Random(0)  # noqa: S311 - a course of losses
    return tuple(first + (last - first) * step / count + draw.gauss(0, 0.1) for step in range(count))


def test_sgd_at_0_1_on_images_whose_loss_rose_is_told_a_tenth() -> None:
    values = {"rate": 0.1, "momentum": 0.9}
    (change,) = (
        each
        for each in found("momentum", "images", noisy(2.3, 2.9), values=values, batch_size=128)
        if "loss" in each.code
    )
    assert (change.code, change.values["rate"]) == ("loss-rises", pytest.approx(0.01))
    assert change.values["steps"] == 800


def test_a_loss_that_is_no_number_at_the_end_counts_as_risen() -> None:
    assert codes(found(losses=(*noisy(2.3, 2.0), math.nan))) == ["loss-rises"]


def test_a_loss_that_stood_at_a_low_rate_is_told_a_higher_one() -> None:
    assert codes(found(values={**ADAMW, "rate": 2e-4}, losses=noisy(2.3, 2.3))) == ["loss-stands"]
    assert found(values={**ADAMW, "rate": 2e-3}, losses=noisy(2.3, 2.3)) == ()


def test_a_loss_that_fell_or_was_seen_too_briefly_tells_nothing() -> None:
    assert found(losses=noisy(2.3, 1.5)) == ()
    assert found(losses=(1.0, 9.0) * 20) == ()


def test_parameters_that_were_counted_give_no_caution_those_told_do() -> None:
    seen = ObservedTraining("adam", {"rate": 1e-3}, None, Reason("task-none"), ModelFacts("Net", 1000))
    assert "parameters-unused" not in [each.code for each in compared(seen, {}).plan.cautions]
    assert "parameters-unused" in [each.code for each in compared(seen, {"parameters": 1e6}).plan.cautions]


def test_every_optimizer_has_a_comparison_on_every_task() -> None:
    presets = builtin_presets()
    for optimizer in presets.optimizers:
        for task in (None, *presets.tasks):
            seen = ObservedTraining(optimizer, {"rate": 1e9}, task, Reason("task-none"), class_name=optimizer)
            assert compared(seen, {}).changes[0].code in ("rate-high", "rate-high-of-task")
