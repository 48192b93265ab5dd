"""Mirrors ratecraft/schedules/continuing.py: a run that goes on."""

import pytest

from ratecraft.errors import InvalidInput
from ratecraft.schedules.continuing import GoingOn, continued
from ratecraft.schedules.language.text import parse_set
from ratecraft.schedules.sizes import Sizes


@pytest.mark.parametrize("text", ["0.1 * (warmup(10) >> cosine())", "onecycle()", "wsd(0.1, 0.2)", "step(30, 0.5)"])
@pytest.mark.parametrize(("total", "times"), [(100, 1.0), (100, 2.0), (250, 1.0), (80, 0.5)])
def test_the_past_stays_step_for_step(text: str, total: int, times: float) -> None:
    schedules = parse_set(text)
    anew = continued(schedules, 100, GoingOn(50, total, times=times))
    planned = schedules.bind(100)
    assert {name: list(each) for name, each in anew.curve(50).items()} == {
        name: list(each) for name, each in planned.curve(50).items()
    }


def test_only_the_rate_is_multiplied() -> None:
    schedules = parse_set("onecycle()")
    anew, planned = continued(schedules, 100, GoingOn(60, 100, times=2.0)), schedules.bind(100)
    assert anew.rate.at(70) == pytest.approx(2 * planned.rate.at(70))
    assert anew["momentum"].at(70) == pytest.approx(planned["momentum"].at(70))


def test_lengths_in_epochs_stay_what_they_were() -> None:
    how = GoingOn(50, 200, keep="tail")
    anew = continued(
        parse_set("warmup(epochs(1)) >> constant(1) >> linear(1, 0, epochs(2))"), 100, how, Sizes(steps_per_epoch=10)
    )
    assert (anew.rate.at(179), anew.rate.at(190)) == (pytest.approx(1.0), pytest.approx(0.5))


def test_a_factor_of_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`times` must be greater than 0"):
        continued(parse_set("cosine()"), 100, GoingOn(50, 100, times=0.0))
