"""Mirrors ratecraft/controllers/tune/foresight.py, on whole studies of formulas."""

from dataclasses import dataclass, replace

import pytest
from tests.controllers.worlds import Followed, Formula, follow

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.answer import Foreseen, Span
from ratecraft.schedules.builders.constructors import cosine
from ratecraft.schedules.sets import set_of

USUAL = Formula(height=0.2)
ONCE = replace(USUAL, passes=1.0)


def said(found: Followed) -> Foreseen:
    assert found.answer.foreseen is not None
    return found.answer.foreseen


def final(found: Followed) -> float:
    assert found.answer.tuned is not None
    assert found.answer.tuned.final is not None
    return found.answer.tuned.final


def width(span: Span) -> float:
    return span.high / span.low


def test_what_the_answer_tells_was_said_with_the_proposal_of_the_final_run_alone() -> None:
    found = follow(USUAL)
    told = {each.phase: each.foreseen for each in found.proposed}
    assert told.pop("final") == found.answer.foreseen
    assert set(told.values()) == {None}


@pytest.mark.parametrize("bottom", [-2.3, 0.0, 1.6])
@pytest.mark.parametrize("world", [USUAL, ONCE])
def test_a_run_that_goes_on_as_it_began_ends_where_it_was_to(world: Formula, bottom: float) -> None:
    found = follow(replace(world, bottom=bottom))
    span = said(found).final
    assert span.low < final(found) < span.high
    assert span.middle == pytest.approx(final(found), rel=0.05)


def test_twice_the_steps_end_lower_and_are_less_sure() -> None:
    foreseen = said(follow(USUAL))
    assert foreseen.twice.middle < foreseen.final.middle
    assert width(foreseen.twice) > width(foreseen.final)


def test_less_is_sure_where_data_are_seen_often() -> None:
    assert width(said(follow(ONCE)).final) < width(said(follow(USUAL)).final)


def test_after_the_run_twice_its_steps_are_told_from_where_it_ended_and_surer() -> None:
    found = follow(USUAL)
    twice = found.answer.twice
    assert twice is not None
    assert twice.middle < final(found) < twice.high
    assert width(twice) < width(said(found).twice)


@dataclass(frozen=True, kw_only=True)
class OverFitted(Formula):
    """One whose full runs end where none of the probes could see it."""

    def score(self, octave: float, steps: int) -> float:
        return super().score(octave, steps) + (0.5 if steps == self.horizon else 0.0)


def test_after_a_run_that_is_no_better_than_its_probe_nothing_is_said_of_a_longer_one() -> None:
    found = follow(OverFitted(height=0.2))
    assert final(found) > said(found).final.middle
    assert found.answer.twice is None


UNKNOWN = {
    "an accuracy": (replace(USUAL, metric="val_acc", sign=-1.0, floor=-2.0), TunerSettings()),
    "training losses": (replace(USUAL, metric=""), TunerSettings()),
    "negative figures": (replace(USUAL, floor=-50.0), TunerSettings()),
    "a saturated run": (replace(USUAL, height=0.0), TunerSettings()),
    "a short run": (replace(USUAL, horizon=300), TunerSettings()),
    "a single rung": (ONCE, TunerSettings(mode="cheap")),
    "a shape of the user's": (USUAL, TunerSettings(schedule=set_of(cosine()))),
    "a rate far from all probes": (Formula(slope=-0.95, bottom=-3.0, width=0.2, height=0.03), TunerSettings()),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_nothing_is_said_of(name: str) -> None:
    world, settings = UNKNOWN[name]
    answer = follow(world, settings).answer
    assert answer.foreseen is None
    assert answer.twice is None


def test_a_study_without_a_baseline_foresees_the_same() -> None:
    assert said(follow(USUAL, TunerSettings(baseline=False))) == said(follow(USUAL))


def test_a_study_that_is_not_to_foresee_says_nothing_of_its_end() -> None:
    found = follow(USUAL, TunerSettings(foresees=False))
    assert (found.answer.foreseen, found.answer.twice) == (None, None)
