"""Mirrors ratecraft/api/callbacks/leading.py: what a study has for a training."""

from pathlib import Path

import pytest
from tests.integrations.finished_study import finished_study

from ratecraft.api.callbacks.leading import lead_of
from ratecraft.api.load import load
from ratecraft.errors import InvalidInput, NoAnswer
from ratecraft.schedules.builders.constructors import constant, linear

SCHEDULE = constant(0.1, 4) >> linear(0.1, 0, 6)


def test_a_training_of_its_length_or_of_an_unknown_one_gets_its_schedules(tmp_path: Path) -> None:
    study = finished_study(tmp_path, SCHEDULE, 10)
    assert lead_of(study, 10).schedules == lead_of(load(study)).schedules == {"rate": SCHEDULE}


def test_one_that_holds_its_rate_is_as_long_as_the_runs_of_the_study(tmp_path: Path) -> None:
    study = finished_study(tmp_path, constant(0.1), 10)
    with pytest.raises(InvalidInput, match="is for 10 steps; this training has 20"):
        lead_of(study, 20)


def test_it_is_stretched_where_that_is_asked_for(tmp_path: Path) -> None:
    lead = lead_of(finished_study(tmp_path, SCHEDULE, 10), 20, stretch=True)
    assert lead.schedules["rate"].curve(20)[::2].tolist() == SCHEDULE.curve(10).tolist()


def test_a_study_that_says_to_keep_the_rate_leads_nothing(tmp_path: Path) -> None:
    assert lead_of(finished_study(tmp_path, SCHEDULE, 10, verdict="no-gain"), 12).schedules == {}


def test_a_study_without_a_schedule_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoAnswer, match="found no schedule"):
        lead_of(finished_study(tmp_path, SCHEDULE, 10, schedules={}), 10)
