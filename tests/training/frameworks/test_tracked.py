"""Mirrors training/frameworks/tracked.py: on packages of these names that are made here."""

from pathlib import Path

import pytest
from tests.training.hosted_scripts import HEAD, run, written

from ratecraft.records.job import Evaluate

TRACKERS = {
    "wandb/__init__.py": """
        class Run:
            def log(self, data, step=None): pass
        def log(data, step=None): raise RuntimeError("no run")
        run = None
        def init(**settings):
            global log, run
            run = Run()
            log = run.log
            return run
    """,
    "mlflow/__init__.py": "from mlflow.tracking.fluent import log_metric, log_metrics, start_run",
    "mlflow/tracking/__init__.py": "",
    "mlflow/tracking/fluent.py": """
        def start_run(): pass
        def log_metric(key, value, step=None): pass
        def log_metrics(metrics, step=None): pass
    """,
    "tensorboardX/__init__.py": "from tensorboardX.writer import SummaryWriter",
    "tensorboardX/writer.py": """
        class SummaryWriter:
            def add_scalar(self, tag, scalar_value, global_step=None): pass
            def add_scalars(self, main_tag, tag_scalar_dict, global_step=None): pass
    """,
}
SCRIPT = """
import wandb, mlflow
from tensorboardX import SummaryWriter
wandb.init(project="mine")
writer = SummaryWriter()
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(2):
    for a, b in DataLoader(data(), batch_size=10):
        loss = F.mse_loss(model(a), b)
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        wandb.log({"loss": loss, "train": {"mse": loss}})
        writer.add_scalar("Loss/train", loss.item(), epoch)
    found = evaluate(model)
    print(f"exactly {found!r}, val_loss: {found:.2f}")
    wandb.log({"epoch": epoch, "mse": found, "val": {"loss": found}}, step=epoch)
    mlflow.log_metric("val_mae", found, step=epoch)
    mlflow.log_metrics({"f1": found})
    writer.add_scalars("Error", {"train": loss.item(), "test": found}, epoch)
    writer.add_scalar(tag="val/loss", scalar_value=found, global_step=epoch)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    for name, text in TRACKERS.items():
        written(tmp_path / name, text)
    return written(tmp_path / "train.py", HEAD + SCRIPT)


def test_what_is_logged_is_heard_in_full_precision_and_no_figure_of_the_training(script: Path) -> None:
    whole = run(script)
    exact = [float(line.split()[1].rstrip(",")) for line in whole.printed if line.startswith("exactly")]
    told = {(each.name, each.source) for each in whole.heard.figures if each.value in exact}
    trackers = {("mse", "wandb"), ("val_loss", "wandb"), ("val_mae", "mlflow"), ("f1", "mlflow")}
    assert told - {("exactly", "evaluated")} == trackers | {("error_test", "tensorboard")}
    rest = [(each.name, each.step) for each in whole.heard.figures if each.value not in exact]
    assert rest == [("val_loss", 4)]  # printed, before its name was known to be told exactly


def test_a_probe_is_scored_by_what_is_logged_and_not_by_what_is_printed_before(script: Path) -> None:
    probe = run(script, to=4, how=Evaluate("figure", "val_loss", steps=20))
    exact = next(float(line.split()[1].rstrip(",")) for line in probe.printed if line.startswith("exactly"))
    assert probe.score is not None
    assert probe.score.value == exact
