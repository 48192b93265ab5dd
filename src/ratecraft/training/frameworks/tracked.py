"""Figures that a script logs to a tracker, in full precision, even in probes, where trackers are off.

Path:   `SummaryWriter.add_scalar`, `wandb.log`, `mlflow.log_metric`, `swanlab.log` -> the host, and on as ever.

The public call is heard, not what becomes of it.
"""

import functools
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from ratecraft.training.frameworks.framework import Framework

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks

Read: TypeAlias = Callable[..., Mapping[str, object]]
"""Name and value of what a call logs, from its arguments."""


def _hear_writers(module: Any, hooks: "Hooks") -> None:
    """Hear the scalars of every writer of event files."""
    writer = module.SummaryWriter
    writer.add_scalar = _heard(writer.add_scalar, _of_scalar, hooks)
    writer.add_scalars = _heard(writer.add_scalars, _of_one_chart, hooks)


def hear_logs(module: Any, hooks: "Hooks") -> None:
    """Hear the log of a tracker whose module has just been loaded."""
    match module.__name__:
        case "wandb":
            _hear_runs(module, hooks)
        case "swanlab":
            module.log = _heard(module.log, _of_dictionary, hooks, "swanlab")
        case "mlflow.tracking.fluent":
            module.log_metric = _heard(module.log_metric, _of_metric, hooks, "mlflow")
            module.log_metrics = _heard(module.log_metrics, _of_metrics, hooks, "mlflow")
        case _:
            pass


def _hear_runs(module: Any, hooks: "Hooks") -> None:
    """Each run has a log of its own, which becomes that of the module; a run that is off has another one."""
    begin = module.init

    @functools.wraps(begin)
    def begun(*args: Any, **kwargs: Any) -> Any:
        run = begin(*args, **kwargs)
        with suppress(AttributeError):  # none, or one that takes no other log
            if not hasattr(run.log, "__wrapped__"):
                run.log = _heard(run.log, _of_dictionary, hooks, "wandb")
            module.log = run.log
        return run

    module.init = begun


def _heard(log: Callable[..., Any], read: Read, hooks: "Hooks", source: str = "tensorboard") -> Callable[..., Any]:
    @functools.wraps(log)
    def heard(*args: Any, **kwargs: Any) -> Any:
        if hooks.active:
            with suppress(TypeError, AttributeError, ValueError):  # a call that the tracker itself will complain of
                hooks.measured(source, dict(read(*args, **kwargs)))
        return log(*args, **kwargs)

    return heard


def _of_scalar(writer: Any, tag: str, scalar_value: object, *rest: Any, **more: Any) -> Mapping[str, object]:
    return {tag: scalar_value}


def _of_metric(key: str, value: object, *rest: Any, **more: Any) -> Mapping[str, object]:
    return {key: value}


def _of_metrics(metrics: Mapping[str, object], *rest: Any, **more: Any) -> Mapping[str, object]:
    return metrics


def _of_one_chart(
    writer: Any, main_tag: str, tag_scalar_dict: Mapping[str, object], *rest: Any, **more: Any
) -> Mapping[str, object]:
    return {f"{main_tag}/{tag}": value for tag, value in tag_scalar_dict.items()}


def _of_dictionary(data: Mapping[str, object], *rest: Any, **more: Any) -> Mapping[str, object]:
    """The entries, those of inner dictionaries by their path."""
    found: dict[str, object] = {}
    for name, value in data.items():
        inner = cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None
        found |= (
            {name: value} if inner is None else {f"{name}/{inner_name}": number for inner_name, number in inner.items()}
        )
    return found


EVENT_FILES = Framework(dict.fromkeys(("torch.utils.tensorboard.writer", "tensorboardX.writer"), _hear_writers))
