"""Mirrors training/tasks/demo_task.py."""

import torch

from ratecraft.training.tasks.demo_task import demo_task


def test_the_task_is_the_same_at_every_call_after_one_seed() -> None:
    losses = []
    for _ in range(2):
        torch.manual_seed(0)
        task = demo_task()
        losses.append(task.validation(task.model))  # pyright: ignore[reportOptionalCall, reportCallIssue]
    assert losses[0] == losses[1]


def test_its_own_rate_is_far_too_low_so_that_there_is_something_to_see() -> None:
    assert demo_task().optimizer.param_groups[0]["lr"] == 1e-3
