"""Mirrors ratecraft/api/tune.py with what it joins: whole studies of a tiny task, in this process."""

import _thread
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.small_tasks import Kind, Trouble, digest, digest_of, digest_of_generators, make_task
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from ratecraft.api.results.tune_result import TaskResult, TuneResult
from ratecraft.api.studies.study_description import describe_study
from ratecraft.api.tune import tune
from ratecraft.errors import Interrupted, InvalidInput, NoAnswer, ScriptFailed, StudyError
from ratecraft.records.cost import costs
from ratecraft.records.events import Finished, Started
from ratecraft.records.metrics import parse_metric
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.builders.constructors import constant, cosine
from ratecraft.schedules.builders.cyclic import onecycle
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.training.tasks.task import Task

KIND = Kind(dropout=0.1, batch_norm=True, scheduler=True, steps=400)
QUIET: Mapping[str, Any] = {"progress": False}


def task_of(trouble: Trouble | None = None, **changes: Any) -> Task:
    made = replace(make_task(replace(KIND, trouble=trouble or Trouble())), evaluate_every=25)
    return replace(made, **changes)


def digest_of_users(task: Task) -> str:
    loader: Any = task.data
    own = (loader.generator and loader.generator.get_state(), torch.get_num_threads(), torch.is_grad_enabled())
    return digest(digest_of(task.model, task.optimizer, task.scheduler), digest_of_generators(), own)


@dataclass
class Counted(Trouble):
    """Counts the calls of a task's loss, and does something at one of them."""

    at: int = 0
    act: Callable[[], None] = lambda: None
    calls: int = 0

    def strike(self) -> None:
        self.calls += 1
        if self.calls == self.at:
            self.act()


def fail() -> None:
    raise ValueError("planted")


@dataclass(frozen=True)
class Studied:
    task: Task
    before: str
    after: str
    result: TaskResult
    folder: StudyFolder


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Studied:
    """An undisturbed study; to be looked at only."""
    task, folder = task_of(), tmp_path_factory.mktemp("studied") / "study"
    before = digest_of_users(task)
    result = tune(task, study=folder, **QUIET)
    return Studied(task, before, digest_of_users(task), result, StudyFolder(folder))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(home: Path) -> list[str]:
    return sorted(path.name for path in (home / ".ratecraft").iterdir() if path.is_dir())


# ---- what it gives


def test_a_tuned_task_has_what_a_tuned_script_has(studied: Studied) -> None:
    result = studied.result
    assert result.verdict in ("gain", "no-gain")
    assert result.answer.horizon == 400
    assert result.schedule == result.answer.schedules["rate"]
    assert result.costs.runs <= 2
    assert result.to_json()["verdict"] == result.verdict
    assert str(result).startswith(("✓ Gain", "! Better only at its end", "= No gain"))
    assert repr(result).startswith(f"TaskResult({result.verdict}, rate ")
    assert "your task" in str(result)


def test_the_model_is_a_copy_with_the_best_validated_weights(studied: Studied) -> None:
    result, answer = studied.result, studied.result.answer
    assert result.model is not studied.task.model
    assert not result.model.training
    file = studied.folder.path.parent / result.summary.model
    (saved,) = torch.load(file, weights_only=True).values()
    assert digest(result.model.state_dict()) == digest(saved)
    scores = [answer.tuned.best, *(probe.score for probe in (*answer.probes, answer.unannealed) if probe)]
    best = min(score for score in scores if score is not None)
    assert result.summary.is_baseline_best == (answer.baseline.best < best)


def test_the_final_model_is_beside_it(studied: Studied) -> None:
    (saved,) = torch.load(studied.folder.models / f"{studied.result.answer.final_job}.pt", weights_only=True).values()
    assert digest(studied.result.final_model.state_dict()) == digest(saved)


def test_only_states_that_are_of_use_are_kept(studied: Studied) -> None:
    baseline, final = studied.result.answer.baseline, studied.result.answer.final_job
    kept = {path.stem.removesuffix("-best") for path in studied.folder.models.iterdir()}
    assert baseline
    assert final in kept
    assert len(kept) <= 3  # of the baseline, of the final run, and of a probe where it is the best


def test_its_schedule_leads_an_optimizer(studied: Studied) -> None:
    optimizer, schedule = make_task(KIND).optimizer, studied.result.schedule
    assert schedule
    scheduler = studied.result.attach(optimizer)
    optimizer.step()
    scheduler.step()
    leading, other = (group["lr"] for group in optimizer.param_groups)
    assert leading == schedule.at(1)
    assert other == pytest.approx(schedule.at(1) / 10)


def test_without_a_schedule_or_a_model_that_is_said(studied: Studied) -> None:
    empty = replace(studied.result.answer, schedules={}, verdict="no-information")
    result = TaskResult(replace(studied.result.summary, answer=empty), studied.task, None, None)
    with pytest.raises(NoAnswer, match=r"found no schedule \(`no-information`\)"):
        result.attach(studied.task.optimizer)
    with pytest.raises(NoAnswer, match="has kept no such model"):
        _ = result.model
    assert result.schedule is None


# ---- nothing of the user's is touched


def test_after_a_study_everything_of_the_user_s_is_as_it_was(studied: Studied) -> None:
    assert studied.after == studied.before


@pytest.mark.parametrize(
    ("act", "raised"),
    [
        (fail, ScriptFailed),
        (_thread.interrupt_main, Interrupted),
        (lambda: signal.raise_signal(signal.SIGINT), Interrupted),
        (lambda: (_ for _ in ()).throw(SystemExit(3)), ScriptFailed),
    ],
    ids=["an exception", "Ctrl-C", "SIGINT", "sys.exit"],
)
@pytest.mark.parametrize("at", [1, 2, 40])
def test_however_a_study_ends_everything_of_the_user_s_is_as_it_was(
    act: Callable[[], None], raised: type[Exception], at: int, tmp_path: Path
) -> None:
    trouble = Counted(at=at, act=act)
    task = task_of(trouble)
    before = digest_of_users(task)
    with pytest.raises((raised, KeyboardInterrupt, SystemExit)):
        tune(task, study=tmp_path / "study", **QUIET)
    assert digest_of_users(task) == before


def test_an_error_of_the_user_s_code_shows_where_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ScriptFailed, match="The training failed in its first run: ValueError planted") as caught:
        tune(task_of(Counted(at=40, act=fail)), study=tmp_path / "study", **QUIET)
    frames, hint = caught.value.__notes__
    assert "in fail" in frames
    assert hint.startswith("Nothing was tuned or proven")


def test_a_loss_that_fails_at_once_keeps_its_own_traceback(tmp_path: Path) -> None:
    with pytest.raises(ScriptFailed, match="fails at its first batch: ValueError: planted") as caught:
        tune(task_of(Counted(at=1, act=fail)), study=tmp_path / "study", **QUIET)
    assert isinstance(caught.value.__cause__, ValueError)


# ---- nothing is lost


def events_of(folder: StudyFolder) -> list[Any]:
    with Record.open(folder.record, read_only=True) as record:
        return list(record.events())


@pytest.mark.parametrize("at", [60, 500, 700])
def test_an_interrupted_study_goes_on_and_comes_to_the_same_answer(at: int, tmp_path: Path, studied: Studied) -> None:
    folder, trouble = StudyFolder(tmp_path / "study"), Counted(at=at, act=_thread.interrupt_main)
    with pytest.raises(Interrupted, match=r"Stopped\. Every finished job is kept") as caught:
        tune(task_of(trouble), study=folder.path, **QUIET)
    assert "ratecraft.tune(task, study=" in caught.value.__notes__[-1]
    done = {event.outcome.job for event in events_of(folder) if isinstance(event, Finished)}
    result = tune(task_of(Counted()), study=folder.path, **QUIET)
    assert result.answer == studied.result.answer
    assert digest(result.model.state_dict()) == digest(studied.result.model.state_dict())
    begun_again = [event.job for event in events_of(folder) if isinstance(event, Started) and event.attempt > 1]
    assert not done & set(begun_again)
    with Record.open(folder.record, read_only=True) as record:
        spent = costs(record.events(), 400, record.series.reached())
    assert spent.runs == studied.result.costs.runs


def test_a_finished_study_gives_its_result_without_training(home: Path) -> None:
    first, again = Counted(), Counted()
    one = tune(task_of(first), **QUIET)
    other = tune(task_of(again), **QUIET)
    assert other.answer == one.answer
    assert digest(other.model.state_dict()) == digest(one.model.state_dict())
    assert again.calls == 1 < first.calls  # what the task is made of is told by one loss
    assert len(names(home)) == 1


def test_another_task_has_a_study_of_its_own(home: Path) -> None:
    trouble = Counted(at=30, act=_thread.interrupt_main)
    for task in (task_of(trouble), task_of(Counted(at=30, act=_thread.interrupt_main), clip_norm=1.0)):
        with pytest.raises(Interrupted):
            tune(task, **QUIET)
    assert len(names(home)) == 2
    assert all(name.startswith("tune-Sequential-") for name in names(home))


def test_where_the_study_is_named_another_task_is_an_error_that_names_new(studied: Studied) -> None:
    with pytest.raises(StudyError, match=r"was started with another task: .*steps: 400 → 500") as caught:
        tune(task_of(steps=500), study=studied.folder.path, **QUIET)
    assert "new=True" in caught.value.hint()
    with pytest.raises(StudyError, match=r"with other settings: budget: 1\.85 → 2\.0") as caught:
        tune(task_of(), study=studied.folder.path, budget=2, **QUIET)
    assert "new=True" in caught.value.hint()


def test_new_puts_the_study_aside_and_takes_its_baseline_over(home: Path) -> None:
    with pytest.raises(Interrupted):
        tune(task_of(Counted(at=430, act=_thread.interrupt_main)), study="digits", **QUIET)
    counted = Counted()
    tune(task_of(counted), study="digits", new=True, **QUIET)
    assert sorted(path.name for path in home.iterdir()) == ["digits", "digits.1"]
    assert counted.calls < 2 + 2 * 400


def test_an_equal_task_with_other_first_weights_is_told_why_it_begins_anew(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (1, 2):
        task = task_of(Counted(at=30, act=_thread.interrupt_main))
        torch.manual_seed(seed)
        nn.init.normal_(task.model[0].weight)  # pyright: ignore[reportArgumentType, reportIndexIssue]
        with pytest.raises(Interrupted):
            tune(task)
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("call torch.manual_seed(0) before the model is made") == 1
    assert len(names(home)) == 2


def test_the_time_limit_stops_a_study_that_goes_on_afterwards(tmp_path: Path, studied: Studied) -> None:
    with pytest.raises(Interrupted, match="The time limit is reached"):
        tune(task_of(), study=tmp_path / "study", time_limit=1e-6, **QUIET)
    assert tune(task_of(), study=tmp_path / "study", **QUIET).answer == studied.result.answer


# ---- progress


def test_progress_is_told_on_stderr(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Interrupted):
        tune(task_of(Counted(at=430, act=_thread.interrupt_main)))
    said = capsys.readouterr()
    assert said.out == ""
    assert "Your task is trained several times" in said.err
    assert "baseline: done" in said.err


# ---- what is given


class NoTask:
    def __repr__(self) -> str:
        return "NoTask()"


BAD: dict[str, tuple[Any, dict[str, Any], str]] = {
    "no task": (NoTask(), {}, r"`tune` takes the path of a script, a ratecraft\.Task, .*; got NoTask\(\)"),
    "a metric": ("task", {"metric": 3}, "`metric` must be the name of a figure as text; got 3"),
    "another figure": ("task", {"metric": "val_acc"}, "`val_acc` is not among the figures .*: val_loss"),
    "a budget as text": ("task", {"budget": "2"}, "`budget` must be a number above 0; got '2'"),
    "a budget below 1": ("task", {"budget": 0.5}, "0.5"),
    "an endless rate": ("task", {"rate": float("inf")}, "`rate` must be a number above 0; got inf"),
    "no time": ("task", {"time_limit": 0}, "`time_limit` must be a number above 0; got 0"),
    "a flag": ("task", {"baseline": "no"}, "`baseline` must be True or False; got 'no'"),
    "a new flag": ("task", {"new": 1}, "`new` must be True or False; got 1"),
    "a schedule": ("task", {"schedule": 0.1}, r"`schedule` must be a schedule or the text of one; got 0\.1"),
    "threads": ("task", {"threads": 0}, "`threads` must be a whole number from 1"),
    "a seed": ("task", {"seed": 1.5}, r"`seed` must be a whole number from 0 to .*; got 1\.5"),
    "a study": ("task", {"study": 3}, "`study` must be the path of a folder; got 3"),
    "steps of a task": ("task", {"steps": 500}, "A task itself sets the number of steps of a full run; steps=500"),
    "workers of a task": ("task", {"workers": 2}, "one job at a time; 2 workers cannot share it"),
    "arguments of a task": ("task", {"arguments": ["--epochs"]}, r"Only a script has arguments; .*\['--epochs'\]"),
    "arguments in one text": ("train.py", {"arguments": "--epochs 3"}, "`arguments` must be a sequence of words"),
    "no script": ("trian.py", {}, r"There is no script `trian\.py`"),
    "no module": ("nowhere:make_task", {}, "There is no module `nowhere`"),
}


@pytest.mark.parametrize(("what", "given", "message"), BAD.values(), ids=BAD.keys())
def test_what_does_not_fit_is_refused_before_anything_is_begun(
    what: Any, given: dict[str, Any], message: str, home: Path
) -> None:
    with pytest.raises(InvalidInput, match=message):
        tune(task_of() if what == "task" else what, **given)
    assert not list(home.glob(".ratecraft/*/record.sqlite")) or given == {"metric": "val_acc"}


def test_a_run_that_is_too_short_is_refused_before_it_is_trained(home: Path) -> None:
    counted = Counted()
    with pytest.raises(InvalidInput, match="A run of 100 steps is too short"):
        tune(task_of(counted, steps=100), **QUIET)
    assert counted.calls <= 1


def test_a_schedule_of_what_the_optimizer_lacks_is_refused_before_it_is_trained(home: Path) -> None:
    lacking = ScheduleSet(rate=cosine(), beta2=constant(0.9))
    with pytest.raises(InvalidInput, match=r"`beta2`.*; they have: rate, dampening, momentum, weight_decay"):
        tune(task_of(), schedule=lacking, **QUIET)
    assert not list(home.iterdir())


def test_a_set_of_schedules_is_followed_handed_over_and_attached(tmp_path: Path) -> None:
    result = tune(task_of(), schedule="onecycle()", study=tmp_path / "study", **QUIET)
    assert result.schedules is not None
    assert result.schedule == result.schedules.rate
    momentum = result.schedules["momentum"]
    assert (momentum.at(0), momentum.at(120)) == (0.95, 0.85)
    assert "class Schedules(LambdaLR)" in result.code
    told = result.to_json()["schedule"]
    assert list(told["others"]) == ["momentum"]
    assert told["expression"].startswith("ScheduleSet(momentum=cosine(0.95, 0.85, 120) >> ")
    assert "shape-beside" in [decision.code for decision in result.answer.decisions]
    optimizer = make_task(KIND).optimizer
    result.attach(optimizer)
    assert [group["momentum"] for group in optimizer.param_groups] == [0.95, 0.95]


def test_a_metric_and_a_schedule_may_be_text_or_what_it_means(home: Path) -> None:
    for text, meant in (("cosine()", cosine()), ("onecycle()", onecycle())):
        one, other = (describe_study(task_of(), schedule=each) for each in (text, meant))
        assert one.settings == other.settings
    of_text = describe_study(task_of(), metric="score:max", schedule="cosine()", budget=2)
    of_values = describe_study(task_of(), metric=parse_metric("score:max"), schedule=cosine(), budget=2.0)
    assert of_text.header().settings == of_values.header().settings


def test_a_script_is_tuned_by_the_same_call() -> None:
    with pytest.raises(InvalidInput, match="There is no script"):
        tune(Path("none.py"), ["--epochs", "3"], steps=500, workers=2)


def test_a_task_without_validation_hands_over_its_final_model(tmp_path: Path) -> None:
    inputs = torch.randn(64, 3, generator=torch.Generator().manual_seed(1))
    model = nn.Linear(3, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)

    def loss(model: nn.Module, batch: Any) -> torch.Tensor:
        return nn.functional.mse_loss(model(batch[0]), batch[0].sum(1, keepdim=True))

    data = DataLoader(TensorDataset(inputs), batch_size=16)
    task = Task(model, torch.optim.SGD(model.parameters(), lr=1e-4), loss, data, steps=320)
    result = tune(task, study=tmp_path / "study", **QUIET)
    assert result.answer.metric.source == "training"
    assert digest(result.model.state_dict()) == digest(result.final_model.state_dict())


def test_a_script_s_result_says_who_keeps_its_model(studied: Studied) -> None:
    result = TuneResult(studied.result.summary)
    with pytest.raises(NoAnswer, match="A script keeps its own model"):
        _ = result.model
    assert studied.result.model is not None
