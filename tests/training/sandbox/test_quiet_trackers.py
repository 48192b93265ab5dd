"""Mirrors training/sandbox/quiet_trackers.py."""

from pathlib import Path

from ratecraft.training.sandbox.quiet_trackers import quiet_trackers


def test_trackers_are_off_and_the_rest_of_the_environment_stays() -> None:
    environment = {"HOME": "/home/me", "WANDB_MODE": "online", "WANDB_API_KEY": "key"}
    quiet = quiet_trackers(environment, Path("/scratch/1"))
    assert quiet["WANDB_MODE"] == "disabled"
    assert quiet["COMET_MODE"] == "DISABLED"
    assert quiet["MLFLOW_TRACKING_URI"] == "file:///scratch/1/mlruns"
    assert quiet["HOME"] == "/home/me"
    assert quiet["WANDB_API_KEY"] == "key"
    assert environment["WANDB_MODE"] == "online"
