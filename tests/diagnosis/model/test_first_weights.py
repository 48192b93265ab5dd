"""Mirrors ratecraft/diagnosis/model/first_weights.py."""

import pytest
from tests.diagnosis.runs import codes, falling, run


@pytest.mark.parametrize(
    ("scale", "code"),
    [(0.0, "weights-small"), (0.06, "weights-small"), (5.8, "weights-large"), (58.0, "weights-large")],
)
def test_weights_that_no_rule_of_initialisation_asks_for_are_told(scale: float, code: str) -> None:
    assert code in codes(run(falling(500), facts={"weight_scale": scale}))


@pytest.mark.parametrize("scale", [0.2, 0.58, 1.0, 1.41, 2.5])
def test_those_of_he_glorot_torch_and_language_models_are_left_alone(scale: float) -> None:
    assert codes(run(falling(500), facts={"weight_scale": scale})) == []


@pytest.mark.parametrize(("matrices", "said"), [(1.0, []), (2.0, ["weights-small"])])
def test_one_layer_alone_may_begin_at_zero(matrices: float, said: list[str]) -> None:
    assert codes(run(falling(500), facts={"weight_scale": 0.0, "weight_matrices": matrices})) == said


def test_trained_weights_may_have_any_size() -> None:
    assert codes(run(falling(500), facts={"weight_scale": 9.0, "pretrained": 1.0})) == []


def test_the_series_of_a_watched_run_counts_as_well() -> None:
    assert "weights-large" in codes(run(falling(500), weight_scale=[7.0]))
