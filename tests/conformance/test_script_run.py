"""The conformance suite of `Run`, held on a script in a process of its own."""

from collections.abc import Generator
from itertools import count
from pathlib import Path

import pytest
from tests.conformance.branch_suite import TreatedSuite
from tests.conformance.run_suite import Case, RunSuite
from tests.training.hosted_scripts import FIGURE, environment, forked, hosted, written
from tests.training.sandboxes import sandbox

from ratecraft.records.job import Job
from ratecraft.records.storage.study import StudyFolder
from ratecraft.training.launching.starting import ScriptStarter

SCRIPT = """
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)  # every run of the suite is of one seed
    inputs = torch.randn(512, 4)
    targets = inputs @ torch.tensor([[1.0], [-2.0], [0.5], [3.0]]) + 0.1 * torch.randn(512, 1)
    loader = DataLoader(TensorDataset(inputs[:384], targets[:384]), batch_size=24, shuffle=True)
    model = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.1), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.5)
    for epoch in range(5):
        model.train()
        for x, y in loader:
            loss = nn.functional.mse_loss(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        model.eval()
        with torch.no_grad():
            print(f"epoch {epoch} val_loss {nn.functional.mse_loss(model(inputs[384:]), targets[384:]).item()}")
"""


class TestScriptRun(RunSuite):
    @pytest.fixture(scope="class")
    @classmethod
    def case(cls, tmp_path_factory: pytest.TempPathFactory) -> Case:
        script = written(Path(tmp_path_factory.mktemp("conformance")) / "train.py", SCRIPT)
        return Case(
            make=lambda heard: hosted(script, heard),
            horizon=80,
            rate=0.03,
            too_high=4.0,
            figure=FIGURE,
        )


class TestForkedScriptRun(TreatedSuite):
    """A script whose waiting process is left by forks."""

    @pytest.fixture(scope="class", params=["overlay", pytest.param("mirror", marks=pytest.mark.soak)])
    @classmethod
    def case(cls, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Case]:
        home = Path(tmp_path_factory.mktemp("forked"))
        written(home / "train.py", SCRIPT)
        study = StudyFolder(home / ".ratecraft" / "study")
        attempts = count(1)
        with sandbox(request.param, home, study, environment()) as place:
            start = ScriptStarter(
                "train.py",
                (),
                home,
                study,
                environment=environment(),
                start_timeout=600.0,
                launch=forked,
                branches=True,
                sandbox=place,
            )
            yield Case(
                make=lambda heard: start(Job(stop=0), next(attempts), heard),
                horizon=80,
                rate=0.03,
                too_high=4.0,
                figure=FIGURE,
            )
