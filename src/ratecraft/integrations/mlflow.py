"""MLflow: a finished study as a run, with a nested run for each of its jobs.

Path:   a study -> `StudyRuns` -> the tracking store that MLflow is set to (`MLFLOW_TRACKING_URI`).
"""

import itertools
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, cast

import mlflow  # pyright: ignore
from mlflow.entities import Metric, Param  # pyright: ignore

from ratecraft.api.results.as_runs import JobRun, study_runs

__all__ = ["track"]

_MLFLOW: Final = cast("Any", mlflow)
_METRIC, _PARAM = cast("tuple[Any, Any]", (Metric, Param))
_BATCH = 1000  # as many metrics as a store takes at once
_LONGEST_TAG = 5000


def track(study: str | Path = "", experiment: str = "ratecraft") -> str:
    """Send a finished study: its verdict, rate, schedule and costs, its report, and every job as a nested run.

    Args:
        study: Folder or name of the study, or the beginning of the name; the newest by default.
        experiment: Name of an MLflow experiment; by default a separate one, so that a study's short runs stay out of
            yours.

    Returns:
        Number of the run.

    Raises:
        StudyError: No study matches, or it has not finished (`study-unfinished`).
    """
    runs = study_runs(study)
    client = _MLFLOW.MlflowClient()
    known = client.get_experiment_by_name(experiment)
    place = client.create_experiment(experiment) if known is None else known.experiment_id
    parent = str(client.create_run(place, run_name=runs.name, tags=_short(runs.words)).info.run_id)
    client.log_batch(parent, metrics=[_METRIC(name, value, _now(), 0) for name, value in runs.values.items()])
    client.log_text(parent, runs.page, "study.html")
    for job in runs.jobs:
        _send(client, place, parent, job)
    client.set_terminated(parent)
    return parent


def _send(client: Any, place: str, parent: str, job: JobRun) -> None:
    tags = {**_short(job.words), "mlflow.parentRunId": parent}
    run = client.create_run(place, run_name=job.name, tags=tags).info.run_id
    client.log_batch(run, params=[_PARAM(name, f"{value:g}") for name, value in job.values.items()])
    now = _now()
    metrics = (_METRIC(name, value, now, step) for name, series in job.series.items() for step, value in series)
    for batch in _batches(metrics):
        client.log_batch(run, metrics=batch)
    client.set_terminated(run)


def _batches(metrics: Iterable[Any]) -> Iterable[list[Any]]:
    remaining = iter(metrics)
    while batch := list(itertools.islice(remaining, _BATCH)):
        yield batch


def _short(words: Any) -> dict[str, str]:
    return {name: word[:_LONGEST_TAG] for name, word in words.items()}


def _now() -> int:
    return int(time.time() * 1000)
