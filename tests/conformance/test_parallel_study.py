"""A study with several jobs at a time comes to what it comes to with one: the same jobs, outcomes, answer, weights."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.conformance.test_task_equals_script import SCRIPT
from tests.training.hosted_scripts import environment, forked, written
from tests.tuning.whole_study import came_of, open_record, study

from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.controllers.tune.bracket_branch_continue import BracketBranchContinue
from ratecraft.records.outcome import Outcome
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.launching.starting import ScriptStarter
from ratecraft.tuning.branching import BranchingExecutor
from ratecraft.tuning.executor import ReplayExecutor

pytestmark = pytest.mark.soak

EPOCHS = 24


@dataclass(frozen=True)
class Studied:
    """What a study came to."""

    outcomes: dict[str, str]
    answer: str
    weights: dict[str, Any]


def studied(home: Path, kind: str, workers: int) -> Studied:
    folder = StudyFolder(home / ".ratecraft" / "study")
    folder.models.mkdir(parents=True)
    text = SCRIPT.replace("range(5)", f"range({EPOCHS})").replace("(optimizer, 80)", f"(optimizer, {16 * EPOCHS})")
    written(home / "train.py", text)
    start = ScriptStarter(
        "train.py",
        (),
        home,
        folder,
        environment=environment(),
        start_timeout=600.0,
        launch=forked,
        launch_whole=forked,
        branches=kind == "forked",
    )
    executor = (ReplayExecutor if kind == "replayed" else BranchingExecutor)(start, workers)
    with open_record(folder.record) as record:
        answer = study(record, controller=BracketBranchContinue(TunerSettings.usual("fork")), executor=executor)
        came = came_of(record)
    final = torch.load(folder.models / f"{answer.final_job}.pt", weights_only=True)
    return Studied({key: told(each) for key, each in came.outcomes.items()}, repr(answer), final)


def told(outcome: Outcome) -> str:
    """All of an outcome but its memory and which child of a held trunk replayed it; as text, where nan is nan."""
    facts = replace(outcome.facts, peak_memory=0)
    return repr(replace(outcome, model=outcome.model and Path(outcome.model).name, facts=facts))


@pytest.mark.parametrize("kind", ["forked", "replayed"])
def test_two_jobs_at_a_time_come_to_the_same_as_one(kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    one, two = (studied(tmp_path_factory.mktemp(kind), kind, workers) for workers in (1, 2))
    assert two.outcomes == one.outcomes
    assert two.answer == one.answer
    (ours,), (theirs,) = one.weights.values(), two.weights.values()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
