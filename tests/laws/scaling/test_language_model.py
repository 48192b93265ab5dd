"""Mirrors ratecraft/laws/scaling/language_model.py."""

import math
from dataclasses import replace

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.laws.scaling.language_model import (
    TRIED,
    LanguageModel,
    best_batch,
    best_rate,
    octaves_outside,
    usual_tokens,
)

SEQUENCE = 2048


@pytest.mark.parametrize(
    ("model", "rate"),
    [  # tuned by grids of batch and rate: Li et al. 2025, and, on another model and other data, Lingle 2025
        (LanguageModel(2.1e8, 1.14e10, 192 * SEQUENCE), 2.8e-3),
        (LanguageModel(1.07e9, 5.69e10, 256 * SEQUENCE), 1.4e-3),
        (LanguageModel(4.6e7, 1.02e9, 131072), 3.9e-3),
        (LanguageModel(8.72e8, 5.12e8, 131072), 6.9e-4),
        (LanguageModel(2.94e9, 2.56e8, 65536), 3.45e-4),
    ],
)
def test_tuned_rates_are_met_within_two_thirds_of_an_octave(model: LanguageModel, rate: float) -> None:
    assert abs(math.log2(best_rate(model) / rate)) < 2 / 3


def test_a_larger_model_takes_less_and_a_larger_batch_takes_more() -> None:
    model = LanguageModel(4e8, 1e10, 5e5)
    assert best_rate(replace(model, parameters=4e9)) < best_rate(model) < best_rate(replace(model, batch=2e6))


def test_a_run_on_the_edge_of_what_was_tried_is_within_it() -> None:
    assert [octaves_outside(model) for model in TRIED] == [0.0, 0.0]


@pytest.mark.parametrize("name", ["parameters", "tokens", "batch"])
def test_each_number_can_lie_outside(name: str) -> None:
    assert octaves_outside(replace(TRIED[1], **{name: 4 * getattr(TRIED[1], name)})) == pytest.approx(2)
    assert octaves_outside(replace(TRIED[0], **{name: getattr(TRIED[0], name) / 8})) == pytest.approx(3)


def test_more_tokens_want_a_larger_batch() -> None:
    assert best_batch(4e10) == pytest.approx(2 * best_batch(1e10))


@pytest.mark.parametrize("law", [best_batch, usual_tokens, lambda size: best_rate(LanguageModel(size, 1e9, 1e5))])
def test_nothing_is_said_of_nothing(law: object) -> None:
    with pytest.raises(InvalidInput, match="must be greater than 0; got 0"):
        law(0)  # pyright: ignore[reportCallIssue]
