"""Checks what the user gave and describes the study that it means; starts nothing.

Path:   the command line's words, or the arguments of `tune()` -> a `Study`.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ratecraft.api.programs.typed import in_processes, typed_program
from ratecraft.api.studies.estimating import study_estimate
from ratecraft.api.studies.keywords import Running, check_known
from ratecraft.api.studies.script_study import branching_of, script_study
from ratecraft.api.studies.state_study import state_study
from ratecraft.api.studies.study import Settings, Study
from ratecraft.api.studies.task_study import is_task_name, task_study
from ratecraft.controllers.settings.option import values_of, words_of
from ratecraft.controllers.settings.shape import check_names
from ratecraft.controllers.settings.tune import TunerSettings
from ratecraft.errors import InvalidInput
from ratecraft.schedules.lengths import shown
from ratecraft.schedules.sizes import NO_SIZES, UNIT_SIZES, Sizes

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.tasks.state_task import StateTask
    from ratecraft.training.tasks.task import Task

Decide: TypeAlias = Callable[[Literal["fork", "replay"], Mapping[str, Any]], Settings]
"""Makes a verb's settings from the way of branching and from the user's choices."""


def describe_study(
    what: "str | Path | Task | StateTask", arguments: Sequence[str] = (), *, foresees: bool = True, **given: Any
) -> Study:
    """The study that is meant in the current folder; the arguments are those of `tune`, and whether it forecasts.

    Raises:
        InvalidInput: One of them is of another kind, or does not fit what is tuned.
        ScriptFailed: What makes a task fails, or a function of it does.
    """
    check_known("tune", given, TunerSettings, Running)
    decided = values_of(TunerSettings, given)
    check_sizes(decided.get("sizes", NO_SIZES), counted="schedule" in decided)
    return study_of(
        what,
        arguments,
        lambda branching, asked: TunerSettings.usual(branching, foresees=foresees, **asked),
        decided,
        Running.of(given),
    )


def study_of(
    what: "str | Path | Task | StateTask",
    arguments: Sequence[str],
    decide: Decide,
    decided: Mapping[str, Any],
    running: Running,
) -> Study:
    """The study that is meant in the current folder, for any verb.

    Args:
        what: Path of a script, a task, or the name of a function that makes one.
        arguments: A script's own arguments.
        decide: Makes the verb's settings from the way of branching and from the user's choices.
        decided: Settings by name, checked.
        running: How it is run.

    Raises:
        InvalidInput: One of them does not fit what is tuned.
        ScriptFailed: What makes a task fails, or a function of it does.
    """
    of_state = _state_task_of(what)
    if of_state is not None:
        return _study_of_state(of_state, arguments, decide, decided, running)
    task, name = task_of(what, decided.get("seed", 0))
    if task is not None:
        _check_of_task(arguments, decided.get("steps"), 1 if running.cluster else running.workers)
        check_one_process(running.processes)
        check_nothing_hidden(running.hide)
        if running.cluster is not None and not name:
            raise InvalidInput("task-not-sent", model=type(task.model).__name__)
        settings = decide("fork", {**decided, "steps": task.steps})
        _check_names(task, settings)
        study_estimate(settings)  # a run that is too short is told before anything is trained
        return task_study(task, settings, running, name=name)
    if not isinstance(what, str | Path):
        raise InvalidInput("tune-what", given=shown(what))
    program = in_processes(typed_program((str(what), *words_of(arguments)), Path.cwd()), running.processes)
    settings = decide(branching_of(running.threads, program.entry.processes), decided)
    return script_study(program, settings, running)


def _study_of_state(
    task: "StateTask", arguments: Sequence[str], decide: Decide, decided: Mapping[str, Any], running: Running
) -> Study:
    """The study that is meant by a state task."""
    _check_of_task(arguments, decided.get("steps"), running.workers)
    check_one_process(running.processes)
    check_nothing_hidden(running.hide)
    if running.cluster is not None:
        raise InvalidInput("task-not-sent", model=repr(task))
    settings = decide("fork", {**decided, "steps": task.steps})
    study_estimate(settings)  # a run that is too short is told before anything is trained
    return state_study(task, settings, running)


def check_sizes(sizes: Sizes, *, counted: bool) -> None:
    """Refuse to be told how large an epoch or a step is where no schedule can count in them.

    A script often has a `--batch-size` of its own, and it is easily written on the wrong side of the `--`.

    Raises:
        InvalidInput: No schedule needs the size that was given (`size-without-schedule`).
    """
    for name in UNIT_SIZES.values():
        if getattr(sizes, name) is not None and not counted:
            raise InvalidInput("size-without-schedule", name=name, option=f"--{name.replace('_', '-')}")


def task_of(what: object, seed: int) -> "tuple[Task | None, str]":
    """The task, and its name where it is given by one; None where a script is meant."""
    if isinstance(what, str | Path):
        if not is_task_name(what):
            return None, ""
        from ratecraft.training.tasks.loading import load_task

        return load_task(str(what), seed), str(what)
    module = sys.modules.get("ratecraft.training.tasks.task")  # without it nobody has a task
    task: Any = what if module is not None and isinstance(what, module.Task) else None
    return task, ""


def _state_task_of(what: object) -> "StateTask | None":
    module = sys.modules.get("ratecraft.training.tasks.state_task")  # without it nobody has one
    task: Any = what if module is not None and isinstance(what, module.StateTask) else None
    return task


def _check_names(task: "Task", settings: Settings) -> None:
    from ratecraft.training.instrument.hyperparameters import hyperparameters

    if isinstance(settings, TunerSettings) and settings.schedule:
        check_names(settings.schedule, hyperparameters(task.optimizer.param_groups))


def _check_of_task(arguments: object, steps: int | None, workers: int) -> None:
    if arguments:
        raise InvalidInput("task-arguments", given=shown(arguments))
    if steps is not None:
        raise InvalidInput("task-steps", steps=steps)
    if workers != 1:
        raise InvalidInput("task-workers", workers=workers)


def check_nothing_hidden(hide: Sequence[str]) -> None:
    """Refuse to hide files from anything but a script.

    Raises:
        InvalidInput: Something is to be hidden (`hide-task`).
    """
    if hide:
        raise InvalidInput("hide-task")


def check_one_process(processes: int) -> None:
    """Refuse several processes for anything but a script.

    Raises:
        InvalidInput: They were asked for (`processes-task`).
    """
    if processes != 1:
        raise InvalidInput("processes-task", processes=processes)


def check_flags(**given: object) -> None:
    """Refuse what is neither True nor False.

    Raises:
        InvalidInput: One of them is not (`argument-flag`).
    """
    for name, value in given.items():
        if not isinstance(value, bool):
            raise InvalidInput("argument-flag", name=name, given=shown(value))
