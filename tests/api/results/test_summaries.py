"""Mirrors ratecraft/api/results/summaries.py: real records, made by hand."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from ratecraft.api.results.summaries import study_lines, study_notes, summarise_study, way_on
from ratecraft.errors import StudyError
from ratecraft.records.answer import Answer, Probe, RunResult
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import Metric
from ratecraft.records.outcome import RANKS_DIFFER, Ending, Group, Note, Outcome
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder, open_study, study_folder
from ratecraft.reporting.results.summary import Summary, to_json
from ratecraft.reporting.text.page import Page
from ratecraft.schedules.builders.constructors import constant, linear

BASELINE = Job(evaluate=Evaluate("natural"))
FINAL = Job({"rate": constant(0.1, 40) >> linear(0.1, 0, 60)}, stop=100, evaluate=Evaluate("natural", "val_loss"))
ANSWER = Answer(
    "gain",
    Metric("val_loss", "min"),
    rate=0.1,
    horizon=100,
    schedules=FINAL.schedules,
    groups=(Group(10, 0.01, 1.0), Group(2, 0.001, 0.1)),
    baseline=RunResult(2.0, 1.9, 90, 100),
    tuned=RunResult(1.0, 0.9, 80, 100),
    final_job=FINAL.key,
    best_job="a probe",
)
REST: dict[str, Any] = {"arguments": (), "torch_version": "2.4.0"}
TASK: dict[str, Any] = {"script": "", "script_hash": "", "task": {"steps": "100"}}
NO_GAIN = Answer("no-gain", Metric("val_loss", "min"), rate=0.1, horizon=100, schedules=FINAL.schedules)


def begun(folder: StudyFolder, created: str = "2026-01-01T00:00:00", **of: Any) -> Record:
    of_script = {"script": "train.py", "script_hash": "e3b0"}
    return open_study(folder, StudyHeader(folder.name, "tune", **{**of_script, **of}, **REST, created=created))


def finished(
    folder: StudyFolder,
    answer: Answer = ANSWER,
    created: str = "2026-01-01T00:00:00",
    noted: Note = Note("momentum-frozen"),  # noqa: B008 - a frozen value
    **of: Any,
) -> None:
    """A study with its answer on disk."""
    with begun(folder, created, **of) as record:
        for job, phase in ((BASELINE, "baseline"), (FINAL, "final")):
            record.append(Proposed(job, phase))  # pyright: ignore[reportArgumentType]
            record.append(Started(job.key, 1))
            losses = (1.0,) * 100
            outcome = Outcome(job.key, Ending.DONE, 100, 100, losses=losses, notes=(noted,), seconds=2.0)
            record.append(Finished(outcome, 1))
        record.set_answer(answer)


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    return study_folder(tmp_path, "tune-train-1")


@pytest.fixture
def summary(folder: StudyFolder, tmp_path: Path) -> Callable[..., Summary]:
    """The summary of a finished study with changes in its answer, after files were put into its folder."""

    def make(*files: str, answer: Answer = ANSWER, **of: Any) -> Summary:
        finished(folder, answer, **of)
        for file in files:
            (folder.path / file).parent.mkdir(exist_ok=True)
            (folder.path / file).touch()
        with Record.open(folder.record, read_only=True) as record:
            return summarise_study(folder, record, tmp_path)

    return make


def test_a_summary_joins_answer_costs_schedule_and_code(summary: Callable[..., Summary]) -> None:
    found = summary()
    assert (found.study, found.path, found.answer) == ("tune-train-1", ".ratecraft/tune-train-1", ANSWER)
    assert (found.costs.runs, found.costs.baseline_runs, found.costs.seconds) == (1.0, 1.0, 4.0)
    assert found.expression == "constant(0.1, 40) >> linear(0.1, 0, 60)"
    assert "ratios = [1.0, 0.1]" in found.code
    assert found.next_command == "ratecraft report tune-train-1"


def test_a_note_of_many_runs_is_told_once(summary: Callable[..., Summary]) -> None:
    assert [note.code for note in summary().notes] == ["momentum-frozen"]


def test_processes_that_part_are_told_in_the_words_of_a_watch(summary: Callable[..., Summary]) -> None:
    parted = {"epochs_in_one_order": 3.0, "ranks_train_alone": 64.0, "processes": 2.0}
    notes = summary(noted=Note(RANKS_DIFFER, parted)).notes
    assert [note.code for note in notes] == ["processes-train-alone", "epochs-in-one-order"]
    assert Page().note(notes[1]).endswith("Call `sampler.set_epoch(epoch)` at the beginning of each epoch.")


@pytest.mark.parametrize(
    ("files", "model"),
    [
        ((), ""),
        ((f"{FINAL.key}.pt",), f"{FINAL.key}.pt"),
        ((f"{FINAL.key}.pt", f"{FINAL.key}-best.pt"), f"{FINAL.key}-best.pt"),
        ((f"{FINAL.key}-best.pt", "a probe.pt"), "a probe.pt"),
    ],
)
def test_the_model_is_the_best_that_is_there(
    summary: Callable[..., Summary], files: tuple[str, ...], model: str
) -> None:
    found = summary(*(f"models/{file}" for file in files))
    assert found.model == (f".ratecraft/tune-train-1/models/{model}" if model else "")


def own_best(best: float, **changes: Any) -> Answer:
    return replace(ANSWER, baseline=RunResult(2.0, best, 90, 100), **changes)


@pytest.mark.parametrize(
    ("answer", "of", "is_best"),
    [
        (own_best(0.8), TASK, True),
        (own_best(0.95), TASK, False),
        (own_best(0.8, probes=(Probe("a probe", 0.1, 36, 0.7, "done"),)), TASK, False),
        (own_best(0.8, metric=Metric("val_loss", "min", "training")), TASK, False),
        (own_best(0.95, metric=Metric("val_acc", "max")), TASK, True),
        (replace(ANSWER, baseline=None), TASK, False),
        (own_best(0.8), {}, False),
    ],
)
def test_the_model_of_a_task_is_the_baseline_s_where_nothing_came_to_a_better_figure(
    summary: Callable[..., Summary], answer: Answer, of: dict[str, Any], is_best: bool
) -> None:
    files = (f"models/{job.key}{end}.pt" for job in (BASELINE, FINAL) for end in ("", "-best"))
    found = summary(*files, answer=answer, **of)
    key = BASELINE.key if is_best else FINAL.key
    assert found.is_baseline_best == is_best
    assert found.model == f".ratecraft/tune-train-1/models/{key}-best.pt"


@pytest.mark.parametrize(
    ("of", "way"),
    [
        ({}, "ratecraft resume tune-train-1"),
        (TASK, "ratecraft.tune(task)"),
        ({**TASK, "script": "digits:make_task"}, "ratecraft resume tune-train-1"),
    ],
)
def test_an_unfinished_study_tells_what_goes_on_with_it(
    folder: StudyFolder, tmp_path: Path, of: dict[str, Any], way: str
) -> None:
    with begun(folder, **of) as record, pytest.raises(StudyError, match="has no answer yet") as caught:
        summarise_study(folder, record, tmp_path)
    assert caught.value.hint() == f"Go on with it: {way}"


def test_a_named_folder_of_a_task_s_study_is_in_the_call_that_goes_on(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "digits")
    with begun(folder, **TASK) as record:
        assert way_on(record.header, folder, tmp_path) == "ratecraft.tune(task, study='digits')"


def test_the_files_of_the_baseline_are_offered_where_nothing_was_gained(summary: Callable[..., Summary]) -> None:
    found = summary("baseline/weights.pt", answer=NO_GAIN)
    assert found.baseline == ".ratecraft/tune-train-1/baseline"
    assert found.next_command == "cp -R .ratecraft/tune-train-1/baseline/. ."


def test_no_files_are_offered_where_the_baseline_wrote_none(summary: Callable[..., Summary]) -> None:
    assert summary(answer=NO_GAIN).next_command == "ratecraft report tune-train-1"


def test_without_a_rate_there_is_neither_schedule_nor_code(summary: Callable[..., Summary]) -> None:
    found = summary(answer=Answer("no-information", Metric("val_loss", "min"), horizon=100))
    assert (found.expression, found.code) == ("", "")


def test_a_study_elsewhere_is_named_by_its_path(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "my studies" / "first")
    finished(folder)
    with Record.open(folder.record, read_only=True) as record:
        assert summarise_study(folder, record, tmp_path).next_command == "ratecraft report 'my studies/first'"
        assert summarise_study(folder, record, Path("/")).path == str(folder.path)[1:]


def test_an_unfinished_study_has_no_summary_and_says_how_to_go_on(folder: StudyFolder, tmp_path: Path) -> None:
    with begun(folder) as record, pytest.raises(StudyError, match="has no answer yet") as caught:
        summarise_study(folder, record, tmp_path)
    assert "ratecraft resume tune-train-1" in caught.value.hint()


def test_a_study_on_a_network_file_system_is_told_so(
    folder: StudyFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder.path.mkdir(parents=True)
    assert study_notes(folder) == ()
    mounts = [SimpleNamespace(mountpoint=str(tmp_path), fstype="nfs4")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: mounts)
    assert study_notes(folder) == (Note("network-file-system", {"directory": str(folder.path)}),)


def test_every_study_has_a_line_whatever_its_state(tmp_path: Path) -> None:
    finished(study_folder(tmp_path, "tune-a"), created="2026-01-01T00:00:01")
    begun(study_folder(tmp_path, "tune-b"), created="2026-01-01T00:00:02").close()
    damaged = study_folder(tmp_path, "tune-d")
    finished(damaged, created="2026-01-01T00:00:04")
    connection = sqlite3.connect(damaged.record, isolation_level=None)
    connection.execute("UPDATE event SET body = '{}' WHERE kind = 'proposed'")
    connection.close()
    with begun(study_folder(tmp_path, "tune-c"), created="2026-01-01T00:00:03"):
        lines = study_lines(tmp_path)
    assert [(line.name, line.state) for line in lines] == [
        ("tune-a", "finished"),
        ("tune-b", "unfinished"),
        ("tune-c", "running"),
        ("tune-d", "unreadable"),
    ]
    first = lines[0]
    assert (first.verdict, first.rate, first.metric) == ("gain", 0.1, "val_loss")
    assert (first.before, first.after, first.runs) == (2.0, 1.0, 1.0)


def test_the_code_to_paste_names_every_optimizer_with_its_own_rates(summary: Callable[..., Summary]) -> None:
    groups = (
        Group(10, 0.02, 1.0, "Muon"),
        Group(4, 0.001, 0.05, "AdamW", number=1),
        Group(2, 0.002, 0.1, "AdamW", number=1),
    )
    told = summary(answer=replace(ANSWER, groups=groups))
    assert "    (muon, [1.0]),\n    (adamw, [0.05, 0.1]),\n" in told.code
    assert [(each["optimizer"], each["optimizer_number"]) for each in to_json(told)["groups"]] == [
        ("Muon", 0),
        ("AdamW", 1),
        ("AdamW", 1),
    ]
