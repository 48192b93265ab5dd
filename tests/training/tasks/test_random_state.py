"""Generators: found, captured, put back, seeded."""

import random
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from tests.training.small_tasks import digest, digest_of_generators

from ratecraft.training.tasks.random_state import OwnGenerator, RandomState, generators_in, seed_all

MODULE_LEVEL = np.random.default_rng(1)


def draw() -> str:
    return digest(random.gauss(), np.random.randn(), torch.rand(2))


def test_what_was_drawn_is_drawn_again_after_the_state_is_put_back() -> None:
    state = RandomState.capture()
    first = draw()
    state.put_back()
    assert draw() == first


def test_a_state_is_not_changed_by_what_is_drawn_later() -> None:
    state = RandomState.capture()
    first = draw()
    for _ in range(2):
        state.put_back()
        assert draw() == first


@pytest.mark.parametrize("error", [None, ValueError(), KeyboardInterrupt()], ids=repr)
def test_generators_are_kept_however_the_inside_ends(error: BaseException | None) -> None:
    before = digest_of_generators()
    try:
        with RandomState.kept():
            draw()
            if error is not None:
                raise error
    except (ValueError, KeyboardInterrupt):
        pass
    assert digest_of_generators() == before


def test_seeding_twice_draws_the_same() -> None:
    with RandomState.kept():
        seed_all(2**40)
        first = draw()
        seed_all(2**40)
        assert draw() == first


GENERATORS: list[OwnGenerator] = [
    torch.Generator().manual_seed(1),
    random.Random(1),  # noqa: S311
    np.random.default_rng(1),
    np.random.RandomState(1),
]


def drawn(generator: Any) -> float:
    if isinstance(generator, torch.Generator):
        return torch.rand(1, generator=generator).item()
    return float(generator.normal() if hasattr(generator, "normal") else generator.random())


@pytest.mark.parametrize("generator", GENERATORS, ids=lambda each: f"{type(each).__module__}.{type(each).__name__}")
def test_a_generator_of_the_user_s_own_is_put_back_too(generator: OwnGenerator) -> None:
    state = RandomState.capture([generator])
    first = drawn(generator)
    state.put_back()
    assert drawn(generator) == first


class Holder:
    def __init__(self, *held: object) -> None:
        self.held = list(held)

    def method(self) -> None: ...


def uses_a_global() -> float:
    return MODULE_LEVEL.normal()


def test_generators_are_found_where_objects_hold_them() -> None:
    first, second, third, fourth = GENERATORS

    def closure() -> object:
        return second

    roots = [Holder({"a": Holder(first)}), closure, partial(print, sep=third), Holder(fourth).method, uses_a_global]
    assert {id(each) for each in generators_in(*roots)} >= {id(each) for each in (*GENERATORS, MODULE_LEVEL)}


def test_a_function_whose_variables_have_no_value_yet_holds_none() -> None:
    def make() -> Any:
        def function() -> object:
            return later

        found = generators_in(function)
        later = 1
        return found, later

    assert make()[0] == ()


def test_a_ring_of_objects_is_gone_through_once() -> None:
    holder = Holder(GENERATORS[0])
    holder.held.append(holder)
    assert generators_in(holder) == (GENERATORS[0],)


def test_records_of_a_long_list_are_not_looked_through() -> None:
    assert generators_in(Holder(*[GENERATORS[0]] * 1000)) == ()
