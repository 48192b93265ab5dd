"""TensorBoard: a finished study as event files, one folder for each of its jobs, to lie beside those of other runs.

Path:   a study -> `StudyRuns` -> event files of `torch.utils.tensorboard`.
"""

from pathlib import Path
from typing import Any, Final, cast

from torch.utils.tensorboard.writer import SummaryWriter

from ratecraft.api.results.as_runs import study_runs

__all__ = ["track"]

_WRITER: Final = cast("Any", SummaryWriter)  # it has no types


def track(study: str | Path = "", folder: str | Path = "runs") -> Path:
    """Write a finished study where TensorBoard looks: `tensorboard --logdir runs`.

    Args:
        study: Folder or name of the study, or the beginning of the name; the newest by default.
        folder: Gets a folder of the study's name; one that is there is written beside, under the next free number.

    Returns:
        That folder. In it one for each job, with its series, and the report (`study.html`).

    Raises:
        StudyError: No study matches, or it has not finished (`study-unfinished`).
    """
    runs = study_runs(study)
    home = _free(Path(folder) / runs.name)
    with _WRITER(str(home)) as writer:
        for name, word in runs.words.items():
            writer.add_text(name, word)
        for name, value in runs.values.items():
            writer.add_scalar(f"study/{name}", value)
    for job in runs.jobs:
        with _WRITER(str(home / job.name.replace(" ", "-"))) as writer:
            for name, word in job.words.items():
                writer.add_text(name, word)
            for name, value in job.values.items():
                writer.add_text(name, f"{value:g}")
            for name, series in job.series.items():
                for step, value in series:
                    writer.add_scalar(name, value, step)
    (home / "study.html").write_text(runs.page, encoding="utf-8")
    return home


def _free(folder: Path) -> Path:
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free
