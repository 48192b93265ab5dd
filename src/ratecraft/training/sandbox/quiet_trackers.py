"""Turns experiment trackers off in probes, so that shortened runs do not fill the user's dashboards.

Path:   the environment of the user -> the environment of a probe's worker; which of them its script uses -> its facts.
"""

from collections.abc import Container, Mapping
from pathlib import Path

_MODULES = ("clearml", "comet_ml", "mlflow", "neptune", "neptune_scale", "swanlab", "wandb")


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
        "DISABLE_SAFETENSORS_CONVERSION": "1",  # else transformers asks its hub to convert what was loaded, in a thread
        "MLFLOW_ALLOW_FILE_STORE": "true",  # newer versions refuse a folder without it
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": (scratch / "mlruns").as_uri(),
        "NEPTUNE_MODE": "offline",  # the only silent mode that both of its clients know
        "SWANLAB_MODE": "disabled",
        "WANDB_MODE": "disabled",
    }


class Trackers:
    """Which experiment trackers a script uses: they are on only in a run that is the user's.

    Example:
        >>> trackers = Trackers()
        >>> trackers.follow("wandb")
        >>> trackers.used({"wandb"})  # many libraries load one that is installed
        ()
        >>> trackers.use("wandb")
        >>> trackers.used({"wandb"})
        ('wandb',)
    """

    def __init__(self) -> None:
        self._followed, self._used = set[str](), set[str]()

    def follow(self, name: str) -> None:
        """From now on it would be seen if a run began with this one."""
        self._followed.add(name)

    def use(self, name: str) -> None:
        """A run begins with this one."""
        self._used.add(name)

    def used(self, modules: Container[str]) -> tuple[str, ...]:
        """Those that the script uses; one that is not followed counts once it is among the modules that are loaded."""
        unknown = {name for name in _MODULES if name in modules} - self._followed
        return tuple(name for name in _MODULES if name in self._used | unknown)
