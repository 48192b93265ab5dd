"""Mirrors ratecraft/reporting/report/evidence.py."""

import math
from dataclasses import replace

from tests.reporting.invented import CHOSEN, HORIZON, OWN, losses

from ratecraft.records.events import Finished, Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Figure, Outcome
from ratecraft.reporting.report.evidence import Evidence, evidence_of
from ratecraft.schedules.builders.constructors import constant


def test_a_run_has_the_losses_of_the_runs_that_it_left(evidence: Evidence) -> None:
    final = evidence.losses(evidence.summary.answer.final_job)
    assert len(final) == HORIZON
    assert tuple(final[:200]) == losses(0.016, 0, 200)
    assert tuple(final[200:]) == losses(CHOSEN, 200, HORIZON)


def test_a_run_has_the_rates_that_were_in_force(evidence: Evidence) -> None:
    rates = evidence.rates(evidence.summary.answer.final_job)
    assert (rates[0], rates[200], rates[-1] < 1e-4, len(rates)) == (0.016, CHOSEN, True, HORIZON)
    assert evidence.baseline
    assert evidence.rates(evidence.baseline.job.key) == [OWN] * HORIZON


def test_a_halved_rate_is_shown_halved(evidence: Evidence) -> None:
    job = Job({"rate": constant(0.1)}, stop=6)
    outcome = Outcome(job.key, Ending.DONE, 6, 6, losses=(1.0,) * 6, halvings=(2, 4))
    told = evidence_of(evidence.summary, evidence.header, [Proposed(job, "final"), Finished(outcome, 1)])
    assert told.rates(job.key) == [0.1, 0.1, 0.05, 0.05, 0.025, 0.025]


def test_figures_are_those_of_the_compared_metric_the_latest_of_a_step(evidence: Evidence) -> None:
    job = Job(stop=9)
    figures = (
        Figure(4, "val_acc", 0.5),
        Figure(4, "val_loss", 2.0),
        Figure(4, "val_loss", 1.0),
        Figure(9, "val_loss", 0.5),
    )
    events = [Proposed(job, "baseline"), Finished(Outcome(job.key, Ending.DONE, figures=figures), 1)]
    assert evidence_of(evidence.summary, evidence.header, events).figures(job.key) == {4: 1.0, 9: 0.5}


def test_an_unknown_job_has_nothing(evidence: Evidence) -> None:
    assert (evidence.losses("none"), evidence.rates("none"), evidence.figures("none")) == ([], [], {})


def test_a_run_whose_first_part_is_not_recorded_begins_with_gaps(evidence: Evidence) -> None:
    job = Job({"rate": constant(0.1)}, start=2, stop=4, parent="not there")
    events = [Proposed(job, "final"), Finished(Outcome(job.key, Ending.DONE, 2, 2, losses=(1.0, 0.5)), 1)]
    first, second, *rest = evidence_of(evidence.summary, evidence.header, events).losses(job.key)
    assert math.isnan(first)
    assert math.isnan(second)
    assert rest == [1.0, 0.5]


def test_the_run_at_a_constant_rate_is_known_only_where_it_was_asked_for(evidence: Evidence) -> None:
    assert evidence.constant
    assert evidence.constant.job.schedules["rate"] == constant(CHOSEN)
    without = replace(evidence.summary, answer=replace(evidence.summary.answer, constant=None))
    assert replace(evidence, summary=without).constant is None
