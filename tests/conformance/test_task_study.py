"""A whole study of a task in this process: branched and replayed it comes to the same outcomes, and costs what it may."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.training.tasks import Kind, digest_of, make_task
from tests.tuning.whole_study import KINDS, Came, came_of, open_record, study

from ratecraft.controllers.bracket_branch_continue import BracketBranchContinue
from ratecraft.controllers.settings import TunerSettings
from ratecraft.records.cost import costs
from ratecraft.training.task_starting import TaskStarter

HORIZON = 768
TASK = replace(
    make_task(Kind(dropout=0.1, batch_norm=True, scheduler=True, steps=HORIZON)), evaluate_every=HORIZON // 16
)
BEFORE = digest_of(TASK.model, TASK.optimizer, TASK.scheduler)


@pytest.fixture(scope="module", params=KINDS)
def studied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Came, float]:
    start = TaskStarter(TASK, threads=1)
    executor = KINDS[request.param](start, start.slots)
    with open_record(Path(tmp_path_factory.mktemp("study")) / "record.sqlite") as record:
        study(record, controller=BracketBranchContinue(TunerSettings()), executor=executor)
        spent = costs(record.events(), HORIZON, record.reached())
        return request.param, came_of(record), spent.runs


CAME: list[Came] = []


def test_branched_and_replayed_it_comes_to_the_same_outcomes(studied: tuple[str, Came, float]) -> None:
    _, came, _ = studied
    plain = {key: replace(each, executed=0, model="") for key, each in came.outcomes.items()}
    CAME.append(replace(came, outcomes=plain))
    assert repr(CAME[0]) == repr(CAME[-1])


def test_it_costs_what_its_kind_may(studied: tuple[str, Came, float]) -> None:
    kind, _, runs = studied
    assert runs <= {"branched": 1.6, "replayed": 1.75}[kind]


def test_the_task_is_as_it_was(studied: tuple[str, Came, float]) -> None:
    assert studied
    assert digest_of(TASK.model, TASK.optimizer, TASK.scheduler) == BEFORE
