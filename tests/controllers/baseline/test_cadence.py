"""Mirrors ratecraft/controllers/baseline/cadence.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.baseline.cadence import Cadence, cadence_of
from ratecraft.records.outcome import Figure, RunFacts

LOADER = RunFacts(optimizers=("SGD",), loader=True)
LOOP = RunFacts(optimizers=("SGD",))


def told(*steps: int, epoch_end: bool | None) -> list[Figure]:
    return [Figure(step, "val_loss", 0.5, epoch_end=epoch_end) for step in steps]


@pytest.mark.parametrize("steps", [(88,), (88, 176, 264), (264, 528)])
def test_figures_at_the_end_of_epochs_are_led_to(steps: tuple[int, ...]) -> None:
    assert cadence_of(told(*steps, epoch_end=True), LOADER, whole=True) == Cadence("epoch-end")


@given(every=st.integers(1, 500), count=st.integers(2, 50))
def test_a_script_that_counts_steps_within_its_epochs_is_known_by_them(every: int, count: int) -> None:
    steps = tuple(range(every, every * count + 1, every))
    assert cadence_of(told(*steps, epoch_end=False), LOADER, whole=True) == Cadence("every", steps)


def test_a_figure_that_comes_once_is_no_cadence() -> None:
    assert cadence_of(told(1760, epoch_end=False), LOADER, whole=True) == Cadence("final", (1760,))


def test_a_step_loop_shows_its_steps_without_a_loader() -> None:
    assert cadence_of(told(0, 250, 500, epoch_end=None), LOOP, whole=True) == Cadence("every", (0, 250, 500))


def test_an_evaluation_that_met_the_end_of_an_epoch_by_chance_is_still_one_of_steps() -> None:
    figures = [*told(100, 200, epoch_end=False), *told(300, epoch_end=True), *told(400, 500, epoch_end=False)]
    assert cadence_of(figures, LOADER, whole=True).kind == "every"


def test_where_nobody_saw_epochs_end_a_loader_is_taken_to_lead_to_the_figure() -> None:
    assert cadence_of(told(100, 200, epoch_end=None), LOADER, whole=True).is_led


def test_a_framework_that_trains_evaluates_where_it_is_stopped_and_is_led_at_any_step() -> None:
    facts = RunFacts(optimizers=("SGD",), loader=True, horizon=400, horizon_source="framework")
    assert cadence_of(told(100, 200, epoch_end=False), facts, whole=True).is_led


def test_a_framework_that_is_only_imported_leads_nobody() -> None:
    facts = RunFacts(optimizers=("SGD",), loader=True, frameworks=("transformers",))
    assert cadence_of(told(100, 200, epoch_end=False), facts, whole=True).kind == "every"


def test_a_census_shows_no_steps() -> None:
    assert cadence_of(told(1, epoch_end=False), LOADER, whole=False) == Cadence("none")


def test_without_a_figure_there_is_none() -> None:
    assert cadence_of([], LOADER, whole=True) == Cadence("none")


@given(steps=st.lists(st.integers(0, 10_000), min_size=1, unique=True).map(sorted), at=st.integers(0, 12_000))
def test_the_next_evaluation_is_the_first_that_is_not_before(steps: list[int], at: int) -> None:
    following = Cadence("every", tuple(steps)).next_after(at)
    assert following == min((step for step in steps if step >= at), default=None)
