"""Experiment trackers: which one a script uses, by the run that it starts and not by what is merely imported.

Path:   `wandb.init`, `MlflowClient.create_run`, ... -> the host, which tells it with the facts of the run.
"""

import functools
from typing import TYPE_CHECKING, Any

from ratecraft.training.frameworks.framework import Framework
from ratecraft.training.frameworks.tracked import hear_logs

if TYPE_CHECKING:
    from ratecraft.training.frameworks.hooks import Hooks

_BEGINS = {
    "clearml.task": "Task.init",
    "comet_ml.experiment": "CometExperiment.__init__",
    "mlflow.tracking.client": "MlflowClient.create_run",
    "mlflow.tracking.fluent": "start_run",
    "neptune.metadata_containers.run": "Run.__init__",
    "neptune_scale.api.run": "Run.__init__",
    "swanlab": "init",
    "wandb": "init",
}
"""Module -> what begins a run in it."""


def _adapt(module: Any, hooks: "Hooks") -> None:
    """Tell that a run begins, and what it logs."""
    name = module.__name__.partition(".")[0]
    *owners, last = _BEGINS[module.__name__].split(".")
    owner = functools.reduce(getattr, owners, module)
    begin = getattr(owner, last)

    @functools.wraps(begin)
    def told(*args: Any, **kwargs: Any) -> Any:
        hooks.trackers.use(name)
        return begin(*args, **kwargs)

    setattr(owner, last, staticmethod(told) if hasattr(begin, "__self__") else told)
    hooks.trackers.follow(name)
    hear_logs(module, hooks)


TRACKERS = Framework(dict.fromkeys(_BEGINS, _adapt))
