"""Mirrors ratecraft/laws/scaling/batch.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.batch import (
    LARGE_BATCH,
    AdamSettings,
    BatchRule,
    adam_at_batch,
    batch_cautions,
    batch_factor,
)

batches = st.floats(1, 1e6)
rules = st.sampled_from(["linear", "square-root"])


def test_goyal_s_minibatches_up_to_the_limit_are_reproduced() -> None:
    """Rates of 0.1 · B / 256, table 1 of Goyal et al. 2017."""
    assert [0.1 * batch_factor(256, batch, "linear") for batch in (128, 256, 512)] == [0.05, 0.1, 0.2]


def test_malladi_s_square_root_is_reproduced() -> None:
    assert batch_factor(256, 4096, "square-root") == 4.0


@given(first=batches, second=batches, third=batches, rule=rules)
def test_moving_in_two_parts_is_moving_at_once(first: float, second: float, third: float, rule: BatchRule) -> None:
    twice = batch_factor(first, second, rule) * batch_factor(second, third, rule)
    assert twice == pytest.approx(batch_factor(first, third, rule), rel=1e-9)


@given(base=batches, batch=batches)
def test_the_linear_rule_lies_between_the_square_root_and_the_ratio(base: float, batch: float) -> None:
    factor, ratio = batch_factor(base, batch, "linear"), batch / base
    low, high = sorted((math.sqrt(ratio), ratio))
    assert low * (1 - 1e-9) <= factor <= high * (1 + 1e-9)


@given(base=st.floats(LARGE_BATCH, 1e6), batch=st.floats(LARGE_BATCH, 1e6))
def test_from_the_limit_on_both_rules_are_one(base: float, batch: float) -> None:
    assert batch_factor(base, batch, "linear") == pytest.approx(batch_factor(base, batch, "square-root"))


@pytest.mark.parametrize(
    ("base", "batch", "rule", "codes"),
    [
        (256, 1000, "linear", []),
        (256, 1024, "linear", ["batch-beyond-linear"]),
        (256, 1024, "square-root", []),
        (8, 513, "square-root", ["batch-far"]),
        (513, 8, "square-root", ["batch-far"]),
    ],
)
def test_limits_are_told(base: float, batch: float, rule: BatchRule, codes: list[str]) -> None:
    assert [caution.code for caution in batch_cautions(base, batch, rule)] == codes


@given(ratio=st.floats(1e-3, 1e3), beta1=st.floats(0, 0.99), beta2=st.floats(0.8, 0.9999))
def test_the_guard_never_shortens_a_memory_below_five_steps(ratio: float, beta1: float, beta2: float) -> None:
    before = AdamSettings(1e-3, beta1, beta2)
    after, cautions = adam_at_batch(before, ratio)
    held = {caution.values["name"] for caution in cautions}
    for name in ("beta1", "beta2"):
        old, new = 1 - getattr(before, name), 1 - getattr(after, name)
        assert new <= max(0.2, old) * (1 + 1e-9) + 1e-12
        assert (name in held) == (not math.isclose(new, ratio * old, rel_tol=1e-6, abs_tol=1e-12))


@given(first=st.floats(0.1, 1.4), second=st.floats(0.1, 1.4))
def test_within_the_guard_adam_moves_in_two_parts_as_at_once(first: float, second: float) -> None:
    settings = AdamSettings(1e-3, 0.9, 0.999, 1e-8)
    twice = adam_at_batch(adam_at_batch(settings, first)[0], second)[0]
    once = adam_at_batch(settings, first * second)[0]
    assert twice.rate == pytest.approx(once.rate)
    assert (twice.beta1, twice.beta2) == pytest.approx((once.beta1, once.beta2))
    assert twice.epsilon == pytest.approx(once.epsilon)


def test_the_memory_of_adam_stays_the_same_in_samples() -> None:
    settings, _ = adam_at_batch(AdamSettings(1e-3, 0.99, 0.999), ratio=8)
    assert pytest.approx(8 * 256 / (1 - settings.beta2)) == 256 / (1 - 0.999)
    assert pytest.approx(8 * 256 / (1 - settings.beta1)) == 256 / (1 - 0.99)


def test_a_batch_below_zero_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`batch` must be greater than 0; got -1"):
        batch_factor(256, -1, "linear")


def test_a_beta_of_one_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`beta2` must lie between 0 and 1; got 1"):
        adam_at_batch(AdamSettings(1e-3, 0.9, 1.0), 2)
