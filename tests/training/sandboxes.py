"""Both ways to keep a run from the user's files, for tests that hold for each."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import pytest

from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.sandbox.choosing import chosen_sandbox
from ratecraft.training.sandbox.mirrors import MirrorSandbox
from ratecraft.training.sandbox.overlays import OverlaySandbox
from ratecraft.training.sandbox.place import Sandbox

Way: TypeAlias = Literal["mirror", "overlay"]
WAYS: tuple[Way, ...] = ("mirror", "overlay")


@contextmanager
def sandbox(way: Way, home: Path, study: StudyFolder, environment: Mapping[str, str]) -> Generator[Sandbox]:
    """The sandbox of a study; skips where this system has no overlays."""
    if way == "mirror":
        yield MirrorSandbox(home, study)
        return
    with chosen_sandbox(home, study, environment) as chosen:
        if not isinstance(chosen, OverlaySandbox):
            pytest.skip(f"no overlays here: {chosen}")
        yield chosen
