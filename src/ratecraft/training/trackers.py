"""Experiment trackers are off in a probe: a study must not fill the user's dashboards with shortened runs.

Path:   the environment of the user -> the environment of a probe's worker.
"""

from collections.abc import Container, Mapping
from pathlib import Path

__all__ = ["loaded_trackers", "quiet_trackers"]

_MODULES = ("clearml", "comet_ml", "mlflow", "neptune", "swanlab", "wandb")


def quiet_trackers(environment: Mapping[str, str], scratch: Path) -> dict[str, str]:
    """The environment with trackers switched off, or kept to the scratch folder where they have no such switch.

    Args:
        environment: The user's environment; it is not changed.
        scratch: The probe's mirror, absolute.

    Example:
        >>> quiet_trackers({"HOME": "/home/me", "WANDB_MODE": "online"}, Path("/scratch"))["WANDB_MODE"]
        'disabled'
    """
    return {
        **environment,
        "CLEARML_OFFLINE_MODE": "1",
        "COMET_MODE": "DISABLED",
        "COMET_START_ONLINE": "0",
        "MLFLOW_ALLOW_FILE_STORE": "true",  # newer versions refuse a folder without it
        "MLFLOW_TRACKING_URI": (scratch / "mlruns").as_uri(),
        "NEPTUNE_MODE": "offline",  # the only silent mode that both of its clients know
        "SWANLAB_MODE": "disabled",
        "WANDB_MODE": "disabled",
    }


def loaded_trackers(modules: Container[str]) -> tuple[str, ...]:
    """Which of them a script has loaded, of the names in `sys.modules`: they are on only in a run that is the user's.

    Example:
        >>> loaded_trackers({"torch", "wandb"})
        ('wandb',)
    """
    return tuple(name for name in _MODULES if name in modules)
