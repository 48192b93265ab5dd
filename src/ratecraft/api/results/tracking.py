"""`--track`: sends a finished study to an experiment tracker, once.

Path:   name of a tracker -> its file of `integrations`, met by a dotted name -> what was made there.

Only the finished study is sent, into a project of its own, so that short runs never lie among the user's.
"""

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from ratecraft.errors import InvalidInput, StudyError
from ratecraft.records.storage.store import Record
from ratecraft.records.storage.study import StudyFolder
from ratecraft.schedules.lengths import shown

TRACKERS: Final[Mapping[str, str]] = MappingProxyType(
    {name: f"ratecraft.integrations.{name}" for name in ("mlflow", "wandb", "tensorboard")}
)


class Tracker:
    """Where finished studies are sent.

    Args:
        name: Name of the tracker.
        track: Sends the study of a folder; returns the name of the run or experiment that was created.
    """

    def __init__(self, name: str, track: Callable[[Any], object]) -> None:
        self.name, self._track = name, track

    def send(self, folder: StudyFolder) -> str:
        """Send a finished study.

        Returns:
            What was made: a run, a group, a folder; empty if the study was sent before.

        Raises:
            StudyError: The tracker doesn't take it (`track-failed`); the study itself is whole.
        """
        fact = f"tracked-{self.name}"
        with Record.open(folder.record) as record:
            record.claim()
            if record.fact(fact, str) is not None:
                return ""
        try:
            with redirect_stdout(sys.stderr):  # MLflow prints addresses there, where `--json` has its one object
                made = str(self._track(folder.path))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise StudyError("track-failed", tracker=self.name, study=folder.name, reason=reason) from error
        with Record.open(folder.record) as record:
            record.claim()
            record.set_fact(fact, made)
        return made


def tracker_of(name: object) -> Tracker | None:
    """The tracker of a name; whether its package is there shows before anything is trained.

    Args:
        name: What was given for `track`; None if the study is sent nowhere.

    Raises:
        InvalidInput: There is not one of this name (`track-unknown`), or its package is missing (`track-missing`).

    Example:
        >>> try:
        ...     tracker_of("paper")
        ... except InvalidInput as error:
        ...     print(error)
        Unknown tracker 'paper'. Available trackers: mlflow, wandb, tensorboard.
    """
    if name is None:
        return None
    if not isinstance(name, str) or name not in TRACKERS:
        raise InvalidInput("track-unknown", given=shown(name), allowed=", ".join(TRACKERS))
    try:
        return Tracker(name, import_module(TRACKERS[name]).track)
    except ImportError as error:
        raise InvalidInput("track-missing", tracker=name) from error
