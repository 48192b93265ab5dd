"""Mirrors ratecraft/api/running/baseline.py: when a study is begun anew by itself."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest

from ratecraft.api.running.baseline import is_superseded
from ratecraft.controllers.baseline.start import baseline_job
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.records.events import Finished, Proposed, Started
from ratecraft.records.job import Job, Phase
from ratecraft.records.outcome import Ending, Failure, Outcome
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.study import StudyFolder, open_study

BASELINE = baseline_job(TunerSettings())
DONE = Outcome(BASELINE.key, Ending.DONE, steps=400, executed=400)
FAILED = Outcome(BASELINE.key, Ending.FAILED, failure=Failure("exception", "KeyError", "'x'", "train.py", 3))
BLOWN_UP = replace(DONE, ending=Ending.BLOWN_UP, failure=FAILED.failure)
HEADER = StudyHeader("tune-train", "tune", "train.py", (), "e3b0", "2.4.0", asdict(TunerSettings()))


def recorded(folder: StudyFolder, *jobs: tuple[Job, Phase, Outcome | None]) -> None:
    with open_study(folder, HEADER) as record:
        for job, phase, outcome in jobs:
            record.append(Proposed(job, phase))
            record.append(Started(job.key, 1))
            if outcome:
                record.append(Finished(outcome, 1))


@pytest.mark.parametrize(
    ("jobs", "superseded"),
    [
        ([], False),
        ([(BASELINE, "baseline", None)], False),
        ([(BASELINE, "baseline", DONE)], False),
        ([(BASELINE, "baseline", FAILED)], True),
        ([(BASELINE, "baseline", BLOWN_UP)], False),
        ([(BASELINE, "baseline", FAILED), (Job(stop=36), "bracket", None)], False),
    ],
)
def test_a_study_is_begun_anew_by_itself_only_where_its_first_run_failed(
    tmp_path: Path, jobs: list[tuple[Job, Phase, Outcome | None]], superseded: bool
) -> None:
    folder = StudyFolder(tmp_path / "tune-train")
    recorded(folder, *jobs)
    assert is_superseded(folder) is superseded


def test_a_study_at_work_or_without_a_record_is_left_alone(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "tune-train")
    assert not is_superseded(folder)
    recorded(folder, (BASELINE, "baseline", FAILED))
    with open_study(folder, HEADER):
        assert not is_superseded(folder)
