"""`tune`: from the baseline to rate, schedule, trained model and reason. For scripts and tasks.

Path:   what the user gives -> the study that is meant -> its answer, and of a task its trained model.
"""

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Unpack, overload

from ratecraft.api.results.tracking import tracker_of
from ratecraft.api.results.tune_result import StateResult, TaskResult, TuneResult, state_result, task_result
from ratecraft.api.running.run_study import run_study
from ratecraft.api.running.screens import screen_opener
from ratecraft.api.studies.keywords import ScriptKeywords, TaskKeywords, TrackKeywords, taking
from ratecraft.api.studies.state_study import StateStudy
from ratecraft.api.studies.study import Study
from ratecraft.api.studies.study_description import check_flags, describe_study
from ratecraft.api.studies.task_study import TaskStudy
from ratecraft.controllers.settings.tune import SizeKeywords, TunerKeywords, TunerSettings
from ratecraft.errors import RatecraftError
from ratecraft.reporting.results.summary import Summary
from ratecraft.reporting.text.language import choose_language

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.tasks.state_task import StateTask
    from ratecraft.training.tasks.task import Task


class TuneTaskKeywords(TunerKeywords, TaskKeywords, TrackKeywords, total=False):
    """What `tune` takes with a task."""


class TuneKeywords(TunerKeywords, ScriptKeywords, TrackKeywords, total=False):
    """What `tune` takes with a script."""


@overload
def tune(what: "Task", **options: Unpack[TuneTaskKeywords]) -> TaskResult: ...
@overload
def tune(what: "StateTask", **options: Unpack[TuneTaskKeywords]) -> StateResult: ...
@overload
def tune(what: str | Path, arguments: Sequence[str] = (), **options: Unpack[TuneKeywords]) -> TuneResult: ...
@taking(TunerKeywords, SizeKeywords, ScriptKeywords, TaskKeywords, TrackKeywords, settings=TunerSettings)
def tune(
    what: "str | Path | Task | StateTask", arguments: Sequence[str] = (), **options: Unpack[TuneKeywords]
) -> TuneResult:
    """Tune the learning rate of a PyTorch training, and train its model with it.

    A *script* runs unmodified: once as it is (the baseline), several times shortened in a scratch mirror of the working
    folder, and once in full in the working folder itself, with the chosen rate and schedule.

    A *task* is trained in this process on copies: model, optimizer, scheduler, random numbers and data order are
    the same afterwards, however it ends. The result holds the trained model.

    The same call again continues an unfinished study, and returns the result of a finished one without training. A
    task's study is found by its content, initial weights included, so call `torch.manual_seed` before you create the
    model.

    Args:
        what: Path of a script or notebook, relative to the current folder; a `Task`, or the name of a function that
            makes one (`package.module:make_task`); a `StateTask` for JAX or any other library; or the first word of a
            command as you type it: `"python"`, `"torchrun"`.
        arguments: The script's own arguments, or the rest of the command: `["-m", "package.train"]`.
        options: Those of `help`.

    Returns:
        The answer with its reasons and costs: a `TaskResult` with `model` for a task, a `StateResult` with `state` for
        a state task.

    Raises:
        InvalidInput: What was given, or what the baseline showed, does not allow a study.
        StudyError: The study's folder or record is in the way; the task is not the one that the study was begun with;
            or the tracker rejects the finished study, which is complete all the same (`track-failed`).
        ScriptFailed: The user's own code fails.
        NoAnswer: The script never reports the metric to compare.
        Interrupted: Ctrl-C, or the time limit; the same call continues.

    Example:
        >>> import tempfile, torch
        >>> _ = torch.manual_seed(0)
        >>> inputs = torch.randn(256, 4)
        >>> data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
        >>> def loss(model, batch):
        ...     return torch.nn.functional.mse_loss(model(batch[0]), batch[1])
        >>> from ratecraft.training.tasks.task import Task
        >>> model = torch.nn.Linear(4, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
        >>> task = Task(model, optimizer, loss, data, steps=320, batch_size=32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     result = tune(task, study=f"{folder}/study", progress=False)
        >>> result.verdict, result.rate > 1e-4, type(result.model).__name__
        ('gain', True, 'Linear')
    """
    new, progress = options.pop("new", False), options.pop("progress", True)
    track = options.pop("track", None)
    with hints_shown():
        described = describe_study(what, arguments, **options)
        summary = run_shown(described, new=new, progress=progress, track=track)
        if isinstance(described, StateStudy):
            return state_result(described, summary)
        return task_result(described, summary) if isinstance(described, TaskStudy) else TuneResult(summary)


def run_shown(study: Study, *, new: bool, progress: bool, track: str | None = None) -> Summary:
    """Run a study to its answer, and show its progress in a notebook, on a terminal, or else as lines on stderr.

    Args:
        study: What was described.
        new: Set an earlier study with the same settings aside first.
        progress: Whether to show progress.
        track: Name of the tracker that the finished study is sent to; None for none.

    Raises:
        RatecraftError: Same as `tune`.
    """
    check_flags(new=new, progress=progress)
    tracker = tracker_of(track)
    opener = screen_opener(choose_language(None, os.environ), sys.stderr, silent=not progress, in_notebooks=True)
    summary = run_study(study, new=new, open_screen=opener)
    if tracker is not None:
        tracker.send(study.folder)
    return summary


@contextmanager
def hints_shown() -> Generator[None, None, None]:
    """An error's advice, and the user's own frames, stand in the traceback that Python prints."""
    try:
        yield
    except RatecraftError as error:
        language = choose_language(None, {**os.environ, "RATECRAFT_LANGUAGE": ""})
        for note in (str(error.values.get("traceback") or "").rstrip(), error.hint(language)):
            if note:
                error.add_note(note)
        raise
