"""Mirrors ratecraft/recipes/scale_axes.py."""

import pytest

from ratecraft.laws.scaling.width import width_groups
from ratecraft.recipes.scale_axes import kind_of_axis, prior_of


@pytest.mark.parametrize(
    ("argument", "kind"),
    [
        ("--width", "width"),
        ("--d_model", "width"),
        ("--hidden-size", "width"),
        ("model.n_embd=", "width"),
        ("--num-hidden-layers", "depth"),
        ("--per_device_train_batch_size", "batch"),
        ("--max-steps", "steps"),
        ("--num_train_epochs", "steps"),
        ("--dropout", "other"),
    ],
)
def test_an_argument_is_known_by_its_name(argument: str, kind: str) -> None:
    assert kind_of_axis(argument) == kind


def test_the_prior_of_a_width_spans_what_the_groups_of_mup_get() -> None:
    """At twice the width: −1 and 0 octaves under Adam, −1, 0 and 1 under SGD."""
    prior = prior_of("width", "square-root").exponent
    rates = {group.rate for group in width_groups(256, 128, "adam")}
    assert {2 ** (prior.value - prior.sd), 2 ** (prior.value + prior.sd)} == rates
    assert prior_of("width", "linear").exponent.value == 0


def test_nothing_is_claimed_of_a_size_that_nobody_knows() -> None:
    assert (prior_of("other", "linear").exponent.value, prior_of("other", "linear").source) == (0, "")
