"""A finished study, as a tuned script leaves it: its answer, and nothing of its runs."""

from pathlib import Path
from typing import Any

from ratecraft.records.answer import Answer
from ratecraft.records.metrics import Metric
from ratecraft.records.storage.header import StudyHeader
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.trees.nodes import Schedule

__all__ = ["finished_study"]


def finished_study(folder: Path, schedule: Schedule, steps: int, verb: str = "tune", **answer: Any) -> Path:
    """The folder of a study whose answer is this schedule, for runs of so many steps."""
    study = StudyFolder(folder / "study")
    study.path.mkdir()
    of_answer: dict[str, Any] = {"verdict": "gain", "rate": 0.1, "horizon": steps, "schedules": {"rate": schedule}}
    header = StudyHeader("study", verb, "train.py", (), "0", "", directory=str(folder))
    with Record.create(study.record, header) as record:
        record.set_answer(Answer(metric=Metric("val_loss", "min"), **{**of_answer, **answer}))
    return study.path
