"""Mirrors ratecraft/recipes/layers.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.errors import InvalidInput
from ratecraft.recipes.layers import Weights, factor_of_depth, head_of


def model(*names: str, frozen: tuple[str, ...] = (), loaded: tuple[str, ...] | None = None) -> list[Weights]:
    return [
        Weights(
            name,
            10,
            "norm" if "norm" in name else "bias" if name.endswith("bias") else "weight",
            trained=name not in frozen,
            loaded=None if loaded is None else name in loaded,
        )
        for name in names
    ]


@pytest.mark.parametrize(
    ("names", "expected", "by"),
    [
        (["conv1.weight", "layer1.0.weight", "fc.weight", "fc.bias"], ("fc.weight", "fc.bias"), "name"),
        (["net.features.weight", "net.classifier.1.weight"], ("net.classifier.1.weight",), "name"),
        (["0.weight", "1.norm", "2.weight", "2.bias"], ("2.weight", "2.bias"), "last"),
        (["fc.weight", "decoder.weight"], ("decoder.weight",), "last"),  # a head's name counts at the end only
        (["encode.weight", "decode.weight", "norm.weight"], ("decode.weight",), "last"),
        (["h.0.mlp.weight", "h.1.mlp.weight", "norm.weight"], (), "last"),  # the end of the last of several blocks
    ],
)
def test_the_head_is_the_last_module(names: list[str], expected: tuple[str, ...], by: str) -> None:
    found = head_of(model(*names))
    assert (found.names, found.by) == (expected, by)


def test_what_was_not_loaded_is_the_head_wherever_it_stands() -> None:
    names = ("probe.weight", "body.weight", "fc.weight")
    assert head_of(model(*names, loaded=("body.weight", "fc.weight"))).names == ("probe.weight",)
    assert head_of(model(*names, loaded=())).by == "name"  # nothing was: it tells nothing
    assert head_of(model(*names, loaded=names)).by == "name"


def test_what_alone_is_trained_behind_a_frozen_body_is_the_head() -> None:
    names = ("a.weight", "b.weight", "c.weight", "d.weight", "e.weight")
    assert head_of(model(*names, frozen=names[:3])).names == ("d.weight", "e.weight")
    assert head_of(model(*names, frozen=names[:3])).by == "frozen"
    assert head_of(model(*names, frozen=names[:2])).by == "last"  # most of it is trained
    assert head_of(model(*names, frozen=(names[0], names[2], names[4]))).names == ("d.weight",)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("fc", ("fc.weight", "fc.bias")),
        ("mlp.fc", ()),
        ("*.bias", ("fc.bias",)),
        ("conv, fc.bias", ("conv.weight", "fc.bias")),
        ("c", ()),
    ],
)
def test_a_told_head_is_a_part_between_dots_or_a_pattern(told: str, expected: tuple[str, ...]) -> None:
    found = head_of(model("conv.weight", "fc.weight", "fc.bias", loaded=("fc.weight",)), told)
    assert (found.names, found.by) == (expected, "told")


@given(st.integers(1, 60), st.floats(0.1, 1.0))
def test_rates_never_fall_towards_the_head_whose_factor_is_1(layers: int, decay: float) -> None:
    factors = [factor_of_depth(place, layers, decay) for place in range(layers)]
    assert factors == sorted(factors)
    assert factors[-1] == 1.0
    assert factors[0] == pytest.approx(decay ** (layers - 1))


@pytest.mark.parametrize(("place", "decay"), [(3, 0.5), (-1, 0.5), (0, 0.0), (0, 1.1)])
def test_a_layer_or_decay_that_cannot_be_is_refused(place: int, decay: float) -> None:
    with pytest.raises(InvalidInput, match="layer"):
        factor_of_depth(place, 3, decay)
