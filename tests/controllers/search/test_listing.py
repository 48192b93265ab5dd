"""Mirrors ratecraft/controllers/search/listing.py: what is asked for one by one is the whole list, made at once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratecraft.controllers.search.ledger import Ledger
from ratecraft.controllers.search.listing import listed
from ratecraft.controllers.search.settings import SearchSettings
from ratecraft.controllers.search.sharing import shared
from ratecraft.controllers.search.space import Parameter, Space
from ratecraft.controllers.search.trial_jobs import Frame, trial_jobs
from ratecraft.errors import InvalidInput
from ratecraft.records.events import Proposed
from ratecraft.records.metrics import Metric
from ratecraft.records.trials import Trial

SPACES = (
    Space((Parameter(name="rate", low=1e-4, high=1e-1, is_log=True),)),
    Space((Parameter(name="rate", choices=(0.1, 0.01, 0.001)), Parameter(name="momentum", choices=(0.8, 0.9)))),
)


def frame_of(space: Space, **given_: Any) -> Frame:
    asked = SearchSettings(space=space, **given_)
    return Frame(asked, space, 1600, 0.1, Metric("val_loss", "min"), asked.seeds)


def one_by_one(frame: Frame, free: int) -> list[Proposed]:
    ledger, found = Ledger(frame), list[Proposed]()
    while fresh := listed(ledger, free):
        found += fresh
        for each in fresh:
            ledger = ledger.asking(each)
    return found


@given(
    st.sampled_from(SPACES),
    st.sampled_from(["grid", "random"]),
    st.sampled_from(["fork", "replay"]),
    st.integers(1, 3),
    st.integers(1, 3),
)
def test_jobs_made_when_their_turn_comes_are_those_of_the_whole_list(
    space: Space, method: Any, branching: Any, seeds: int, free: int
) -> None:
    frame = frame_of(space, method=method, trials=6, seeds=seeds, branching=branching)
    found = one_by_one(frame, free)
    values = {each.trial.number: each.trial for each in found if each.trial is not None}
    runs = [job for number in sorted(values) for job in trial_jobs(frame, values[number], frame.run)]
    together = shared(runs, frame.settings.tuner.least_trunk) if branching == "fork" else tuple(runs)
    assert len(values) == 6
    assert found == list(together)


def test_a_budget_holds_whole_trials_only() -> None:
    found = one_by_one(frame_of(SPACES[0], method="random", trials=6, seeds=2, budget=5.0), 2)
    assert {each.trial.number for each in found if each.trial} == {0, 1}
    assert len(found) == 4


def test_a_budget_that_does_not_hold_the_grid_is_told() -> None:
    frame = frame_of(SPACES[1], method="grid", budget=3.0)
    with pytest.raises(InvalidInput, match=r"6"):
        listed(Ledger(frame), 1)


def test_a_search_that_draws_one_after_the_other_tries_all_there_is() -> None:
    rates = tuple(round(1e-3 * 1.1**place, 9) for place in range(65))
    space = Space((Parameter(name="rate", choices=rates),))
    ledger, tried = Ledger(frame_of(space, method="asha", trials=65)), set[float]()
    while fresh := ledger.new_trial():
        tried.add((fresh[0].trial or Trial(0)).values["rate"])
        for each in fresh:
            ledger = ledger.asking(each)
    assert tried == set(rates)
    assert ledger.draws > 65 + ledger.frame.settings.most_misses  # more misses in all than may come in a row
