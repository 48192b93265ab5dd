"""Mirrors ratecraft/controllers/tune/branch.py, on whole studies of formulas."""

import math

import pytest
from tests.controllers.worlds import Followed, Formula, follow, peak_octave

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.outcome import Ending


def octaves(followed: Followed, world: Formula) -> list[int]:
    """Octaves of the second rung, in the order of their proposal."""
    found = [peak_octave(job, world.own_rate, world.horizon) for job in followed.scored("branch")]
    return [round(octave) for octave in found if octave is not None]


@pytest.mark.parametrize("bottom", [-1.4, -0.4, 0.0, 0.9])
def test_the_second_rung_starts_at_the_probed_rate_next_to_the_expected_bottom(bottom: float) -> None:
    world = Formula(bottom=bottom, slope=-0.25)
    found = follow(world)
    values = next(each.values for each in found.answer.decisions if each.code == "bracket-bottom")
    expected = math.log2(values["rate"] / world.own_rate)
    probed = [peak_octave(job, world.own_rate, world.horizon) for job in found.scored("bracket")]
    nearest = min((octave for octave in probed if octave is not None), key=lambda octave: abs(octave - expected))
    assert octaves(found, world)[:2] == [nearest, nearest - 1]


@pytest.mark.parametrize(("slope", "third", "code"), [(-0.4, -1, "third-down"), (0.1, 1, "third-up")])
def test_the_third_rate_is_on_the_falling_side(slope: float, third: int, code: str) -> None:
    world = Formula(bottom=4 * slope, slope=slope, width=0.2)
    found = follow(world)
    centre = octaves(found, world)[0]
    assert octaves(found, world)[2] == centre + (-2 if third < 0 else 1)
    assert code in found.codes()


def test_the_third_rate_is_dropped_for_the_budget() -> None:
    world = Formula()
    found = follow(world, TunerSettings(budget=1.6))
    assert len(octaves(found, world)) == 2
    assert "dropped-third" in found.codes()


def saturated(**changes: object) -> Formula:
    """Four times the steps do not help at the same rates, as where the run over-fits."""
    return Formula(height=-0.01, decay=0.3, slope=-1.0, bottom=-3.0, width=0.1, **changes)  # type: ignore[arg-type]


def test_a_run_whose_longer_probes_are_no_better_is_saturated() -> None:
    world = saturated()
    found = follow(world)
    assert found.answer.verdict == "saturated"
    assert octaves(found, world)[2] == octaves(found, world)[0] - 3
    assert found.answer.tuned is not None


def test_a_saturated_study_names_the_best_branch() -> None:
    found = follow(saturated(), TunerSettings(stop_when_saturated=True))
    assert found.answer.best_job in {job.key for job in found.scored("bracket") + found.scored("branch")}


def test_a_saturated_study_can_stop_there() -> None:
    found = follow(saturated(), TunerSettings(stop_when_saturated=True))
    assert found.of("final") == []
    assert found.answer.verdict == "saturated"
    assert found.answer.tuned is None
    assert found.answer.final_job == ""
    best = next(probe for probe in found.answer.probes if probe.job == found.answer.best_job)
    assert found.answer.rate == best.rate
    assert found.answer.schedules["rate"].at(best.stop) == 0.0


def test_saturation_needs_the_much_lower_rate_to_be_tried() -> None:
    found = follow(saturated(), TunerSettings(budget=1.52))
    assert "dropped-third" in found.codes()
    assert found.answer.verdict != "saturated"


def test_a_study_whose_longer_probes_help_is_not_saturated() -> None:
    assert "saturated" not in follow(Formula()).codes()


def test_longer_probes_that_all_blow_up_lead_to_a_lower_rate_from_the_beginning() -> None:
    class Late(Formula):
        def outcome(self, job):  # type: ignore[no-untyped-def]
            found = super().outcome(job)
            late = job.stop is not None and 200 < job.stop < self.horizon
            return type(found)(found.job, Ending.BLOWN_UP, steps=1, facts=found.facts) if late else found

    found = follow(Late(edge=99))
    assert "branch-blown-up" in found.codes()
    assert "restarted-without-trunk" in found.codes()
    assert found.answer.edge is not None
    assert found.answer.rate is not None
    assert found.answer.rate < found.answer.edge


def test_maximised_figures_saturate_alike() -> None:
    losses, figures = saturated(floor=3.0), saturated(floor=3.0, sign=-1.0, metric="val_acc")
    assert follow(figures).answer.verdict == follow(losses).answer.verdict == "saturated"
