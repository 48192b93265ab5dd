"""Weights & Biases: a finished study as a group of runs: one of the study itself, one for each of its jobs.

Path:   a study -> `StudyRuns` -> runs of W&B, online or offline as `WANDB_MODE` says.
"""

import tempfile
from pathlib import Path
from typing import Any, Final, cast

import wandb

from ratecraft.api.results.as_runs import JobRun, study_runs

__all__ = ["track"]

_WANDB: Final = cast("Any", wandb)


def track(study: str | Path = "", project: str = "ratecraft") -> str:
    """Send a finished study: its verdict, rate, schedule and costs, its report, and every job as a run of its group.

    Args:
        study: Folder or name of the study, or the beginning of the name; the newest by default.
        project: Project of W&B; by default one of its own, so that the short runs of a study stay out of yours.

    Returns:
        Name of the group.

    Raises:
        StudyError: No study matches, or it has not finished (`study-unfinished`).
    """
    runs = study_runs(study)
    known: dict[str, Any] = {"project": project, "group": runs.name}
    with _WANDB.init(**known, name=runs.name, job_type="study", config=dict(runs.words)) as run:
        run.summary.update(dict(runs.values))
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "study.html")
            page.write_text(runs.page, encoding="utf-8")
            run.save(str(page), base_path=folder, policy="now")
            run.finish()
    for job in runs.jobs:
        _send(known, job)
    return runs.name


def _send(known: dict[str, Any], job: JobRun) -> None:
    """A run takes a step once, with all that is known of it."""
    rows: dict[int, dict[str, float]] = {}
    for name, series in job.series.items():
        for step, value in series:
            rows.setdefault(step, {})[name] = value
    config = {**job.words, **job.values}
    with _WANDB.init(**known, name=job.name, job_type=job.words["ratecraft.phase"], config=config) as run:
        for step in sorted(rows):
            run.log(rows[step], step=step)
