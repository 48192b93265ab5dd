"""Mirrors ratecraft/controllers/finish.py, on whole studies of formulas."""

from typing import Any

import pytest
from tests.controllers.worlds import FAILED, Followed, Formula, follow

from ratecraft.controllers.settings import TunerSettings
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Outcome

STEEP = Formula(slope=-1.0, bottom=-3.0, width=0.2, height=0.01)


class Ends(Formula):
    """A formula whose final runs end as they are told to."""

    def outcome(self, job: Job) -> Outcome:
        found = super().outcome(job)
        if not job.in_place:
            return found
        values: dict[str, Any] = {name: getattr(found, name) for name in Outcome.__dataclass_fields__}
        return Outcome(**values | self.overrides.get("final", {}))  # type: ignore[call-overload]


def ends(**values: Any) -> Followed:
    return follow(Ends(overrides={"final": values}))  # type: ignore[dict-item]


def test_the_final_run_goes_on_from_the_nearest_trunk() -> None:
    found = follow(Formula())
    (final,) = found.of("final")
    trunk = next(job for job in found.of("branch") if job.key == final.parent)
    assert (final.start, trunk.stop) == (250, 250)
    assert "continued" in found.codes()


def test_the_final_run_starts_again_where_the_trunks_are_far() -> None:
    found = follow(STEEP)
    assert "restarted" in found.codes()
    assert found.of("final")[0].start == 0
    assert found.of("final")[0].parent is None


def test_a_new_start_is_dropped_for_the_budget() -> None:
    found = follow(STEEP, TunerSettings(branching="fork", budget=1.55))
    assert "dropped-restart" in found.codes()
    assert found.of("final")[0].start > 0


def test_where_branches_are_replayed_a_new_start_costs_no_more() -> None:
    assert "restarted" in follow(STEEP, TunerSettings(branching="replay", budget=1.7)).codes()


def test_a_short_run_with_the_means_makes_a_second_one_lower() -> None:
    found = follow(Formula(horizon=500), TunerSettings(budget=2.6))
    first, second = found.of("final")
    assert (first.in_place, second.in_place) == (True, False)
    rates = [max(job.schedules["rate"].curve(500)[200:]) for job in (first, second)]
    assert rates[1] == pytest.approx(rates[0] / 2**1.5, rel=0.01)  # both have three digits


@pytest.mark.parametrize(("slope", "kept"), [(-0.2, 0), (-1.5, 1)])
def test_the_better_of_two_final_runs_is_kept(slope: float, kept: int) -> None:
    found = follow(Formula(horizon=500, slope=slope, width=0.3), TunerSettings(budget=2.6))
    assert found.answer.final_job == found.of("final")[kept].key
    assert found.answer.schedules == found.of("final")[kept].schedules
    assert "kept-run" in found.codes()


def test_a_kept_second_run_has_no_interval() -> None:
    found = follow(Formula(horizon=500, slope=-1.5, width=0.3), TunerSettings(budget=2.6))
    assert found.answer.interval is None
    assert "interval-elsewhere" in found.codes()


def test_a_second_run_that_does_not_fit_any_more_is_dropped() -> None:
    far = Formula(horizon=330, bottom=-30.0, edge=99)
    assert "dropped-second-run" in follow(far, TunerSettings(budget=2.6)).codes()


def test_halvings_are_said() -> None:
    found = ends(halvings=(300, 900))
    decision = next(each for each in found.answer.decisions if each.code == "halved")
    assert decision.values == {"count": 2, "step": 300}
    assert found.answer.tuned is not None


def test_a_final_run_that_blew_up_tells_the_lowest_rate_that_does() -> None:
    assert ends().answer.edge is None
    for values in ({"halvings": (300,)}, {"ending": Ending.BLOWN_UP, "steps": 100}):
        answer = ends(**values).answer
        assert answer.edge == answer.rate


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"ending": Ending.BLOWN_UP, "steps": 100}, "final-blown-up"),
        (FAILED | {"steps": 100}, "final-failed"),
        ({"figures": (), "score": None}, "final-without-figure"),
    ],
)
def test_a_final_run_without_a_score_is_no_gain_and_the_best_branch_is_named(values: dict[str, Any], code: str) -> None:
    found = ends(**values | {"best_score": None, "figures": ()})
    assert code in found.codes()
    assert found.answer.verdict == "no-gain"
    assert found.answer.tuned is None
    assert found.answer.best_job in {job.key for job in found.scored("branch")}


def test_a_final_run_that_stops_by_itself_is_as_long_as_it_was() -> None:
    found = ends(ending=Ending.ENDED_EARLY, steps=1250)
    assert found.answer.tuned is not None
    assert found.answer.tuned.steps == 1500
    assert "final-ended-early" in found.codes()
