"""`tune`: the whole loop: baseline, rate, schedule, trained model, reason. For a script, and for a task.

Path:   what the user gives -> the study that is meant -> its answer, and of a task its trained model.
"""

import os
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from ratecraft.api.cluster import RayCluster, cluster_of
from ratecraft.api.describing import check_flags, described_study
from ratecraft.api.result import TaskResult, TuneResult, task_result
from ratecraft.api.running import run_study
from ratecraft.api.screens import screen_opener
from ratecraft.api.study import Study
from ratecraft.api.task_study import TaskStudy
from ratecraft.errors import RatecraftError
from ratecraft.records.metrics import Metric
from ratecraft.reporting.language import choose_language
from ratecraft.reporting.summary import Summary
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.sets import ScheduleSet
from ratecraft.schedules.sizes import Sizes

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.task import Task

__all__ = ["hints_shown", "run_shown", "tune"]


@overload
def tune(
    what: "Task",
    *,
    metric: str | Metric | None = None,
    budget: float | None = None,
    schedule: str | Schedule | ScheduleSet | None = None,
    steps_per_epoch: float | None = None,
    batch_size: float | None = None,
    tokens_per_step: float | None = None,
    rate: float | None = None,
    baseline: bool = True,
    compare_constant: bool = False,
    cheap: bool = False,
    stop_when_saturated: bool = False,
    groups: str | None = None,
    head: str | None = None,
    seed: int = 0,
    threads: int = 1,
    time_limit: float | None = None,
    study: str | Path | None = None,
    new: bool = False,
    progress: bool = True,
) -> TaskResult: ...
@overload
def tune(
    what: str | Path,
    arguments: Sequence[str] = (),
    *,
    metric: str | Metric | None = None,
    steps: int | None = None,
    budget: float | None = None,
    schedule: str | Schedule | ScheduleSet | None = None,
    steps_per_epoch: float | None = None,
    batch_size: float | None = None,
    tokens_per_step: float | None = None,
    rate: float | None = None,
    baseline: bool = True,
    compare_constant: bool = False,
    cheap: bool = False,
    stop_when_saturated: bool = False,
    groups: str | None = None,
    head: str | None = None,
    seed: int = 0,
    threads: int = 1,
    workers: int = 1,
    start_timeout: float = 300.0,
    hide: Sequence[str] = (),
    time_limit: float | None = None,
    executor: str | RayCluster = "local",
    study: str | Path | None = None,
    new: bool = False,
    progress: bool = True,
) -> TuneResult: ...
def tune(
    what: "str | Path | Task",
    arguments: Sequence[str] = (),
    *,
    metric: str | Metric | None = None,
    steps: int | None = None,
    budget: float | None = None,
    schedule: str | Schedule | ScheduleSet | None = None,
    steps_per_epoch: float | None = None,
    batch_size: float | None = None,
    tokens_per_step: float | None = None,
    rate: float | None = None,
    baseline: bool = True,
    compare_constant: bool = False,
    cheap: bool = False,
    stop_when_saturated: bool = False,
    groups: str | None = None,
    head: str | None = None,
    seed: int = 0,
    threads: int = 1,
    workers: int = 1,
    start_timeout: float = 300.0,
    hide: Sequence[str] = (),
    time_limit: float | None = None,
    executor: str | RayCluster = "local",
    study: str | Path | None = None,
    new: bool = False,
    progress: bool = True,
) -> TuneResult:
    """Tune the learning rate of a PyTorch training, and train its model with it.

    A *script* runs unmodified: once as it is (the baseline), several times shortened in a scratch mirror of the working
    folder, and once in full in the working folder itself, with the chosen rate and schedule.

    A *task* is trained in this process, on copies: model, optimizer, scheduler, random numbers and data order are
    afterwards as they were, however it ends. The result has the trained model.

    The same call again goes on with an unfinished study, and gives the result of a finished one without training. A
    task finds its study by what it is made of: draw the first weights after `torch.manual_seed`, and they can be drawn
    again.

    Args:
        what: Path of a script or a notebook from the current folder, a `Task`, or the name of a function that makes one
            (`package.module:make_task`); or the first word of a program as it is typed: `"python"`, `"torchrun"`.
        arguments: A script's own arguments; of a program the words behind its first one: `["-m", "package.train"]`.
        metric: Figure to compare, as `--metric`: `val_acc`, `score:max`. Default: the validation loss where there is
            one.
        steps: Optimizer steps of a script's full run, where no baseline tells them; a task says its own.
        budget: Full runs that the study may cost, the baseline not counted. Default: 1.6 where probes can branch, else
            1.75; with `groups` 2.2 and 2.4.
        schedule: Another shape for the full run: a schedule, or text such as `"warmup(500) >> cosine()"`. A set of
            schedules leads more than the rate: `"onecycle()"` cycles momentum (or β1) too. Lengths may be in epochs,
            samples or tokens: `"step(epochs(30), 0.1)"`.
        steps_per_epoch: Optimizer steps of one pass over the data, for lengths in epochs. Default: as the runs show it.
        batch_size: Samples of one optimizer step, for lengths in samples. Default: as the runs show it.
        tokens_per_step: Tokens of one optimizer step, for lengths in tokens.
        rate: Rate to start from. Default: the largest that the training itself sets.
        baseline: Run it as it is first, to compare with.
        compare_constant: Also train at the chosen rate without any decay: one run more, beside the budget.
        cheap: Leave out the second round of probes where data are seen once.
        stop_when_saturated: No full run where a run is several times longer than it needs to be.
        groups: `"body-head"`: after the common rate, find the body's share of the head's (×1, 1/3, 1/10, 1/30, frozen),
            by probes of 1/8 of the run. The optimizer may have one group; it is split for the time of a step.
        head: The head's parameters by their names: a part between dots (`"fc"`, `"classifier.1"`) or a pattern
            (`"*.out.*"`), several with commas. Default: what was not loaded where the rest was, else a last module with
            a usual name (`head`, `fc`, `classifier`, …), else the last module; the result says which.
        seed: Of every job.
        threads: Of every job; more than 1 for large models on a CPU.
        workers: Jobs at a time; of a task only on a cluster.
        start_timeout: Seconds that a script may take to its first optimizer step.
        hide: Files and folders of the working folder that a script does not see, such as the checkpoint that it would
            go on from. The full run writes over them as the script does at home; else they stay.
        time_limit: Seconds after which the study stops and keeps what it has.
        executor: `local`, or `ray`: jobs run on the Ray cluster at `RAY_ADDRESS`, else on one of this machine, with the
            same outcomes; a `RayCluster` names another. A task must be given by the name of what makes it.
        study: Folder of the study. Default: `.ratecraft/<name>` of the current folder.
        new: Put an earlier study of the same aside and begin anew; it is kept beside.
        progress: Show how far it is: in a notebook, on a terminal, else as lines on stderr.

    Returns:
        The answer with its reasons and costs; of a task a `TaskResult`, with `model`.

    Raises:
        InvalidInput: What was given, or what the baseline showed, does not allow a study.
        StudyError: The study's folder or record stands in the way; the task is not the one that it was begun with.
        ScriptFailed: The user's own code fails.
        NoAnswer: The figure to compare never comes.
        Interrupted: Ctrl-C, or the time limit; the same call goes on.

    Example:
        >>> import tempfile, torch
        >>> _ = torch.manual_seed(0)
        >>> inputs = torch.randn(256, 4)
        >>> data = torch.utils.data.TensorDataset(inputs, inputs.sum(1, keepdim=True))
        >>> def loss(model, batch):
        ...     return torch.nn.functional.mse_loss(model(batch[0]), batch[1])
        >>> from ratecraft.training.task import Task
        >>> model = torch.nn.Linear(4, 1)
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
        >>> task = Task(model, optimizer, loss, data, steps=320, batch_size=32)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     result = tune(task, study=f"{folder}/study", progress=False)
        >>> result.verdict, result.rate > 1e-4, type(result.model).__name__
        ('gain', True, 'Linear')
    """
    running: dict[str, Any] = {"threads": threads, "workers": workers, "hide": hide, "groups": groups, "head": head}
    running |= {"start_timeout": start_timeout, "time_limit": time_limit, "seed": seed, "study": study}
    with hints_shown():
        running["cluster"] = cluster_of(executor)
        described = described_study(
            what,
            arguments,
            metric=metric,
            steps=steps,
            budget=budget,
            schedule=schedule,
            sizes=Sizes(steps_per_epoch=steps_per_epoch, batch_size=batch_size, tokens_per_step=tokens_per_step),
            rate=rate,
            baseline=baseline,
            compare_constant=compare_constant,
            cheap=cheap,
            stop_when_saturated=stop_when_saturated,
            **running,
        )
        summary = run_shown(described, new=new, progress=progress)
        return task_result(described, summary) if isinstance(described, TaskStudy) else TuneResult(summary)


def run_shown(study: Study, *, new: bool, progress: bool) -> Summary:
    """Bring a study to its answer, and show how far it is: in a notebook, on a terminal, else as lines on stderr.

    Args:
        study: What was described.
        new: Put an earlier study of the same aside first.
        progress: Whether it is shown.

    Raises:
        RatecraftError: As `tune`.
    """
    check_flags(new=new, progress=progress)
    opener = screen_opener(choose_language(None, os.environ), sys.stderr, silent=not progress, in_notebooks=True)
    return run_study(study, new=new, open_screen=opener)


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
