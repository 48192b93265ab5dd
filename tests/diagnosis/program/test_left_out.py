"""Mirrors ratecraft/diagnosis/program/left_out.py."""

import pytest
from tests.diagnosis.runs import codes, falling, run

from ratecraft.diagnosis.program.left_out import left_out
from ratecraft.diagnosis.view.run_view import RunView


def test_parameters_that_never_have_a_gradient_are_told() -> None:
    facts = {"parameters_in_optimizer": 1000.0, "parameters_without_gradient": 300.0}
    assert "parameters-without-gradient" in codes(run(falling(500), facts=facts))


def test_a_small_part_that_batches_rarely_reach_is_not() -> None:
    facts = {"parameters_in_optimizer": 1000.0, "parameters_without_gradient": 10.0}
    assert codes(run(falling(500), facts=facts)) == []


@pytest.mark.parametrize(("idle", "told"), [(20.0, False), (21.0, True), (999.0, True), (1000.0, False)])
def test_more_than_a_fiftieth_is_told_and_all_of_them_is_another_thing(idle: float, told: bool) -> None:
    facts = {"parameters_in_optimizer": 1000.0, "parameters_without_gradient": idle}
    assert ("parameters-without-gradient" in codes(run(falling(500), facts=facts))) is told


def test_values_that_no_optimizer_has_are_told_with_their_share() -> None:
    (found,) = left_out(RunView(run(falling(500), facts={"parameters": 1000.0, "parameters_left_out": 1.0})))
    assert found.code == "parameters-left-out"
    assert found.evidence == {"count": 1, "parameters": 1000, "share": 0.001}
