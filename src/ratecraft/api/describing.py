"""From what a user gives to the study that is meant: every value checked, names looked up, nothing begun.

Path:   the command line's words, or the arguments of `tune()` -> a `Study`.
"""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ratecraft.api.cluster import RayCluster
from ratecraft.api.estimating import study_estimate
from ratecraft.api.script_study import branching_of, script_study
from ratecraft.api.study import Settings, Study
from ratecraft.api.task_study import is_task_name, task_study
from ratecraft.controllers.settings import TunerSettings
from ratecraft.controllers.shape import check_names
from ratecraft.errors import InvalidInput
from ratecraft.records.metrics import Metric, parse_metric
from ratecraft.schedules.lengths import shown, whole_number
from ratecraft.schedules.nodes import Schedule
from ratecraft.schedules.sets import ScheduleSet, set_of
from ratecraft.schedules.sizes import NO_SIZES, UNIT_SIZES, Sizes
from ratecraft.schedules.text import parse_set

if TYPE_CHECKING:  # only a verb that trains loads training
    from ratecraft.training.task import Task

__all__ = [
    "Decide",
    "check_common",
    "check_flags",
    "check_nothing_hidden",
    "check_sizes",
    "described_study",
    "study_of",
    "task_of",
    "words_of",
]

Decide: TypeAlias = Callable[[Literal["fork", "replay"], Mapping[str, Any]], Settings]
"""Makes a verb's settings of the way of branching and of what all verbs ask for."""


def described_study(
    what: "str | Path | Task",
    arguments: Sequence[str] = (),
    *,
    budget: float | None = None,
    schedule: str | Schedule | ScheduleSet | None = None,
    rate: float | None = None,
    baseline: bool = True,
    compare_constant: bool = False,
    cheap: bool = False,
    stop_when_saturated: bool = False,
    sizes: Sizes = NO_SIZES,
    foresees: bool = True,
    **common: Any,
) -> Study:
    """The study that is meant in the current folder; the arguments are those of `tune`, and whether it forecasts.

    Raises:
        InvalidInput: One of them is of another kind, or does not fit what is tuned.
        ScriptFailed: What makes a task fails, or a function of it does.
    """
    check_flags(
        baseline=baseline, compare_constant=compare_constant, cheap=cheap, stop_when_saturated=stop_when_saturated
    )
    _check_numbers(budget=budget, rate=rate)
    check_sizes(sizes, counted=schedule is not None)
    decided: dict[str, Any] = {
        "baseline": baseline,
        "own_rate": None if rate is None else float(rate),
        "budget": None if budget is None else float(budget),
        "mode": "cheap" if cheap else "whole",
        "stop_when_saturated": stop_when_saturated,
        "schedule": None if schedule is None else _set_of(schedule),
        "sizes": sizes,
        "compare_constant": compare_constant,
        "foresees": foresees,
    }
    return study_of(
        what,
        arguments,
        lambda branching, asked: TunerSettings.usual(branching, **decided, **asked),
        **common,
    )


def study_of(
    what: "str | Path | Task",
    arguments: Sequence[str],
    decide: Decide,
    *,
    metric: str | Metric | None = None,
    steps: int | None = None,
    groups: str | None = None,
    head: str | None = None,
    seed: int = 0,
    threads: int = 1,
    workers: int = 1,
    start_timeout: float = 300.0,
    time_limit: float | None = None,
    cluster: RayCluster | None = None,
    study: str | Path | None = None,
    hide: Sequence[str] = (),
) -> Study:
    """The study that is meant in the current folder, for any verb.

    Args:
        what: Path of a script, a task, or the name of a function that makes one.
        arguments: A script's own arguments.
        decide: Makes the verb's settings of the way of branching and of metric, steps and seed.
        metric: As for `tune`, like all that follow.
        steps: Of a script's full run.
        groups: What has rates of its own.
        head: Names of the head's parameters.
        seed: Of every job.
        threads: Of every job.
        workers: Jobs of a script at a time.
        start_timeout: Seconds to a script's first optimizer step.
        time_limit: Seconds after which the study stops.
        cluster: Where jobs run; None for this machine.
        study: Folder of the study.
        hide: Paths that jobs of a script do not see.

    Raises:
        InvalidInput: One of them is of another kind, or does not fit what is tuned.
        ScriptFailed: What makes a task fails, or a function of it does.
    """
    check_common(
        metric=metric,
        study=study,
        steps=steps,
        seed=seed,
        threads=threads,
        workers=workers,
        time_limit=time_limit,
        start_timeout=start_timeout,
    )
    common = {
        "metric": parse_metric(metric) if isinstance(metric, str) else metric,
        "seed": seed,
        **_parts_asked_for(groups, head),
    }
    task, name = task_of(what, seed)
    if task is not None:
        _check_of_task(arguments, steps, 1 if cluster else workers)
        check_nothing_hidden(hide)
        if cluster is not None and not name:
            raise InvalidInput("task-not-sent", model=type(task.model).__name__)
        settings = decide("fork", {**common, "steps": task.steps})
        _check_names(task, settings)
        study_estimate(settings)  # a run that is too short is told before anything is trained
        limits: dict[str, Any] = {"workers": workers, "time_limit": time_limit, "cluster": cluster}
        return task_study(task, settings, name=name, study=study, threads=threads, **limits)
    if not isinstance(what, str | Path):
        raise InvalidInput("tune-what", given=shown(what))
    running = {"threads": threads, "workers": workers, "start_timeout": start_timeout, "time_limit": time_limit}
    running |= {"cluster": cluster}
    settings = decide(branching_of(threads), {**common, "steps": steps})
    return script_study(what, words_of(arguments), settings, study=study, hide=words_of(hide), **running)


def check_common(
    *,
    metric: object,
    study: object,
    steps: object = None,
    seed: object = 0,
    threads: object = 1,
    workers: object = 1,
    **seconds: object,
) -> None:
    """Refuse values of another kind in what every verb takes; what is left are times, above 0 where they are given.

    Raises:
        InvalidInput: One of them is (`argument-number`, `argument-metric`, `argument-study`, or of a count).
    """
    _check_numbers(**seconds)
    _check_counts(steps, seed, threads, workers)
    _check_kinds(metric, study)


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
        from ratecraft.training.task_loading import load_task

        return load_task(str(what), seed), str(what)
    module = sys.modules.get("ratecraft.training.task")  # without it nobody has a task
    task: Any = what if module is not None and isinstance(what, module.Task) else None
    return task, ""


def _check_names(task: "Task", settings: Settings) -> None:
    from ratecraft.training.hyperparameters import hyperparameters

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


def words_of(arguments: Any) -> tuple[str, ...]:
    """A script's own arguments.

    Raises:
        InvalidInput: They are no list of words (`argument-words`).
    """
    given, is_list = shown(arguments), isinstance(arguments, Iterable) and not isinstance(arguments, str)
    words: tuple[Any, ...] = tuple(arguments) if is_list else (None,)  # pyright: ignore[reportUnknownArgumentType]
    if not all(isinstance(word, str) for word in words):
        raise InvalidInput("argument-words", given=given)
    return words


def check_flags(**given: object) -> None:
    """Refuse what is neither True nor False.

    Raises:
        InvalidInput: One of them is not (`argument-flag`).
    """
    for name, value in given.items():
        if not isinstance(value, bool):
            raise InvalidInput("argument-flag", name=name, given=shown(value))


def _check_numbers(**given: object) -> None:
    for name, value in given.items():
        if value is not None and not _is_above_0(value):
            raise InvalidInput("argument-number", name=name, given=shown(value))


def _check_counts(steps: object, seed: object, threads: object, workers: object) -> None:
    if steps is not None:
        whole_number("steps", steps, least=1)
    whole_number("seed", seed)
    whole_number("threads", threads, least=1)
    whole_number("workers", workers, least=1)


def _set_of(schedule: object) -> ScheduleSet:
    if isinstance(schedule, str):
        return parse_set(schedule)
    if not isinstance(schedule, Schedule | ScheduleSet):
        raise InvalidInput("argument-schedule", given=shown(schedule))
    return set_of(schedule)


def _parts_asked_for(groups: object, head: object) -> dict[str, str]:
    if groups not in (None, "body-head"):
        raise InvalidInput("argument-groups", given=shown(groups))
    if head is not None and (groups is None or not isinstance(head, str) or not head.strip(" ,")):
        raise InvalidInput("argument-head", given=shown(head))
    return {} if groups is None else {"groups": "body-head", "head": head or ""}


def _check_kinds(metric: object, study: object) -> None:
    if not isinstance(metric, str | Metric | None):
        raise InvalidInput("argument-metric", given=shown(metric))
    if not isinstance(study, str | Path | None):
        raise InvalidInput("argument-study", given=shown(study))


def _is_above_0(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")
