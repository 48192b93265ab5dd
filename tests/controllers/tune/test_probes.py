"""Mirrors ratecraft/controllers/tune/probes.py."""

import math
from dataclasses import replace

import pytest
from tests.controllers.worlds import FAILED, Formula

from ratecraft.controllers.baseline.cadence import Cadence
from ratecraft.controllers.baseline.start import Start
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.probes import Probed, Probes, blew_up, jobs_of, noise_of, probe, record_of
from ratecraft.controllers.tune.study_plan import StudyPlan, plan_of
from ratecraft.errors import InvalidInput
from ratecraft.records.job import Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import Ending, Outcome

BASELINE = Outcome("baseline", Ending.DONE)
START = Start(
    2000,
    "run",
    0.01,
    Metric("val_loss", "min"),
    Cadence("epoch-end"),
    single_pass=False,
    facts=Formula().facts(),
    baseline=BASELINE,
)
PLAN = plan_of(START, TunerSettings())
SHORT, LONG = PLAN.rungs


def probed(
    *octaves: int, world: Formula | None = None, shorter: Probes | None = None, plan: StudyPlan = PLAN
) -> Probes:
    """Drive `probe` in a world."""
    code = probe(plan, octaves, plan.rungs[0 if shorter is None else 1], "bracket", shorter or {})
    asked = next(code)
    try:
        code.send(tuple((world or Formula()).outcome(each.job) for each in asked))
    except StopIteration as end:
        return end.value
    raise AssertionError("asks twice")


def test_trunk_and_branch_are_asked_for_together_parents_first() -> None:
    asked = next(probe(PLAN, (0, 1), SHORT, "bracket", {}))
    assert [each.job.evaluate is None for each in asked] == [True, False, True, False]
    assert asked[1].job.parent == asked[0].job.key


def test_a_probe_goes_on_from_the_shorter_trunk_of_its_rate() -> None:
    shorter = probed(0)
    asked = next(probe(PLAN, (0, 1), LONG, "branch", shorter))
    assert [each.job.parent for each in asked if each.job.evaluate is None] == [jobs_of(shorter)[0].key, None]


def test_a_rate_whose_shorter_trunk_blew_up_is_not_run_again() -> None:
    shorter = probed(0, 8)
    longer = probed(0, 8, shorter=shorter)
    assert longer[8].score == math.inf
    assert longer[8].tried == ()
    assert record_of(PLAN, longer[8]) is None


@pytest.mark.parametrize("change", [FAILED, {"score": math.nan}, {"score": None}, {"ending": Ending.BLOWN_UP}])
def test_what_has_no_score_is_scored_as_infinite(change: dict[str, object]) -> None:
    each = probed(0, world=Formula(overrides={0: change}))[0]
    assert each.score == math.inf
    record = record_of(PLAN, each)
    assert record is not None
    assert record.score is None


def test_scores_are_turned_so_that_smaller_is_better() -> None:
    plan = plan_of(replace(START, metric=Metric("val_acc", "max")), TunerSettings())
    each = probed(0, world=Formula(sign=-1.0, floor=-2.0), plan=plan)[0]
    record = record_of(plan, each)
    assert record is not None
    assert record.score == -each.score


def test_a_record_tells_rate_end_and_ending() -> None:
    record = record_of(PLAN, probed(-1)[-1])
    assert record is not None
    assert (record.rate, record.stop, record.ending) == (0.005, SHORT.stop, "done")


def test_a_trunk_that_did_not_survive_is_none_to_go_on_from() -> None:
    found = probed(0, 8)
    assert found[0].trunk is not None
    assert found[8].trunk is None
    assert [blew_up(each) for each in found.values()] == [False, True]


def test_noise_comes_from_the_batches_that_the_best_three_share() -> None:
    plan = plan_of(replace(START, metric=None), TunerSettings())
    noise = noise_of(probed(-2, -1, 0, 1, 2, world=Formula(noise=0.02), plan=plan))
    assert noise == pytest.approx(0.02 / math.sqrt(8), rel=0.6)


def test_noise_of_figures_is_not_known() -> None:
    assert noise_of(probed(-1, 0, 1)) is None


def test_a_probe_that_ended_early_tells_that_given_steps_are_too_many() -> None:
    plan = plan_of(replace(START, baseline=None), TunerSettings(baseline=False, steps=2000))
    early = Formula(overrides={0: {"ending": Ending.ENDED_EARLY, "steps": 5}})
    with pytest.raises(InvalidInput, match="ended by itself at step 67, though a full run was taken to have 2000"):
        probed(0, world=early, plan=plan)


def test_an_untried_probe_is_infinite() -> None:
    assert Probed(0, SHORT) == Probed(0, SHORT, math.inf, ())
    assert Probed(0, SHORT).trunk is None


def test_jobs_are_all_trunks_and_branches() -> None:
    assert [type(job) for job in jobs_of(probed(0, 1))] == [Job] * 4
