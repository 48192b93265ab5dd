"""Mirrors ratecraft/recipes/of_language_model.py: a rate by size, tokens and batch."""

from typing import Any

import pytest

from ratecraft.recipes.plan import Plan
from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.run_description import RunDescription


def planned(optimizer: str, **told: Any) -> Plan:
    return plan_of(RunDescription(optimizer, **told))


def reasons(plan: Plan) -> list[str]:
    return [reason.code for reason in plan.reasons]


SIZED: dict[str, Any] = {"task": "pre-training", "parameters": 4e8, "tokens": 2e10, "tokens_per_step": 5e5}


def test_size_tokens_and_batch_give_the_rate_of_a_language_model() -> None:
    plan = planned("adamw", **SIZED)
    assert plan.rate == pytest.approx(1.6e-3, rel=0.02)
    assert plan.range == (pytest.approx(plan.rate / 2), pytest.approx(2 * plan.rate))
    assert (plan.confidence, plan.doubt) == ("high", None)
    assert (plan.settings["beta2"].value, plan.settings["weight_decay"].value) == (0.95, 0.1)


@pytest.mark.parametrize(
    ("changed", "confidence", "doubt"),
    [
        ({"tokens": None}, "medium", "tokens-assumed"),
        ({"tokens_per_step": None}, "medium", "batch-assumed"),
        ({"tokens": None, "tokens_per_step": None}, "medium", "tokens-and-batch-assumed"),
        ({"parameters": 4e9}, "medium", "outside-tried"),
        ({"parameters": 7e10}, "low", "outside-tried"),
    ],
)
def test_the_less_is_told_or_the_farther_it_lies_the_less_is_known(
    changed: dict[str, Any], confidence: str, doubt: str
) -> None:
    plan = planned("adamw", **{**SIZED, **changed})
    assert plan.confidence == confidence
    assert plan.doubt is not None
    assert plan.doubt.code == doubt


def test_samples_are_sequences_and_steps_make_tokens() -> None:
    by_samples = planned("adamw", **{**SIZED, "tokens_per_step": None}, batch_size=256)
    assert by_samples.rate == pytest.approx(planned("adamw", **{**SIZED, "tokens_per_step": 256 * 2048}).rate)
    by_steps = planned("adamw", **{**SIZED, "tokens": None}, steps=40_000)
    assert by_steps.rate == pytest.approx(planned("adamw", **SIZED).rate)
    assert by_steps.doubt is None


def test_a_tiny_transformer_is_held_at_what_is_usual() -> None:
    plan = planned("adamw", task="pre-training", parameters=1.17e5, batch_size=32)
    assert (plan.rate, plan.confidence) == (1e-2, "low")
    assert "rate-bounded" in reasons(plan)


def test_a_noise_scale_moves_the_rate_from_the_best_batch() -> None:
    few, many = (
        planned("adamw", **{**SIZED, "tokens_per_step": None}, batch_size=size, noise_scale=1000)
        for size in (256, 1024)
    )
    assert few.rate < many.rate < 2 * few.rate
    assert "batch-noise" in reasons(many)


def test_the_size_of_a_model_with_adapters_gives_its_rate() -> None:
    assert planned("adamw", task="lora", parameters=6.5e10).rate == pytest.approx(1e-4)
    far = planned("adamw", task="lora", parameters=1e12)
    assert (far.rate, far.confidence) == (pytest.approx(1e-4), "low")
    assert "rate-of-nearest-size" in reasons(far)
    assert "rate-of-size" not in reasons(far)
