"""Mirrors ratecraft/api/studies/earlier.py: which jobs of other studies are used again, and with what."""

import hashlib
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.api.studies.described import script_study

from ratecraft.api.studies.earlier import EarlierStudies, earlier_baseline
from ratecraft.api.studies.script_study import ScriptStudy
from ratecraft.controllers.baseline.start import baseline_job
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.cost import costs
from ratecraft.records.events import Finished, Proposed
from ratecraft.records.job import Evaluate, Job
from ratecraft.records.metrics import parse_metric
from ratecraft.records.outcome import Ending, Failure, Figure, Note, Outcome, RunFacts
from ratecraft.records.storage.study import StudyFolder, open_study, study_folder
from ratecraft.schedules.builders.constructors import constant
from ratecraft.training.processes.wire import Line
from ratecraft.training.scoring.kept_lines import KeptLines

USUAL = TunerSettings.usual("fork")
BASELINE = baseline_job(USUAL)
LOSSES = tuple(1 / (1 + step) for step in range(400))
RATE = {"rate": constant(0.1)}
PROBE = Job(RATE, stop=36, evaluate=Evaluate("figure", "val_loss", 40))
HELD = Job(RATE, stop=400, evaluate=Evaluate("natural", "val_loss"))
FINAL = replace(HELD, in_place=True)


def of_metric(name: str) -> TunerSettings:
    return TunerSettings.usual("fork", metric=parse_metric(name))


@dataclass
class Place:
    """A working folder with a script, and a study of it."""

    folder: Path
    old: StudyFolder

    def study(self, settings: TunerSettings = USUAL, *arguments: str, **running: Any) -> ScriptStudy:
        return script_study("train.py", arguments, settings, study="new", **running)

    def ended(self, job: Job, study: ScriptStudy | None = None, **how: bool) -> Finished | None:
        """How a job ended for a new study."""
        new = study or self.study()
        for folder in (new.folder.models, new.folder.logs):
            folder.mkdir(parents=True, exist_ok=True)
        return EarlierStudies.of(new, new.header(), **how).ended(job)

    def file(self, *parts: str) -> str:
        return self.folder.joinpath("new", *parts).read_text()


def outcome_of(job: Job, sources: dict[str, str], **more: Any) -> Outcome:
    return Outcome(
        job.key,
        Ending.DONE,
        steps=400,
        executed=400,
        evaluation_steps=8.0,
        losses=LOSSES,
        figures=(Figure(400, "val_loss", 0.5), Figure(400, "val_acc", 0.9)),
        facts=RunFacts(sources=sources),
        notes=(Note("replayed", {"reason": "process"}), Note("write-denied", {"path": "/x"})),
        seconds=60.0,
        model="models/x.pt",
        score=0.5,
        **more,
    )


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.chdir(tmp_path)
    files = {"train.py": "import model", "model.py": "width = 8"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    sources = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    study = script_study("train.py", (), USUAL)
    with open_study(study.folder, study.header()) as record:
        for job in (BASELINE, PROBE, HELD, FINAL):
            record.append(Proposed(job, "baseline" if job is BASELINE else "final"))
            record.append(Finished(outcome_of(job, sources), 1))
            (study.folder.models / f"{job.key}.pt").write_text(f"state of {job.key}")
    (study.folder.models / f"{PROBE.key}.pt").unlink()  # of probes only the best state is kept
    (study.folder.baseline / "checkpoint.pt").write_text("weights")
    study.folder.run(HELD.key).mkdir()
    (study.folder.run(HELD.key) / "held.pt").write_text("weights")
    lines = KeptLines(study.folder.lines(BASELINE.key))
    for step in (200, 400):
        lines.add(Line(f"epoch {step}: val_loss 0.5, quality {step / 1000}", step))
    lines.close()
    return Place(tmp_path, study.folder)


@pytest.mark.parametrize("job", [BASELINE, PROBE, HELD], ids=["baseline", "probe", "full run"])
def test_a_job_of_the_same_training_is_used_again_for_nothing(place: Place, job: Job) -> None:
    finished = place.ended(job, place.study(TunerSettings.usual("fork", budget=2.6)))
    assert finished is not None
    came = finished.outcome
    assert (finished.attempt, finished.reused) == (0, place.old.name)
    assert (came.job, came.losses, came.score, len(came.figures)) == (job.key, LOSSES, 0.5, 2)
    assert [note.code for note in came.notes] == ["write-denied"]
    spent = costs([Proposed(job, "bracket"), finished], 400, {})
    assert (spent.total_runs, spent.seconds, spent.by_phase) == (0, 0, {})


def test_its_files_are_there_when_the_other_study_is_not_any_more(place: Place) -> None:
    for job in (BASELINE, HELD):
        finished = place.ended(job)
        assert finished is not None
        assert finished.outcome.model == str(place.folder / "new" / "models" / f"{job.key}.pt")
    shutil.rmtree(place.old.path)
    assert place.file("models", f"{HELD.key}.pt") == f"state of {HELD.key}"
    assert place.file("baseline", "checkpoint.pt") == "weights"
    assert place.file(f"run-{HELD.key}", "held.pt") == "weights"
    assert '"epoch 200: val_loss' in place.file("logs", f"{BASELINE.key}.lines")
    assert place.ended(BASELINE) is None


def test_a_probe_whose_state_was_not_kept_names_none(place: Place) -> None:
    finished = place.ended(PROBE)
    assert finished is not None
    assert finished.outcome.model == ""


def test_a_full_run_whose_state_was_removed_is_run(place: Place) -> None:
    (place.old.models / f"{HELD.key}.pt").unlink()
    assert place.ended(HELD) is None


def test_a_run_in_the_user_s_own_folder_is_made_for_what_it_leaves_there(place: Place) -> None:
    assert place.ended(FINAL) is None


def test_begun_anew_a_study_uses_the_baseline_again_and_nothing_else(place: Place) -> None:
    assert place.ended(BASELINE, anew=True) is not None
    assert place.ended(PROBE, anew=True) is None


def test_another_job_is_not_known(place: Place) -> None:
    assert place.ended(replace(PROBE, seed=1)) is None
    assert place.ended(replace(BASELINE, seed=1)) is None


@pytest.mark.parametrize("how", ["arguments", "threads", "script", "module", "torch", "ratecraft"])
def test_a_job_of_another_training_is_not_known(place: Place, how: str) -> None:
    study = place.study(USUAL, *["--epochs", "3"] * (how == "arguments"), threads=1 + (how == "threads"))
    if how in ("script", "module"):
        (place.folder / {"script": "train.py", "module": "model.py"}[how]).write_text("another = 1")
    header = study.header()
    if how in ("torch", "ratecraft"):
        header = replace(header, **{f"{how}_version": "0.0.1"})
    assert EarlierStudies.of(study, header).ended(PROBE) is None


def test_a_job_that_failed_is_run(place: Place) -> None:
    job = replace(PROBE, seed=5)
    with open_study(place.old, script_study("train.py", (), USUAL).header()) as record:
        record.append(Proposed(job, "bracket"))
        record.append(Finished(Outcome(job.key, Ending.FAILED, failure=Failure("out-of-memory")), 1))
    assert place.ended(job) is None


def test_a_study_that_cannot_be_read_knows_nothing(place: Place) -> None:
    place.old.record.write_bytes(b"no record at all, but long enough to be looked at" * 20)
    assert place.ended(BASELINE) is None


# ---- another metric


def test_a_baseline_serves_another_metric_that_it_has_told(place: Place) -> None:
    settings = of_metric("val_acc")
    finished = place.ended(baseline_job(settings), place.study(settings))
    assert finished is not None
    came = finished.outcome
    assert came.job == baseline_job(settings).key
    assert (came.score, came.best_score, came.model) == (None, None, "")
    assert earlier_baseline(place.study(settings)) == place.old.name


def test_a_figure_that_nobody_had_asked_for_is_found_in_what_it_printed(place: Place) -> None:
    settings = of_metric("quality:max")
    finished = place.ended(baseline_job(settings), place.study(settings))
    assert finished is not None
    told = [each for each in finished.outcome.figures if each.name == "quality"]
    assert told == [Figure(200, "quality", 0.2), Figure(400, "quality", 0.4)]


def test_one_that_it_never_printed_is_said_to_be_missing_and_not_looked_for_again(place: Place) -> None:
    settings = of_metric("elegance:max")
    finished = place.ended(baseline_job(settings), place.study(settings))
    assert finished is not None
    assert {each.name for each in finished.outcome.figures} == {"val_loss", "val_acc"}


def test_where_its_lines_were_not_kept_the_baseline_is_run_to_see(place: Place) -> None:
    place.old.lines(BASELINE.key).unlink()
    settings = of_metric("quality:max")
    assert place.ended(baseline_job(settings), place.study(settings)) is None
    assert place.ended(BASELINE) is not None


def test_a_figure_that_is_only_read_when_asked_for_is_not_handed_on(place: Place) -> None:
    """Else a study that asks for none would compare what it would never have seen."""
    asked = of_metric("avg_loss")
    study = script_study("train.py", (), asked)
    sources = {"train.py": hashlib.sha256(b"import model").hexdigest()}
    job = baseline_job(asked)
    with open_study(study.folder, study.header()) as record:
        record.append(Proposed(job, "baseline"))
        odd = outcome_of(job, sources)
        figures = (*odd.figures, Figure(400, "avg_loss", 0.1))
        record.append(Finished(replace(odd, figures=figures, model=""), 1))
    shutil.rmtree(place.old.path)
    finished = place.ended(BASELINE)
    assert finished is not None
    assert (finished.reused, [each.name for each in finished.outcome.figures]) == (
        study.folder.name,
        ["val_loss", "val_acc"],
    )


# ---- body and head


def test_a_baseline_that_did_not_look_for_body_and_head_is_run_to_see_them(place: Place) -> None:
    settings = TunerSettings.usual("fork", groups="body-head")
    assert place.ended(baseline_job(settings), place.study(settings)) is None
    assert place.ended(PROBE, place.study(settings)) is not None


def test_studies_of_another_folder_are_not_looked_at(place: Place, tmp_path: Path) -> None:
    place.old.path.rename(study_folder(tmp_path / "elsewhere", "x").path.parent.parent.with_name("moved"))
    assert place.ended(BASELINE) is None
