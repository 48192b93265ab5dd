"""ratecraft: the rate, the schedule and the reason, for about two and a half training runs, the baseline included.

The public names; each is loaded when it is first used, so that `import ratecraft` costs nothing and needs no torch.

Example:
    >>> import ratecraft as rc
    >>> rc.log(val_loss=0.123)  # in a training script: tells a study the figure, and does nothing outside of one
"""

TYPE_CHECKING = False  # `typing` has one too, and takes longer to import than all of this file
if TYPE_CHECKING:
    import ratecraft.schedules as schedules
    from ratecraft.api.diagnose.diagnose import DiagnoseResult, diagnose
    from ratecraft.api.doctor import Examination, doctor
    from ratecraft.api.find import FindResult, find
    from ratecraft.api.load import load
    from ratecraft.api.noise_scale import NoiseScaleResult, noise_scale
    from ratecraft.api.parameter_groups import ParameterGroups, parameter_groups
    from ratecraft.api.plan import PlanResult, plan
    from ratecraft.api.prove import ProveResult, prove
    from ratecraft.api.results.tune_result import TaskResult, TuneResult
    from ratecraft.api.scale.scale import ScaleResult, scale
    from ratecraft.api.search import SearchResult, search
    from ratecraft.api.studies.cluster import RayCluster
    from ratecraft.api.trials import Trials, trials
    from ratecraft.api.tune import tune
    from ratecraft.api.watch.watch import Watch, watch
    from ratecraft.errors import Interrupted, InvalidInput, NoAnswer, RatecraftError, ScriptFailed, StudyError
    from ratecraft.integrations.callback import callback
    from ratecraft.laws.rate_logs.identify import identify
    from ratecraft.records.logging import log
    from ratecraft.training.tasks.state_task import StateTask
    from ratecraft.training.tasks.task import Task
    from ratecraft.watching.guard import Guard

__all__ = [
    "DiagnoseResult",
    "Examination",
    "FindResult",
    "Guard",
    "Interrupted",
    "InvalidInput",
    "NoAnswer",
    "NoiseScaleResult",
    "ParameterGroups",
    "PlanResult",
    "ProveResult",
    "RatecraftError",
    "RayCluster",
    "ScaleResult",
    "ScriptFailed",
    "SearchResult",
    "StateTask",
    "StudyError",
    "Task",
    "TaskResult",
    "Trials",
    "TuneResult",
    "Watch",
    "__version__",
    "callback",
    "diagnose",
    "doctor",
    "find",
    "identify",
    "load",
    "log",
    "noise_scale",
    "parameter_groups",
    "plan",
    "prove",
    "scale",
    "schedules",
    "search",
    "trials",
    "tune",
    "watch",
]

__version__ = "0.2.0"

_HOMES = {
    "DiagnoseResult": "ratecraft.api.diagnose.diagnose",
    "Examination": "ratecraft.api.doctor",
    "FindResult": "ratecraft.api.find",
    "Guard": "ratecraft.watching.guard",
    "Interrupted": "ratecraft.errors",
    "InvalidInput": "ratecraft.errors",
    "NoAnswer": "ratecraft.errors",
    "NoiseScaleResult": "ratecraft.api.noise_scale",
    "ParameterGroups": "ratecraft.api.parameter_groups",
    "PlanResult": "ratecraft.api.plan",
    "ProveResult": "ratecraft.api.prove",
    "RatecraftError": "ratecraft.errors",
    "RayCluster": "ratecraft.api.studies.cluster",
    "ScaleResult": "ratecraft.api.scale.scale",
    "ScriptFailed": "ratecraft.errors",
    "SearchResult": "ratecraft.api.search",
    "StateTask": "ratecraft.training.tasks.state_task",
    "StudyError": "ratecraft.errors",
    "Task": "ratecraft.training.tasks.task",
    "TaskResult": "ratecraft.api.results.tune_result",
    "Trials": "ratecraft.api.trials",
    "TuneResult": "ratecraft.api.results.tune_result",
    "Watch": "ratecraft.api.watch.watch",
    "callback": "ratecraft.integrations.callback",
    "diagnose": "ratecraft.api.diagnose.diagnose",
    "doctor": "ratecraft.api.doctor",
    "find": "ratecraft.api.find",
    "identify": "ratecraft.laws.rate_logs.identify",
    "load": "ratecraft.api.load",
    "log": "ratecraft.records.logging",
    "noise_scale": "ratecraft.api.noise_scale",
    "parameter_groups": "ratecraft.api.parameter_groups",
    "plan": "ratecraft.api.plan",
    "prove": "ratecraft.api.prove",
    "scale": "ratecraft.api.scale.scale",
    "schedules": "ratecraft.schedules",
    "search": "ratecraft.api.search",
    "trials": "ratecraft.api.trials",
    "tune": "ratecraft.api.tune",
    "watch": "ratecraft.api.watch.watch",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    home = import_module(_HOMES[name])
    return home if home.__name__ == f"{__name__}.{name}" else getattr(home, name)


def __dir__() -> list[str]:
    return __all__
