"""Mirrors ratecraft/recipes/shape_move.py: a usual rate under a schedule that was asked for."""

import pytest

from ratecraft.recipes.planning import plan_of
from ratecraft.recipes.run_description import RunDescription


@pytest.mark.parametrize("schedule", ["constant", "constant(1)", "warmup(0.1) >> constant(1)"])
def test_a_rate_that_never_falls_is_lower_and_known_less_well(schedule: str) -> None:
    plan, usual = plan_of(RunDescription("adam", schedule=schedule)), plan_of(RunDescription("adam"))
    assert 0.3 < plan.rate / usual.rate < 0.6
    assert (usual.confidence, plan.confidence) == ("high", "medium")
    assert "shape" in [reason.code for reason in plan.reasons]


@pytest.mark.parametrize(
    ("given", "usual"),
    [
        (RunDescription("adam", schedule="linear"), RunDescription("adam")),  # falls as well
        (
            RunDescription("adam", schedule="cosine_restarts(epochs(2))", steps_per_epoch=50),
            RunDescription("adam"),
        ),  # only a run knows
        (RunDescription("adam", rate=3e-4, schedule="constant"), RunDescription("adam", rate=3e-4)),  # the user's own
        (RunDescription("adamw", "lora", schedule="constant"), RunDescription("adamw", "lora")),  # usual there
        (RunDescription("prodigy", schedule="constant"), RunDescription("prodigy")),  # needs a schedule of its own
    ],
)
def test_in_all_other_cases_the_rate_stays(given: RunDescription, usual: RunDescription) -> None:
    assert plan_of(given).rate == plan_of(usual).rate
