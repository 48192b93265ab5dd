"""Hashes that last from one process to another."""

import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.training.tasks.lasting_hash import code_of, lasting_hash

SCALE = 1.0
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(plain, plain)
def test_values_have_one_hash_exactly_where_their_texts_are_the_same(one: Any, other: Any) -> None:
    assert (lasting_hash(one) == lasting_hash(other)) == (repr(one) == repr(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (torch.zeros(4), torch.zeros(2, 2)),
        (torch.zeros(2), torch.zeros(2, dtype=torch.float64)),
        (torch.tensor([0.0]), torch.tensor([-0.0])),
        (np.zeros(2), np.zeros(2, dtype=np.float32)),
        (np.array([1, 2]), np.array([2, 1])),
        (["ab", "c"], ["a", "bc"]),
        (torch.zeros(1, dtype=torch.bfloat16), torch.ones(1, dtype=torch.bfloat16)),
    ],
)
def test_what_differs_in_a_bit_or_in_form_is_told_apart(one: Any, other: Any) -> None:
    assert lasting_hash(one) != lasting_hash(other)


def loss_of(scale: float = 1.0, smoothing: float = 0.0) -> Any:
    weights = torch.ones(2) * scale

    def loss(model: Any, batch: Any, power: int = 2) -> Any:
        return ((model(batch) * weights) ** power).sum() + smoothing

    return loss


def reading_a_global(model: Any) -> float:
    return SCALE * model


def calling(model: Any) -> float:
    return reading_a_global(model)


def test_the_same_code_with_the_same_values_is_the_same() -> None:
    assert lasting_hash(code_of(loss_of())) == lasting_hash(code_of(loss_of()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (loss_of(), loss_of(scale=2.0)),
        (loss_of(), loss_of(smoothing=0.1)),
        (lambda model: model + 1, lambda model: model + 2),
        (lambda model: model.a, lambda model: model.b),
        (lambda model: (lambda: 1)(), lambda model: (lambda: 2)()),
        (partial(loss_of, scale=1.0), partial(loss_of, scale=2.0)),
    ],
)
def test_other_code_or_other_values_are_told_apart(one: Any, other: Any) -> None:
    assert lasting_hash(code_of(one)) != lasting_hash(code_of(other))


@pytest.mark.parametrize("function", [reading_a_global, calling])
def test_what_a_function_reads_from_its_module_takes_part(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    before = lasting_hash(code_of(function))
    monkeypatch.setitem(reading_a_global.__globals__, "SCALE", 2.0)
    assert lasting_hash(code_of(function)) != before


def test_a_function_that_calls_itself_has_a_hash() -> None:
    def count(number: int) -> int:
        return count(number - 1) if number else 0

    assert lasting_hash(code_of(count)) == lasting_hash(code_of(count))


def test_another_process_finds_the_same_hash() -> None:
    value = "{'a': {1: 'x'}, 'f': code_of(lambda model: model + 1)}"
    code = f"from ratecraft.training.tasks.lasting_hash import *; print(lasting_hash({value}))"
    said = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "ab"
    }
    assert len(said) == 1
