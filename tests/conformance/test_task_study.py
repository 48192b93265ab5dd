"""A whole study of a task in this process: branched and replayed it comes to the same outcomes, at the known cost."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.training.small_tasks import Kind, digest_of, make_task
from tests.tuning.whole_study import KINDS, Came, MakeExecutor, came_of, open_record, study

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.bracket_branch_continue import BracketBranchContinue
from ratecraft.records.cost import costs
from ratecraft.training.tasks.starting import TaskStarter

pytestmark = pytest.mark.soak  # `test_same_study.py` asks nearly the same of scripts and tasks alike

HORIZON = 768
TASK = replace(
    make_task(Kind(dropout=0.1, batch_norm=True, scheduler=True, steps=HORIZON)), evaluate_every=HORIZON // 16
)
BEFORE = digest_of(TASK.model, TASK.optimizer, TASK.scheduler)


@dataclass(frozen=True)
class Studied:
    """What a study came to, but for what tells the kind of its executor, and what it cost."""

    came: Came
    runs: float


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Studied]:
    folder = tmp_path_factory.mktemp("studies")
    return {kind: studied(make, folder / kind) for kind, make in KINDS.items()}


def studied(make: MakeExecutor, path: Path) -> Studied:
    start = TaskStarter(TASK, threads=1)
    with open_record(path) as record:
        study(record, controller=BracketBranchContinue(TunerSettings()), executor=make(start, start.slots))
        came, spent = came_of(record), costs(record.events(), HORIZON, record.series.reached())
    plain = {key: replace(each, executed=0, model="") for key, each in came.outcomes.items()}
    return Studied(replace(came, outcomes=plain), spent.runs)


def test_branched_and_replayed_it_comes_to_the_same_outcomes(studies: dict[str, Studied]) -> None:
    branched, replayed = studies.values()
    assert repr(branched.came) == repr(replayed.came)


@pytest.mark.parametrize(("kind", "most"), [("branched", 1.6), ("replayed", 1.75)])
def test_it_costs_what_its_kind_may(studies: dict[str, Studied], kind: str, most: float) -> None:
    assert studies[kind].runs <= most


def test_the_task_is_as_it_was(studies: dict[str, Studied]) -> None:
    assert studies
    assert digest_of(TASK.model, TASK.optimizer, TASK.scheduler) == BEFORE
