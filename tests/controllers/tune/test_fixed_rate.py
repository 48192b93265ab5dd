"""Mirrors ratecraft/controllers/tune/fixed_rate.py, on whole studies of formulas."""

from typing import Any

import pytest
from tests.controllers.worlds import FAILED, Followed, Formula, follow, planned_runs

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.job import Evaluate, Job, StopRule
from ratecraft.records.outcome import Ending, Outcome

FORK = TunerSettings(branching="fork")
CONSTANT = TunerSettings(compare_constant=True)
WORLD = Formula(unannealed=0.2)


class Ends(Formula):
    """A formula whose jobs of one kind end as they are told to: `unannealed` ones, `final` or `held` full runs."""

    def outcome(self, job: Job) -> Outcome:
        found = super().outcome(job)
        held = job.evaluate is not None and job.evaluate.kind == "natural" and bool(job.schedules)
        kind = "final" if job.in_place else "held" if held else "unannealed" if job.start == job.stop else ""
        values: dict[str, Any] = {name: getattr(found, name) for name in Outcome.__dataclass_fields__}
        return Outcome(**values | self.overrides.get(kind, {}))  # type: ignore[call-overload]


def ends(kind: str, chosen: TunerSettings, **values: Any) -> Followed:
    return follow(Ends(overrides={kind: values}), chosen)  # type: ignore[dict-item]


def unannealed(found: Followed) -> list[Job]:
    return [each.job for each in found.proposed if each.job.start == each.job.stop != 0]


def decided(found: Followed, code: str) -> dict[str, Any]:
    return dict(next(decision.values for decision in found.answer.decisions if decision.code == code))


# ---- the end of the trunk


def test_the_trunk_of_the_best_long_probe_is_scored_as_it_is() -> None:
    found = follow(WORLD, FORK)
    (job,) = unannealed(found)
    best = min((each for each in found.answer.probes if each.stop == 312), key=lambda each: each.score or 0.0)
    trunk = next(each for each in found.of("branch") if each.key == job.parent)
    probe = next(each for each in found.of("branch") if each.key == best.job)
    assert (trunk.stop, probe.parent) == (job.start, trunk.key)
    assert job.schedules == trunk.schedules
    assert probe.evaluate == Evaluate("figure", "val_loss", steps=200)
    assert job.evaluate == Evaluate("figure", "val_loss", steps=200 + 62)  # the cool-down is one of frozen steps


def test_frozen_losses_score_it_by_as_many_batches_as_the_probe() -> None:
    found = follow(Formula(metric="", noise=0.01), FORK)
    (job,) = unannealed(found)
    assert job.evaluate == found.scored("branch")[0].evaluate


def test_what_annealing_gained_is_said_with_its_numbers() -> None:
    found = follow(WORLD, FORK)
    values = decided(found, "annealing-gained")
    assert found.answer.unannealed is not None
    assert values["fixed"] == found.answer.unannealed.score
    assert values["annealed"] == min(each.score or 0.0 for each in found.answer.probes)
    assert values["gained"] == pytest.approx(values["fixed"] - values["annealed"])
    assert (values["at"], values["stop"]) == (250, 312)


def test_a_figure_that_is_better_when_larger_gains_upwards() -> None:
    found = follow(Formula(unannealed=0.2, metric="val_acc", sign=-1.0), FORK)
    values = decided(found, "annealing-gained")
    assert values["gained"] == pytest.approx(values["annealed"] - values["fixed"])
    assert values["gained"] > 0.1


def test_a_cool_down_that_gained_nothing_says_so() -> None:
    assert "annealing-gained-nothing" in follow(Formula(height=0.0), FORK).codes()


def test_where_branches_are_forked_it_costs_nothing() -> None:
    found = follow(WORLD, FORK)
    jobs = [each for each in found.proposed if each.job not in unannealed(found)]
    assert planned_runs(found, FORK, 2000) == planned_runs(Followed(found.answer, tuple(jobs), {}), FORK, 2000)


def test_where_branches_are_replayed_the_budget_must_have_room_for_it() -> None:
    found = follow(WORLD)
    assert unannealed(found) == []
    needed = decided(found, "annealing-not-compared")
    assert needed == {"runs": 0.125, "budget": 1.92}  # as much again stays unspent
    again = follow(WORLD, TunerSettings(budget=needed["budget"]))
    assert len(unannealed(again)) == 1
    assert planned_runs(again, TunerSettings(), 2000) <= 1.92 - 0.125


def test_it_ranks_nothing() -> None:
    first, second = (follow(Formula(unannealed=worse), FORK).answer for worse in (-0.5, 0.5))
    assert (first.rate, first.schedules, first.probes) == (second.rate, second.schedules, second.probes)


def test_its_model_may_be_the_best_validated_one() -> None:
    found = follow(Formula(unannealed=-0.5), FORK)
    assert found.answer.unannealed is not None
    assert found.answer.best_job == found.answer.unannealed.job


@pytest.mark.parametrize("values", [{"score": None}, FAILED, {"score": float("nan")}])
def test_without_a_score_nothing_is_compared(values: dict[str, Any]) -> None:
    found = ends("unannealed", FORK, **values)
    assert decided(found, "annealing-without-score") == {"metric": "val_loss", "at": 250}
    assert found.answer.unannealed is None


@pytest.mark.parametrize(
    ("world", "chosen"),
    [
        (Formula(horizon=300), TunerSettings(budget=4.0)),
        (Formula(passes=1.0), TunerSettings(mode="cheap", budget=4.0)),
        (Formula(height=-0.3, decay=0.3, slope=0.0), TunerSettings(branching="fork", stop_when_saturated=True)),
    ],
)
def test_without_a_second_rung_or_a_final_run_nothing_is_said(world: Formula, chosen: TunerSettings) -> None:
    found = follow(world, chosen)
    assert unannealed(found) == []
    assert not any(code.startswith("annealing") for code in found.codes())


# ---- the rate held constant


def test_the_rate_of_the_final_run_is_held_constant_in_one_more() -> None:
    final, held = follow(WORLD, CONSTANT).of("final")
    rates = held.schedules["rate"].curve(2000)
    assert set(rates[99:].tolist()) == {final.schedules["rate"].at(799)}
    assert rates[0] == pytest.approx(rates[-1] / 100)
    assert (held.start, held.stop, held.parent, held.in_place) == (0, 2000, None, False)
    assert (held.evaluate, held.stop_rule) == (final.evaluate, StopRule("halve", copy_every=125))


def test_it_comes_after_the_final_run() -> None:
    found = follow(WORLD, CONSTANT, free=4)
    assert [each.phase for each in found.proposed[-2:]] == ["final", "final"]
    assert found.proposed[-2].job.in_place


def test_its_standing_is_part_of_the_answer() -> None:
    answer = follow(WORLD, CONSTANT).answer
    assert answer.constant is not None
    assert answer.tuned is not None
    assert answer.constant.final == pytest.approx((answer.tuned.final or 0.0) + 0.2)
    assert answer.constant.steps == 2000


def test_it_costs_one_run_beside_the_budget_and_says_so() -> None:
    found = follow(WORLD, CONSTANT)
    assert planned_runs(found, CONSTANT, 2000) == planned_runs(follow(WORLD), TunerSettings(), 2000) + 1
    assert decided(found, "budget-extended") == {"budget": 1.85, "most": 2.85}


def test_it_takes_nothing_from_the_search() -> None:
    with_it, without = follow(WORLD, CONSTANT), follow(WORLD)
    assert with_it.proposed[:-1] == without.proposed


@pytest.mark.parametrize(
    ("worse", "code"), [(0.2, "constant-worse"), (0.001, "constant-equal"), (-0.2, "constant-better")]
)
def test_what_the_schedule_gained_is_said(worse: float, code: str) -> None:
    values = decided(follow(Formula(unannealed=worse), CONSTANT), code)
    assert values["constant"] - values["tuned"] == pytest.approx(worse)


def test_training_losses_are_compared_too() -> None:
    found = follow(Formula(metric="", unannealed=0.2, noise=0.01), CONSTANT)
    assert "constant-worse" in found.codes()
    assert found.answer.constant is not None
    assert found.answer.constant.best is None


def test_the_better_of_two_final_runs_is_the_one_that_is_held_constant() -> None:
    chosen = TunerSettings(budget=2.6, compare_constant=True)
    found = follow(Formula(horizon=500, slope=-1.5, width=0.3), chosen)
    assert found.of("final")[-1].schedules["rate"].at(499) == found.answer.rate


@pytest.mark.parametrize("values", [{"ending": Ending.BLOWN_UP, "steps": 100}, FAILED | {"steps": 100}])
def test_a_held_rate_that_comes_to_nothing_says_so(values: dict[str, Any]) -> None:
    found = ends("held", CONSTANT, **values)
    assert "constant-without-score" in found.codes()
    assert found.answer.constant is not None
    assert found.answer.constant.final is None
    assert found.answer.constant.steps == 100


def test_beside_a_final_run_that_came_to_nothing_none_is_made() -> None:
    found = ends("final", CONSTANT, ending=Ending.BLOWN_UP, steps=100)
    assert "constant-skipped" in found.codes()
    assert len(found.of("final")) == 1
    assert found.answer.constant is None


def test_its_best_model_may_be_the_best_of_the_study() -> None:
    found = follow(Formula(unannealed=-0.5), CONSTANT)
    assert found.answer.best_job == found.of("final")[-1].key
    assert found.answer.final_job == found.of("final")[0].key
