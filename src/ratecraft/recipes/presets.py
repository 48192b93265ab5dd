"""The presets: ours, and those of a user's own file before them.

Path:   `presets.toml` beside this file, a user's `ratecraft.toml` already parsed -> `Presets` -> plans.
"""

import tomllib
from collections.abc import Mapping
from functools import cache, partial
from importlib import resources
from types import MappingProxyType
from typing import Any, cast, get_args

from ratecraft.errors import InvalidInput
from ratecraft.recipes.recipe import (
    Call,
    Confidence,
    Coupling,
    GroupRecipe,
    Hyperparameter,
    Kin,
    OptimizerRecipe,
    Presets,
    ScheduleRecipe,
    TaskOptimizer,
    TaskRecipe,
    WarmUp,
)
from ratecraft.recipes.tables import PresetTable
from ratecraft.schedules.usual import USUAL

_OURS = "presets.toml"
_KINDS = ("source", "optimizer", "task", "schedule")
_HYPERPARAMETER = ("value", "low", "high", "source", "confidence")
_OPTIMIZER = (
    *("name", "call", "arguments", "rule", "width", "coupling", "warm_up", "batches", "schedule"),
    *("like", "elsewhere", "any_task", "matters", "groups", "cautions", "knobs"),
)
_TASK = ("schedule", "cautions", "knobs", "groups", "optimizer")
_TASK_OPTIMIZER = ("knobs", "batches", "sizes", "law", "call", "linear", "cautions")
_KIN = ("factor", "confidence", "source")
_SCHEDULE = ("shape", "after_warm_up", "knobs", "usual", "cautions")
_GROUP = ("role", "factor", "call", "arguments")

_Sources = Mapping[str, str]


@cache
def builtin_presets() -> Presets:
    """The built-in presets.

    Example:
        >>> builtin_presets().optimizers["adam"].hyperparameters["rate"].value
        0.001
    """
    return _presets(_builtin(), _OURS)


def own_presets(content: Mapping[str, Any], file: str) -> Presets:
    """The user's own before ours: table by table, and a hyperparameter as a whole.

    Args:
        content: The parsed file, of the form of `presets.toml`. A number alone is a hyperparameter without a range.
        file: Name of the file, for the plan and for errors.

    Raises:
        InvalidInput: A key or a value that a presets file cannot have (`presets-key`, `presets-value`).

    Example:
        >>> mine = own_presets({"optimizer": {"adam": {"knobs": {"rate": 3e-4}}}}, "ratecraft.toml")
        >>> mine.optimizers["adam"].hyperparameters["rate"]
        Hyperparameter(value=0.0003, low=None, high=None, source='ratecraft.toml', confidence='own', unit='')
    """
    return _presets(_merged(_builtin(), content, file, ()), file)


@cache
def _builtin() -> Mapping[str, Any]:
    text = resources.files("ratecraft.recipes").joinpath(_OURS).read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def _merged(ours: Mapping[str, Any], own: Mapping[str, Any], file: str, path: tuple[str, ...]) -> dict[str, Any]:
    together = dict(ours)
    for name, value in own.items():
        before = together.get(name)
        if path and path[-1] == "knobs":
            table: Any = cast("object", value) if isinstance(value, Mapping) else {"value": value}
            together[name] = {"source": file, "confidence": "own", **table}
        elif isinstance(value, Mapping):
            inner = cast("Mapping[str, Any]", before if isinstance(before, Mapping) else {})
            together[name] = _merged(inner, cast("Mapping[str, Any]", value), file, (*path, name))
        else:
            together[name] = value
    return together


def _presets(content: Mapping[str, Any], file: str) -> Presets:
    whole = PresetTable("", content, _KINDS, file)
    sources = {name: str(text) for name, text in whole.table("source").items()}
    presets = Presets(
        optimizers=whole.table("optimizer").made_by_name(partial(_optimizer, sources), _OPTIMIZER),
        tasks=whole.table("task").made_by_name(partial(_task, sources), _TASK),
        schedules=whole.table("schedule").made_by_name(partial(_schedule, sources), _SCHEDULE),
        origin="" if file == _OURS else file,
    )
    _check_names(presets, file)
    return presets


def _optimizer(sources: _Sources, key: str, table: PresetTable) -> OptimizerRecipe:
    rule = table.text("rule", among=("linear", "square-root", "none"))
    width = table.text("width", among=("adam", "sgd", "none"))
    return OptimizerRecipe(
        key=key,
        name=table.text("name", key),
        call=Call(table.text("call", key), table.texts("arguments")),
        rule=None if rule == "none" else cast("Any", rule),
        width=None if width == "none" else cast("Any", width),
        coupling=cast("Coupling", table.text("coupling", among=get_args(Coupling))),
        warm_up=cast("WarmUp", table.text("warm_up", among=get_args(WarmUp))),
        hyperparameters=_hyperparameters(sources, table, needs=("rate",)),
        batches=table.span("batches"),
        schedule=table.text("schedule", "") or None,
        like=table.table("like").made_by_name(partial(_kin, sources), _KIN),
        elsewhere=table.text("elsewhere", ""),
        any_task=table.flag("any_task"),
        matters=table.texts("matters"),
        groups=_groups(table),
        cautions=table.texts("cautions"),
    )


def _task(sources: _Sources, key: str, table: PresetTable) -> TaskRecipe:
    return TaskRecipe(
        key=key,
        schedule=table.text("schedule"),
        hyperparameters=_hyperparameters(sources, table),
        optimizers=table.table("optimizer").made_by_name(partial(_task_optimizer, sources), _TASK_OPTIMIZER),
        groups=_groups(table),
        cautions=table.texts("cautions"),
    )


def _task_optimizer(sources: _Sources, key: str, table: PresetTable) -> TaskOptimizer:
    return TaskOptimizer(
        hyperparameters=_hyperparameters(sources, table),
        batches=table.span("batches"),
        sizes=table.pairs("sizes"),
        law=table.flag("law"),
        call=table.text("call", ""),
        linear=table.number("linear", 0.0),
        cautions=table.texts("cautions"),
    )


def _kin(sources: _Sources, key: str, table: PresetTable) -> Kin:
    source = table.text("source", "")
    confidence = cast("Confidence", table.text("confidence", "low", among=get_args(Confidence)))
    return Kin(float(table.number("factor", 1.0)), confidence, sources.get(source, source))


def _schedule(sources: _Sources, key: str, table: PresetTable) -> ScheduleRecipe:
    hyperparameters = dict(_hyperparameters(sources, table))
    for name in table.texts("usual"):
        if name not in USUAL:
            raise InvalidInput(
                "presets-name", file=table.file, place=f"{table.place}.usual", given=name, allowed=", ".join(USUAL)
            )
        usual = USUAL[name]
        unit = usual.unit if usual.unit == "epochs" else ""
        hyperparameters[name.replace("-", "_")] = Hyperparameter(
            usual.usual, usual.low, usual.high, usual.source, "medium", unit
        )
    shape = table.text("shape")
    return ScheduleRecipe(key, shape, table.text("after_warm_up", shape), hyperparameters, table.texts("cautions"))


def _groups(table: PresetTable) -> tuple[GroupRecipe, ...]:
    return tuple(
        GroupRecipe(
            role=group.text("role"),
            factor=float(group.number("factor")),
            call=Call(group.text("call"), group.texts("arguments")) if group.text("call", "") else None,
        )
        for group in table.tables("groups", _GROUP)
    )


def _hyperparameters(
    sources: _Sources, table: PresetTable, needs: tuple[str, ...] = ()
) -> Mapping[str, Hyperparameter]:
    hyperparameters = table.table("knobs").made_by_name(partial(_hyperparameter, sources), _HYPERPARAMETER)
    for name in needs:
        if name not in hyperparameters:
            raise InvalidInput(
                "presets-value", file=table.file, place=f"{table.place}.knobs.{name}", wanted="number", given="–"
            )
    return MappingProxyType(hyperparameters)


def _hyperparameter(sources: _Sources, name: str, table: PresetTable) -> Hyperparameter:
    value, low, high = float(table.number("value")), table.number("low", None), table.number("high", None)
    least = 0 if low is None else low
    if not least <= value <= (value if high is None else high):
        raise InvalidInput(
            "presets-value", file=table.file, place=table.place, wanted="0 <= low <= value <= high", given=f"{value:g}"
        )
    source = table.text("source")
    confidence = table.text("confidence", among=get_args(Confidence))
    return Hyperparameter(value, low, high, sources.get(source, source), cast("Any", confidence))


def _check_names(presets: Presets, file: str) -> None:
    """Whatever names another recipe names one that is there."""
    schedules, optimizers = presets.schedules, presets.optimizers
    named = [
        *((f"task.{task.key}.schedule", task.schedule, schedules) for task in presets.tasks.values()),
        *((f"optimizer.{optimizer.key}.schedule", optimizer.schedule, schedules) for optimizer in optimizers.values()),
        *(
            (f"optimizer.{optimizer.key}.elsewhere", optimizer.elsewhere, optimizers)
            for optimizer in optimizers.values()
        ),
        *(
            (f"optimizer.{optimizer.key}.like", like, optimizers)
            for optimizer in optimizers.values()
            for like in optimizer.like
        ),
        *(
            (f"task.{task.key}.optimizer", key, optimizers)
            for task in presets.tasks.values()
            for key in task.optimizers
        ),
    ]
    for place, name, among in named:
        if name and name not in among:
            raise InvalidInput("presets-name", file=file, place=place, given=name, allowed=", ".join(among))
