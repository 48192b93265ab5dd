"""A supervisor to be killed: `python supervisor.py FOLDER KIND` trains `train.py` of the folder, which never ends.

KIND is `fresh` (a Python of its own), `forked` (out of a fork server) or `branch` (a fork that has left such a run and
whose script then waits long between two steps). Prints the numbers of the processes that it stands for, once losses
have come.
"""

import os
import sys
from pathlib import Path

from ratecraft.records.job import Job, StopRule
from ratecraft.records.outcome import Figure
from ratecraft.records.running import Run, SeriesBlock
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.launching.starting import ScriptStarter
from ratecraft.training.processes.launcher import Launcher, fresh_python


class Listening:
    """A listener that waits for a line of the script's log."""

    job = Job(stop=0)

    def block(self, block: SeriesBlock) -> None:
        pass

    def figure(self, figure: Figure) -> None:
        if figure.name == "val_loss":
            print(*(run._process.pid for run in runs), *servers(), flush=True)  # type: ignore[attr-defined]

    def line(self, text: str) -> None:
        pass


def servers() -> list[int]:
    return [server._process.pid for server in launcher._servers.values() if server is not None]


if __name__ == "__main__":
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    launcher, runs = Launcher(), list[Run]()
    study = StudyFolder(folder / ".ratecraft" / "study")
    launch = fresh_python if kind == "fresh" else launcher
    starter = ScriptStarter("train.py", (), folder, study, environment=dict(os.environ), launch=launch, branches=True)
    job = Job(stop=0) if kind == "branch" else Job(stop=1000)
    runs.append(starter(job, 1, Listening()))
    if kind == "branch":
        runs.append(runs[0].branch(Listening()))
    runs[-1].advance({}, 1000, StopRule())
