"""Mirrors ratecraft/controllers/search/placeholders.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.search.placeholders import check_command, filled, placeholders
from ratecraft.controllers.search.reading import space_of
from ratecraft.errors import InvalidInput

RATE = {"rate": (1e-4, 1e-1)}


@given(st.lists(st.text(), max_size=5), st.text())
def test_a_value_stays_within_its_word(words: list[str], value: str) -> None:
    assert len(filled([*words, "--name={name}"], {"name": value})) == len(words) + 1
    assert filled(["--name={name}"], {"name": value}) == (f"--name={value}",)


@given(st.lists(st.text(), max_size=5))
def test_words_without_values_are_left_as_they_are(words: list[str]) -> None:
    assert filled(words, {}) == tuple(words)


def test_braces_that_hold_no_name_are_the_commands_own() -> None:
    words = ['{"lr": 1}', "{}", "{0}", "${HOME}", "{rate}"]
    assert placeholders(words) == ("HOME", "rate")
    assert filled(words, {"rate": 0.1}) == ('{"lr": 1}', "{}", "{0}", "${HOME}", "0.1")


@pytest.mark.parametrize(
    ("words", "space", "seeds", "code", "text"),
    [
        (["train"], {}, 1, "placeholder-none", "`train` has no place for a value"),
        (["train", "{rate}", "{batch}"], RATE, 1, "placeholder-without-values", "a place {batch}, but the values"),
        (["train", "--lr", "1"], RATE, 1, "placeholder-missing", "rate is varied, but `train --lr 1` has no place"),
        (["train", "{rate}"], RATE, 2, "program-seeds", "with 2 seeds, but the command has no place"),
    ],
)
def test_a_command_that_does_not_take_what_is_varied_is_refused(
    words: list[str], space: dict[str, object], seeds: int, code: str, text: str
) -> None:
    varied = space_of(space or RATE, in_command=True)
    if not space:
        varied = type(varied)()
    with pytest.raises(InvalidInput, match=text) as refused:
        check_command(words, varied, seeds)
    assert refused.value.code == code


def test_values_that_are_there_only_at_times_are_refused() -> None:
    space = space_of(
        {"optimizer": ["adam", "sgd"], "momentum": {"choices": [0.9], "when": {"optimizer": "sgd"}}}, in_command=True
    )
    with pytest.raises(InvalidInput, match="momentum is present only under a condition"):
        check_command(["train", "{optimizer}", "{momentum}"], space, 1)


def test_a_range_is_spread_over_its_logarithm_where_its_ends_are_far_apart() -> None:
    space = space_of({"lr": (1e-4, 1e-1), "dropout": (0.1, 0.5), "layers": (1, 4), "rate": (1, 10)}, in_command=True)
    assert [(each.name, each.is_log, each.is_integer) for each in space.parameters] == [
        ("lr", True, False),
        ("dropout", False, False),
        ("layers", False, True),
        ("rate", True, False),
    ]


def test_an_argument_in_a_command_is_refused_as_there_are_places() -> None:
    with pytest.raises(InvalidInput, match="lr is given as an argument, but a command has places"):
        space_of({"lr": {"argument": "--lr", "choices": [1]}}, in_command=True)
