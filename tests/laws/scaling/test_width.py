"""Mirrors ratecraft/laws/scaling/width.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.width import WidthRule, width_cautions, width_groups

widths = st.floats(8, 1e5)


def outputs_moved(width: int, rule: WidthRule, base: int = 64) -> float:
    """Root mean square by which the hidden pre-activations move in one step of a layer with its µP rate."""
    random = np.random.default_rng(0)
    hidden = next(group for group in width_groups(width, base, rule) if group.role == "hidden")
    inputs, signal = random.standard_normal(width), random.standard_normal(width)
    gradient = np.outer(signal, inputs) / width  # a hidden layer's back-propagated signal has entries of size 1 / width
    step = np.sign(gradient) if rule == "adam" else gradient
    return float(np.sqrt(np.mean((1e-2 * hidden.rate * step @ inputs) ** 2)))


@pytest.mark.parametrize("rule", ["adam", "sgd"])
def test_a_hidden_layer_moves_as_much_at_every_width(rule: WidthRule) -> None:
    moved = [outputs_moved(width, rule) for width in (64, 256, 1024)]
    assert max(moved) / min(moved) < 1.25


def test_without_the_rule_adam_moves_a_hidden_layer_by_its_width() -> None:
    ratio = width_groups(1024, 64, "adam")[1].rate
    assert outputs_moved(1024, "adam") / ratio > 10 * outputs_moved(64, "adam")


@given(width=widths, base=widths)
def test_rate_times_decay_is_kept(width: float, base: float) -> None:
    assert [group.rate * group.decay for group in width_groups(width, base, "adam")] == pytest.approx([1.0] * 3)


@given(width=widths)
def test_at_the_base_width_nothing_changes(width: float) -> None:
    for rule in ("adam", "sgd"):
        for group in width_groups(width, width, rule):
            assert (group.rate, group.initial_sd, group.decay) == (1.0, 1.0, 1.0)


@given(first=widths, second=widths, third=widths, rule=st.sampled_from(["adam", "sgd"]))
def test_moving_in_two_parts_is_moving_at_once(first: float, second: float, third: float, rule: WidthRule) -> None:
    once = width_groups(third, first, rule)
    for one, other, whole in zip(
        width_groups(second, first, rule), width_groups(third, second, rule), once, strict=True
    ):
        assert one.rate * other.rate == pytest.approx(whole.rate)
        assert one.initial_sd * other.initial_sd == pytest.approx(whole.initial_sd)


@pytest.mark.parametrize(
    ("width", "base", "codes"),
    [(1024, 128, []), (1024, 64, ["width-narrow"]), (64, 1024, ["width-narrow"]), (128 * 129, 128, ["width-far"])],
)
def test_limits_are_told(width: float, base: float, codes: list[str]) -> None:
    assert [caution.code for caution in width_cautions(width, base)] == codes


def test_a_width_of_zero_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`base_width` must be greater than 0; got 0"):
        width_groups(512, 0, "adam")
