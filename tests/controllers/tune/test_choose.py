"""Mirrors ratecraft/controllers/tune/choose.py, on whole studies of formulas."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from tests.controllers.worlds import Followed, Formula, follow

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.choose import interval_of_lines
from ratecraft.schedules.builders.constructors import constant, cosine, exponential, linear, warmup
from ratecraft.schedules.sets import set_of
from ratecraft.schedules.trees.nodes import Schedule


def chosen_octave(found: Followed, world: Formula) -> float:
    assert found.answer.rate is not None
    return math.log2(found.answer.rate / world.own_rate)


def decided(found: Followed, code: str) -> dict[str, float]:
    return dict(next(decision.values for decision in found.answer.decisions if decision.code == code))


def test_the_usual_slope_and_the_safety_lead_from_the_bottom_to_the_choice() -> None:
    found = follow(Formula())
    values = decided(found, "chosen")
    shift = math.log2(values["rate"] / values["bottom"])
    assert shift == pytest.approx(-0.1 * math.log2(2000 / 312) - 0.4, abs=0.015)  # both rates have three digits
    assert decided(found, "slope-prior") == {"slope": -0.1}


# Four times the steps help little there, as where a run over-fits.
OVER_FITTED = Formula(slope=-0.95, bottom=-3.0, width=0.2, height=0.01)


def test_a_steep_slope_is_used_where_data_are_seen_often_and_longer_probes_hardly_help() -> None:
    assert decided(follow(OVER_FITTED), "slope-seen")["slope"] < -0.8


def test_a_steep_slope_is_ignored_where_longer_probes_help_much() -> None:
    assert "slope-prior" in follow(replace(OVER_FITTED, height=0.1)).codes()


def test_a_steep_slope_is_never_steeper_than_rate_times_steps_fixed() -> None:
    assert decided(follow(replace(OVER_FITTED, slope=-1.6, bottom=-5.0, height=0.001)), "slope-seen")["slope"] == -1.0


def test_a_steep_slope_is_ignored_on_a_single_pass() -> None:
    assert "slope-prior" in follow(replace(OVER_FITTED, passes=1.0)).codes()


@pytest.mark.parametrize(("passes", "slope"), [(1.0, -0.1), (20.0, -0.2), (None, -0.2)])
def test_a_short_run_has_slopes_of_its_own(passes: float | None, slope: float) -> None:
    assert decided(follow(Formula(horizon=300, passes=passes)), "slope-short") == {"slope": slope}


def test_cheap_mode_has_a_slope_of_its_own() -> None:
    found = follow(Formula(passes=1.0), TunerSettings(mode="cheap"))
    assert decided(found, "slope-cheap") == {"slope": -0.3}
    assert found.of("branch") == []


@pytest.mark.parametrize("bottom", [-3.0, -1.1, 0.0, 0.7, 2.2])
def test_the_choice_is_near_the_bottom_of_the_full_run(bottom: float) -> None:
    world = Formula(bottom=bottom)
    assert chosen_octave(follow(world), world) == pytest.approx(bottom, abs=0.6)


def test_the_interval_holds_the_chosen_rate() -> None:
    found = follow(Formula(noise=0.001))
    assert found.answer.interval is not None
    assert found.answer.rate is not None
    assert found.answer.interval[0] < found.answer.rate < found.answer.interval[1]


def test_an_interval_from_scattered_figures_is_marked_rough() -> None:
    found = follow(Formula(noise=0.001))
    assert found.answer.rough
    assert "rough" in found.answer.marks
    assert "interval-rough" in found.codes()


def test_an_interval_from_frozen_batches_is_not_rough() -> None:
    found = follow(Formula(metric="", noise=0.003))
    assert found.answer.interval is not None
    assert not found.answer.rough
    assert "interval" in found.codes()


def test_noisier_scores_give_a_wider_interval() -> None:
    def width(noise: float) -> float:
        interval = follow(Formula(metric="", noise=noise, width=0.3)).answer.interval
        assert interval is not None
        return interval[1] / interval[0]

    assert width(0.001) < width(0.02)


def test_without_enough_finite_scores_there_is_no_interval() -> None:
    found = follow(Formula(edge=1.0))
    assert found.answer.interval is None
    assert "interval-unknown" in found.codes()


# ---- another shape of the full run


NOISY = Formula(noise=0.001)


def shaped(schedule: Schedule) -> Followed:
    return follow(NOISY, TunerSettings(schedule=set_of(schedule)))


@pytest.mark.parametrize(
    ("schedule", "shift"),
    [(warmup(0.05) >> cosine(), 0.40), (linear(), 0.465), (constant(), -1.136), (cosine(1, 0.1), 0.22)],
)
def test_the_peak_of_another_shape_is_moved_as_the_convex_bound_has_it(schedule: Schedule, shift: float) -> None:
    usual, other = follow(NOISY), shaped(schedule)
    assert chosen_octave(other, NOISY) - chosen_octave(usual, NOISY) == pytest.approx(shift, abs=0.02)
    assert other.answer.rate == max(other.of("final")[0].schedules["rate"].curve(2000))
    assert math.log2(decided(other, "reshaped")["factor"]) == pytest.approx(shift, abs=0.01)
    assert decided(other, "chosen-usual") == decided(usual, "chosen")


def test_the_usual_shape_given_by_hand_changes_the_rate_by_nothing() -> None:
    usual = warmup(100) >> constant(1, 700) >> linear(1, 0, 1200)
    assert shaped(usual).answer.rate == follow(NOISY).answer.rate


def test_the_interval_moves_along_with_the_peak() -> None:
    usual, other = follow(NOISY).answer, shaped(linear()).answer
    assert usual.interval is not None
    assert other.interval is not None
    assert other.interval == pytest.approx([2**0.465 * each for each in usual.interval], rel=0.01)


@pytest.mark.parametrize(
    ("schedule", "extreme"), [(exponential(0.01, 0.1), max), (constant(1, 0.99) >> constant(1e-6), min)]
)
def test_the_peak_of_an_abrupt_shape_stays_within_what_was_probed(
    schedule: Schedule, extreme: Callable[[Iterable[float]], float]
) -> None:
    answer = shaped(schedule).answer
    assert answer.rate == extreme(probe.rate for probe in answer.probes if probe.score is not None)
    assert answer.interval is None
    assert {"reshaped-held", "interval-elsewhere"} < {each.code for each in answer.decisions}


def test_the_final_run_of_another_shape_starts_from_the_beginning() -> None:
    found = follow(Formula(), TunerSettings(schedule=set_of(cosine()), branching="fork"))
    (final,) = found.of("final")
    assert (final.start, final.parent) == (0, None)
    assert not {"continued", "restarted"} & set(found.codes())


def test_the_choice_keeps_away_from_a_cliff() -> None:
    world = Formula(bottom=3.0, edge=0.5)
    assert chosen_octave(follow(world), world) < 0.0


def test_a_rate_that_was_tried_and_clearly_worse_is_not_within_the_interval() -> None:
    for bottom in (-3.0, 0.0, 2.4, 5.0):
        found = follow(Formula(bottom=bottom, width=0.6, wobble=0.02))
        interval, probes = found.answer.interval, found.answer.probes
        assert interval is not None
        short = [each for each in probes if each.stop == min(probe.stop for probe in probes)]
        best = min(each.score for each in short if each.score is not None)
        for each in short:
            if each.score is None or each.score > 2 * best:
                assert not interval[0] * 1.5 < each.rate < interval[1] / 1.5


def test_the_interval_of_lines_goes_as_far_as_noise_can_explain_on_both_sides() -> None:
    scores = {-2.0: 3.0, 0.0: 1.0, 2.0: 5.0}
    near, rough = interval_of_lines(scores, 0.0, 3.0, 0.5)
    assert near == (pytest.approx(3.0 - 0.5), pytest.approx(3.0 + 0.25))
    assert not rough


def test_a_side_on_which_nothing_was_clearly_worse_gives_no_interval_of_lines() -> None:
    assert interval_of_lines({-2.0: 3.0, 0.0: 1.0}, 0.0, 0.0, 0.5) == (None, False)
    assert interval_of_lines({-2.0: 1.2, 0.0: 1.0, 2.0: 3.0}, 0.0, 0.0, 0.5) == (None, False)


def test_a_rate_that_blew_up_ends_the_interval_of_lines_where_it_began() -> None:
    near, _ = interval_of_lines({-2.0: 3.0, 0.0: 1.0, 1.0: 1.25, 2.0: math.inf}, 0.0, 0.0, 0.5)
    assert near == (pytest.approx(-0.5), 1.0)
