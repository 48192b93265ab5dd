"""Mirrors ratecraft/controllers/tune/usual_rate.py: where the ladder is built on the plan's rate."""

from dataclasses import dataclass, replace

import pytest
from tests.controllers.worlds import Formula, follow

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.find.settings import FindSettings
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.usual_rate import with_usual_rate
from ratecraft.records.outcome import Group, RunFacts


def start(rate: float, optimizer: str = "AdamW") -> Start:
    group = Group(1000, rate, 1.0, optimizer)
    facts = RunFacts(groups=(group,), own_rate=rate, samples_per_step=64.0)
    return Start(2000, "loops", rate, None, Cadence("none"), single_pass=False, facts=facts)


@pytest.mark.parametrize("rate", [1e-4, 1e-3, 1e-2, 0.04, 2.5e-5])
def test_a_rate_in_the_usual_range_or_near_it_stays(rate: float) -> None:
    assert with_usual_rate(start(rate), TunerSettings()) == start(rate)


@pytest.mark.parametrize("rate", [1e-6, 0.05, 10.0])
def test_a_rate_far_outside_of_it_gives_way_and_it_is_told_with_numbers(rate: float) -> None:
    moved = with_usual_rate(start(rate), TunerSettings())
    (decision,) = moved.decisions
    assert moved.own_rate == 1e-3
    assert decision.code == "usual-rate"
    assert decision.values == {"own": rate, "low": 1e-4, "high": 1e-2, "rate": 1e-3, "name": "AdamW"}


def test_a_rate_that_the_user_gave_stays() -> None:
    assert with_usual_rate(start(10.0), TunerSettings(own_rate=10.0)) == start(10.0)


@pytest.mark.parametrize("name", ["", "MyOptimizer"])
def test_of_an_optimizer_that_no_recipe_knows_nothing_is_usual(name: str) -> None:
    assert with_usual_rate(start(10.0, name), TunerSettings()) == start(10.0, name)


def test_without_a_rate_of_its_own_it_is_the_ramp_s_turn() -> None:
    assert with_usual_rate(start(0.0), TunerSettings()) == start(0.0)


@dataclass(frozen=True)
class Adam(Formula):
    """A world whose script tells its optimizer."""

    def facts(self) -> RunFacts:
        facts = super().facts()
        return replace(facts, groups=(replace(facts.groups[0], optimizer="Adam"),))


HOPELESS = Adam(own_rate=1e-7, bottom=13.3, edge=16.0)  # the best rate is about 1e-3


def test_a_whole_study_from_a_hopeless_rate_finds_the_best_one_and_is_compared_with_the_script_s_own_run() -> None:
    answer = follow(HOPELESS, TunerSettings.usual("fork")).answer
    assert answer.rate == pytest.approx(1e-3, rel=0.5)
    assert answer.own_rate == 1e-7
    assert answer.baseline is not None
    assert "usual-rate" in [decision.code for decision in answer.decisions]


def test_the_same_study_on_its_own_rate_does_not_come_so_far() -> None:
    settings = TunerSettings.usual("fork", own_rate=1e-7)
    assert (follow(HOPELESS, settings).answer.rate or 0) < 3e-3


def test_find_starts_there_too_but_not_where_rates_are_given() -> None:
    found = follow(HOPELESS, FindSettings()).answer
    given = follow(HOPELESS, FindSettings(rates=(1e-8, 1e-6))).answer
    assert "usual-rate" in [decision.code for decision in found.decisions]
    assert "usual-rate" not in [decision.code for decision in given.decisions]
