"""The same study on a task, on a script that forks and on one that is replayed: the same jobs, outcomes and answer."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conformance.test_task_equals_script import SCRIPT, make_task
from tests.training.hosted_scripts import environment, forked, written
from tests.tuning.whole_study import came_of, open_record, study

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.bracket_branch_continue import BracketBranchContinue
from ratecraft.records.answer import Answer
from ratecraft.records.cost import costs
from ratecraft.records.job import Job
from ratecraft.records.outcome import Outcome
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.launching.starting import ScriptStarter
from ratecraft.training.tasks.starting import TaskStarter
from ratecraft.training.tasks.task import Task
from ratecraft.tuning.branching import BranchingExecutor
from ratecraft.tuning.executor import ReplayExecutor, StartRun

pytestmark = pytest.mark.soak  # three whole studies; the usual tests compare single runs of a task and a script

EPOCHS = 48
HORIZON = 16 * EPOCHS
KINDS = ("task", "forked", "replayed")


@dataclass(frozen=True)
class Studied:
    """What a study came to.

    Attributes:
        jobs: In the order of their coming.
        outcomes: Of each job what a run tells of its training.
        figures: Of each job, step and value.
        answer: Without what only tells the length of a run.
        runs: What it cost.
        models: Weights of the final run.
    """

    jobs: list[Job]
    outcomes: dict[str, Any]
    figures: dict[str, list[tuple[int, float]]]
    answer: Answer | None
    runs: float
    models: dict[str, Any]


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Studied]:
    made = make_task()
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(made.optimizer, HORIZON)
    task = replace(made, steps=HORIZON, scheduler=scheduler)
    text = SCRIPT.replace("range(5)", f"range({EPOCHS})").replace("(optimizer, 80)", f"(optimizer, {HORIZON})")
    return {kind: studied(kind, tmp_path_factory.mktemp(kind), task, text) for kind in KINDS}


def studied(kind: str, home: Path, task: Task, text: str) -> Studied:
    """A whole study of a task, or of the script that trains alike."""
    folder = StudyFolder(home / ".ratecraft" / "study")
    folder.models.mkdir(parents=True)
    start = _start(kind, home, folder, task, text)
    executor = ReplayExecutor(start, 1) if kind == "replayed" else BranchingExecutor(start, 1)
    # Of the settings that decide, all are those of the dearer way: a budget would else decide differently.
    with open_record(folder.record) as record:
        answer = study(record, controller=BracketBranchContinue(TunerSettings()), executor=executor)
        came, spent = came_of(record), costs(record.events(), answer.horizon, record.series.reached())
    final = torch.load(folder.models / f"{answer.final_job}.pt", weights_only=True)
    outcomes = {key: _told(each) for key, each in came.outcomes.items()}
    figures = {key: [(told.step, told.value) for told in each.figures] for key, each in came.outcomes.items()}
    plain = replace(answer, horizon_source="", decisions=answer.decisions[1:], groups=())
    return Studied(list(came.jobs.values()), outcomes, figures, plain, spent.runs, final)


def _start(kind: str, home: Path, folder: StudyFolder, task: Task, text: str) -> StartRun:
    if kind == "task":
        return TaskStarter(task, folder=folder.models, threads=1)
    written(home / "train.py", text)
    forks = kind == "forked"
    how = {"environment": environment(), "start_timeout": 600.0, "launch": forked, "branches": forks}
    return ScriptStarter("train.py", (), home, folder, **how)


def _told(outcome: Outcome) -> dict[str, Any]:
    """Everything of an outcome that is no matter of the kind of its run, as text, where nan is nan."""
    fields = ("ending", "steps", "losses", "own_rates", "frozen_losses", "halvings", "score", "best_score", "best_step")
    return {name: repr(getattr(outcome, name)) for name in fields}


@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_same_jobs_are_asked_for(studies: dict[str, Studied], kind: str) -> None:
    assert {job.key for job in studies[kind].jobs} == {job.key for job in studies["task"].jobs}


@pytest.mark.parametrize("kind", KINDS[1:])
def test_every_job_has_the_same_outcome(studies: dict[str, Studied], kind: str) -> None:
    assert studies[kind].outcomes == studies["task"].outcomes


@pytest.mark.parametrize("kind", KINDS[1:])
def test_every_job_tells_the_same_figures(studies: dict[str, Studied], kind: str) -> None:
    for key, ours in studies["task"].figures.items():
        theirs = studies[kind].figures[key]
        both = min(len(ours), len(theirs))
        assert theirs[:both] == ours[:both]
        # A script waits within its step, before the evaluation that follows; frozen, it may evaluate once more.
        assert abs(len(ours) - len(theirs)) <= 1


@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_answer_is_the_same(studies: dict[str, Studied], kind: str) -> None:
    assert repr(studies[kind].answer) == repr(studies["task"].answer)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_the_final_weights_are_the_same(studies: dict[str, Studied], kind: str) -> None:
    (ours,), (theirs,) = studies[kind].models.values(), studies["task"].models.values()
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(("kind", "most"), [("task", 1.6), ("forked", 1.6), ("replayed", 1.75)])
def test_it_costs_what_its_kind_may(studies: dict[str, Studied], kind: str, most: float) -> None:
    assert studies[kind].runs <= most
