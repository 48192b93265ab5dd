"""Mirrors ratecraft/importers/studies.py."""

from pathlib import Path

import pytest

from ratecraft.importers.logs import read_logs
from ratecraft.importers.studies import begun_job, study_run
from ratecraft.records.events import Finished, Proposed
from ratecraft.records.job import Job
from ratecraft.records.outcome import Ending, Figure, Outcome, RunFacts
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.schedules.builders.constructors import constant, linear

OWN = Job(evaluate=None)
TRUNK = Job({"rate": constant(0.5)}, stop=32)
PROBE = Job({"rate": constant(0.5, 24) >> linear(0.5, 0.0, 8)}, start=24, stop=32, parent=TRUNK.key)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    folder = tmp_path / ".ratecraft" / "tune-train-1"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "job.txt").write_text("step 1 loss 2.5\nstep 2 loss 2.0\n")
    seen = {"steps_never_cleared": 7.0}
    facts = RunFacts(optimizers=("AdamW",), horizon=40, samples_per_step=64.0, inputs=(130.0, 70.0), seen=seen)
    figures = (Figure(20, "val_loss", 1.5), Figure(40, "val_loss", 1.2), Figure(40, "val_loss", 1.1))
    outcomes = [
        (
            OWN,
            "baseline",
            Outcome(OWN.key, Ending.DONE, 40, losses=(2.0,) * 40, own_rates=(0.1,) * 40, figures=figures, facts=facts),
        ),
        (TRUNK, "bracket", Outcome(TRUNK.key, Ending.DONE, 32, losses=tuple(float(step) for step in range(32)))),
        (PROBE, "bracket", Outcome(PROBE.key, Ending.BLOWN_UP, 3, losses=(7.0, 8.0, float("inf")))),
    ]
    header = StudyHeader("tune-train-1", "tune", "train.py", (), "e3b0", "2.4.0")
    with Record.create(folder / "record.sqlite", header) as record:
        for job, phase, outcome in outcomes:
            record.append(Proposed(job, phase))
            record.append(Finished(outcome, 1))
    return tmp_path


def test_study_gives_a_run_for_each_job_and_no_other(study: Path) -> None:
    (reading,) = read_logs(study)
    assert reading.format == "ratecraft"
    assert [run.facts["phase"] for run in reading.runs] == ["baseline", "bracket", "bracket"]


def test_baseline_has_its_own_rates_its_figures_and_what_is_known_of_it(study: Path) -> None:
    run = read_logs(study)[0].runs[0]
    assert run.series["rate"].values.tolist() == [0.1] * 40
    assert run.series["val_loss"].steps.tolist() == [20, 40]
    assert run.series["val_loss"].values.tolist() == [1.5, 1.1]
    assert (run.facts["optimizer"], run.facts["total_steps"], run.facts["batch_size"]) == ("adamw", 40.0, 64.0)
    assert run.facts["steps_never_cleared"] == 7.0
    assert (run.facts["input_mean"], run.facts["input_deviation"]) == (130.0, 70.0)


def test_branch_begins_with_what_its_trunk_did(study: Path) -> None:
    run = read_logs(study)[0].runs[2]
    assert run.series["loss"].steps.tolist() == list(range(27))
    assert run.series["loss"].values.tolist() == [*map(float, range(24)), 7.0, 8.0, float("inf")]
    assert run.series["rate"].values.tolist() == pytest.approx([0.5] * 24 + [0.5, 0.4375, 0.375])
    assert run.facts["ending"] == "blown up"


def test_one_run_is_read_alone_as_it_is_read_with_all_others(study: Path) -> None:
    (reading,) = read_logs(study)
    with Record.open(study / ".ratecraft" / "tune-train-1" / "record.sqlite", read_only=True) as record:
        for run in reading.runs:
            alone = study_run(record, str(run.facts["job"]))
            assert alone is not None
            assert (alone.facts, alone.unit, alone.series.keys()) == (run.facts, run.unit, run.series.keys())
            for name, series in run.series.items():
                assert series.steps.tolist() == alone.series[name].steps.tolist()
                assert series.values.tolist() == alone.series[name].values.tolist()
            ended = begun_job(record, str(run.facts["job"]))
            assert ended is not None
            assert ended[1] is not None
            assert (ended[0].phase, ended[1].losses) == (run.facts["phase"], ())
        assert study_run(record, "no-such-job") is None
        assert begun_job(record, "no-such-job") is None
