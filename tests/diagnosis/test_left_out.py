"""Mirrors ratecraft/diagnosis/left_out.py."""

from tests.diagnosis.runs import codes, falling, run


def test_parameters_that_never_have_a_gradient_are_told() -> None:
    facts = {"parameters_in_optimizer": 1000.0, "parameters_without_gradient": 300.0}
    assert "parameters-without-gradient" in codes(run(falling(500), facts=facts))


def test_a_small_part_that_batches_rarely_reach_is_not() -> None:
    facts = {"parameters_in_optimizer": 1000.0, "parameters_without_gradient": 10.0}
    assert codes(run(falling(500), facts=facts)) == []
