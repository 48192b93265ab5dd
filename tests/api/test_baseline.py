"""Mirrors ratecraft/api/baseline.py: when a study is begun anew by itself, and what the new one takes over."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ratecraft.api.baseline import is_superseded, take_over_baseline
from ratecraft.controllers.settings import TunerSettings
from ratecraft.controllers.start import baseline_job
from ratecraft.records.cost import costs
from ratecraft.records.events import Event, Finished, Proposed, Started
from ratecraft.records.header import StudyHeader
from ratecraft.records.job import Job, Phase
from ratecraft.records.metrics import parse_metric
from ratecraft.records.outcome import Ending, Failure, Figure, Outcome
from ratecraft.records.study import StudyFolder, open_study

SETTINGS = TunerSettings()
BASELINE = baseline_job(SETTINGS)
LOSSES = tuple(1 / (1 + step) for step in range(400))
OUTCOME = Outcome(
    BASELINE.key,
    Ending.DONE,
    steps=400,
    executed=400,
    losses=LOSSES,
    figures=(Figure(400, "val_loss", 0.5), Figure(400, "val_acc", 0.9)),
    seconds=60.0,
    model="models/baseline.pt",
)
PROBE = Job(stop=36)


def header(settings: TunerSettings = SETTINGS, script_hash: str = "e3b0", threads: int = 1) -> StudyHeader:
    deciding = {**asdict(settings), "threads": threads}
    return StudyHeader("tune-train", "tune", "train.py", ("--epochs", "3"), script_hash, "2.4.0", deciding)


def recorded(folder: StudyFolder, *jobs: tuple[Job, Phase, Outcome | None], of: StudyHeader | None = None) -> None:
    with open_study(folder, of or header()) as record:
        for job, phase, outcome in jobs:
            record.append(Proposed(job, phase))
            record.append(Started(job.key, 1))
            if outcome:
                record.append(Finished(outcome, 1))


FAILED = Outcome(BASELINE.key, Ending.FAILED, failure=Failure("exception", "KeyError", "'x'", "train.py", 3))
BLOWN_UP = replace(OUTCOME, ending=Ending.BLOWN_UP, failure=FAILED.failure)
OTHER = TunerSettings(budget=2.6)


@pytest.mark.parametrize(
    ("jobs", "now", "superseded"),
    [
        ([], header(), False),
        ([], header(OTHER), False),
        ([(BASELINE, "baseline", None)], header(), False),
        ([(BASELINE, "baseline", OUTCOME)], header(), False),
        ([(BASELINE, "baseline", OUTCOME)], header(OTHER), True),
        ([(BASELINE, "baseline", OUTCOME)], header(script_hash="ffff"), False),
        ([(BASELINE, "baseline", OUTCOME)], header(OTHER, script_hash="ffff"), False),
        ([(BASELINE, "baseline", FAILED)], header(), True),
        ([(BASELINE, "baseline", FAILED)], header(script_hash="ffff"), True),
        ([(BASELINE, "baseline", BLOWN_UP)], header(), False),
        ([(BASELINE, "baseline", OUTCOME), (PROBE, "bracket", None)], header(OTHER), False),
    ],
)
def test_a_study_is_begun_anew_by_itself_only_where_nothing_is_lost(
    tmp_path: Path, jobs: list[tuple[Job, Phase, Outcome | None]], now: StudyHeader, superseded: bool
) -> None:
    folder = StudyFolder(tmp_path / "tune-train")
    recorded(folder, *jobs)
    assert is_superseded(folder, now) is superseded


def test_a_study_at_work_or_without_a_record_is_left_alone(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "tune-train")
    assert not is_superseded(folder, header())
    recorded(folder, (BASELINE, "baseline", FAILED))
    with open_study(folder, header()):
        assert not is_superseded(folder, header())


def taken(tmp_path: Path, now: StudyHeader, settings: TunerSettings, outcome: Outcome = OUTCOME) -> list[Event]:
    """The events of a new study after it has looked at an old one."""
    old, new = StudyFolder(tmp_path / "tune-train.1"), StudyFolder(tmp_path / "tune-train")
    recorded(old, (BASELINE, "baseline", outcome))
    (old.baseline / "weights.pt").write_text("weights")
    with open_study(new, now) as record:
        take_over_baseline(old, new, record, settings)
        return list(record.events())


def test_a_baseline_of_the_same_script_is_taken_over_with_its_files_for_nothing(tmp_path: Path) -> None:
    proposed, finished = taken(tmp_path, header(OTHER), OTHER)
    assert proposed == Proposed(BASELINE, "baseline")
    assert isinstance(finished, Finished)
    assert (finished.attempt, finished.outcome.losses, finished.outcome.figures) == (0, LOSSES, OUTCOME.figures)
    assert (tmp_path / "tune-train" / "baseline" / "weights.pt").read_text() == "weights"
    spent = costs([proposed, finished], 400, {})
    assert (spent.baseline_runs, spent.total_runs, spent.seconds) == (0, 0, 0)


def test_it_serves_another_metric_that_it_has_printed(tmp_path: Path) -> None:
    settings = TunerSettings(metric=parse_metric("val_acc"))
    proposed, finished = taken(tmp_path, header(settings), settings)
    assert isinstance(finished, Finished)
    assert proposed == Proposed(baseline_job(settings), "baseline")
    assert finished.outcome.job == baseline_job(settings).key
    assert (finished.outcome.score, finished.outcome.best_score, finished.outcome.model) == (None, None, "")


@pytest.mark.parametrize(
    ("now", "settings"),
    [
        (header(script_hash="ffff"), SETTINGS),
        (header(threads=2), SETTINGS),
        (header(TunerSettings(seed=1)), TunerSettings(seed=1)),
        (header(), TunerSettings(metric=parse_metric("quality:max"))),
        (header(), TunerSettings(baseline=False)),
    ],
)
def test_a_baseline_of_anything_else_is_not_taken_over(
    tmp_path: Path, now: StudyHeader, settings: TunerSettings
) -> None:
    assert taken(tmp_path, now, settings) == []


def test_a_baseline_that_failed_is_not_taken_over(tmp_path: Path) -> None:
    assert taken(tmp_path, header(), SETTINGS, FAILED) == []


def test_a_study_that_cannot_be_read_gives_nothing(tmp_path: Path) -> None:
    old, new = StudyFolder(tmp_path / "old"), StudyFolder(tmp_path / "new")
    old.path.mkdir()
    old.record.write_text("no record at all, but long enough to be looked at" * 20)
    with open_study(new, header()) as record:
        take_over_baseline(old, new, record, SETTINGS)
        assert list(record.events()) == []
