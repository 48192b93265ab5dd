"""Mirrors ratecraft/controllers/tune/finish.py, on whole studies of formulas."""

from dataclasses import replace
from typing import Any

import pytest
from tests.controllers.worlds import FAILED, Followed, Formula, follow, planned_runs

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Figure, Outcome
from ratecraft.schedules.builders.constructors import constant
from ratecraft.schedules.sets import set_of

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


def test_a_new_start_is_never_dropped_where_the_trunks_are_more_than_an_octave_away() -> None:
    found = follow(replace(STEEP, bottom=-4.0), TunerSettings(branching="fork", budget=1.55))
    assert "restarted" in found.codes()
    assert found.of("final")[0].start == 0


def test_where_branches_are_replayed_a_new_start_costs_no_more() -> None:
    assert "restarted" in follow(STEEP, TunerSettings(branching="replay", budget=1.7)).codes()


def test_a_short_run_with_the_means_makes_a_second_one_lower() -> None:
    found = follow(Formula(horizon=300), TunerSettings(budget=2.6))
    first, second = found.of("final")
    assert (first.in_place, second.in_place) == (True, False)
    rates = [max(job.schedules["rate"].curve(300)[100:]) for job in (first, second)]
    assert rates[1] == pytest.approx(rates[0] / 2**1.5, rel=0.01)  # both have three digits


@pytest.mark.parametrize("branching", ["fork", "replay"])
@pytest.mark.parametrize("horizon", [2000, 20_000])
def test_three_runs_buy_a_long_run_a_second_one_an_octave_lower(branching: str, horizon: int) -> None:
    chosen = TunerSettings(branching=branching, budget=3.0)  # type: ignore[arg-type]
    found = follow(Formula(horizon=horizon), chosen)
    first, second = found.of("final")
    rates = [job.schedules["rate"].at(horizon // 3) for job in (first, second)]
    assert rates[1] == pytest.approx(rates[0] / 2, rel=0.01)
    assert planned_runs(found, chosen, horizon) <= 3


@pytest.mark.parametrize(("slope", "kept"), [(-0.2, 0), (-1.5, 1)])
def test_the_better_of_two_final_runs_is_kept(slope: float, kept: int) -> None:
    found = follow(Formula(horizon=300, slope=slope, width=0.3), TunerSettings(budget=2.6))
    assert found.answer.final_job == found.of("final")[kept].key
    assert found.answer.schedules == found.of("final")[kept].schedules
    assert "kept-run" in found.codes()


def test_a_kept_second_run_has_no_interval() -> None:
    found = follow(Formula(horizon=300, slope=-1.5, width=0.3), TunerSettings(budget=2.6))
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


def turned(last: float = 3.0, world: type[Formula] = Ends, **how: Any) -> Followed:
    """A study whose final run is at its best at step 500 of 2000, and ended at step 1200 since it over-fits."""
    scores = [*((step, 1.5 - step / 2000) for step in range(100, 501, 100)),
              *((step, 1.25 + (last - 1.25) * (step - 500) / 700) for step in range(600, 1201, 100))]  # fmt: skip
    figures = tuple(Figure(step, "val_loss", how.get("sign", 1.0) * score) for step, score in scores)
    came = {"ending": Ending.ENDED_EARLY, "steps": 950, "figures": figures, "score": figures[-1].value}
    best = {"best_score": figures[4].value, "best_step": 500}
    return follow(world(overrides={"final": came | best}, **how), TunerSettings(branching="fork", budget=1.6))  # type: ignore[dict-item]


def test_a_final_run_that_turns_is_made_again_as_long_as_it_was_good() -> None:
    found = turned()
    first, again = found.of("final")
    assert (again.stop, again.start, again.parent, again.in_place) == (600, first.start, first.parent, False)
    rates = [job.schedules["rate"].curve(2000) for job in (first, again)]
    assert rates[1][:240].tolist() == rates[0][:240].tolist()
    assert (rates[1][250:].argmax(), rates[1][600]) == (0, 0)
    assert again.evaluate is not None
    assert again.evaluate.kind == "figure"


def test_the_shorter_run_is_kept_where_it_is_better() -> None:
    found = turned()
    assert found.answer.final_job == found.of("final")[1].key
    assert found.answer.tuned is not None
    assert (found.answer.tuned.steps, found.answer.tuned.best_at) == (600, 600)
    assert "shorter-kept" in found.codes()


def test_the_longer_run_is_kept_where_the_shorter_one_is_no_better() -> None:
    found = turned(last=1.29, height=3.0)
    assert found.answer.final_job == found.of("final")[0].key
    assert "shorter-left" in found.codes()


def test_what_turned_is_told_with_its_numbers() -> None:
    decision = next(each for each in turned().answer.decisions if each.code == "turned")
    assert decision.values == {"metric": "val_loss", "best": 1.25, "best_at": 500, "step": 1200, "last": 3.0}


def test_a_run_that_turns_and_is_made_again_costs_no_more_than_one_to_its_end() -> None:
    found, whole = turned(), follow(Formula(), TunerSettings(branching="fork", budget=1.6))
    first, again = found.of("final")
    done = found.outcomes[first.key].steps + found.outcomes[again.key].steps
    assert done <= 2000 - whole.of("final")[0].start


@pytest.mark.parametrize("branching", ["fork", "replay"])
def test_the_rule_of_a_final_run_leaves_a_second_one_what_it_saves(branching: str) -> None:
    (final,) = follow(Formula(), TunerSettings(branching=branching)).of("final")  # type: ignore[arg-type]
    rule = final.stop_rule
    assert (rule.turned_over, rule.turned_since, rule.turned_after) == (250, 312, 800)
    assert rule.turned_within == (2250 if branching == "fork" else 2000)


@pytest.mark.parametrize("world", [Formula(metric=""), Formula(horizon=2000)])
def test_only_a_run_of_the_usual_shape_that_validates_is_ended(world: Formula) -> None:
    shape = None if not world.metric else set_of(constant())
    (final,) = follow(world, TunerSettings(schedule=shape)).of("final")
    assert final.stop_rule.turned_over == 0


def test_a_shorter_run_without_a_figure_changes_nothing() -> None:
    class Blank(Ends):
        def outcome(self, job: Job) -> Outcome:
            found = super().outcome(job)
            lost = job.stop == 600 and job.evaluate is not None
            return Outcome(job.key, Ending.BLOWN_UP, steps=9) if lost else found

    found = turned(world=Blank)
    assert "shorter-without-figure" in found.codes()
    assert found.answer.final_job == found.of("final")[0].key
